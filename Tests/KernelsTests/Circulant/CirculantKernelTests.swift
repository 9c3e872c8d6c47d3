// Every set against the definition, bit by bit: transforms, products, BP with UP (plain, with
// decay, with momentum) and biases, for every block size, ragged edges and numbers that hurt.

import Arithmetic
import Kernels
import Testing

struct CirculantKernelTests {
    /// (inputs, outputs): one block, ragged edges, rests of four blocks and of sixteen lanes.
    static func shapes(_ k: Int) -> [(Int, Int)] {
        [(1, 1), (k, k), (3 * k + 1, k - 1), (6 * k, 17 * k), (21 * k - 1, 2 * k + 1)]
            + (k <= 16 ? [(37 * k, 33 * k - 1)] : [])
    }

    /// One junction's numbers, drawn in an order that is the same for every set.
    private struct Numbers {
        let k, q, rowStride, inputs, outputs: Int
        let x, delta, w, velocity, bias, biasVelocity: Floats
        let cosines = circulantCosines()
        let staging, left, right, errors, partial: Floats

        init(_ shape: (Int, Int), _ k: Int, _ values: Values) {
            var random = Xoshiro256StarStar(seed: UInt64(k))
            self.k = k
            (inputs, outputs) = shape
            q = (inputs + k - 1) / k
            let p = (outputs + k - 1) / k
            rowStride = (p + 15) / 16 * 16
            let stride = rowStride
            x = Floats(inputs) { _ in values.next(&random) }
            delta = Floats(outputs) { _ in values.next(&random) }
            w = Floats(q * k * stride) { $0 % stride < p ? values.next(&random) : 0 }
            velocity = Floats(q * k * stride) { $0 % stride < p ? values.next(&random) : 0 }
            bias = Floats(outputs) { _ in values.next(&random) }
            biasVelocity = Floats(outputs) { _ in values.next(&random) }
            staging = Floats(16 * k + 16) { _ in 3 }
            left = Floats((q + 15) / 16 * 16 * k) { _ in 3 }
            errors = Floats((q + 15) / 16 * 16 * k) { _ in 3 }
            right = Floats(stride * k) { _ in 3 }
            partial = Floats(4096) { _ in 3 }
        }

        var p: Int { (outputs + k - 1) / k }

        var guardsStand: Bool {
            [x, delta, w, velocity, bias, staging, left, right, errors, partial]
                .allSatisfy(\.guardsStand)
        }

        func transform(_ set: KernelSet) {
            set.circulant.transform(
                x.pointer, inputs, q, k, cosines.pointer, staging.pointer, left.pointer)
        }
    }

    private func set(_ name: String) throws -> KernelSet {
        try #require(KernelSet.all.first { $0.name == name })
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func feedforward(name: String, values: Values) throws {
        let set = try set(name)
        for k in circulantSizes {
            for shape in Self.shapes(k) {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = Numbers(shape, k, values)
                    n.transform(set)
                    let spectra = n.left.bits
                    set.circulant.multiply(
                        n.w.pointer, n.left.pointer, n.right.pointer, n.q, n.rowStride, k)
                    let sums = n.right.bits
                    let y = Floats(n.outputs)
                    set.circulant.invert(
                        n.right.pointer, n.p, k, n.cosines.pointer, n.staging.pointer,
                        n.bias.pointer, y.pointer, n.outputs)
                    #expect(n.guardsStand && y.guardsStand && y.padsAreZero)
                    return [spectra, sums, y.bits]
                }
                #expect(firstDifference(run(set), run(.plain)) == nil, "k \(k), \(shape)")
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func backpropUpdate(name: String, values: Values) throws {
        let set = try set(name)
        for k in circulantSizes {
            for (index, shape) in Self.shapes(k).enumerated() {
                // With and without an error to pass on, with and without decay.
                let hasError = index % 2 == 0 || values == .ordinary
                let decay: Float = index % 3 == 0 ? 0.125 : 0
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = Numbers(shape, k, values)
                    n.transform(set)
                    set.circulant.transform(
                        n.delta.pointer, n.outputs, n.p, k, n.cosines.pointer, n.staging.pointer,
                        n.right.pointer)
                    set.circulant.backpropUpdate(
                        n.w.pointer, n.left.pointer, n.right.pointer,
                        hasError ? n.errors.pointer : nil, n.partial.pointer, n.q, n.rowStride, k,
                        0.05, decay)
                    let spectra = n.errors.bits
                    let e = Floats(n.inputs) { _ in 7 }
                    set.circulant.invert(
                        n.errors.pointer, n.q, k, n.cosines.pointer, n.staging.pointer, nil,
                        e.pointer, n.inputs)
                    #expect(n.guardsStand && e.guardsStand && e.padsAreZero)
                    return [n.w.bits, spectra, e.bits]
                }
                #expect(firstDifference(run(set), run(.plain)) == nil, "k \(k), \(shape)")
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), [Values.ordinary, .sparse, .extreme])
    func momentum(name: String, values: Values) throws {
        let set = try set(name)
        for k in circulantSizes {
            for (index, shape) in Self.shapes(k).enumerated() {
                let hasError = index % 2 == 0
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = Numbers(shape, k, values)
                    n.transform(set)
                    set.circulant.transform(
                        n.delta.pointer, n.outputs, n.p, k, n.cosines.pointer, n.staging.pointer,
                        n.right.pointer)
                    set.circulant.backpropUpdateMomentum(
                        n.w.pointer, n.velocity.pointer, n.left.pointer, n.right.pointer,
                        hasError ? n.errors.pointer : nil, n.partial.pointer, n.q, n.rowStride, k,
                        0.05, 0.9, 0.01)
                    set.circulant.updateBias(
                        n.bias.pointer, hasError ? n.biasVelocity.pointer : nil, n.delta.pointer,
                        n.delta.paddedCount, 0.05, 0.9)
                    #expect(n.guardsStand && n.bias.padsAreZero && n.biasVelocity.padsAreZero)
                    return [
                        n.w.bits, n.velocity.bits, n.errors.bits, n.bias.bits,
                        n.biasVelocity.bits,
                    ]
                }
                #expect(firstDifference(run(set), run(.plain)) == nil, "k \(k), \(shape)")
            }
        }
    }
}
