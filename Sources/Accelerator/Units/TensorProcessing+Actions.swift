// Actions and accesses of a junction on the array. I vectors, m inputs, n outputs, |W| = m·n.
//
// Products: as many multiplications and additions as the array makes; reads of the left operand
// (x in FF and UP, δ in BP) and the right one (W in FF and BP, δ in UP) as in `MatrixProductCost`;
// sums that leave a weight-stationary array and re-enter it lie in the memory of the outcome:
// activations in FF, errors in BP, in UP weights, since an increment has no memory of its own.
//   FF  besides: n bias reads, I·n add; I·n look-ups, or compare where there is no table (ReLU);
//       I·n activation writes, in the last junction I·n add (output error) and error writes
//   BP  besides: I·m activation reads and multiply (f′ follows from the activation), error writes
//   UP  besides: I·n error reads and add for the biases; per learning weight and bias one read,
//       multiply (η), add, write; with momentum one multiply, add, read, write more (velocities)
// W is read dense (`weights`, master width), or compressed (`views`: value and log₂ M bits) where
// views are stored. Where SORE selects as it is fetched, every fetch is dense.
// SORE behind WUVE: the first direction takes weights as they leave WUVE, a second one reads them
// again; it compares, and writes the kept words as views.
// Widths: those of the device's floats, with the master's in WUVE; or of the fixed-point format.

import Junctions

/// Counts for one junction.
struct TensorActions {
    private let layer: TensorLayer
    private let cost: TensorLayerCost
    private let pruning: PruningSettings?
    private let processing: TensorProcessing
    private let junction: DeviceJunction
    private let isLast: Bool
    private let hasMomentum: Bool
    private let bits: Int
    private let masterBits: Int
    private let isFloat: Bool

    init(
        _ layer: TensorLayer, _ cost: TensorLayerCost, _ pruning: PruningSettings?,
        _ processing: TensorProcessing, _ junction: DeviceJunction, isLast: Bool,
        hasMomentum: Bool
    ) {
        self.layer = layer
        self.cost = cost
        self.pruning = pruning
        self.processing = processing
        self.junction = junction
        self.isLast = isLast
        self.hasMomentum = hasMomentum
        switch junction.specification.arithmetic {
        case .float32:
            bits = processing.arithmetic.floatBits
            masterBits = processing.arithmetic.masterBits
            isFloat = true
        case .fixed(let format):
            bits = format.width
            masterBits = format.width
            isFloat = false
        }
    }

    /// FF of one sample.
    var feedforward: ActionCounts {
        var counts = ActionCounts()
        let product = cost.feedforward.product
        let prunes = pruning.map { $0.passes != .backward } ?? false
        add(product, left: .activations, outcome: .activations, to: &counts)
        addWeights(
            product, layer.feedforward(vectors: 1, pruning), isPruned: prunes, to: &counts)
        if prunes { addExposedSelection(.inputs, to: &counts) }
        counts.add(master(.read(.biases)), layer.outputs)
        counts.add(number(.add), product.outcomes)
        counts.add(number(junction.hasTable ? .lookUp : .compare), product.outcomes)
        if isLast {
            counts.add(number(.add), product.outcomes)
            counts.add(number(.write(.errors)), product.outcomes)
        } else {
            counts.add(number(.write(.activations)), product.outcomes)
        }
        return counts
    }

    /// BP of one sample.
    var backprop: ActionCounts {
        var counts = ActionCounts()
        guard let product = cost.backprop?.product else { return counts }
        add(product, left: .errors, outcome: .errors, to: &counts)
        addWeights(
            product, layer.backprop(vectors: 1, pruning), isPruned: pruning != nil, to: &counts)
        if let pruning {
            addExposedSelection(pruning.passes == .forward ? .inputs : .outputs, to: &counts)
        }
        counts.add(number(.read(.activations)), product.outcomes)
        counts.add(number(.multiply), product.outcomes)
        counts.add(number(.write(.errors)), product.outcomes)
        return counts
    }

    /// UP of one sample.
    var update: ActionCounts {
        var counts = ActionCounts()
        let product = cost.update.product
        add(product, left: .activations, outcome: .weights, to: &counts)
        counts.add(number(.read(.errors)), product.rightReads + layer.outputs)
        var learning = layer.weightCount
        if let pruning, pruning.updatesKeptOnly {
            let direction = pruning.passes == .backward ? TensorDirection.outputs : .inputs
            learning = direction.keptWords(layer, pruning)
        }
        addLearning(learning, .weights, to: &counts)
        addLearning(layer.outputs, .biases, to: &counts)
        guard let pruning else { return counts }
        if pruning.droppedDecay ?? (pruning.passes == .forward ? 2e-4 : 0) > 0 {
            let dropped =
                layer.weightCount - TensorDirection.inputs.keptWords(layer, pruning)
            counts.add(master(.multiply), dropped)
            counts.add(master(.add), dropped)
            if pruning.updatesKeptOnly {
                counts.add(master(.read(.weights)), dropped)
                counts.add(master(.write(.weights)), dropped)
            }
        }
        addSelectionBehindUpdate(pruning, to: &counts)
        return counts
    }

    /// What the array itself does.
    private func add(
        _ product: MatrixProductCost, left: DeviceMemoryOwner, outcome: DeviceMemoryOwner,
        to counts: inout ActionCounts
    ) {
        counts.add(number(.multiply), product.multiplications)
        counts.add(number(.add), product.multiplications)
        counts.add(number(.read(left)), product.leftReads)
        counts.add(number(.read(outcome)), product.sumReads)
        counts.add(number(.write(outcome)), product.sumWrites)
    }

    /// Reads of W.
    private func addWeights(
        _ cost: MatrixProductCost, _ product: MatrixProduct, isPruned: Bool,
        to counts: inout ActionCounts
    ) {
        if let pruning, isPruned, processing.array.generatesAhead {
            counts.add(view(.read(.views), pruning), cost.rightReads)
        } else {
            let dense = processing.cost(of: product.dense, cost.dataflow)
            counts.add(master(.read(.weights)), dense.rightReads)
        }
    }

    /// SORE before a product: what it compares; the words pass through it as they are fetched.
    private func addExposedSelection(
        _ direction: TensorDirection, to counts: inout ActionCounts
    ) {
        guard let pruning, !processing.array.generatesAhead else { return }
        counts.add(number(.compare), direction.comparisons(layer, pruning))
    }

    /// SORE behind WUVE.
    private func addSelectionBehindUpdate(
        _ pruning: PruningSettings, to counts: inout ActionCounts
    ) {
        guard processing.array.generatesAhead else { return }
        let directions = TensorDirection.all(pruning, isFirst: cost.backprop == nil)
        for (index, direction) in directions.enumerated() {
            if index > 0 { counts.add(master(.read(.weights)), layer.weightCount) }
            counts.add(number(.compare), direction.comparisons(layer, pruning))
            counts.add(
                view(.write(.views), pruning), direction.keptWords(layer, pruning))
        }
    }

    /// WUVE on so many words: w ← w − η g.
    private func addLearning(
        _ count: Int, _ owner: DeviceMemoryOwner, to counts: inout ActionCounts
    ) {
        counts.add(master(.read(owner)), count)
        counts.add(master(.multiply), count)
        counts.add(master(.add), count)
        counts.add(master(.write(owner)), count)
        guard hasMomentum else { return }
        counts.add(master(.read(.velocities)), count)
        counts.add(master(.multiply), count)
        counts.add(master(.add), count)
        counts.add(master(.write(.velocities)), count)
    }

    private func number(_ kind: ActionKind) -> Action {
        Action(kind, bits: bits, isFloat: isFloat)
    }

    private func master(_ kind: ActionKind) -> Action {
        Action(kind, bits: masterBits, isFloat: isFloat)
    }

    private func view(_ kind: ActionKind, _ pruning: PruningSettings) -> Action {
        Action(
            kind, bits: TensorProcessing.viewBits(group: pruning.group, valueBits: bits),
            isFloat: isFloat)
    }
}
