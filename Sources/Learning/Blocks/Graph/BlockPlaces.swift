// Where the numbers between blocks lie in the workspace. Boundary b is what block b reads; the last
// one is what the first junction behind the blocks reads, and the network's own.
//
// A learner keeps what blocks gave from FF to BP. With `recompute` = N it keeps every N-th boundary
// only, and those that a shortcut carries into another segment; what lies between is the same memory
// for every segment, made again before the segment's BP. A predictor keeps a boundary until its last
// reader had it.

import Junctions
import WeightStore

/// Bytes from the start of the workspace.
struct BlockPlaces: Sendable {
    /// Values of every boundary.
    private(set) var values: [Int]
    /// Errors of every boundary; nil where nobody wants them.
    private(set) var errors: [Int?]
    /// Of each residual block: the error at what entered its span, until the span's first block
    /// gave its own.
    private(set) var skipErrors: [Int?]
    /// What each block keeps from FF to BP.
    private(set) var kept: [Int]
    /// Blocks of one segment.
    let segment: Int

    /// - input: the features; - output: values and errors of the last boundary
    init(
        _ blocks: [Block], input: Int, output: (values: Int, errors: Int), learns: Bool,
        recompute: Int, _ workspace: inout WorkspaceLayout
    ) {
        let count = blocks.count
        segment = learns && recompute > 0 ? recompute : max(count, 1)
        values = [Int](repeating: input, count: count + 1)
        errors = [Int?](repeating: nil, count: count + 1)
        skipErrors = [Int?](repeating: nil, count: count)
        kept = [Int](repeating: 0, count: count)
        values[count] = output.values
        if learns {
            keepValues(blocks, &workspace)
            placeErrors(blocks, output.errors, &workspace)
        } else {
            placeValues(blocks, &workspace)
        }
    }

    private static func bytes(_ shape: BlockShape) -> Int { shape.paddedCount * 4 }

    /// The block that reads boundary `index` last.
    private static func lastReader(_ blocks: [Block], _ index: Int) -> Int {
        var last = index
        for (reader, block) in blocks.enumerated() {
            if case .residual(let form) = block, reader - form.span == index { last = reader }
        }
        return last
    }

    private mutating func placeValues(_ blocks: [Block], _ workspace: inout WorkspaceLayout) {
        var places = BufferPlaces()
        var offsets: [Int] = []
        for index in 1..<max(blocks.count, 1) {
            offsets.append(
                places.place(
                    Self.bytes(blocks[index].form.inputShape), from: index - 1,
                    through: Self.lastReader(blocks, index)))
        }
        let start = workspace.take(places.byteCount, "values between blocks")
        for (index, offset) in offsets.enumerated() { values[index + 1] = start + offset }
    }

    private mutating func keepValues(_ blocks: [Block], _ workspace: inout WorkspaceLayout) {
        let count = blocks.count
        var largest = 0
        var inSegment: [(index: Int, offset: Int, isKept: Bool)] = []
        for first in stride(from: 0, to: count, by: segment) {
            var offset = 0
            for index in first..<min(first + segment, count) {
                let isCarried = Self.lastReader(blocks, index) >= first + segment
                if index > 0, index > first, !isCarried {
                    inSegment.append((index, offset, false))
                    offset += Self.bytes(blocks[index].form.inputShape)
                }
                inSegment.append((index, offset, true))
                offset += blocks[index].form.keptBytes
                guard index > 0, index == first || isCarried else { continue }
                values[index] = workspace.take(
                    Self.bytes(blocks[index].form.inputShape), "values between blocks")
            }
            largest = max(largest, offset)
        }
        let start = workspace.take(
            largest, segment < count ? "values of one segment" : "values between blocks")
        for (index, offset, isKept) in inSegment {
            if isKept { kept[index] = start + offset } else { values[index] = start + offset }
        }
    }

    /// Block b's BP is step count − 1 − b.
    private mutating func placeErrors(
        _ blocks: [Block], _ output: Int, _ workspace: inout WorkspaceLayout
    ) {
        let last = blocks.count - 1
        var places = BufferPlaces()
        var offsets = [Int?](repeating: nil, count: blocks.count)
        var skips = offsets
        for (index, block) in blocks.enumerated().reversed() {
            if index > 0 {
                offsets[index] = places.place(
                    Self.bytes(block.form.inputShape), from: last - index,
                    through: last - index + 1)
            }
            guard case .residual(let form) = block, index > form.span else { continue }
            skips[index] = places.place(
                Self.bytes(form.skipShape), from: last - index,
                through: last - (index - form.span))
        }
        let start = workspace.take(places.byteCount, "errors between blocks")
        errors = offsets.map { offset in offset.map { start + $0 } } + [output]
        skipErrors = skips.map { offset in offset.map { start + $0 } }
    }
}
