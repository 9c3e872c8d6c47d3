// Fast forms: the same work as the definition, in another order of rounding.
//
//   dense, N:M   products of matrices; UP sums outer products, positions ascending, and learns
//                once: W ← (1 − η λ) W, then fma(−(η δₚ), xₚ, W); the views of N:M follow once

import Kernels

extension SharedJunction {
    /// Bytes that UP of many vectors needs, behind the columns; a multiple of 64.
    var manyBytes: Int {
        let stride = Self.stride(count)
        switch junction {
        case .float(.dense(let form)): return form.manyBytes(stride) + 64 * stride
        case .float(.pruned(let form)): return form.manyBytes(stride) + 64 * stride
        default: return 0
        }
    }

    /// UP as a sum of outer products.
    func updateMany(
        _ form: some ManyVectorForm, _ memory: Memory, x: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, count: Int, rule: UpdateRule, kernels: KernelSet
    ) {
        let stride = Self.stride(count)
        let scratch = memory.scratch + columns.byteCount
        let staging = (scratch + form.manyBytes(stride)).assumingMemoryBound(to: Float.self)
        let turned = ManyScratch(
            scratch, ragged: x, inputs: inputs, delta: delta, outputs: outputs, count: stride,
            stepFactor: ManyScratch.stepFactor(memory.one, rule), staging: staging,
            kernels.pruned.dense)
        form.updateMany(
            memory.one, scratch: scratch, turned: turned, count: stride, rule: rule,
            kernels: kernels)
    }
}
