// What the three loops say to each other besides samples. All of it is plain data in bounded
// queues; text and files' names travel in `ControlJob`s, which are rare.

import Learning
import MillraceProtocol
import Synchronization

/// Network → learner: replace the learned state.
struct RestoreOrder: BitwiseCopyable {
    /// Address of a learner section that stays unchanged until the order is answered.
    var section: UInt
    /// The generation it came from.
    var generation: UInt64
    /// Comes back with the commit that contains the restored state; never 0.
    var ticket: UInt32
}

/// Learner → storage: make a filled slot durable.
struct CommitOrder: BitwiseCopyable {
    var slot: Int
    var restoredFrom: UInt64
    /// Of the restore that this commit answers, or 0.
    var ticket: UInt32
    /// Of the configuration that the learner had.
    var configurationDigest: UInt64
    /// Whether every weight is a finite number.
    var isFinite: Bool
    /// Why the learned state was restored, if it was.
    var note: GuardNote?
}

/// Storage → network: what became of a commit. The storage loop numbers generations, because a
/// number is spent by every attempt.
struct CommitResult: BitwiseCopyable {
    var generation: UInt64
    var ticket: UInt32
    var isDurable: Bool
    /// As in the order.
    var isFinite: Bool
}

/// Learner → network: late labels that named no waiting sample.
struct LateRefusal: BitwiseCopyable {
    var producer: Int
    var epoch: UInt32
    /// The label's own number.
    var sequence: UInt64
}

/// Learner → storage: a drift alarm for the log.
struct DriftNote: BitwiseCopyable {
    /// Whose detector it was; nil: all producers'.
    var producer: Int?
    var alarm: DriftAlarm
}

/// A request of the admin or query door that another loop must carry out. The network loop makes
/// it, one other loop fills in the result, the network loop answers; never shared in between.
final class ControlJob: @unchecked Sendable {
    enum Work: Sendable {
        case saveCheckpoint(name: String, replaces: Bool)
        case listCheckpoints
        case loadCheckpoint(name: String)
        case findGeneration(UInt64)
        case readAudit
    }

    enum Outcome: Sendable {
        case waiting
        case saved(CheckpointFact)
        case listed([CheckpointFact])
        /// The staging memory holds the learner section.
        case loaded(generation: UInt64, name: String)
        /// The newest entries of the audit file, newest first.
        case audit([AuditEntry])
        case failed(RefusalReason, String)
    }

    let ticket: UInt32
    let work: Work
    var outcome = Outcome.waiting

    init(ticket: UInt32, work: Work) {
        self.ticket = ticket
        self.work = work
    }
}

/// One checkpoint file, for a listing.
struct CheckpointFact: Sendable {
    var name: String
    var bytes: Int
    var generation: UInt64
    var digest: UInt64
    var samples: UInt64
    var problem: String?
}

/// A mailbox for control jobs between two loops; its flag costs one load when it is empty.
final class ControlBoard: Sendable {
    private let hasJobs = Atomic<Bool>(false)
    private let jobs = Mutex<[ControlJob]>([])

    func post(_ job: ControlJob) {
        jobs.withLock { $0.append(job) }
        hasJobs.store(true, ordering: .releasing)
    }

    func take() -> ControlJob? {
        guard hasJobs.load(ordering: .acquiring) else { return nil }
        return jobs.withLock { jobs in
            let job = jobs.isEmpty ? nil : jobs.removeFirst()
            if jobs.isEmpty { hasJobs.store(false, ordering: .releasing) }
            return job
        }
    }
}
