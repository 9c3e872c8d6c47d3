// ESSOP on an N:M junction: BP and the biases stay exact, the dense master learns by bits, and the
// views are selected anew.

import Kernels

extension PrunedJunction {
    /// Bytes of scratch memory that a stochastic increment needs, behind the views.
    func stochasticBytes(_ rule: StochasticRule) -> Int {
        StochasticConverter(inputs: inputs, outputs: outputs, rule: rule).byteCount
    }

    /// e = Wᵀ δ with what BP keeps of the old W; the master learns as in
    /// `StochasticKernels.update`; b ← b − η δ.
    func stochasticBackpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, learningRate: Float, rule: StochasticRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if let e { backprop(memory, delta: delta, e: e, kernels: kernels) }
        let hasChanged = stochasticUpdateMaster(
            memory, x: x, delta: delta, learningRate: learningRate, rule: rule,
            generator: generator, kernels: kernels)
        if hasChanged { prepareViews(memory, rowsChanged: delta, kernels: kernels) }
    }

    /// UP of the master alone, whose views are then to be prepared; whether a weight may have
    /// changed.
    func stochasticUpdateMaster(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        learningRate: Float, rule: StochasticRule, generator: UnsafeMutablePointer<UInt64>,
        kernels: KernelSet
    ) -> Bool {
        precondition(
            pattern.weightUpdate == .dense && pattern.droppedDecay == 0,
            "stochastic increments are plain SGD of the whole master")
        let scratch = memory.workspace + feedforwardBytes + layout.workspaceBytes
        let converter = StochasticConverter(inputs: inputs, outputs: outputs, rule: rule)
        let codes = converter.convert(
            x: x, delta: delta, learningRate: learningRate, generator: generator,
            scratch: scratch, kernels: kernels.stochastic)
        kernels.stochastic.update(
            memory.parameters.assumingMemoryBound(to: Float.self), bias(memory), delta, nil,
            codes.left, codes.right, codes.table, rule.bitCount, codes.chunks, codes.chunkCount,
            outputs, rowStride, learningRate)
        return codes.step != 0
    }
}
