// The ZeroMQ context and its errors. One context per process: libzmq 4.3.4's CURVE code races
// when several contexts close at once.

import CZeroMQ
import Glibc

/// A libzmq call that failed, with libzmq's own error number and words.
public struct MessagingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call, for example "zmq_bind".
    public let call: String
    /// What it was called with: an endpoint or an option; empty when there is none.
    public let subject: String
    /// libzmq's error number (errno values and its own above 156384712).
    public let errorNumber: Int32

    /// - call: the libzmq function. - subject: its endpoint or option.
    /// - errorNumber: the number to keep; by default the calling thread's last one.
    public init(call: String, subject: String, errorNumber: Int32 = zmq_errno()) {
        self.call = call
        self.subject = subject
        self.errorNumber = errorNumber
    }

    /// One line for a log or a terminal.
    public var description: String {
        let words = zmq_strerror(errorNumber).map { String(cString: $0) } ?? "unknown error"
        return subject.isEmpty ? "\(call): \(words)" : "\(call) \(subject): \(words)"
    }
}

/// The process's ZeroMQ context: owner of the I/O thread and of every socket's life.
///
/// Safe to share between threads; sockets are not.
public final class MessagingContext: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    /// Starts libzmq.
    /// - ioThreads: 1…8. - maximumSockets: how many sockets may exist at once.
    public init(ioThreads: Int32 = 1, maximumSockets: Int32 = 64) throws(MessagingError) {
        guard let pointer = zmq_ctx_new() else {
            throw MessagingError(call: "zmq_ctx_new", subject: "")
        }
        self.pointer = pointer
        zmq_ctx_set(pointer, ZMQ_IO_THREADS, ioThreads)
        zmq_ctx_set(pointer, ZMQ_MAX_SOCKETS, maximumSockets)
        zmq_ctx_set(pointer, ZMQ_BLOCKY, 0)
    }

    /// Hands libzmq's own context to `body`, for tests that speak to it as nothing of ours does.
    package func withPointer<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
        body(pointer)
    }

    /// Ends libzmq; every socket must be closed before, or this waits for it.
    deinit {
        while zmq_ctx_term(pointer) != 0 && zmq_errno() == EINTR {}
    }
}
