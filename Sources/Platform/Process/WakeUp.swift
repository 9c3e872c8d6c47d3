// How one thread wakes another: an eventfd, written only when the other side said that it is
// about to sleep, so that a busy pair makes no system calls.
//
// Invariant: the sleeper announces, then looks at its queues once more, then sleeps; the waker
// publishes, then looks at the announcement. One of the two always sees the other.

import CMachine
import Glibc
import Synchronization

/// A wake-up call for one sleeping thread.
public final class WakeUp: @unchecked Sendable {
    /// Readable while a call is pending; for `poll`.
    public let fileDescriptor: Int32
    private let isSleeping = Atomic<Bool>(false)
    /// Set around the write to the eventfd, so that only a call costs the sleeper a read.
    private let wasCalled = Atomic<Bool>(false)

    /// Makes the eventfd; without file descriptors left the process cannot start.
    public init() {
        fileDescriptor = machine_eventfd()
        precondition(fileDescriptor >= 0, "eventfd failed: errno \(errno)")
    }

    deinit { close(fileDescriptor) }

    /// The sleeper: says that it is about to sleep. Look at the queues again after this.
    public func announceSleep() {
        isSleeping.store(true, ordering: .sequentiallyConsistent)
        // The queues are read with acquiring loads, which may otherwise overtake the store.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The sleeper: takes the announcement back and clears pending calls.
    public func awake() {
        isSleeping.store(false, ordering: .sequentiallyConsistent)
        guard wasCalled.exchange(false, ordering: .sequentiallyConsistent) else { return }
        var count: UInt64 = 0
        _ = read(fileDescriptor, &count, 8)
    }

    /// The sleeper: sleeps until called, at most `milliseconds` (-1: for ever).
    public func sleep(milliseconds: Int32) {
        var item = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&item, 1, milliseconds)
        awake()
    }

    /// The waker: calls if the other side sleeps or is about to.
    public func call() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if isSleeping.load(ordering: .sequentiallyConsistent) { callAlways() }
    }

    /// Calls whether or not anybody sleeps; safe from any thread.
    public func callAlways() {
        // Before the write, because it may hand the processor to the sleeper at once; and after it,
        // because a sleeper that read too early would find the descriptor readable for ever.
        wasCalled.store(true, ordering: .sequentiallyConsistent)
        var one: UInt64 = 1
        _ = write(fileDescriptor, &one, 8)
        wasCalled.store(true, ordering: .sequentiallyConsistent)
    }
}
