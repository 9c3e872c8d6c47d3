// What the daemon needs to know besides the learner's configuration: where it keeps its state,
// where its doors are, and every limit. Decided once, before anything is taken.

import Learning
import MillraceProtocol

/// Limits and places of one daemon.
public struct DaemonSettings: Sendable {
    /// The directory of ring, checkpoints and lock; absolute or relative to the current one.
    public var stateDirectory: String
    /// Endpoints by door; see `Door`. "ipc://PATH" or "tcp://127.0.0.1:PORT".
    public var endpoints: [[String]]
    /// Most samples or labels in one frame.
    public var maximumBatch: UInt32
    /// Samples that may wait for the learner, over all producers.
    public var queueSamples: Int
    /// Rows of the producer table.
    public var maximumProducers: Int
    /// Connections at the ingest door that may be in session at once.
    public var maximumPeers: Int
    /// How many connections may be open, and how fast they may come.
    public var connections = ConnectionLimits()
    /// Largest frame at the ingest and query doors.
    public var maximumMessageBytes: Int
    /// The only names that may produce; nil lets anyone in while the table has rows.
    public var allowedProducers: [String]?
    /// Whether tcp endpoints ask for a key.
    public var hasKeys: Bool
    /// When to commit.
    public var commit: CommitPolicy
    /// Bytes per day that commits may write; 0 is no limit.
    public var bytesPerDay: UInt64
    /// K, at least 4.
    public var ringSlots: Int
    /// H, at least 1.
    public var heldSlots: Int
    /// What a fall of the figures leads to.
    public var learnerGuard: GuardSettings
    /// All memory that may be planned.
    public var budgetBytes: Int
    /// Refused outside.
    public var bounds: FeatureBounds
    /// Automatic checkpoints kept.
    public var keptCheckpoints: Int
    /// Time between automatic checkpoints; 0 is never.
    public var checkpointIntervalNanoseconds: UInt64
    /// Names for people: features, classes, targets; each empty or complete.
    public var featureNames: [String]
    /// See `featureNames`.
    public var classNames: [String]
    /// See `featureNames`.
    public var targetNames: [String]
    /// XXH64 of the names of features, classes and targets in their order; 0 when nothing has a
    /// name. A state learned under other names is refused: its outputs would mean something else.
    public var namesDigest: UInt64 {
        let parts = [featureNames, classNames, targetNames]
        guard parts.contains(where: { !$0.isEmpty }) else { return 0 }
        var text = parts.map { $0.joined(separator: "\u{1F}") }.joined(separator: "\u{1E}")
        return text.withUTF8 { XXH64.digest(UnsafeRawBufferPointer($0)) }
    }
    /// The effective configuration as text; goes into checkpoints.
    public var configurationText: String
    /// A digest of that text.
    public var configurationDigest: UInt64

    /// Settings with every limit at its standard value.
    /// - stateDirectory: see the property. - endpoints: by door.
    public init(stateDirectory: String, endpoints: [[String]]) {
        self.stateDirectory = stateDirectory
        self.endpoints = endpoints
        maximumBatch = 256
        queueSamples = 4096
        maximumProducers = 8
        maximumPeers = 8
        maximumMessageBytes = 32 * 1024
        allowedProducers = nil
        hasKeys = false
        commit = CommitPolicy(sequences: 0, intervalNanoseconds: 1_000_000_000)
        bytesPerDay = 0
        ringSlots = 4
        heldSlots = 1
        learnerGuard = GuardSettings()
        budgetBytes = 64 << 20
        bounds = FeatureBounds()
        keptCheckpoints = 3
        checkpointIntervalNanoseconds = 0
        featureNames = []
        classNames = []
        targetNames = []
        configurationText = ""
        configurationDigest = 0
    }

    /// Producers that can be connected at once.
    public var connectedProducers: Int { min(maximumPeers, maximumProducers) }

    /// A connected producer's share of the queue. Equal and fixed shares cannot starve anyone,
    /// whoever came first. Greetings and flushes have four places per connection beside them.
    public var samplesPerProducer: Int {
        let reserved = min(4 * maximumPeers, queueSamples / 2)
        return max(1, (queueSamples - reserved) / connectedProducers)
    }

    /// Where checkpoints are.
    public var checkpointDirectory: String { stateDirectory + "/checkpoints" }
}

/// What the daemon says about itself that never changes after start.
struct ServiceDescription: Sendable {
    var version: String
    var configuration: LearnerConfiguration
    var layout: LearnerLayout
    var budget: [BudgetLine]
    var budgetBytes: Int
    var plannedBytes: Int
}
