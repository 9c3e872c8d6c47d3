// The networks that `--fit` looks at: one choice of structure and numbers for the whole network.
//
// The space, all of it, nothing drawn: structures × numbers × scopes.
//   structures   dense; clash-free type 2 and lane-aligned with 1/2, 1/4, 1/8, 1/16, 1/32 of the
//                edges; block-circulant with blocks of 4, 8, 16, 32, 64; N:M 1:4 2:4 4:8 2:8 1:8 2:16
//   numbers      float32; fixed point (16,4,11), (12,3,8), (10,2,7), (8,2,5)
//   scopes       every junction; or, from three junctions on, the hidden ones, with the first and
//                the last dense
// That is 22 × 5 = 110 networks, or 110 + 21 × 5 = 215 with three junctions and more. Choices that
// differ from junction to junction are not looked at: they would be 110 to the power of junctions.

import Arithmetic
import Junctions

/// A structure as a candidate has it, in every junction of its scope.
public enum FitStructure: Equatable, Hashable, Sendable {
    case dense
    /// Clash-free type 2, one edge in `share`.
    case clashFree(share: Int)
    /// Lane-aligned, one edge in `share`.
    case laneAligned(share: Int)
    /// Circulant blocks of `blockSize` × `blockSize`.
    case circulant(blockSize: Int)
    /// `kept` of each `group` weights.
    case pruned(kept: Int, group: Int)

    /// Every structure of the space, dense first.
    public static let all: [FitStructure] =
        [.dense] + [2, 4, 8, 16, 32].map { .clashFree(share: $0) }
        + [2, 4, 8, 16, 32].map { .laneAligned(share: $0) }
        + [4, 8, 16, 32, 64].map { .circulant(blockSize: $0) }
        + [(1, 4), (2, 4), (4, 8), (2, 8), (1, 8), (2, 16)].map { .pruned(kept: $0, group: $1) }

    /// `clash-free 1/8`
    public var text: String {
        switch self {
        case .dense: "dense"
        case .clashFree(let share): "clash-free 1/\(share)"
        case .laneAligned(let share): "lane-aligned 1/\(share)"
        case .circulant(let blockSize): "circulant \(blockSize)"
        case .pruned(let kept, let group): "pruned \(kept):\(group)"
        }
    }

    /// The structure without its numbers.
    public var kind: StructureKind {
        switch self {
        case .dense: .dense
        case .clashFree: .clashFree
        case .laneAligned: .laneAligned
        case .circulant: .circulant
        case .pruned: .pruned
        }
    }
}

/// One network of the space.
public struct FitCandidate: Equatable, Sendable {
    /// Which edges there are.
    public let structure: FitStructure
    /// nil: float32.
    public let format: FixedFormat?
    /// Whether the first and the last junction stay dense.
    public let sparesOuter: Bool

    /// See the properties.
    public init(_ structure: FitStructure, _ format: FixedFormat?, sparesOuter: Bool) {
        self.structure = structure
        self.format = format
        self.sparesOuter = sparesOuter
    }

    /// The formats of the space; nil is float32.
    public static let formats: [FixedFormat?] = [
        nil, FixedFormat(16, 4, 11), FixedFormat(12, 3, 8), FixedFormat(10, 2, 7),
        FixedFormat(8, 2, 5),
    ]

    /// The whole space for a network of `junctionCount` junctions, in a fixed order.
    public static func all(junctionCount: Int) -> [FitCandidate] {
        precondition(junctionCount > 0, "a network has a junction")
        return FitStructure.all.flatMap { structure in
            let scopes = junctionCount > 2 && structure != .dense ? [false, true] : [false]
            return scopes.flatMap { sparesOuter in
                formats.map { FitCandidate(structure, $0, sparesOuter: sparesOuter) }
            }
        }
    }

    /// The structure of junction `index` of `count`.
    public func structure(of index: Int, count: Int) -> FitStructure {
        sparesOuter && (index == 0 || index == count - 1) ? .dense : structure
    }

    /// `fixed (10,2,7)`
    public var numbersText: String { format.map { "fixed \($0.text)" } ?? "float32" }

    /// `clash-free 1/8 hidden, fixed (10,2,7)`
    public var text: String {
        structure.text + (sparesOuter ? " hidden" : "") + ", " + numbersText
    }
}
