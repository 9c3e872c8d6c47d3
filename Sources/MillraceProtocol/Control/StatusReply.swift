// The reply to `status`: where the daemon stands, in one object that holds together: all numbers
// of a producer are of the same moment, so that its balance can be checked by the reader.

/// Whether the daemon takes samples.
public enum DaemonMode: String, Codable, CaseIterable, Sendable {
    case starting
    case learning
    /// Storage failed: queries are answered, no credit is given, nothing is acknowledged.
    case readOnly
    case stopping
}

/// One producer in `status`.
public struct ProducerStatus: Codable, Equatable, Sendable {
    /// The producer's name.
    public var name: String
    /// Its epoch; every count below is of this epoch.
    public var epoch: UInt32
    /// The highest sequence that the learner has decided.
    public var position: UInt64
    /// The highest sequence that is durably decided, as ACKs say.
    public var durable: UInt64
    /// The sequence taken next; next − 1 numbers are accepted.
    public var next: UInt64
    /// Accepted, waiting for the learner.
    public var queued: UInt64
    /// Samples learned with their target.
    public var learned: UInt64
    /// Samples waiting for a late label.
    public var pending: UInt64
    /// Samples whose label never came in time.
    public var expired: UInt64
    /// Numbers refused for good.
    public var refused: UInt64
    /// Numbers given up by the producer.
    public var skipped: UInt64
    /// Late labels applied; each consumed a number of its own.
    public var labels: UInt64
    /// Numbers that came again after they were accepted; not part of the balance.
    public var resends: UInt64
    /// How many samples of this epoch were learned: the size of the set of sequences that idSum
    /// and idXor describe.
    public var idCount: UInt64
    /// Sum (mod 2⁶⁴) of their ids, 16 hexadecimal digits.
    public var idSum: String
    /// Exclusive-or of their ids, 16 hexadecimal digits.
    public var idXor: String
    /// The producer's own figures.
    public var figures: Figures
    /// The producer's own detector of drift; absent without one.
    public var drift: ProducerDrift?

    /// A producer's numbers; ids are given as numbers and kept as digits.
    public init(
        name: String, epoch: UInt32, position: UInt64, durable: UInt64, next: UInt64,
        queued: UInt64, learned: UInt64, pending: UInt64, expired: UInt64, refused: UInt64,
        skipped: UInt64, labels: UInt64, resends: UInt64, idCount: UInt64, idSum: UInt64,
        idXor: UInt64, figures: Figures
    ) {
        self.name = name
        self.epoch = epoch
        self.position = position
        self.durable = durable
        self.next = next
        self.queued = queued
        self.learned = learned
        self.pending = pending
        self.expired = expired
        self.refused = refused
        self.skipped = skipped
        self.labels = labels
        self.resends = resends
        self.idCount = idCount
        self.idSum = Hexadecimal.digits(idSum)
        self.idXor = Hexadecimal.digits(idXor)
        self.figures = figures
    }

    /// accepted = learned + pending + expired + refused + skipped + labels + queued
    public var balances: Bool {
        let parts = [learned, pending, expired, refused, skipped, labels, queued]
        return parts.reduce(0, &+) == next &- 1
    }
}

/// What the daemon has counted since it started.
public struct DaemonCounters: Codable, Equatable, Sendable {
    /// Frames that arrived on the ingest socket.
    public var framesReceived: UInt64
    /// Bytes that arrived on the ingest socket.
    public var bytesReceived: UInt64
    /// Samples and late labels accepted.
    public var samplesAccepted: UInt64
    /// Refusals by the name of their reason; reasons that never happened are absent.
    public var refusedBy: [String: UInt64]
    /// Numbers that came again after they were accepted.
    public var duplicates: UInt64
    /// ACK frames sent.
    public var acksSent: UInt64
    /// NACK frames sent.
    public var nacksSent: UInt64
    /// RESET frames sent.
    public var resetsSent: UInt64
    /// Replies that a peer's full pipe made us drop.
    public var repliesDropped: UInt64
    /// Samples predicted for queries.
    public var predictions: UInt64

    /// Counts; what is not given is 0.
    public init(
        framesReceived: UInt64 = 0, bytesReceived: UInt64 = 0, samplesAccepted: UInt64 = 0,
        refusedBy: [String: UInt64] = [:], duplicates: UInt64 = 0, acksSent: UInt64 = 0,
        nacksSent: UInt64 = 0, resetsSent: UInt64 = 0, repliesDropped: UInt64 = 0,
        predictions: UInt64 = 0
    ) {
        self.framesReceived = framesReceived
        self.bytesReceived = bytesReceived
        self.samplesAccepted = samplesAccepted
        self.refusedBy = refusedBy
        self.duplicates = duplicates
        self.acksSent = acksSent
        self.nacksSent = nacksSent
        self.resetsSent = resetsSent
        self.repliesDropped = repliesDropped
        self.predictions = predictions
    }
}

/// One line of the memory budget.
public struct BudgetLine: Codable, Equatable, Sendable {
    /// The part that owns the memory.
    public var owner: String
    /// What it holds, with its dimensions.
    public var detail: String
    /// How much.
    public var bytes: Int

    /// A line of the budget.
    public init(owner: String, detail: String, bytes: Int) {
        self.owner = owner
        self.detail = detail
        self.bytes = bytes
    }
}

/// The reply to `status`.
public struct StatusReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// The daemon's version.
    public var version: String
    /// Whether samples are taken.
    public var mode: DaemonMode
    /// Seconds since the start.
    public var uptimeSeconds: Double
    /// The newest durable generation.
    public var generation: UInt64
    /// The digest of its learner section, 16 hexadecimal digits.
    public var stateDigest: String
    /// Samples that the newest durable generation has learned, those in its pipeline included.
    public var samples: UInt64
    /// Labelled samples inside the junction pipeline of the newest durable generation: they are
    /// learned, and their last update is yet to come. 0 in the sequential schedule.
    public var inFlight: Int
    /// Every producer the daemon knows, by name.
    public var producers: [ProducerStatus]
    /// Counts since the start.
    public var counters: DaemonCounters
    /// Figures over all producers.
    public var figures: Figures
    /// The memory plan.
    public var budget: [BudgetLine]
    /// The limit the owner set.
    public var budgetBytes: Int
    /// The sum of the plan.
    public var plannedBytes: Int
    /// What the process holds in memory now.
    public var residentBytes: Int
    /// Samples waiting for the learner.
    public var queueDepth: Int
    /// Generations made durable since the start.
    public var commits: UInt64
    /// Commits passed over because no slot was free.
    public var skippedCommits: UInt64
    /// Checkpoints written since the start.
    public var checkpoints: UInt64
    /// The emulated device; absent without one.
    public var device: DeviceStatus?
    /// What every junction in fixed point clipped; absent where all are float32.
    public var saturations: [JunctionSaturations]?
    /// The newest reload of the configuration; absent before the first.
    public var reload: ReloadStatus?
    /// The detector of drift over all producers; absent without one.
    public var drift: DriftStatus?
    /// The guard of the learner.
    public var guardian: GuardStatus?
    /// Who may come in; absent in a daemon without keys.
    public var access: AccessStatus?
    /// Connections; absent where nothing guards them.
    public var connections: ConnectionStatus?

    private enum CodingKeys: String, CodingKey {
        case ok, version, mode, uptimeSeconds, generation, stateDigest, samples, inFlight
        case producers, counters, figures, budget, budgetBytes, plannedBytes, residentBytes
        case queueDepth, commits, skippedCommits, checkpoints, device, saturations, reload
        case guardian = "guard"
        case access, connections, drift
    }

    /// A status; `stateDigest` is given as a number and kept as digits.
    public init(
        version: String, mode: DaemonMode, uptimeSeconds: Double, generation: UInt64,
        stateDigest: UInt64, samples: UInt64, inFlight: Int, producers: [ProducerStatus],
        counters: DaemonCounters, figures: Figures, budget: [BudgetLine], budgetBytes: Int,
        plannedBytes: Int, residentBytes: Int, queueDepth: Int, commits: UInt64,
        skippedCommits: UInt64, checkpoints: UInt64, device: DeviceStatus? = nil,
        saturations: [JunctionSaturations]? = nil, guardian: GuardStatus? = nil,
        access: AccessStatus? = nil, connections: ConnectionStatus? = nil
    ) {
        self.guardian = guardian
        ok = true
        self.version = version
        self.mode = mode
        self.uptimeSeconds = uptimeSeconds
        self.generation = generation
        self.stateDigest = Hexadecimal.digits(stateDigest)
        self.samples = samples
        self.inFlight = inFlight
        self.producers = producers
        self.counters = counters
        self.figures = figures
        self.budget = budget
        self.budgetBytes = budgetBytes
        self.plannedBytes = plannedBytes
        self.residentBytes = residentBytes
        self.queueDepth = queueDepth
        self.commits = commits
        self.skippedCommits = skippedCommits
        self.checkpoints = checkpoints
        self.device = device
        self.saturations = saturations
        self.access = access
        self.connections = connections
    }
}
