// What the guard and the other loops tell each other: the learner decides, the network loop proves
// generations and answers from the good one, the storage loop keeps the record. Plain atomics and
// plain values in bounded queues.

import MillraceProtocol
import Synchronization

/// Why something was done to generations, or what the guard thought; plain data for the queues.
struct GuardNote: BitwiseCopyable {
    /// What happened.
    enum Kind: UInt8, BitwiseCopyable {
        case rollback, notFinite, adminRollback, hold, fall, stuck, asked, drift, unresolved,
            recovered
        case settled
        /// A producer gave up its place.
        case forget
    }

    var kind: Kind
    /// The newest durable generation then.
    var from: UInt64 = 0
    /// Gone back to, or held.
    var to: UInt64 = 0
    /// NaN when there is none.
    var reference = Double.nan
    var figure = Double.nan
    var goodWins: UInt64 = 0
    var learnerWins: UInt64 = 0
    var undone: UInt64 = 0
    /// Whose place it was.
    var producer: ProducerName?
}

/// The shared words of one daemon.
final class GuardBoard: Sendable {
    /// `GuardState`, as the learner last set it.
    let state = Atomic<UInt8>(0)
    /// The generation that queries are answered from; 0 = the newest. Set by the learner; cleared
    /// by it, or by the network loop once what was restored from it is durable.
    let answersFrom = Atomic<UInt64>(0)
    /// The newest generation that the network loop has proved good.
    let proved = Atomic<UInt64>(0)
    /// Counts what makes a candidate for proof worthless: falls and rollbacks.
    let turns = Atomic<UInt64>(0)
    /// Learner → storage.
    let notes = BoundedQueue<GuardNote>(minimumCapacity: 64)
    /// Network → storage.
    let adminNotes = BoundedQueue<GuardNote>(minimumCapacity: 16)
    /// For `status`: written by the learner when nobody reads.
    let status = Mutex(GuardStatus(state: "waiting"))

    /// Whether the learner is being compared with the good generation.
    var isComparing: Bool {
        let value = state.load(ordering: .acquiring)
        return value == GuardState.suspicious.rawValue || value == GuardState.probation.rawValue
    }
}
