// The guard of the learner: what it is doing, and what was done to generations.

/// The guard in `status` and `guard`.
public struct GuardStatus: Codable, Equatable, Sendable {
    /// off; waiting (no generation is proved good yet); watching; suspicious (the figure fell,
    /// a label is stuck, or a drift alarm asked: queries are answered from `good`); probation (a new level is accepted and
    /// `good` still compared).
    public var state: String
    /// The generation that it would go back to; 0 when there is none.
    public var good: UInt64
    /// Where queries are answered from instead of the newest durable generation; absent otherwise.
    public var answersFrom: UInt64?
    /// The figure that a fall is measured from: accuracy, or minus the mean absolute error.
    public var reference: Double?
    /// The figure over the newest 1,000 samples, at the last look.
    public var figure: Double?
    /// What the figure may lose before it is a fall.
    public var allowance: Double?
    /// While comparing: samples compared.
    public var compared: UInt64
    /// Of those: only, or better, right by the good generation.
    public var goodWins: UInt64
    /// Of those: only, or better, right by the learner.
    public var learnerWins: UInt64
    /// Evidence that the good generation is better, as the logarithm of odds; never below 0.
    public var evidence: Double
    /// The evidence that leads to a rollback.
    public var evidenceNeeded: Double
    /// Labelled samples until another rollback is allowed; 0 = it is.
    public var backOff: UInt64
    /// Labelled samples learned since the process started, those undone included.
    public var samples: UInt64
    /// Falls since the process started.
    public var falls: UInt64
    /// Rollbacks because the good generation was better.
    public var rollbacks: UInt64
    /// New levels accepted.
    public var drifts: UInt64
    /// Rollbacks because a weight was not a finite number.
    public var notFinite: UInt64
    /// Samples that the guard's rollbacks undid: decided, acknowledged, in no weight.
    public var undone: UInt64

    /// A guard that has done nothing.
    public init(state: String) {
        self.state = state
        good = 0
        compared = 0
        goodWins = 0
        learnerWins = 0
        evidence = 0
        evidenceNeeded = 0
        backOff = 0
        samples = 0
        falls = 0
        rollbacks = 0
        drifts = 0
        notFinite = 0
        undone = 0
    }
}

/// One line of the audit file.
public struct AuditEntry: Codable, Equatable, Sendable {
    /// When, UTC: `2026-01-31T12:34:56Z`.
    public var time: String
    /// rollback, hold, fall, asked, drift, unresolved, recovered, settled, forget.
    public var event: String
    /// guard or admin.
    public var by: String
    /// One sentence.
    public var why: String
    /// The newest durable generation when it was decided.
    public var from: UInt64
    /// rollback: the generation gone back to. hold: the one held.
    public var to: UInt64?
    /// rollback: the generation that was written.
    public var generation: UInt64?
    /// The figure that a fall is measured from.
    public var reference: Double?
    /// The figure then.
    public var figure: Double?
    /// Samples compared that the good generation won.
    public var goodWins: UInt64?
    /// Samples compared that the learner won.
    public var learnerWins: UInt64?
    /// rollback: samples undone.
    public var undone: UInt64?
    /// forget: who gave up its place.
    public var producer: String?

    /// An entry; the rest is filled in by who knows it.
    public init(time: String, event: String, by: String, why: String, from: UInt64) {
        self.time = time
        self.event = event
        self.by = by
        self.why = why
        self.from = from
    }
}

/// The reply to `guard`, newest entry first.
public struct GuardReply: ControlReply {
    /// Always true.
    public var ok: Bool
    /// What it is doing.
    public var guardian: GuardStatus
    /// What was done, at most 100 entries.
    public var history: [AuditEntry]

    private enum CodingKeys: String, CodingKey {
        case ok, history
        case guardian = "guard"
    }

    /// - guardian: what it is doing. - history: newest first.
    public init(guardian: GuardStatus, history: [AuditEntry]) {
        ok = true
        self.guardian = guardian
        self.history = history
    }
}
