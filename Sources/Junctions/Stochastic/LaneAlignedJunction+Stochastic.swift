// ESSOP on lane-aligned blocks: BP and the biases stay exact, the edges learn by bits, sixteen right
// neurons at a time.
//
// The exact form with η = 0 gives e and the bytes of exact BP; it changes no weight (but makes a
// weight of −0 one of +0).

import Kernels

extension LaneAlignedJunction {
    /// Bytes of scratch memory that a stochastic increment needs, behind the words of the blocks.
    func stochasticBytes(_ rule: StochasticRule) -> Int {
        let converter = StochasticConverter(inputs: inputs, outputs: outputs, rule: rule)
        return converter.byteCount + converter.wordBytes
    }

    /// e = Wᵀ δ with the old W; edges learn as in `StochasticKernels.updateBlocks`; b ← b − η δ.
    func stochasticBackpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, learningRate: Float, rule: StochasticRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if let e {
            let still = UpdateRule(learningRate: 0, momentum: 0, weightDecay: 0)
            backpropUpdate(
                memory, x: x, delta: delta, e: e, rule: still, generator: generator,
                kernels: kernels)
        }
        let scratch = memory.workspace + feedforwardBytes
        let converter = StochasticConverter(inputs: inputs, outputs: outputs, rule: rule)
        let codes = converter.convert(
            x: x, delta: delta, learningRate: learningRate, generator: generator,
            scratch: scratch, kernels: kernels.stochastic)
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = weights + 16 * pattern.blockCount
        for row in 0..<outputs where delta[row] != 0 { bias[row] += -(learningRate * delta[row]) }
        if codes.step == 0 { return }
        let words = (scratch + converter.byteCount).assumingMemoryBound(to: Int32.self)
        converter.writeWords(codes, words)
        let (leftCount, rightCount) = (
            DenseJunction.paddedCount(inputs), DenseJunction.paddedCount(outputs)
        )
        let rightWords = words + converter.planeCount * leftCount
        for group in 0..<pattern.groups
        where (0..<16).contains(where: { codes.right[16 * group + $0] != 0 }) {
            let first = group * pattern.inDegree
            kernels.stochastic.updateBlocks(
                weights + 16 * first, blocks(memory.workspace) + first, pattern.inDegree, x,
                delta + 16 * group, words, leftCount, rightWords + 16 * group, rightCount,
                converter.planeCount, codes.step)
        }
    }
}
