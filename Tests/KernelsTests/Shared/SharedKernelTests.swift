// Kernels of many positions: every set against the definition bit by bit.

import Arithmetic
import Kernels
import Testing

struct SharedKernelTests {
    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func edges(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for stride in [16, 64, 80, 144] {
            let run = { (set: KernelSet) -> [[UInt32]] in
                var random = Xoshiro256StarStar(seed: 5)
                // Rows of 0, 1, 16 and 37 edges to 11 neurons, weights in any order.
                let starts: [UInt32] = [0, 0, 1, 17, 54]
                let others = (0..<54).map { _ in UInt32(random.index(below: 11)) }
                let weights = (0..<54).map { UInt32(53 - $0) }
                let w = Floats(64) { _ in kind.next(&random) }
                let bias = Floats(4) { _ in kind.next(&random) }
                let x = Floats(11 * stride) { _ in kind.next(&random) }
                let delta = Floats(4 * stride) { _ in kind.next(&random) }
                let (y, one) = (Floats(4 * stride), Floats(4))
                let (sums, rows) = (Floats(64), Floats(4))
                let velocity = Floats(64) { _ in kind.next(&random) }
                starts.withUnsafeBufferPointer { starts in
                    others.withUnsafeBufferPointer { others in
                        weights.withUnsafeBufferPointer { weights in
                            guard let starts = starts.baseAddress,
                                let others = others.baseAddress,
                                let weights = weights.baseAddress
                            else { return }
                            let edges = SharedEdges(
                                rows: 4, starts: starts, others: others, weights: weights)
                            set.shared.edgeProduct(
                                w.pointer, edges, bias.pointer, x.pointer, y.pointer, stride)
                            set.shared.edgeProductOne(w.pointer, edges, x.pointer, one.pointer)
                            set.shared.edgeSums(
                                delta.pointer, x.pointer, edges, sums.pointer, stride)
                        }
                    }
                }
                set.shared.rowSums(delta.pointer, rows.pointer, 4, stride)
                set.shared.step(w.pointer, nil, sums.pointer, 64, 0.1, 0, 0)
                set.shared.step(w.pointer, nil, sums.pointer, 64, 0.1, 0, 0.01)
                set.shared.step(w.pointer, velocity.pointer, sums.pointer, 64, 0.1, 0.9, 0)
                set.shared.step(w.pointer, velocity.pointer, sums.pointer, 64, 0.1, 0.9, 0.01)
                #expect(y.guardsStand && one.guardsStand && sums.guardsStand && w.guardsStand)
                return [y.bits, one.bits, sums.bits, rows.bits, w.bits, velocity.bits]
            }
            let difference = firstDifference(run(set), run(.plain))
            #expect(difference == nil, "\(stride): \(difference ?? "")")
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func oneVector(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        // One to nine terms: quarters of every length, empty ones too.
        for (inputs, outputs) in [(64, 256), (70, 5), (200, 33)] + (1...9).map({ (80, $0) }) {
            let run = { (set: KernelSet) -> [[UInt32]] in
                let n = JunctionNumbers(inputs: inputs, outputs: outputs, values: kind, seed: 3)
                let (e, y) = (Floats(n.rowStride), Floats(n.rowStride))
                let (m, delta) = (n.w.pointer, n.delta.pointer)
                set.shared.combineRows(m, delta, nil, e.pointer, outputs, n.rowStride, false)
                set.shared.combineRows(m, delta, e.pointer, y.pointer, outputs, n.rowStride, true)
                #expect(e.guardsStand && y.guardsStand)
                return [e.bits, y.bits]
            }
            let difference = firstDifference(run(set), run(.plain))
            #expect(difference == nil, "\(inputs)-\(outputs): \(difference ?? "")")
        }
    }

    /// Transforms forth and back, products, and the sums of UP.
    @Test(arguments: KernelSet.all.map(\.name), [Values.ordinary, .sparse, .extreme])
    func spectra(name: String, kind: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for k in [2, 4, 8, 16, 32, 64] {
            for (q, p, stride) in [(1, 1, 16), (3, 6, 48), (5, 4, 32)] {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    var random = Xoshiro256StarStar(seed: 4)
                    let cosines = Floats(CirculantTwiddles.paddedCount)
                    CirculantTwiddles.fill(cosines.pointer)
                    // The last block of either side is ragged.
                    let (rows, outputs) = (q * k - 1, p * k - 1)
                    let x = Floats(rows * stride) { _ in kind.next(&random) }
                    let delta = Floats(outputs * stride) { _ in kind.next(&random) }
                    let w = Floats(q * k * 16) { $0 % 16 < p ? kind.next(&random) : 0 }
                    let bias = Floats(outputs) { _ in kind.next(&random) }
                    let (left, right) = (Floats(q * k * stride), Floats(p * k * stride))
                    let (a, e) = (Floats(p * k * stride), Floats(q * k * stride))
                    let (y, back) = (Floats(outputs * stride), Floats(rows * stride))
                    let sums = Floats(q * k * 16)
                    let shared = set.shared
                    shared.transform(
                        x.pointer, rows, q, k, stride, cosines.pointer, left.pointer)
                    shared.transform(
                        delta.pointer, outputs, p, k, stride, cosines.pointer, right.pointer)
                    shared.multiply(
                        w.pointer, left.pointer, a.pointer, q, p, 16, k, stride / 16)
                    shared.multiplyConjugate(
                        w.pointer, right.pointer, e.pointer, q, p, 16, k, stride / 16)
                    shared.spectralSums(
                        left.pointer, right.pointer, sums.pointer, q, p, 16, k, stride / 16)
                    let spectra = [left.bits, right.bits, a.bits, e.bits, sums.bits]
                    shared.invert(
                        a.pointer, p, k, stride, cosines.pointer, bias.pointer, y.pointer,
                        outputs)
                    shared.invert(
                        e.pointer, q, k, stride, cosines.pointer, nil, back.pointer, rows)
                    #expect(left.guardsStand && right.guardsStand && a.guardsStand)
                    #expect(e.guardsStand && sums.guardsStand && y.guardsStand)
                    #expect(back.guardsStand)
                    return spectra + [y.bits, back.bits]
                }
                let difference = firstDifference(run(set), run(.plain))
                #expect(difference == nil, "\(k), \(q)-\(p), \(stride): \(difference ?? "")")
            }
        }
    }
}
