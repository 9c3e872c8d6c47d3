// Memory and numbers for the tests of fixed-point kernels: guarded arrays, and lists of edges.

import Arithmetic
import Kernels

/// An array of numbers, 64-byte aligned, whole 32s, with a guard on both sides.
final class Numbers {
    let count: Int
    private let paddedCount: Int
    private let memory: UnsafeMutablePointer<Int16>
    private static let guardNumber: Int16 = 0x5A5A

    init(_ count: Int, _ value: (Int) -> Int16 = { _ in 0 }) {
        self.count = count
        paddedCount = (count + 31) / 32 * 32
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: 2 * (paddedCount + 64), alignment: 64)
        memory = raw.bindMemory(to: Int16.self, capacity: paddedCount + 64)
        for i in 0..<paddedCount + 64 { memory[i] = Self.guardNumber }
        for i in 0..<paddedCount { memory[32 + i] = i < count ? value(i) : 0 }
    }

    deinit { memory.deallocate() }

    var pointer: UnsafeMutablePointer<Int16> { memory + 32 }
    /// Pads included.
    var all: [Int16] { (0..<paddedCount).map { pointer[$0] } }

    var guardsStand: Bool {
        (0..<32).allSatisfy {
            memory[$0] == Self.guardNumber
                && memory[32 + paddedCount + $0] == Self.guardNumber
        }
    }
}

/// How large the numbers of a test are.
enum Wildness: CaseIterable, Sendable {
    /// Below 1, weights small: nothing saturates.
    case tame
    /// Activations and errors below 1, weights over the whole format: sums saturate.
    case heavy
    /// Everything over the whole format.
    case wild
    /// The ends of the format and zeros.
    case extreme

    func number(_ format: FixedFormat, _ random: inout Xoshiro256StarStar, isWeight: Bool) -> Int16
    {
        let one = 1 << format.fractionBits
        let whole = Int(format.highest)
        let ends = [format.lowest, format.highest, 0, 1, -1]
        let limit: Int
        switch self {
        case .tame: limit = isWeight ? one / 4 : one - 1
        case .heavy: limit = isWeight ? whole : one - 1
        case .wild: limit = whole
        case .extreme: return ends[random.index(below: ends.count)]
        }
        if random.index(below: 5) == 0 { return 0 }
        return Int16(random.index(below: 2 * limit + 1) - limit)
    }
}

/// The named formats, and those at the edges of what is legal.
let fixedFormats: [FixedFormat] = [
    (8, 2, 5), (10, 2, 7), (10, 3, 6), (12, 3, 8), (16, 4, 11), (4, 0, 3), (16, 0, 15),
    (16, 12, 3), (15, 0, 14), (15, 11, 3), (13, 5, 7),
].compactMap { FixedFormat($0.0, $0.1, $0.2) }

/// One junction's numbers, dense or as lists.
struct FixedCase {
    let format: FixedFormat
    let inputs: Int
    let outputs: Int
    let rowStride: Int
    let w: Numbers
    let bias: Numbers
    let x: Numbers
    let delta: Numbers
    let derivative: Numbers
    let y: Numbers
    let e: Numbers
    let counters = Counters()

    /// - columns: weights of a row
    init(
        _ format: FixedFormat, inputs: Int, outputs: Int, columns: Int, _ wildness: Wildness,
        seed: UInt64
    ) {
        var random = Xoshiro256StarStar(seed: seed)
        let draw = { (isWeight: Bool) -> Int16 in
            wildness.number(format, &random, isWeight: isWeight)
        }
        let stride = (columns + 31) / 32 * 32
        (self.format, self.inputs, self.outputs) = (format, inputs, outputs)
        rowStride = stride
        w = Numbers(outputs * stride) { $0 % stride < columns ? draw(true) : 0 }
        bias = Numbers(outputs) { _ in draw(true) }
        x = Numbers(inputs) { _ in draw(false) }
        delta = Numbers(outputs) { _ in draw(false) }
        derivative = Numbers(inputs) { _ in draw(false) }
        y = Numbers(outputs) { _ in 77 }
        e = Numbers(inputs) { _ in 7 }
    }

    /// Everything that kernels may have changed.
    var state: [[Int16]] {
        [w.all, bias.all, y.all, e.all, counters.values.map { Int16(truncatingIfNeeded: $0) }]
    }

    var guardsStand: Bool {
        [w, bias, x, delta, derivative, y, e].allSatisfy(\.guardsStand)
    }

    /// Four counters.
    final class Counters {
        let pointer = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
        init() { pointer.initialize(repeating: 0, count: 4) }
        deinit { pointer.deallocate() }
        var values: [UInt64] { (0..<4).map { pointer[$0] } }
    }
}

/// Tables of edges.
final class EdgeTables {
    let edges: FixedEdges
    private let left: UnsafeMutablePointer<UInt16>
    private let leftBlocks: UnsafeMutablePointer<UInt64>
    private let inverse: UnsafeMutablePointer<UInt16>
    private let inverseBlocks: UnsafeMutablePointer<UInt64>

    /// - rows: left neurons of every right neuron. - hasBlocks: false picks entries one by one
    init(_ rows: [[Int]], inputs: Int, hasInverse: Bool, hasBlocks: Bool) {
        let columns = rows.map(\.count).max() ?? 0
        let stride = (columns + 31) / 32 * 32
        let padded = (inputs + 31) / 32 * 32
        let table = { (count: Int) in
            let table = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
            table.initialize(repeating: FixedEdges.nobody, count: count)
            return table
        }
        left = table(rows.count * stride)
        inverse = table(rows.count * padded)
        for (j, row) in rows.enumerated() {
            for (k, i) in row.enumerated() {
                left[j * stride + k] = UInt16(i)
                inverse[j * padded + i] = UInt16(k)
            }
        }
        leftBlocks = Self.blocks(left, rows.count * stride, hasBlocks)
        inverseBlocks = Self.blocks(inverse, rows.count * padded, hasBlocks)
        edges = FixedEdges(
            inputs: inputs, outputs: rows.count, fan_in: columns, row_stride: stride,
            left: UnsafePointer(left), left_blocks: UnsafePointer(leftBlocks),
            inverse: hasInverse ? UnsafePointer(inverse) : nil,
            inverse_blocks: hasInverse ? UnsafePointer(inverseBlocks) : nil)
    }

    deinit {
        left.deallocate()
        leftBlocks.deallocate()
        inverse.deallocate()
        inverseBlocks.deallocate()
    }

    private static func blocks(
        _ table: UnsafeMutablePointer<UInt16>, _ count: Int, _ hasBlocks: Bool
    ) -> UnsafeMutablePointer<UInt64> {
        let blocks = UnsafeMutablePointer<UInt64>.allocate(capacity: count / 32)
        blocks.initialize(repeating: 0, count: count / 32)
        for i in 0..<count where hasBlocks && table[i] != FixedEdges.nobody {
            blocks[i / 32] |= 1 << UInt64(table[i] / 64)
        }
        return blocks
    }
}
