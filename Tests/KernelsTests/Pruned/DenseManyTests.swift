// Dense products with many vectors: every set against the definition bit by bit, and rows of the
// master under a mask.

import Arithmetic
import Kernels
import Testing

struct DenseManyTests {
    @Test(arguments: KernelSet.all.map(\.name), [Values.ordinary, .sparse, .extreme])
    func products(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in [(1, 1), (17, 3), (31, 16), (160, 22), (200, 37)] {
            for count in [16, 64, 80, 128] {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = JunctionNumbers(
                        inputs: inputs, outputs: outputs, values: kind, seed: 4)
                    var random = Xoshiro256StarStar(seed: 6)
                    let right = (outputs + 15) / 16 * 16
                    let x = Floats(n.rowStride * count) {
                        $0 < inputs * count ? kind.next(&random) : 0
                    }
                    let delta = Floats(right * count) {
                        $0 < outputs * count ? kind.next(&random) : 0
                    }
                    let (y, e) = (Floats(outputs * count), Floats(n.rowStride * count))
                    let (turnedX, steps) = (Floats(n.rowStride * count), Floats(right * count))
                    let many = set.pruned.dense
                    many.feedforward(
                        n.w.pointer, n.bias.pointer, x.pointer, y.pointer, outputs, inputs,
                        n.rowStride, count)
                    many.backprop(
                        n.w.pointer, delta.pointer, e.pointer, outputs, inputs, n.rowStride,
                        count)
                    many.turnOver(x.pointer, turnedX.pointer, n.rowStride, count, 1)
                    many.turnOver(delta.pointer, steps.pointer, right, count, -0.1)
                    // The last three vectors do not exist.
                    let chunks = Floats(right * count)
                    many.chunkVectors(
                        delta.pointer, right, chunks.pointer, right, count - 3, count, -0.1)
                    for first in stride(from: 0, to: outputs, by: 16) {
                        many.outerSum(
                            n.w.pointer + first * n.rowStride, n.w.pointer + first * n.rowStride,
                            steps.pointer + first * count, turnedX.pointer,
                            min(16, outputs - first), n.rowStride, count)
                    }
                    #expect(y.guardsStand && e.guardsStand && n.w.guardsStand)
                    #expect(turnedX.guardsStand && steps.guardsStand && chunks.guardsStand)
                    return [y.bits, e.bits, turnedX.bits, steps.bits, chunks.bits, n.w.bits]
                }
                let difference = firstDifference(run(set), run(.plain))
                #expect(difference == nil, "\(inputs)-\(outputs), \(count): \(difference ?? "")")
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func rowsUnderAMask(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for rows in [1, 7, 16] {
            for (isMasked, hasVelocity) in [(false, false), (true, false), (true, true)] {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = JunctionNumbers(inputs: 37, outputs: rows, values: kind, seed: 8)
                    var random = Xoshiro256StarStar(seed: 1)
                    let masks = (0..<48).map { _ in UInt16(truncatingIfNeeded: random.next()) }
                    let start = Floats(rows * n.rowStride)
                    let e = Floats(37)
                    masks.withUnsafeBufferPointer { buffer in
                        guard let masks = buffer.baseAddress else { return }
                        set.pruned.backpropMasked(
                            n.w.pointer, n.rowStride, rows, masks, n.delta.pointer, e.pointer)
                        set.pruned.scaleRows(
                            n.w.pointer, n.rowStride, rows, masks, 0.5, 0.25, start.pointer)
                        set.pruned.finishRows(
                            start.pointer, n.velocity.pointer, n.rowStride, rows, masks, isMasked,
                            n.w.pointer, hasVelocity ? n.velocity.pointer : nil, 0.1, 0.9)
                    }
                    #expect(e.guardsStand && n.w.guardsStand && start.guardsStand)
                    return [e.bits, start.bits, n.w.bits, n.velocity.bits]
                }
                let difference = firstDifference(run(set), run(.plain))
                #expect(difference == nil, "\(rows), \(isMasked): \(difference ?? "")")
            }
        }
    }
}
