// Transform units: real FFTs and pointwise products for block-circulant junctions.

import Junctions

/// What transform units do for a junction.
struct TransformProcessing {
    let units: TransformUnits
    let device: DeviceDescription

    init(_ units: TransformUnits, _ device: DeviceDescription) {
        self.units = units
        self.device = device
    }

    func cost(_ junction: DeviceJunction, blockSize: Int) -> JunctionCost {
        JunctionCost(
            unit: .transformUnits, parallelism: nil, overheadClocks: 0,
            feedforward: OperationCost(), backprop: OperationCost(), update: OperationCost(),
            updatesDuringBackprop: false)
    }
}
