// Which unit works a junction, without asking what it costs.

import Junctions

extension DeviceDescription {
    /// The unit that does FF and BP of a junction; nil where the device has none for it.
    func unit(of junction: DeviceJunction) -> DeviceUnit? {
        switch junction.specification.structure {
        case .circulant: transformUnits == nil ? nil : .transformUnits
        case .pruned: tensorArray == nil ? nil : .tensorArray
        case .dense where edgeProcessors == nil: tensorArray == nil ? nil : .tensorArray
        case .dense, .random, .structured, .clashFree, .laneAligned:
            edgeProcessors == nil ? nil : .edgeProcessors
        }
    }

    /// Whether the device has the units and the numbers for a junction.
    func canWork(_ junction: DeviceJunction) -> Bool {
        if case .stochastic = junction.specification.increment, stochasticUnit == nil {
            return false
        }
        let hasNumbers: Bool =
            switch junction.specification.arithmetic {
            case .float32: arithmetic.floatBits > 0
            case .fixed(let format): format.width <= arithmetic.fixedBits
            }
        return hasNumbers && unit(of: junction) != nil
    }
}
