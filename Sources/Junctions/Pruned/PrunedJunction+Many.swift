// N:M with many vectors at a time. FF and BP multiply by the views; UP is dense, and the views are
// prepared once for the whole micro-batch.
//
// The order of rounding: FF of each vector exactly as one at a time; BP with j ascending, rows
// with δ = 0 not passed over; UP starts from (1 − η·λ)·W, as one at a time, and takes its terms by
// fma, samples ascending.

import Kernels

extension PrunedJunction: ManyVectorForm {
    package func manyBytes(_ count: Int) -> Int { ManyScratch.bytes(inputs, outputs, count) }

    package func feedforwardMany(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, count: Int, kernels: KernelSet
    ) {
        let bias = (parameters + layout.bias).assumingMemoryBound(to: Float.self)
        if pattern.prunesFeedforward {
            kernels.pruned.productMany(
                (parameters + layout.values).assumingMemoryBound(to: Float.self),
                (parameters + layout.indices).assumingMemoryBound(to: UInt8.self), bias, x, y,
                outputs, layout.chunks, pattern.slots, count)
        } else {
            kernels.pruned.dense.feedforward(
                parameters.assumingMemoryBound(to: Float.self), bias, x, y, outputs, rowStride,
                rowStride, count)
        }
    }

    package func backpropUpdateMany(
        _ memory: JunctionMemory, scratch: UnsafeMutableRawPointer, x: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>?, count: Int,
        rule: UpdateRule, kernels: KernelSet
    ) {
        if let e {
            backpropMany(
                memory, delta: delta, e: e, rows: rowStride, count: count, kernels: kernels)
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
        for block in 0..<layout.blocks {
            updateBlock(block, memory, turned.x, turned.steps, count, rule, kernels)
            if pattern.prunesFeedforward {
                prepareForward(block, memory.parameters, memory.workspace, kernels)
            }
            if pattern.prunesBackprop { prepareBackward(block, memory, withView: true, kernels) }
        }
        if pattern.prunesBackprop { backwardFlag(memory).pointee = 1 }
        updateBiases(
            bias(memory), biasVelocity(memory), turned.steps, outputs: outputs, count: count,
            rule: rule)
    }

    /// BP alone.
    /// - delta: [outputs][count]; where BP has groups of its own, with padding rows
    /// - e: [inputs][count]; without groups of its own, with padding rows
    /// - rows: how many rows of e to write where BP has groups of its own
    func backpropMany(
        _ memory: JunctionMemory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>,
        rows: Int, count: Int, kernels: KernelSet
    ) {
        guard pattern.prunesBackprop else {
            let parameters = memory.parameters
            kernels.pruned.scatterMany(
                (parameters + layout.values).assumingMemoryBound(to: Float.self),
                (parameters + layout.indices).assumingMemoryBound(to: UInt8.self), delta, e,
                outputs, layout.chunks, pattern.slots, count)
            return
        }
        makeBackwardView(memory, kernels)
        kernels.pruned.productMany(
            (memory.workspace + layout.backwardValues).assumingMemoryBound(to: Float.self),
            (memory.workspace + layout.backwardIndices).assumingMemoryBound(to: UInt8.self), nil,
            delta, e, rows, layout.blocks, pattern.slots, count)
    }

    /// The backward view, where it is not that of the master.
    private func makeBackwardView(_ memory: JunctionMemory, _ kernels: KernelSet) {
        guard backwardFlag(memory).pointee == 0 else { return }
        for block in 0..<layout.blocks { prepareBackward(block, memory, withView: true, kernels) }
        backwardFlag(memory).pointee = 1
    }

    /// BP of one vector by the backward view: e = viewᵀ δ, terms of a left neuron in the order of
    /// `PrunedKernels.product`. A step does not take this way: its UP has every weight at hand, and
    /// the view would have to be made after each. Only where BP has groups of its own.
    package func backpropByView(
        _ memory: JunctionMemory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        precondition(pattern.prunesBackprop, "BP has groups of its own")
        makeBackwardView(memory, kernels)
        kernels.pruned.product(
            (memory.workspace + layout.backwardValues).assumingMemoryBound(to: Float.self),
            (memory.workspace + layout.backwardIndices).assumingMemoryBound(to: UInt8.self), nil,
            delta, e, rowStride, layout.blocks, pattern.slots)
    }
}
