// BP and UP of listed edges, layout by layout.

import Kernels

extension EdgeJunction {
    func updateGathering(
        _ memory: JunctionMemory, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let (weights, bias) = learned(memory.parameters)
        let tables = EdgeTables(self, memory.workspace, weights: memory.parameters)
        if let velocity = memory.velocity {
            let (velocity, biasVelocity) = learned(velocity)
            kernels.edge.backpropUpdateMomentum(
                weights, velocity, bias, biasVelocity, tables.left, tables.starts, x, delta, e,
                inputs, outputs, rowStride, pattern.inDegree, rule.learningRate, rule.momentum,
                rule.weightDecay)
        } else {
            kernels.edge.backpropUpdate(
                weights, bias, tables.left, tables.starts, x, delta, e, tables.pairs, inputs,
                outputs, rowStride, pattern.inDegree, rule.learningRate, rule.weightDecay)
        }
    }

    func updateTurned(
        _ memory: JunctionMemory, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let (weights, bias) = learned(memory.parameters)
        let tables = EdgeTables(self, memory.workspace, weights: memory.parameters)
        let error = e == nil ? nil : tables.turnedError
        kernels.edge.turn(x, tables.left, tables.turned, inputs)
        if let velocity = memory.velocity {
            let (velocity, biasVelocity) = learned(velocity)
            kernels.edge.turnedBackpropUpdateMomentum(
                weights, velocity, bias, biasVelocity, tables.turned, delta, error, inputs,
                outputs, pattern.inDegree, rule.learningRate, rule.momentum, rule.weightDecay)
        } else {
            kernels.edge.turnedBackpropUpdate(
                weights, bias, tables.turned, delta, error, inputs, outputs, pattern.inDegree,
                rule.learningRate, rule.weightDecay)
        }
        if let e { kernels.edge.turnBack(tables.turnedError, tables.left, e, inputs) }
    }

    func updateColumns(
        _ memory: JunctionMemory, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let (weights, bias) = learned(memory.parameters)
        let tables = EdgeTables(self, memory.workspace, weights: memory.parameters)
        let error = e == nil ? nil : tables.turnedError
        kernels.edge.rowsToMemories(x, tables.turned, pattern.parallelism)
        if let velocity = memory.velocity {
            let (velocity, biasVelocity) = learned(velocity)
            kernels.edge.columnsBackpropUpdateMomentum(
                weights, velocity, bias, biasVelocity, tables.turned, tables.memories,
                tables.clockOfRow, tables.neurons, delta, error, groupCount, groupColumns, inputs,
                outputs, rule.learningRate, rule.momentum, rule.weightDecay)
        } else {
            kernels.edge.columnsBackpropUpdate(
                weights, bias, tables.turned, tables.memories, tables.clockOfRow, tables.neurons,
                delta, error, groupCount, groupColumns, inputs, outputs, rule.learningRate,
                rule.weightDecay)
        }
        if let e { kernels.edge.memoriesToRows(tables.turnedError, e, pattern.parallelism) }
    }

    /// Weights and biases, or their velocities.
    private func learned(
        _ memory: UnsafeMutableRawPointer
    ) -> (weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>) {
        (
            memory.assumingMemoryBound(to: Float.self),
            (memory + biasOffset).assumingMemoryBound(to: Float.self)
        )
    }
}
