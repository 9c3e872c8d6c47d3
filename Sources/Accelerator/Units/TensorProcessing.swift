// The N:M sparse tensor array: R × Cc processing elements that form matrix products, SORE that
// selects N of every M weights, and WUVE that updates them (SAT, Fang et al., arXiv 2309.13015).
//
// A junction needs three products. With I vectors, and [rows, columns]:
//
//   FF  y = x W    [I, inputs] × [inputs, outputs]    W N:M along inputs, the depth of the sum
//   BP  e = δ Wᵀ   [I, outputs] × [outputs, inputs]   W N:M along outputs, again the depth
//   UP  g = xᵀ δ   [inputs, I] × [I, outputs]         dense; then WUVE, and SORE behind it
//
// What is whose: the units, their task and that SORE takes M clocks per group are the paper's; the
// clocks of a product, and so every figure here, are our model of such an array and were never
// compared with the hardware. Not in it: memories outside the chip, their bandwidth, what lies
// between junctions (normalisation, pooling). Files: +Product, +Engines, +Layer, +Actions.

import Junctions

/// What a tensor array does for a junction.
package struct TensorProcessing: Sendable {
    /// The array and its engines.
    package let array: TensorArray
    /// Widths of its numbers.
    package let arithmetic: DeviceArithmetic

    /// An array whose dimensions, lanes and P are at least 1.
    package init(_ array: TensorArray, _ arithmetic: DeviceArithmetic) {
        precondition(array.rows > 0 && array.columns > 0, "an array has processing elements")
        precondition(array.addClocks > 0, "an addition takes a clock at least")
        precondition(array.reductionLanes > 0 && array.updateLanes > 0, "engines have lanes")
        self.array = array
        self.arithmetic = arithmetic
    }

    /// The array of `device`.
    init(_ array: TensorArray, _ device: DeviceDescription) {
        self.init(array, device.arithmetic)
    }

    /// The three products of a junction for one sample, I = 1. `stallClocks` are those in which
    /// the array waits for a sum, for a turn that no tile takes, for weights to be loaded, or for
    /// SORE where that is not hidden. Nothing clashes: operands enter in the order of their words.
    /// - pruning: nil for a dense junction
    /// - isFirst: nobody is to its left, so no view for BP is made
    /// - isLast: its outputs become errors at once
    /// - hasMomentum: WUVE keeps a velocity per weight and bias
    package func cost(
        _ junction: DeviceJunction, pruning: PruningSettings?, isFirst: Bool = false,
        isLast: Bool = false, hasMomentum: Bool = false
    ) -> JunctionCost {
        let layer = TensorLayer(
            inputs: junction.inputs, outputs: junction.outputs, biasCount: junction.outputs)
        let cost = cost(of: layer, vectors: 1, pruning: pruning, isFirst: isFirst)
        let book = TensorActions(
            layer, cost, pruning, self, junction, isLast: isLast, hasMomentum: hasMomentum)
        return JunctionCost(
            unit: .tensorArray, parallelism: nil, overheadClocks: 0,
            feedforward: OperationCost(
                clocks: cost.feedforward.clocks, stallClocks: cost.feedforward.stallClocks,
                actions: book.feedforward),
            backprop: cost.backprop.map {
                OperationCost(
                    clocks: $0.clocks, stallClocks: $0.stallClocks, actions: book.backprop)
            },
            update: OperationCost(
                clocks: cost.update.clocks, stallClocks: cost.update.stallClocks,
                actions: book.update),
            updatesDuringBackprop: false)
    }
}
