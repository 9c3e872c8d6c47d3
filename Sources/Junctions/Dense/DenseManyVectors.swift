// Many vectors at a time: what a micro-batch needs of a junction.
//
// Legend: B (`count`) vectors, a multiple of 16. An array is [neurons][B], a neuron's values in all
// samples side by side; neurons are padded to a multiple of 16 rows, which are zero.
// The increments of a micro-batch are summed and applied once: every product uses the weights from
// before it.

import Kernels

/// A float form that takes many vectors at a time. UP is exact.
package protocol ManyVectorForm: FloatJunctionForm {
    /// Bytes of scratch memory that UP of `count` vectors needs, a multiple of 64.
    func manyBytes(_ count: Int) -> Int

    /// FF: Y = W X + b.
    /// - x: [inputs][count]. - y: [outputs][count], written; padding left alone.
    func feedforwardMany(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, count: Int, kernels: KernelSet)

    /// BP and UP: E = Wᵀ Δ with the old W, then W and b learn the sum of the increments.
    /// - scratch: `manyBytes(count)` bytes, 64-byte aligned
    /// - e: [inputs][count], written with its padding; nil when nobody is to the left
    func backpropUpdateMany(
        _ memory: JunctionMemory, scratch: UnsafeMutableRawPointer, x: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>?, count: Int,
        rule: UpdateRule, kernels: KernelSet)

    /// UP alone, of vectors that are turned over.
    /// - turned: made in `scratch` with the step factor of `ManyScratch.stepFactor`
    func updateMany(
        _ memory: JunctionMemory, scratch: UnsafeMutableRawPointer, turned: ManyScratch,
        count: Int, rule: UpdateRule, kernels: KernelSet)
}

/// How many vectors lie in memory.
package enum ManyVectors {
    /// [neurons][count, rounded up to a multiple of 16]
    case planar(UnsafePointer<Float>)
    /// [count][stride]: one after the other, each padded with zeros to a multiple of 16
    case rows(UnsafePointer<Float>, stride: Int, count: Int)
}

/// What UP of many vectors shares between forms: x and the steps, turned over to
/// [chunks of 16 neurons][B][16].
package struct ManyScratch {
    /// Of the inputs.
    let x: UnsafeMutablePointer<Float>
    /// Of the outputs: −(η·δ), or δ where there is momentum
    let steps: UnsafeMutablePointer<Float>

    static func bytes(_ inputs: Int, _ outputs: Int, _ count: Int) -> Int {
        (DenseJunction.paddedCount(inputs) + DenseJunction.paddedCount(outputs)) * count * 4
    }

    /// −η, or 1 where there is momentum.
    static func stepFactor(_ memory: JunctionMemory, _ rule: UpdateRule) -> Float {
        memory.velocity == nil ? -rule.learningRate : 1
    }

    /// Turns x and δ over.
    init(
        _ scratch: UnsafeMutableRawPointer, x: UnsafePointer<Float>, inputs: Int,
        delta: UnsafePointer<Float>, outputs: Int, count: Int, stepFactor: Float,
        _ kernels: DenseManyKernels
    ) {
        precondition(count > 0 && count % 16 == 0, "vectors come in multiples of 16")
        let (left, right) = (
            DenseJunction.paddedCount(inputs), DenseJunction.paddedCount(outputs)
        )
        self.x = scratch.assumingMemoryBound(to: Float.self)
        steps = self.x + left * count
        kernels.turnOver(x, self.x, left, count, 1)
        kernels.turnOver(delta, steps, right, count, stepFactor)
    }

    /// Lays x and δ out, which have no rows of padding.
    /// - count: of vectors, rounded up. - staging: 16 · count floats
    init(
        _ scratch: UnsafeMutableRawPointer, ragged x: ManyVectors, inputs: Int,
        delta: ManyVectors, outputs: Int, count: Int, stepFactor: Float,
        staging: UnsafeMutablePointer<Float>, _ kernels: DenseManyKernels
    ) {
        precondition(count > 0 && count % 16 == 0, "vectors come in multiples of 16")
        self.x = scratch.assumingMemoryBound(to: Float.self)
        steps = self.x + DenseJunction.paddedCount(inputs) * count
        Self.turn(x, self.x, inputs, count, 1, staging, kernels)
        Self.turn(delta, steps, outputs, count, stepFactor, staging, kernels)
    }

    private static func turn(
        _ vectors: ManyVectors, _ to: UnsafeMutablePointer<Float>, _ rows: Int, _ count: Int,
        _ factor: Float, _ staging: UnsafeMutablePointer<Float>, _ kernels: DenseManyKernels
    ) {
        let from: UnsafePointer<Float>
        switch vectors {
        case .planar(let values): from = values
        case .rows(let values, let stride, let real):
            return kernels.chunkVectors(
                values, stride, to, DenseJunction.paddedCount(rows), real, count, factor)
        }
        let whole = rows & ~15
        kernels.turnOver(from, to, whole, count, factor)
        guard whole < rows else { return }
        let rest = (rows - whole) * count
        staging.update(from: from + whole * count, count: rest)
        (staging + rest).update(repeating: 0, count: 16 * count - rest)
        kernels.turnOver(staging, to + whole * count, 16, count, factor)
    }
}

/// The biases of one micro-batch: b ← b + Σ s by addition, samples ascending; with momentum
/// v ← fma(μ, v, Σ δ), b ← fma(−η, v, b).
func updateBiases(
    _ bias: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
    _ steps: UnsafePointer<Float>, outputs: Int, count: Int, rule: UpdateRule
) {
    // Sixteen neurons side by side, as the steps are; one at a time where padding begins.
    typealias Lanes = SIMD16<Float>
    for first in stride(from: 0, to: outputs, by: 16) {
        let own = UnsafeRawPointer(steps + first * count)
        let real = min(16, outputs - first)
        var (b, v) = (Lanes.zero, Lanes.zero)
        for lane in 0..<real {
            b[lane] = bias[first + lane]
            if let velocity { v[lane] = velocity[first + lane] }
        }
        if velocity == nil {
            for sample in 0..<count {
                b += own.loadUnaligned(fromByteOffset: sample * 64, as: Lanes.self)
            }
        } else {
            var sum = Lanes.zero
            for sample in 0..<count {
                sum += own.loadUnaligned(fromByteOffset: sample * 64, as: Lanes.self)
            }
            v = sum.addingProduct(rule.momentum, v)
            b = b.addingProduct(-rule.learningRate, v)
        }
        for lane in 0..<real {
            bias[first + lane] = b[lane]
            if let velocity { velocity[first + lane] = v[lane] }
        }
    }
}
