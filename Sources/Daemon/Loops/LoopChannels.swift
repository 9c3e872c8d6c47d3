// The queues and wake-ups that join the three loops, and the pair of sections that a generation
// is made of.

import Platform
import WeightStore

/// Every connection between the loops.
final class LoopChannels: Sendable {
    /// Network → learner.
    let restores = BoundedQueue<RestoreOrder>(minimumCapacity: 4)
    /// Learner → storage; at most one per slot is ever in flight.
    let commits: BoundedQueue<CommitOrder>
    /// Storage → network.
    let results: BoundedQueue<CommitResult>
    /// Learner → network; when it is full, a refusal is counted but not told.
    let lateRefusals = BoundedQueue<LateRefusal>(minimumCapacity: 1024)
    /// Network → storage and back.
    let storageJobs = ControlBoard()
    /// Finished jobs on their way to the network loop.
    let finishedJobs = ControlBoard()

    /// Main → every loop: a configuration that was read again.
    let reload = ReloadBoxes()

    /// Learner → storage; when it is full, an alarm is counted but not logged.
    let driftNotes = BoundedQueue<DriftNote>(minimumCapacity: 64)

    /// The guard's words.
    let guardBoard = GuardBoard()

    let networkWakeUp = WakeUp()
    let learnerWakeUp = WakeUp()
    let storageWakeUp = WakeUp()

    init(slotCount: Int) {
        commits = BoundedQueue(minimumCapacity: slotCount)
        // A result takes its place when the network loop is behind by a whole ring of commits.
        results = BoundedQueue(minimumCapacity: slotCount * 16)
    }
}

/// The live learner and stream sections, and how to copy them.
struct SectionPair {
    let learner: UnsafeMutableRawPointer
    let learnerLayout: SectionLayout
    let stream: UnsafeMutableRawPointer
    let streamLayout: StreamLayout

    var learnerBytes: Int { learnerLayout.byteCount }

    /// Fields that describe samples still waiting for a label. They belong to the stream's
    /// balance, so a rollback leaves them as they are.
    static let streamBoundPrefix = "pending."

    /// Replaces what was learned by `source`, a learner section of the same layout.
    func copyLearnedState(from source: UnsafeRawPointer) {
        for field in learnerLayout.fields where !field.name.hasPrefix(Self.streamBoundPrefix) {
            (learner + field.offset).copyMemory(
                from: source + field.offset, byteCount: field.byteCount)
        }
    }
}
