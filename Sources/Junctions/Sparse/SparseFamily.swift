// The families of pre-defined sparse patterns (Dey et al., arXiv 1711.01343 and 1812.01164).

/// How the edges of a pre-defined sparse junction are chosen.
public enum SparseFamily: Hashable, Sendable {
    /// How the address of a memory moves through a sweep.
    public enum Sweep: Int, Hashable, Sendable, CaseIterable {
        /// Every memory is read in a random order of its own, new in each sweep.
        case type1 = 1
        /// Every memory is read in natural order from a random row, new in each sweep.
        case type2 = 2
        /// As type 2, with the same rows in all sweeps.
        case type3 = 3
    }

    /// A random set of edges of the given density; degrees vary.
    case random
    /// Random edges with exact in- and out-degree.
    case structured
    /// A clash-free interleaver. With `dither` the memories change places within a clock.
    case clashFree(Sweep, dither: Bool)
    /// The interleaver of the shipped RTL: every sweep starts at row 0, without dither.
    case zeros

    /// All of them, the plain ones first.
    public static let all: [SparseFamily] =
        [.random, .structured, .zeros]
        + Sweep.allCases.flatMap { sweep in
            [false, true].map { .clashFree(sweep, dither: $0) }
        }

    /// Whether every left and every right neuron has the same number of edges.
    public var hasExactDegrees: Bool { self != .random }

    /// Whether an interleaver makes it.
    public var isClashFree: Bool {
        switch self {
        case .random, .structured: false
        case .clashFree, .zeros: true
        }
    }
}

extension SparseFamily: CustomStringConvertible {
    /// `random`, `structured`, `zeros`, `type-2`, `type-2-dither`.
    public var description: String {
        switch self {
        case .random: "random"
        case .structured: "structured"
        case .zeros: "zeros"
        case .clashFree(let sweep, let dither): "type-\(sweep.rawValue)" + (dither ? "-dither" : "")
        }
    }

    /// The family of that description, or nil.
    public init?(_ description: String) {
        guard let family = Self.all.first(where: { $0.description == description }) else {
            return nil
        }
        self = family
    }
}
