// Replies about generations and checkpoints.

/// One slot of the ring in `generations`.
public struct GenerationEntry: Codable, Equatable, Sendable {
    /// The generation's number.
    public var generation: UInt64
    /// The generation it was rolled back to; 0 when it was learned.
    public var restoredFrom: UInt64
    /// The digest of its learner section, 16 hexadecimal digits.
    public var stateDigest: String
    /// writing, durable, or damaged.
    public var state: String
    /// Whether it is kept as proved good.
    public var held: Bool
    /// Readers that hold it now.
    public var pins: Int
    /// Samples in its weights.
    public var samples: UInt64
    /// What the emulated device spent until this generation; absent without a device, and where
    /// the generation was learned on another one.
    public var device: DeviceAmounts?
    /// The same since the generation before it in this list; absent where there is none, and
    /// where this one was rolled back to an earlier one.
    public var deviceSince: DeviceAmounts?
    /// Alarms of drift until this generation; absent without a detector.
    public var driftAlarms: UInt64?
    /// The same since the generation before it in this list; absent where there is none, and
    /// where this one was rolled back to an earlier one.
    public var driftAlarmsSince: UInt64?

    /// An entry; the digest is given as a number and kept as digits.
    public init(
        generation: UInt64, restoredFrom: UInt64, stateDigest: UInt64, state: String,
        held: Bool, pins: Int, samples: UInt64, device: DeviceAmounts? = nil,
        deviceSince: DeviceAmounts? = nil
    ) {
        self.generation = generation
        self.restoredFrom = restoredFrom
        self.stateDigest = Hexadecimal.digits(stateDigest)
        self.state = state
        self.held = held
        self.pins = pins
        self.samples = samples
        self.device = device
        self.deviceSince = deviceSince
    }
}

/// The reply to `generations`, newest first.
public struct GenerationsReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The newest durable generation.
    public var newest: UInt64
    /// What the ring holds.
    public var generations: [GenerationEntry]

    /// A list of generations.
    public init(newest: UInt64, generations: [GenerationEntry]) {
        ok = true
        self.newest = newest
        self.generations = generations
    }
}

/// The reply to `rollback` and `checkpointRestore`: the new generation is durable.
public struct RollbackReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The generation that was written.
    public var generation: UInt64
    /// The generation that its learner section came from.
    public var restoredFrom: UInt64
    /// The digest of the learner section, 16 hexadecimal digits.
    public var stateDigest: String
    /// Where it came from: ring, or the name of a checkpoint.
    public var source: String

    /// A rollback that is done.
    public init(generation: UInt64, restoredFrom: UInt64, stateDigest: UInt64, source: String) {
        ok = true
        self.generation = generation
        self.restoredFrom = restoredFrom
        self.stateDigest = Hexadecimal.digits(stateDigest)
        self.source = source
    }
}

/// The reply to `hold`.
public struct HoldReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The generation that is now kept as proved good.
    public var held: UInt64

    /// A hold that is done.
    public init(held: UInt64) {
        ok = true
        self.held = held
    }
}

/// The reply to `forget`.
public struct ForgetReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The producer that has no place any more.
    public var forgotten: String
    /// Places that new producers may have now.
    public var freePlaces: Int

    /// A producer that is forgotten, durably.
    public init(forgotten: String, freePlaces: Int) {
        ok = true
        self.forgotten = forgotten
        self.freePlaces = freePlaces
    }
}

/// One checkpoint file.
public struct CheckpointEntry: Codable, Equatable, Sendable {
    /// Its name, without folder and suffix.
    public var name: String
    /// Where it lies.
    public var path: String
    /// The generation it holds.
    public var generation: UInt64
    /// The digest of the learner section, 16 hexadecimal digits.
    public var stateDigest: String
    /// Size of the file.
    public var bytes: Int
    /// Samples in its weights.
    public var samples: UInt64
    /// Why it cannot be restored; absent when the whole file was read and is intact.
    public var problem: String?

    /// An entry; the digest is given as a number and kept as digits.
    public init(
        name: String, path: String, generation: UInt64, stateDigest: UInt64, bytes: Int,
        samples: UInt64, problem: String? = nil
    ) {
        self.problem = problem
        self.name = name
        self.path = path
        self.generation = generation
        self.stateDigest = Hexadecimal.digits(stateDigest)
        self.bytes = bytes
        self.samples = samples
    }
}

/// The reply to `checkpointSave`: the file is durable and was read back.
public struct CheckpointReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The file that was written.
    public var checkpoint: CheckpointEntry

    /// A checkpoint that is done.
    public init(checkpoint: CheckpointEntry) {
        ok = true
        self.checkpoint = checkpoint
    }
}

/// The reply to `checkpoints`, newest first.
public struct CheckpointsReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The folder of the files.
    public var directory: String
    /// The files.
    public var checkpoints: [CheckpointEntry]

    /// A list of checkpoints.
    public init(directory: String, checkpoints: [CheckpointEntry]) {
        ok = true
        self.directory = directory
        self.checkpoints = checkpoints
    }
}

/// The reply to `stop`: the daemon drains, commits, acknowledges and ends.
public struct StopReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// stopping.
    public var mode: DaemonMode

    /// A stop that has begun.
    public init() {
        ok = true
        mode = .stopping
    }
}
