// ESSOP on circulant blocks, for reference: the k × k products of every block are formed and
// summed along its wrapped diagonals, so nothing of the FFT's gain is left.

import Kernels

extension CirculantJunction {
    /// Bytes of scratch memory that a stochastic increment needs, behind the transforms.
    func stochasticBytes(_ rule: StochasticRule) -> Int {
        StochasticConverter(inputs: inputs, outputs: outputs, rule: rule).byteCount
            + 4 * DenseJunction.paddedCount(structure.outputBlocks * structure.blockSize)
    }

    /// e = Wᵀ δ with the old W, exactly; every weight of a block learns the sum of what bits add
    /// along its diagonal; b ← b − η δ.
    func stochasticBackpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, learningRate: Float, rule: StochasticRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        passErrors(memory, x: x, delta: delta, e: e, generator: generator, kernels: kernels)
        let scratch = memory.workspace + feedforwardBytes + updateBytes(.exact)
        let converter = StochasticConverter(inputs: inputs, outputs: outputs, rule: rule)
        let codes = converter.convert(
            x: x, delta: delta, learningRate: learningRate, generator: generator,
            scratch: scratch, kernels: kernels.stochastic)
        kernels.circulant.updateBias(
            (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self), nil, delta,
            DenseJunction.paddedCount(outputs), learningRate, 0)
        guard codes.step != 0 else { return }
        let sums = (scratch + converter.byteCount).assumingMemoryBound(to: Float.self)
        applyIncrement(memory, sums: sums) { -codes.addend($1, $0, bitCount: rule.bitCount) }
    }
}
