// The few numbers that one loop writes and the others read: plain atomics, no locks.

import Synchronization

/// What the daemon is doing, as every loop sees it.
enum ServiceMode: UInt8 {
    /// Everything works.
    case running = 0
    /// Storage fails: queries go on, no credit, no acknowledgements.
    case readOnly
    /// Samples are no longer taken; what is queued is being learned and committed.
    case draining
    /// The last generation is durable; the loops may end.
    case drained
    /// Loops end now.
    case ended
}

/// Progress of the loops.
final class SharedProgress: @unchecked Sendable {
    private let modeValue = Atomic<UInt8>(ServiceMode.running.rawValue)
    /// Highest sequence per producer that the learner has taken.
    private let taken: UnsafeMutablePointer<Atomic<UInt64>>
    private let producerCapacity: Int

    /// Generations made durable since the start.
    let commits = Atomic<UInt64>(0)
    /// Commits skipped because no slot was free.
    let skippedCommits = Atomic<UInt64>(0)
    /// Commits that storage refused.
    let failedCommits = Atomic<UInt64>(0)
    /// Commit orders that the learner gave and that storage has not made durable yet.
    let openOrders = Atomic<Int>(0)
    /// Late labels that named no waiting sample, as the learner found.
    let refusedLabels = Atomic<UInt64>(0)
    /// Turns of the loops; a watchdog looks at whether they move.
    let networkTurns = Atomic<UInt64>(0)
    /// See `networkTurns`.
    let learnerTurns = Atomic<UInt64>(0)
    /// See `networkTurns`.
    let storageTurns = Atomic<UInt64>(0)

    /// When the network loop last took a question; the learner is considerate for a while then.
    let askedNanoseconds = Atomic<UInt64>(0)

    /// How learning goes, for the service manager.
    let headline = Headline()

    init(producerCapacity: Int) {
        self.producerCapacity = producerCapacity
        taken = .allocate(capacity: producerCapacity)
        for producer in 0..<producerCapacity { (taken + producer).initialize(to: Atomic(0)) }
    }

    deinit {
        taken.deinitialize(count: producerCapacity)
        taken.deallocate()
    }

    var mode: ServiceMode {
        ServiceMode(rawValue: modeValue.load(ordering: .acquiring)) ?? .ended
    }

    func enter(_ mode: ServiceMode) { modeValue.store(mode.rawValue, ordering: .releasing) }

    /// From `old` to `new`, unless another loop changed it first.
    func change(from old: ServiceMode, to new: ServiceMode) {
        _ = modeValue.compareExchange(
            expected: old.rawValue, desired: new.rawValue, ordering: .acquiringAndReleasing)
    }

    func takenSequence(_ producer: Int) -> UInt64 { taken[producer].load(ordering: .acquiring) }

    func setTaken(_ producer: Int, _ sequence: UInt64) {
        taken[producer].store(sequence, ordering: .releasing)
    }
}
