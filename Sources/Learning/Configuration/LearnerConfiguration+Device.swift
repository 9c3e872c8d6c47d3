// The learner's network as an emulated device sees it.

import Accelerator
import Junctions

extension LearnerConfiguration {
    /// Layers, junctions, numbers and schedule; the configuration's junctions must be possible.
    public var deviceNetwork: DeviceNetwork {
        let made = madeJunctions()
        return DeviceNetwork(
            junctions: made.indices.map { index in
                let activation = index == made.count - 1 ? outputActivation : hiddenActivation
                return DeviceJunction(
                    junction(index), made[index], hasTable: activation.usesTable)
            },
            inputBits: 8 * elementType.bytes, schedule: schedule, hasMomentum: momentum > 0)
    }

    /// The network on its device; nil without one.
    public func devicePlan() throws(DeviceError) -> DevicePlan? {
        guard let device else { return nil }
        return try DevicePlan(deviceNetwork, on: device)
    }
}

extension Activation {
    /// Whether hardware has it as a table.
    fileprivate var usesTable: Bool {
        switch self {
        case .identity, .relu: false
        case .sigmoid, .tanh, .softmax: true
        }
    }
}
