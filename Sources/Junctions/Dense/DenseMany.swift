// The dense junction with many vectors at a time: products of matrices.
//
// The order of rounding: FF takes i ascending (one vector at a time has sixteen partial sums); BP
// takes j ascending, rows with δ = 0 not passed over; UP starts from (1 − η·λ)·W and takes its
// terms by fma, samples ascending; with momentum from λ·W, and then v and W once.

import Kernels

extension DenseJunction: ManyVectorForm {
    private var blockBytes: Int { 16 * rowStride * 4 }

    package func manyBytes(_ count: Int) -> Int {
        ManyScratch.bytes(inputs, outputs, count) + blockBytes + ((rowStride * 2 + 63) & ~63)
    }

    package func feedforwardMany(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, count: Int, kernels: KernelSet
    ) {
        kernels.pruned.dense.feedforward(
            parameters.assumingMemoryBound(to: Float.self),
            (parameters + outputs * rowStride * 4).assumingMemoryBound(to: Float.self), x, y,
            outputs, rowStride, rowStride, count)
    }

    package func backpropUpdateMany(
        _ memory: JunctionMemory, scratch: UnsafeMutableRawPointer, x: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>?, count: Int,
        rule: UpdateRule, kernels: KernelSet
    ) {
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        if let e {
            kernels.pruned.dense.backprop(weights, delta, e, outputs, rowStride, rowStride, count)
        }
        let turned = ManyScratch(
            scratch, x: x, inputs: inputs, delta: delta, outputs: outputs, count: count,
            stepFactor: ManyScratch.stepFactor(memory, rule), kernels.pruned.dense)
        updateMany(
            memory, scratch: scratch, turned: turned, count: count, rule: rule, kernels: kernels)
    }

    package func updateMany(
        _ memory: JunctionMemory, scratch: UnsafeMutableRawPointer, turned: ManyScratch,
        count: Int, rule: UpdateRule, kernels: KernelSet
    ) {
        precondition(rule.increment == .exact, "stochastic increments are one vector at a time")
        let block = scratch + ManyScratch.bytes(inputs, outputs, count)
        for first in stride(from: 0, to: outputs, by: 16) {
            updateRows(first, memory, turned, block, count, rule, kernels.pruned)
        }
        let biasOffset = outputs * rowStride * 4
        updateBiases(
            (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self),
            memory.velocity.map { ($0 + biasOffset).assumingMemoryBound(to: Float.self) },
            turned.steps, outputs: outputs, count: count, rule: rule)
    }

    /// UP of 16 rows from `first` on.
    /// - block: memory for their sums, and for masks that keep nothing, since every weight has
    ///   the same factor
    private func updateRows(
        _ first: Int, _ memory: JunctionMemory, _ turned: ManyScratch,
        _ block: UnsafeMutableRawPointer, _ count: Int, _ rule: UpdateRule,
        _ kernels: PrunedKernels
    ) {
        let offset = first * rowStride
        let weights = memory.parameters.assumingMemoryBound(to: Float.self) + offset
        let rows = min(16, outputs - first)
        let velocity = memory.velocity.map { $0.assumingMemoryBound(to: Float.self) + offset }
        let keep = 1 - rule.learningRate * rule.weightDecay
        if velocity == nil && keep == 1 {
            kernels.dense.outerSum(
                weights, weights, turned.steps + first * count, turned.x, rows, rowStride,
                count)
            return
        }
        let factor = velocity == nil ? keep : rule.weightDecay
        let sum = block.assumingMemoryBound(to: Float.self)
        let masks = (block + blockBytes).assumingMemoryBound(to: UInt16.self)
        for index in 0..<rowStride { masks[index] = 0 }
        kernels.scaleRows(weights, rowStride, rows, masks, factor, factor, sum)
        kernels.dense.outerSum(
            sum, sum, turned.steps + first * count, turned.x, rows, rowStride, count)
        kernels.finishRows(
            sum, sum, rowStride, rows, masks, false, weights, velocity, rule.learningRate,
            rule.momentum)
    }
}
