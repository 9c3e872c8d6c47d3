// BP and UP of one vector. Plain SGD without decay is one sweep that touches only rows with an
// error and selects only where something crossed a threshold; everything else goes through scratch
// memory and selects anew. Both leave the bytes that a full selection would.

import Kernels

extension PrunedJunction {
    /// e = Wᵀ δ with what BP keeps of the old W, then W and b learn and the views follow.
    ///
    /// λᵢⱼ is the weight decay, plus SR-STE's where FF drops; δxᵀ counts as 0 where a masked
    /// update does not reach. Plain: W ← fma(s, x, (1 − η·λᵢⱼ)·W), s = −(η·δ), b ← b + s; rows with
    /// δ = 0 are passed over where every λᵢⱼ is 0 and the update is dense. With momentum
    /// v ← fma(μ, v, fma(δ, x, λᵢⱼ·W)), W ← fma(−η, v, W), and the same without λᵢⱼ for b.
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if case .stochastic(let bits) = rule.increment {
            return stochasticBackpropUpdate(
                memory, x: x, delta: delta, e: e, learningRate: rule.learningRate, rule: bits,
                generator: generator, kernels: kernels)
        }
        if let e { e.update(repeating: 0, count: rowStride) }
        if isPlain(memory, rule) {
            sweep(memory, x, delta, e, rule, kernels)
            return
        }
        if let e { backpropRows(memory, delta, e, kernels) }
        let steps = (memory.workspace + layout.steps).assumingMemoryBound(to: Float.self)
        let factor = memory.velocity == nil ? -rule.learningRate : 1
        for j in 0..<outputs { steps[j] = delta[j] * factor }
        for block in 0..<layout.blocks {
            updateBlock(block, memory, x, steps, 1, rule, kernels)
            prepareBlock(block, memory, kernels)
        }
        updateBiases(
            bias(memory), biasVelocity(memory), steps, outputs: outputs, count: 1, rule: rule)
    }

    /// e = Wᵀ δ with what BP keeps, every row; for those who update the master themselves.
    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        e.update(repeating: 0, count: rowStride)
        backpropRows(memory, delta, e, kernels)
    }

    /// Nothing but increments, and they reach every weight.
    func isPlain(_ memory: JunctionMemory, _ rule: UpdateRule) -> Bool {
        memory.velocity == nil && pattern.weightUpdate == .dense
            && factors(rule, hasVelocity: false) == (1, 1)
    }

    /// What a weight is multiplied by before its increments, where FF keeps it and elsewhere.
    private func factors(_ rule: UpdateRule, hasVelocity: Bool) -> (Float, Float) {
        let (kept, dropped) = (rule.weightDecay, rule.weightDecay + pattern.droppedDecay)
        if hasVelocity { return (kept, dropped) }
        return (1 - rule.learningRate * kept, 1 - rule.learningRate * dropped)
    }

    func bias(_ memory: JunctionMemory) -> UnsafeMutablePointer<Float> {
        (memory.parameters + layout.bias).assumingMemoryBound(to: Float.self)
    }

    func biasVelocity(_ memory: JunctionMemory) -> UnsafeMutablePointer<Float>? {
        memory.velocity.map { ($0 + layout.bias).assumingMemoryBound(to: Float.self) }
    }

    /// Masks that BP multiplies by.
    private func backpropMasks(
        _ memory: JunctionMemory, _ block: Int
    ) -> UnsafeMutablePointer<UInt16> {
        let offset = pattern.prunesBackprop ? layout.backwardMasks : layout.forwardMasks
        return masks(memory.workspace + offset, block)
    }

    private func backpropRows(
        _ memory: JunctionMemory, _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>,
        _ kernels: KernelSet
    ) {
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        for block in 0..<layout.blocks {
            kernels.pruned.backpropMasked(
                weights + block * 16 * rowStride, rowStride, rows(block),
                backpropMasks(memory, block), delta + block * 16, e)
        }
    }

    /// The quick way, block by block.
    private func sweep(
        _ memory: JunctionMemory, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let (parameters, workspace) = (memory.parameters, memory.workspace)
        let (forward, backward) = (pattern.prunesFeedforward, pattern.prunesBackprop)
        let slots = pattern.slots
        let changes = (workspace + layout.changes).assumingMemoryBound(to: UInt16.self)
        let steps = (workspace + layout.steps).assumingMemoryBound(to: Float.self)
        for j in 0..<layout.blocks * 16 { steps[j] = delta[j] * -rule.learningRate }
        for block in 0..<layout.blocks where hasNonzero(delta, block) {
            let tiles = block * layout.chunks
            let weights =
                parameters.assumingMemoryBound(to: Float.self) + block * 16 * rowStride
            let values = parameters + layout.values + tiles * slots * 64
            let indices = parameters + layout.indices + tiles * slots * 8
            let forwardMasks = forward ? masks(workspace + layout.forwardMasks, block) : nil
            let backwardMasks = backward ? masks(workspace + layout.backwardMasks, block) : nil
            let forwardThresholds =
                forward ? thresholds(workspace + layout.forwardThresholds, block) : nil
            let backwardThresholds =
                backward ? thresholds(workspace + layout.backwardThresholds, block) : nil
            kernels.pruned.update(
                weights, rowStride, rows(block), pattern.group, x, delta + block * 16,
                steps + block * 16, e, forwardMasks, forwardThresholds, backwardMasks,
                backwardThresholds, changes)
            kernels.pruned.follow(
                weights, rowStride, rows(block), inputs, pattern.kept, pattern.group, x,
                delta + block * 16, steps + block * 16, changes,
                forward ? values.assumingMemoryBound(to: Float.self) : nil,
                forward ? indices.assumingMemoryBound(to: UInt8.self) : nil, forwardMasks,
                forwardThresholds, backwardMasks, backwardThresholds)
        }
        if backward { backwardFlag(memory).pointee = 0 }
        let bias = bias(memory)
        // A choice, not a branch: which δ are zero cannot be foretold.
        for j in 0..<outputs { bias[j] = delta[j] != 0 ? bias[j] + steps[j] : bias[j] }
    }

    /// UP of one block with any rule.
    /// - x, steps: see `ManyScratch`; for one vector as they are
    func updateBlock(
        _ block: Int, _ memory: JunctionMemory, _ x: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ count: Int, _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let offset = block * 16 * rowStride
        let weights = memory.parameters.assumingMemoryBound(to: Float.self) + offset
        let rows = rows(block)
        if isPlain(memory, rule) {
            kernels.pruned.dense.outerSum(
                weights, weights, steps + block * 16 * count, x, rows, rowStride, count)
            return
        }
        let masks = masks(
            memory.workspace
                + (pattern.prunesFeedforward ? layout.forwardMasks : layout.backwardMasks), block)
        let start = (memory.workspace + layout.start).assumingMemoryBound(to: Float.self)
        let sum = (memory.workspace + layout.sum).assumingMemoryBound(to: Float.self)
        let velocity = memory.velocity.map { $0.assumingMemoryBound(to: Float.self) + offset }
        let (kept, dropped) = factors(rule, hasVelocity: velocity != nil)
        kernels.pruned.scaleRows(weights, rowStride, rows, masks, kept, dropped, start)
        kernels.pruned.dense.outerSum(
            start, sum, steps + block * 16 * count, x, rows, rowStride, count)
        kernels.pruned.finishRows(
            start, sum, rowStride, rows, masks, pattern.weightUpdate == .masked, weights,
            velocity, rule.learningRate, rule.momentum)
    }
}
