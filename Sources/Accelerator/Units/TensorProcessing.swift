// The N:M sparse tensor array.

import Junctions

/// What a tensor array does for a junction.
struct TensorProcessing {
    let array: TensorArray
    let device: DeviceDescription

    init(_ array: TensorArray, _ device: DeviceDescription) {
        self.array = array
        self.device = device
    }

    /// - pruning: nil for a dense junction
    func cost(_ junction: DeviceJunction, pruning: PruningSettings?) -> JunctionCost {
        JunctionCost(
            unit: .tensorArray, parallelism: nil, overheadClocks: 0,
            feedforward: OperationCost(), backprop: OperationCost(), update: OperationCost(),
            updatesDuringBackprop: false)
    }
}
