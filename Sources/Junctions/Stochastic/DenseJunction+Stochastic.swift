// ESSOP on a dense junction: BP and the biases stay exact, the outer product is stochastic.

import Kernels

extension DenseJunction {
    /// Bytes of scratch memory that a stochastic increment needs.
    func stochasticBytes(_ rule: StochasticRule) -> Int {
        switch rule.sharing {
        case .elements:
            StochasticConverter(inputs: inputs, outputs: outputs, rule: rule).byteCount
        case .nothing, .sides:
            PackedOuterProduct(inputs: inputs, outputs: outputs, rule: rule).byteCount
        }
    }

    /// e = Wᵀ δ with the old W; W[j,i] ← W[j,i] − sign · (step · count); b ← b − η δ. See
    /// `StochasticKernels.update`; streams that elements do not share have a plain form only.
    func stochasticBackpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, learningRate: Float, rule: StochasticRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = weights + outputs * rowStride
        guard rule.sharing == .elements else {
            let product = PackedOuterProduct(inputs: inputs, outputs: outputs, rule: rule)
            return product.backpropUpdate(
                weights, bias, rowStride, x: x, delta: delta, e: e, learningRate: learningRate,
                generator: generator, scratch: memory.workspace)
        }
        let converter = StochasticConverter(inputs: inputs, outputs: outputs, rule: rule)
        let codes = converter.convert(
            x: x, delta: delta, learningRate: learningRate, generator: generator,
            scratch: memory.workspace, kernels: kernels.stochastic)
        kernels.stochastic.update(
            weights, bias, delta, e, codes.left, codes.right, codes.table, rule.bitCount,
            codes.chunks, codes.chunkCount, outputs, rowStride, learningRate)
    }
}
