// The configuration as plain values, one struct per section of the file, everything resolved.

import Accelerator
import Learning

/// The type of one feature as it arrives.
public enum InputType: String, Equatable, Sendable {
    /// Unsigned, 8 bits.
    case u8
    /// Signed, 16 bits.
    case i16
    /// IEEE 754 binary32.
    case f32

    /// Size of one value.
    public var bytes: Int {
        switch self {
        case .u8: 1
        case .i16: 2
        case .f32: 4
        }
    }
}

/// [input]: what a sample is, and what is done to it first.
public struct InputSettings: Equatable, Sendable {
    /// Values per sample.
    public var featureCount: Int
    /// Type of each value.
    public var type: InputType
    /// x = (raw + offset) · scale.
    public var scale: Float
    /// See `scale`.
    public var offset: Float
    /// Whether running mean and variance are taken out.
    public var isNormalised: Bool
    /// Normalised values are limited to ± this.
    public var clip: Float
    /// Cap of the number of samples in the running statistics; 0 = none.
    public var horizon: UInt64
    /// Lowest raw value admitted: one for all, or one per feature.
    public var lower: [Float]
    /// Highest raw value admitted: one for all, or one per feature.
    public var upper: [Float]
    /// Names of the features; empty or one each.
    public var names: [String]
}

/// [output]: what is learned.
public struct OutputSettings: Equatable, Sendable {
    /// The task with its width.
    public var task: LearningTask
    /// Names of the classes; empty or one each.
    public var classNames: [String]
    /// Names of the targets; empty or one each.
    public var targetNames: [String]
}

/// [network]: neurons and how they start.
public struct NetworkSettings: Equatable, Sendable {
    /// Neurons of each hidden layer.
    public var hidden: [Int]
    /// Of the hidden layers.
    public var activation: Activation
    /// Of the output layer.
    public var outputActivation: Activation
    /// What is minimised.
    public var loss: Loss
    /// How fresh weights are drawn.
    public var initialisation: InitialisationRule
    /// Of the generator that draws them.
    public var seed: UInt64
    /// Neurons of the input layer, at least the features; 0 = as many as features.
    public var inputWidth: Int
    /// Neurons of the output layer, at least the outputs; 0 = as many as outputs.
    public var outputWidth: Int
    /// When FF, BP and UP of a sample run.
    public var schedule: Schedule
}

/// [learning]: how weights change.
public struct LearningSettings: Equatable, Sendable {
    /// η
    public var rate: Float
    /// μ
    public var momentum: Float
    /// λ
    public var weightDecay: Float
}

/// [guard]: what a fall of the figures leads to.
public struct GuardOptions: Equatable, Sendable {
    /// Whether the learner is compared with the generation proved good, and may be rolled back.
    public var isOn: Bool
    /// What an accuracy may lose beyond three standard errors; an error ten times that share.
    public var margin: Double
    /// Labelled samples after which an unexplained fall is the new level.
    public var patience: Int
}

/// [commit]: when a generation is made durable.
public struct CommitSettings: Equatable, Sendable {
    /// After this many samples.
    public var samples: Int
    /// After this time with anything uncommitted.
    public var intervalMilliseconds: Int
    /// Most bytes written per day; 0 = no limit.
    public var bytesPerDay: Int
}

/// [ring]: how many generations are kept.
public struct RingSettings: Equatable, Sendable {
    /// Slots that are reused in turn.
    public var slotCount: Int
    /// Slots for generations proved good.
    public var heldCount: Int
}

/// [daemon]: where it lives, and its limits.
public struct DaemonLimits: Equatable, Sendable {
    /// The state directory as given; relative to the current directory.
    public var stateDirectory: String
    /// Endpoints for samples, with the state directory put in.
    public var ingestEndpoints: [String]
    /// Endpoints for queries.
    public var queryEndpoints: [String]
    /// Endpoints for commands.
    public var adminEndpoints: [String]
    /// Permissions of the files of Unix sockets: 0600, 0660 or 0666.
    public var socketMode: UInt32
    /// Most samples in one message, as configured (see `effectiveMaxBatch`).
    public var maxBatch: Int
    /// Samples that may wait for the learner.
    public var queueSamples: Int
    /// Producers that are remembered.
    public var maxProducers: Int
    /// Producers in session at one time.
    public var maxPeers: Int
    /// Connections at one time; 0: `maxPeers` and places for questions.
    public var maxConnections: Int
    /// Of them from one address; 0: all.
    public var connectionsPerAddress: Int
    /// New ones per second from one address.
    public var handshakesPerSecond: Int
    /// Time in which a new one must send something of use.
    public var firstFrameSeconds: Int
    /// Largest message.
    public var maxMessageBytes: Int
}

/// [checkpoints]: files that are kept.
public struct CheckpointSettings: Equatable, Sendable {
    /// How many automatic checkpoints are kept.
    public var keep: Int
    /// Minutes between automatic ones; 0 = only on request.
    public var intervalMinutes: Int
}
