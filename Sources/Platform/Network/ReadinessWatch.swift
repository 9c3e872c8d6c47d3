// Attention to many sockets that somebody else reads: one report per socket when bytes come, then
// silence until it is asked for again. Whoever watches an idle process is not woken.

import CMachine
import Glibc

/// One-shot reports of readable sockets (epoll(7), EPOLLONESHOT).
public final class ReadinessWatch: @unchecked Sendable {
    /// Readable while a report waits; for `poll`.
    public let fileDescriptor: Int32
    private var found = [Int32](repeating: 0, count: 64)

    /// Makes the epoll; without descriptors left the process cannot start.
    public init() {
        fileDescriptor = machine_epoll()
        precondition(fileDescriptor >= 0, "epoll failed: errno \(errno)")
    }

    deinit { close(fileDescriptor) }

    /// Asks for one report about `descriptor`. A closed one is forgotten by the kernel itself.
    public func ask(_ descriptor: Int32) { machine_epoll_once(fileDescriptor, descriptor) }

    /// Calls `body` for every descriptor that has a report, without waiting.
    public func take(_ body: (Int32) -> Void) {
        while true {
            let count = Int(machine_epoll_take(fileDescriptor, &found, Int32(found.count)))
            for index in 0..<max(0, count) { body(found[index]) }
            if count < found.count { return }
        }
    }
}
