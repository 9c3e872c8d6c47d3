// Memory and numbers for the kernel tests: guarded arrays, and values that hurt.

import Arithmetic

/// An array of floats, 64-byte aligned, whole chunks, with a guard on both sides.
final class Floats {
    let count: Int
    let paddedCount: Int
    private let memory: UnsafeMutableRawPointer
    private static let guardFloats = 16
    private static let guardBits: UInt32 = 0x7FAB_CDEF

    init(_ count: Int, _ value: (Int) -> Float = { _ in 0 }) {
        self.count = count
        paddedCount = (count + 15) / 16 * 16
        let total = paddedCount + 2 * Self.guardFloats
        memory = .allocate(byteCount: 4 * total, alignment: 64)
        let bits = memory.bindMemory(to: UInt32.self, capacity: total)
        for i in 0..<total { bits[i] = Self.guardBits }
        for i in 0..<paddedCount {
            bits[Self.guardFloats + i] = i < count ? value(i).bitPattern : 0
        }
    }

    convenience init(copying other: Floats) { self.init(other.count) { other.pointer[$0] } }

    deinit { memory.deallocate() }

    var pointer: UnsafeMutablePointer<Float> {
        memory.assumingMemoryBound(to: Float.self) + Self.guardFloats
    }

    /// Bits of the entries, of the pads, and whether the guards still stand. NaN is one value.
    var bits: [UInt32] {
        (0..<paddedCount).map {
            pointer[$0].isNaN ? Float.nan.bitPattern : pointer[$0].bitPattern
        }
    }

    var padsAreZero: Bool { (count..<paddedCount).allSatisfy { pointer[$0].bitPattern == 0 } }

    var guardsStand: Bool {
        let before = memory.assumingMemoryBound(to: UInt32.self)
        let after = before + Self.guardFloats + paddedCount
        return (0..<Self.guardFloats).allSatisfy {
            before[$0] == Self.guardBits && after[$0] == Self.guardBits
        }
    }
}

/// What kind of numbers a test works on.
enum Values: String, CaseIterable, Sendable {
    case ordinary, sparse, tiny, huge, extreme

    func next(_ random: inout Xoshiro256StarStar) -> Float {
        switch self {
        case .ordinary: return random.normal()
        case .sparse:
            let pick = random.index(below: 4)
            return pick == 0 ? random.normal() : pick == 1 ? -0.0 : 0
        case .tiny: return random.normal() * 0x1p-140
        case .huge: return random.normal() * 0x1p+100
        case .extreme:
            let list: [Float] = [
                0, -0.0, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
                .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
                .infinity, -.infinity, .nan, 88.72284, -103.97, 0.625, 1e-30,
            ]
            return list[random.index(below: list.count)]
        }
    }
}

/// W with zero pads in every row, x, delta, bias: one junction's numbers.
struct JunctionNumbers {
    let inputs: Int
    let outputs: Int
    let rowStride: Int
    let w: Floats
    let velocity: Floats
    let bias: Floats
    let biasVelocity: Floats
    let x: Floats
    let delta: Floats

    init(inputs: Int, outputs: Int, values: Values, seed: UInt64) {
        var random = Xoshiro256StarStar(seed: seed)
        self.inputs = inputs
        self.outputs = outputs
        let stride = (inputs + 15) / 16 * 16
        rowStride = stride
        let matrix: (inout Xoshiro256StarStar) -> Floats = { random in
            Floats(outputs * stride) { $0 % stride < inputs ? values.next(&random) : 0 }
        }
        w = matrix(&random)
        velocity = matrix(&random)
        bias = Floats(outputs) { _ in values.next(&random) }
        biasVelocity = Floats(outputs) { _ in values.next(&random) }
        x = Floats(inputs) { _ in values.next(&random) }
        delta = Floats(outputs) { _ in values.next(&random) }
    }
}

/// Where two runs differ first, or nil: readable where whole arrays are not.
func firstDifference(_ found: [[UInt32]], _ expected: [[UInt32]]) -> String? {
    for (list, (a, b)) in zip(found, expected).enumerated() {
        for (i, (x, y)) in zip(a, b).enumerated() where x != y {
            let values = "\(Float(bitPattern: x)) instead of \(Float(bitPattern: y))"
            return "array \(list), entry \(i): \(values)"
        }
    }
    return nil
}
