// The three products of a junction for any number of vectors, and the engines around them.
//
// A convolution is a junction whose weights are used at many positions: its kernel·channels words
// around a position are one vector. So with B samples
//   FF  I = B·right positions,  K = kernel·inputs,        J = outputs
//   BP  I = B·left positions,   K = kernel·outputs,       J = inputs
//   UP  I = kernel·inputs,      K = B·right positions,    J = outputs
//
// SORE. With pre-generation (`generatesAhead`) the views of both directions are selected right
// behind WUVE: UP takes its product, then the longer of WUVE and SORE, and FF and BP fetch
// compressed words. Without it, every pruned product waits for its own selection before it starts
// and dense words are fetched; nothing is stored compressed.

import Junctions

/// A junction as the array sees it: weights [kernel · inputs, outputs] used at many positions.
package struct TensorLayer: Equatable, Hashable, Sendable {
    /// Channels on the left; left neurons where there is no kernel.
    package var inputs: Int
    /// Channels on the right.
    package var outputs: Int
    /// Positions of the kernel: 9 for 3 × 3.
    package var kernel: Int
    /// Positions on the left and on the right, per sample.
    package var leftPositions: Int
    package var rightPositions: Int
    /// Biases that learn.
    package var biasCount: Int

    package init(
        inputs: Int, outputs: Int, kernel: Int = 1, leftPositions: Int = 1,
        rightPositions: Int = 1, biasCount: Int = 0
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.kernel = kernel
        self.leftPositions = leftPositions
        self.rightPositions = rightPositions
        self.biasCount = biasCount
    }

    /// |W|
    package var weightCount: Int { kernel * inputs * outputs }

    /// y = x W
    package func feedforward(vectors: Int, _ pruning: PruningSettings?) -> MatrixProduct {
        var sparsity = MatrixProduct.Sparsity.dense
        if let pruning, pruning.passes != .backward {
            precondition(kernel == 1 || inputs % pruning.group == 0, "groups are of channels")
            sparsity = .depth(kept: pruning.kept, group: pruning.group)
        }
        return MatrixProduct(
            rows: vectors * rightPositions, depth: kernel * inputs, columns: outputs,
            sparsity: sparsity)
    }

    /// e = δ Wᵀ
    package func backprop(vectors: Int, _ pruning: PruningSettings?) -> MatrixProduct {
        var sparsity = MatrixProduct.Sparsity.dense
        if let pruning {
            precondition(kernel == 1 || outputs % pruning.group == 0, "groups are of channels")
            sparsity =
                pruning.passes == .forward
                ? .columns(kept: pruning.kept, group: pruning.group)
                : .depth(kept: pruning.kept, group: pruning.group)
        }
        return MatrixProduct(
            rows: vectors * leftPositions, depth: kernel * outputs, columns: inputs,
            sparsity: sparsity)
    }

    /// g = xᵀ δ, dense in every variant: where only kept weights learn, WUVE leaves out the rest.
    package func update(vectors: Int) -> MatrixProduct {
        MatrixProduct(
            rows: kernel * inputs, depth: vectors * rightPositions, columns: outputs)
    }
}

/// One product with what goes before or after it.
package struct TensorStageCost: Equatable, Sendable {
    package var product: MatrixProductCost
    /// WUVE, after the product; 0 in FF and BP.
    package var updateClocks = 0
    /// All that SORE does for this stage.
    package var selectionClocks = 0
    /// The part of SORE's clocks in which nothing else works.
    package var exposedClocks = 0

    /// From start to end.
    package var clocks: Int { product.clocks + updateClocks + exposedClocks }
    /// Those in which the array waits, and not for WUVE's work.
    package var stallClocks: Int { product.stallClocks + exposedClocks }
}

/// All of a training step of a junction.
package struct TensorLayerCost: Equatable, Sendable {
    package var feedforward: TensorStageCost
    /// nil for the first junction.
    package var backprop: TensorStageCost?
    package var update: TensorStageCost

    /// FF, BP and UP, one after the other.
    package var clocks: Int { feedforward.clocks + (backprop?.clocks ?? 0) + update.clocks }
}

extension TensorProcessing {
    /// A training step of a junction over `vectors` samples: FF, BP, and one update with the sum of
    /// all increments.
    /// - pruning: nil: dense
    package func cost(
        of layer: TensorLayer, vectors: Int, pruning: PruningSettings?, isFirst: Bool = false
    ) -> TensorLayerCost {
        var feedforward = TensorStageCost(
            product: cost(of: layer.feedforward(vectors: vectors, pruning)))
        var backprop: TensorStageCost?
        if !isFirst {
            backprop = TensorStageCost(
                product: cost(of: layer.backprop(vectors: vectors, pruning)))
        }
        var update = TensorStageCost(product: cost(of: layer.update(vectors: vectors)))
        update.updateClocks = updateClocks(layer.weightCount + layer.biasCount)
        if let pruning {
            if array.generatesAhead {
                update.selectionClocks = TensorDirection.all(pruning, isFirst: isFirst)
                    .reduce(0) { $0 + selectionClocks(layer, pruning, $1) }
                update.exposedClocks = max(0, update.selectionClocks - update.updateClocks)
            } else {
                if pruning.passes != .backward {
                    expose(selectionClocks(layer, pruning, .inputs), &feedforward)
                }
                if var back = backprop {
                    let direction =
                        pruning.passes == .forward ? TensorDirection.inputs : .outputs
                    expose(selectionClocks(layer, pruning, direction), &back)
                    backprop = back
                }
            }
        }
        return TensorLayerCost(feedforward: feedforward, backprop: backprop, update: update)
    }

    private func expose(_ clocks: Int, _ stage: inout TensorStageCost) {
        stage.selectionClocks = clocks
        stage.exposedClocks = clocks
    }

    /// SORE's clocks for the groups along one side.
    private func selectionClocks(
        _ layer: TensorLayer, _ pruning: PruningSettings, _ direction: TensorDirection
    ) -> Int {
        selectionClocks(groups: direction.groups(layer, pruning), of: pruning.group)
    }
}

/// Along which side of a junction groups lie.
enum TensorDirection {
    /// Those of FF.
    case inputs
    /// Those of BP.
    case outputs

    /// The views that are stored.
    static func all(_ pruning: PruningSettings, isFirst: Bool) -> [TensorDirection] {
        var directions: [TensorDirection] = []
        if pruning.passes != .backward { directions.append(.inputs) }
        if pruning.passes != .forward && !isFirst { directions.append(.outputs) }
        return directions
    }

    /// (words in a row, rows)
    func extent(_ layer: TensorLayer) -> (length: Int, rows: Int) {
        self == .inputs
            ? (layer.inputs, layer.kernel * layer.outputs)
            : (layer.outputs, layer.kernel * layer.inputs)
    }

    /// How many groups there are.
    func groups(_ layer: TensorLayer, _ pruning: PruningSettings) -> Int {
        let (length, rows) = extent(layer)
        return length.dividedUp(by: pruning.group) * rows
    }

    /// Words that a view holds.
    func keptWords(_ layer: TensorLayer, _ pruning: PruningSettings) -> Int {
        let (length, rows) = extent(layer)
        return MatrixProduct.kept(pruning.kept, pruning.group, of: length) * rows
    }

    /// SORE's comparisons.
    func comparisons(_ layer: TensorLayer, _ pruning: PruningSettings) -> Int {
        let (length, rows) = extent(layer)
        let (whole, rest) = (length / pruning.group, length % pruning.group)
        return rows
            * (whole * TensorProcessing.comparisons(kept: pruning.kept, group: pruning.group)
                + TensorProcessing.comparisons(kept: pruning.kept, group: rest))
    }
}
