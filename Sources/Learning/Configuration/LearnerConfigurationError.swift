// What can be wrong with a learner's configuration, one case per cause with its facts.

import Accelerator
import Junctions
import WeightStore

/// Why a configuration defines no learner.
public enum LearnerConfigurationError: Error, Equatable, Sendable {
    /// A block cannot be what it shall be behind the blocks before it, or with these settings.
    case blockUnsuitable(index: Int, kind: String, StructureError)
    /// Cross-entropy asked for outputs or a task that it has no meaning for.
    case crossEntropyUnsuitable(outputActivation: Activation, task: LearningTask)
    /// The response to drift needs something that is not there.
    case driftUnsuitable(String)
    /// Raw values are `u8`, `i16` or `f32`.
    case elementTypeUnsupported(ElementType)
    /// Extents that are not those of so many features.
    case inputShapeUnsuitable([Int], featureCount: Int)
    /// Blocks have no pipeline.
    case pipelineBlocks(count: Int)
    /// The pipeline is plain SGD.
    case pipelineUnsuitable(key: String, value: Float)
    /// Softmax makes sense only as the output of a classification.
    case softmaxUnsuitable(key: String)
    /// An integer outside its range.
    case countOutOfRange(key: String, value: Int, lowest: Int, highest: Int)
    /// The network does not run on the emulated device.
    case deviceUnsuitable(DeviceError)
    /// A junction cannot be what it shall be between these layers, or with these settings.
    case junctionUnsuitable(index: Int, StructureError)
    /// A real number outside its range, or not a number.
    case valueOutOfRange(key: String, value: Float, range: String)
}

extension LearnerConfigurationError: CustomStringConvertible {
    /// One sentence with the key and the legal values.
    public var description: String {
        switch self {
        case .blockUnsuitable(let index, let kind, let error):
            "block \(index), \(kind): \(error)"
        case .crossEntropyUnsuitable(let activation, _):
            "cross-entropy needs a classification with softmax or sigmoid outputs, "
                + "not \(activation.rawValue) here; use squared error"
        case .driftUnsuitable(let why): "drift: \(why)"
        case .elementTypeUnsupported(let type):
            "features are U8, I16 or F32, not \(type.rawValue)"
        case .inputShapeUnsuitable(let shape, let count):
            "input shape is \(shape), but must be [positions, channels] or "
                + "[rows, columns, channels] of \(count) features together"
        case .pipelineBlocks(let count):
            "the schedule is the pipeline, but must be sequential with blocks (here \(count)): "
                + "the pipeline's registers hold vectors between junctions, not planes"
        case .pipelineUnsuitable(let key, let value):
            "\(key) is \(value), but the pipeline is plain SGD: set it to 0, or choose the "
                + "sequential schedule"
        case .softmaxUnsuitable(let key):
            "\(key) cannot be softmax: softmax is for the outputs of a classification"
        case .countOutOfRange(let key, let value, let lowest, let highest):
            "\(key) is \(value), but must be \(lowest) to \(highest)"
        case .deviceUnsuitable(let error):
            "the network does not run on its device: \(error)"
        case .junctionUnsuitable(let index, let error):
            "junction \(index): \(error)"
        case .valueOutOfRange(let key, let value, let range):
            "\(key) is \(value), but must be \(range)"
        }
    }
}

extension LearnerConfiguration {
    /// Widest layer, in neurons.
    public static let widthMaximum = 65_536
    /// Most hidden layers.
    public static let hiddenLayerMaximum = 16

    /// Throws the first thing that is wrong; a configuration that passes can be laid out and run.
    public func validate() throws(LearnerConfigurationError) {
        try check("features", featureCount, 1, Self.widthMaximum)
        switch elementType {
        case .u8, .i16, .f32: break
        default: throw .elementTypeUnsupported(elementType)
        }
        switch task {
        case .classification(let count): try check("classes", count, 2, Self.widthMaximum)
        case .regression(let count): try check("targets", count, 1, Self.widthMaximum)
        case .forecast(let steps):
            try check("forecast steps", steps, 1, Self.widthMaximum)
            try check("features times forecast steps", outputCount, 1, Self.widthMaximum)
        case .autoencoder: break
        }
        try check("hidden layers", hidden.count, 0, Self.hiddenLayerMaximum)
        for width in hidden { try check("hidden", width, 1, Self.widthMaximum) }
        if inputWidth != 0 {
            try check("input width", inputWidth, featureCount, Self.widthMaximum)
        }
        if outputWidth != 0 {
            try check("output width", outputWidth, outputCount, Self.widthMaximum)
        }
        try check("pending labels", pendingCapacity, 0, 1 << 20)
        try check("producers", producerCapacity, 1, 1 << 16)
        try validateActivations()
        try validateNumbers()
        try validateBlocks()
        try validateJunctions()
        try validateDrift()
        try validateDevice()
    }

    /// Whether the emulated device, if there is one, can work and hold the network.
    private func validateDevice() throws(LearnerConfigurationError) {
        do throws(DeviceError) {
            _ = try devicePlan()
        } catch {
            throw .deviceUnsuitable(error)
        }
    }

    private func validateActivations() throws(LearnerConfigurationError) {
        if hiddenActivation == .softmax { throw .softmaxUnsuitable(key: "hidden activation") }
        if case .classification = task {
            if loss == .crossEntropy, outputActivation != .softmax, outputActivation != .sigmoid {
                throw .crossEntropyUnsuitable(outputActivation: outputActivation, task: task)
            }
        } else {
            if outputActivation == .softmax { throw .softmaxUnsuitable(key: "output activation") }
            if loss == .crossEntropy {
                throw .crossEntropyUnsuitable(outputActivation: outputActivation, task: task)
            }
        }
    }

    private func validateNumbers() throws(LearnerConfigurationError) {
        try check("scale", inputScale, inputScale.magnitude > 0, "finite and not 0")
        try check("offset", inputOffset, true, "finite")
        try check("learning rate", learningRate, learningRate > 0, "finite and above 0")
        try check("momentum", momentum, momentum >= 0 && momentum < 1, "at least 0 and below 1")
        try check("weight decay", weightDecay, weightDecay >= 0, "finite and at least 0")
        if schedule == .pipeline {
            if momentum > 0 { throw .pipelineUnsuitable(key: "momentum", value: momentum) }
            if weightDecay > 0 {
                throw .pipelineUnsuitable(key: "weight decay", value: weightDecay)
            }
        }
        if case .running(let clip, _) = normaliser {
            try check("normaliser clip", clip, clip > 0, "finite and above 0")
        }
    }

    private func check(
        _ key: String, _ value: Int, _ lowest: Int, _ highest: Int
    ) throws(LearnerConfigurationError) {
        guard value >= lowest && value <= highest else {
            throw .countOutOfRange(key: key, value: value, lowest: lowest, highest: highest)
        }
    }

    private func check(
        _ key: String, _ value: Float, _ legal: Bool, _ range: String
    ) throws(LearnerConfigurationError) {
        guard value.isFinite && legal else {
            throw .valueOutOfRange(key: key, value: value, range: range)
        }
    }
}
