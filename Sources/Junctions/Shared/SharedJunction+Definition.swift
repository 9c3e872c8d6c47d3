// What many vectors mean: a loop over the positions with the forms for one vector. Right for every
// cell of the catalogue, and slow; fast forms are tested against it.
//
// UP of floats is plain SGD position by position, with the decay in the first of them. With
// momentum the velocities take the place of the weights: v ← μ v + λ W, then v ← v + δₚ xₚᵀ
// position by position (plain SGD with η = −1), then W ← W − η v. N:M is the exception: what it
// keeps must not change from position to position, so it sums before it learns.

import Arithmetic
import Kernels

extension SharedJunction {
    /// FF, position by position.
    package func defineFeedforward(
        _ memory: Reading, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, count: Int,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        let (columns, stride) = (columns, Self.stride(count))
        let (left, right) = (columns.left(memory.scratch), columns.right(memory.scratch))
        for p in 0..<count {
            SharedColumns.gather(x, p, rows: inputs, stride: stride, into: left)
            feedforwardOne(
                memory, x: left, y: right, saturations: saturations, kernels: kernels)
            SharedColumns.scatter(right, p, rows: outputs, stride: stride, into: y)
        }
        SharedColumns.clearPadding(y, rows: outputs, count: count, stride: stride)
    }

    /// BP, position by position.
    package func defineBackprop(
        _ memory: Memory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>, count: Int,
        kernels: KernelSet
    ) {
        let (columns, stride) = (columns, Self.stride(count))
        let (left, right) = (columns.left(memory.scratch), columns.right(memory.scratch))
        for p in 0..<count {
            SharedColumns.gather(delta, p, rows: outputs, stride: stride, into: right)
            backpropOne(memory, delta: right, e: left, kernels: kernels)
            SharedColumns.scatter(left, p, rows: inputs, stride: stride, into: e)
        }
        SharedColumns.clearPadding(e, rows: inputs, count: count, stride: stride)
    }

    /// UP, position by position.
    package func defineUpdate(
        _ memory: Memory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>, count: Int,
        rule: UpdateRule, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if case .float(.pruned) = junction, rule.increment == .exact {
            _ = fastUpdate(
                memory, x: x, delta: delta, count: count, rule: rule, kernels: kernels)
            return
        }
        let (columns, stride) = (columns, Self.stride(count))
        let start = (generator[0], generator[1], generator[2], generator[3])
        let state = columns.generator(memory.scratch)
        let velocity = memory.velocity
        if let velocity { decayVelocity(velocity, memory.parameters, rule) }
        for p in 0..<count {
            (state[0], state[1], state[2], state[3]) = start
            let (left, right) = (columns.left(memory.scratch), columns.right(memory.scratch))
            SharedColumns.gather(x, p, rows: inputs, stride: stride, into: left)
            SharedColumns.gather(delta, p, rows: outputs, stride: stride, into: right)
            switch junction {
            case .float(let form):
                floatUpdate(form, memory, left, right, rule, isFirst: p == 0, state, kernels)
            case .fixed(let form):
                fixedUpdate(form, memory, left, right, rule, state, kernels)
            }
        }
        // Of N:M, views are those of the master when all positions have been added.
        switch junction {
        case .float(.pruned(let form)):
            form.prepareViews(memory.one, rowsChanged: nil, kernels: kernels)
        case .fixed(.pruned(let form)): form.refresh(memory.one)
        default: break
        }
        if let velocity { applyVelocity(velocity, memory.parameters, rule) }
        (generator[0], generator[1], generator[2], generator[3]) = (
            state[0], state[1], state[2], state[3]
        )
    }

    /// The increments of one position, to the weights or to the velocities.
    private func floatUpdate(
        _ form: FloatJunction, _ memory: Memory, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ rule: UpdateRule, isFirst: Bool,
        _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) {
        if case .pruned(let form) = form, case .stochastic(let bits) = rule.increment {
            _ = form.stochasticUpdateMaster(
                memory.one, x: x, delta: delta, learningRate: rule.learningRate, rule: bits,
                generator: generator, kernels: kernels)
            return
        }
        let hasVelocity = memory.velocity != nil
        let step = UpdateRule(
            learningRate: hasVelocity ? -1 : rule.learningRate, momentum: 0,
            weightDecay: isFirst && !hasVelocity ? rule.weightDecay : 0,
            increment: rule.increment)
        let own = JunctionMemory(
            parameters: memory.velocity ?? memory.parameters, velocity: nil,
            workspace: memory.tables)
        form.backpropUpdate(
            own, x: x, delta: delta, e: nil, rule: step, generator: generator, kernels: kernels)
    }

    private func fixedUpdate(
        _ form: FixedJunction, _ memory: Memory, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ rule: UpdateRule,
        _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) {
        precondition(
            rule.momentum == 0 && rule.weightDecay == 0, "fixed point is plain SGD")
        let (format, columns) = (form.ownFormat, columns)
        let left = columns.fixedLeft(memory.scratch)
        let right = columns.fixedRight(memory.scratch)
        kernels.fixed.round(x, left, inputs, format.width, format.fractionBits)
        kernels.fixed.round(delta, right, outputs, format.width, format.fractionBits)
        let shift = -Int(rule.learningRate.exponent)
        if case .pruned(let form) = form {
            form.updateMaster(
                memory.one, x: left, delta: right, learningShift: shift,
                increment: rule.increment, generator: generator, kernels: kernels)
            return
        }
        form.backpropUpdate(
            memory.one, x: left, delta: right, derivative: nil, e: nil, learningShift: shift,
            increment: rule.increment, generator: generator, kernels: kernels)
    }

    /// v ← μ v, and + λ W for weights.
    private func decayVelocity(
        _ velocity: UnsafeMutableRawPointer, _ parameters: UnsafeMutableRawPointer,
        _ rule: UpdateRule
    ) {
        let (v, w) = (
            velocity.assumingMemoryBound(to: Float.self),
            parameters.assumingMemoryBound(to: Float.self)
        )
        for index in 0..<learned.weights {
            v[index] = (rule.weightDecay * w[index]).addingProduct(rule.momentum, v[index])
        }
        for index in learned.weights..<learned.all { v[index] *= rule.momentum }
    }

    /// W ← W − η v, biases too.
    private func applyVelocity(
        _ velocity: UnsafeMutableRawPointer, _ parameters: UnsafeMutableRawPointer,
        _ rule: UpdateRule
    ) {
        let (v, w) = (
            velocity.assumingMemoryBound(to: Float.self),
            parameters.assumingMemoryBound(to: Float.self)
        )
        for index in 0..<learned.all {
            w[index] = w[index].addingProduct(-rule.learningRate, v[index])
        }
    }
}
