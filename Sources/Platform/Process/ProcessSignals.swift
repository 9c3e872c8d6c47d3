// Signals as ordinary events. They are blocked before the first thread starts and read from a
// signalfd in the network loop; no handler runs, so none can interrupt anything.

import CMachine
import Glibc

/// The signals that the daemon answers.
public enum ProcessSignal: Equatable, Sendable {
    /// SIGTERM or SIGINT: stop cleanly.
    case stop
    /// SIGHUP: read the configuration again.
    case reload
}

/// Reads the process's stop and reload signals.
public final class ProcessSignals: @unchecked Sendable {
    /// Readable while a signal waits; for `poll`.
    public let fileDescriptor: Int32

    /// Blocks the signals for this thread and every thread started later. Call first in main.
    public init() {
        fileDescriptor = machine_signalfd()
        precondition(fileDescriptor >= 0, "signalfd failed: errno \(errno)")
        // A peer that goes away in mid-write is an error number, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit { close(fileDescriptor) }

    /// The next signal that waits, if any.
    public func next() -> ProcessSignal? {
        switch machine_next_signal(fileDescriptor) {
        case 0: nil
        case SIGHUP: .reload
        default: .stop
        }
    }
}
