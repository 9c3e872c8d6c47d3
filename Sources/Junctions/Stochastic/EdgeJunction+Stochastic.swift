// ESSOP on listed edges: BP and the biases stay exact, the edges that exist learn by bits.
//
// The exact form with η = 0 gives e and the bytes of exact BP; it changes no weight (but makes a
// weight of −0 one of +0).

import Kernels

extension EdgeJunction {
    /// Bytes of scratch memory that a stochastic increment needs, behind all tables.
    func stochasticBytes(_ rule: StochasticRule) -> Int {
        StochasticConverter(inputs: inputs, outputs: outputs, rule: rule).byteCount
    }

    /// e = Wᵀ δ with the old W; edges learn as in `StochasticKernels.update`; b ← b − η δ.
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
        let scratch = memory.workspace + feedforwardBytes + updateBytes(.exact)
        let converter = StochasticConverter(inputs: inputs, outputs: outputs, rule: rule)
        let codes = converter.convert(
            x: x, delta: delta, learningRate: learningRate, generator: generator,
            scratch: scratch, kernels: kernels.stochastic)
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self)
        for row in 0..<outputs where delta[row] != 0 { bias[row] += -(learningRate * delta[row]) }
        if codes.step == 0 { return }
        let tables = EdgeTables(self, memory.workspace)
        for row in 0..<outputs where codes.right[row] != 0 {
            let (first, count) =
                switch layout {
                case .rows: (row * rowStride, pattern.inDegree)
                case .list: listed(tables, row)
                case .turned, .columns: (0, 0)
                }
            kernels.stochastic.updateEdges(
                weights + first, tables.left + first, count, codes.left, codes.right[row],
                codes.table, rule.bitCount)
        }
        if layout == .rows || layout == .list { return }
        forEachEdge(memory.workspace) { edge in
            weights[edge.weight] += codes.addend(edge.left, edge.right, bitCount: rule.bitCount)
        }
    }

    private func listed(_ tables: EdgeTables, _ row: Int) -> (first: Int, count: Int) {
        guard let starts = tables.starts else { return (0, 0) }
        return (Int(starts[row]), Int(starts[row + 1] - starts[row]))
    }
}
