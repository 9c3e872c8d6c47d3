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
            inputBits: 8 * elementType.bytes, schedule: schedule, hasMomentum: momentum > 0,
            fixedPointSettings: fixedPointSettings)
    }

    /// What the rules of fixed point ask for besides; nil where an activation has no table there,
    /// or with momentum, which somebody chose.
    private var fixedPointSettings: [DeviceSetting]? {
        guard momentum == 0, hiddenActivation != .tanh || hidden.isEmpty else { return nil }
        var settings: [DeviceSetting] = []
        switch outputActivation {
        case .identity, .sigmoid: break
        case .softmax:
            settings.append(
                DeviceSetting(
                    section: "network", key: "output-activation", value: "\"sigmoid\""))
        case .relu, .leakyRelu, .tanh: return nil
        }
        let rate = Self.nearestPowerOfTwo(learningRate)
        if rate != learningRate {
            settings.append(
                DeviceSetting(section: "learning", key: "rate", value: "\(Double(rate))"))
        }
        if weightDecay > 0 {
            settings.append(
                DeviceSetting(section: "learning", key: "weight-decay", value: "0"))
        }
        return settings
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
        case .identity, .relu, .leakyRelu: false
        case .sigmoid, .tanh, .softmax: true
        }
    }
}
