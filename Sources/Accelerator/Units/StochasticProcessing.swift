// The stochastic outer-product unit.

import Junctions

/// What a stochastic unit does for a junction.
struct StochasticProcessing {
    let unit: StochasticUnit
    let device: DeviceDescription

    init(_ unit: StochasticUnit, _ device: DeviceDescription) {
        self.unit = unit
        self.device = device
    }

    func update(_ junction: DeviceJunction, _ rule: StochasticRule) -> OperationCost {
        OperationCost()
    }
}
