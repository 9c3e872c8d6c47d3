// The learner's network as an emulated device sees it.

import Accelerator
import Junctions

extension LearnerConfiguration {
    /// Layers, junctions, numbers and schedule; the configuration's junctions must be possible.
    public var deviceNetwork: DeviceNetwork {
        let made = madeJunctions()
        let blocks = madeBlocks(BlockPurpose(learns: true, producers: producerCapacity))
        let inBlocks = blocks.indices.flatMap { deviceJunctions($0, blocks[$0]) }
        let others = made.indices.map { index in
            let activation = index == made.count - 1 ? outputActivation : hiddenActivation
            return DeviceJunction(
                junction(index), made[index], hasTable: activation.usesTable)
        }
        return DeviceNetwork(
            junctions: inBlocks + others,
            inputBits: 8 * elementType.bytes, schedule: schedule, hasMomentum: momentum > 0,
            fixedPointSettings: fixedPointSettings,
            blocks: blocks.indices.map { deviceBlock($0, blocks[$0]) })
    }

    /// The junctions of a block. Those of a recurrent layer read its input and, step by step, what
    /// it gave before.
    private func deviceJunctions(_ index: Int, _ block: Block) -> [DeviceJunction] {
        var reads = index
        if case .residual(let form) = block { reads -= form.span }
        return block.form.parts.junctions.map { part in
            DeviceJunction(
                part.specification, part.junction,
                hasTable: blocks[index].activation?.usesTable ?? false, uses: part.uses,
                place: DeviceBlockPlace(
                    block: index, name: part.name,
                    readsInput: reads == 0 && (part.name.isEmpty || part.name == "input")))
        }
    }

    private func deviceBlock(_ index: Int, _ block: Block) -> DeviceBlock {
        let form = block.form
        var channels = 0
        switch (block, form.inputShape) {
        case (.groupNorm, .planar(_, _, let count)), (.runningNorm, .planar(_, _, let count)):
            channels = count
        default: break
        }
        return DeviceBlock(
            kind: blocks[index].kind, inputs: form.inputShape.count,
            kept: form.keptBytes / MemoryLayout<Float>.size, scaledChannels: channels)
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
