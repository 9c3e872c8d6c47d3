// What libzmq says about the connections of one socket: who was accepted, who went, whose handshake
// failed. Reports come over a pair of sockets inside the process, from libzmq's I/O thread.
//
// Invariants: watched from before the first bind, so that no connection is unknown; read by one
// thread; `stop` comes while that thread still reads, and `close` after it, because libzmq waits
// for ever to report to a reader that is gone.

import CZeroMQ
import Glibc

/// One report about a connection.
public enum MonitorEvent: Equatable, Sendable {
    /// A connection was accepted; it has this descriptor.
    case accepted(Int32)
    /// A connection could not be accepted, with the error's number (for example EMFILE).
    case acceptFailed(Int32)
    /// The connection with this descriptor is being closed; the number is free soon after.
    case disconnected(Int32)
    /// Somebody did not complete the handshake: time, bytes that are no ZMTP, or a refused key.
    case handshakeFailed(HandshakeFailure)
    /// A handshake was completed.
    case handshakeSucceeded
}

/// Why a handshake failed.
public enum HandshakeFailure: Equatable, Sendable {
    /// The connection ended or was too slow.
    case ended
    /// What came was no ZMTP, or not the mechanism of this socket.
    case notTheProtocol
    /// The key was refused, or nobody answered for it.
    case refused
}

/// Watches the connections of one socket.
public final class SocketMonitor: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    /// The socket watched; kept, so that it cannot be closed before `stop`.
    private let watched: Socket
    private let context: MessagingContext
    private var isClosed = false
    private var isStopped = false

    /// Watches `socket`; call before its first bind. `name` is unique in the process.
    public init(_ context: MessagingContext, of socket: Socket, name: String)
        throws(MessagingError)
    {
        let endpoint = "inproc://monitor-\(name)"
        let events =
            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard zmq_socket_monitor(socket.pointer, endpoint, events) == 0 else {
            throw MessagingError(call: "zmq_socket_monitor", subject: name)
        }
        guard let pointer = zmq_socket(context.pointer, ZMQ_PAIR) else {
            throw MessagingError(call: "zmq_socket", subject: "monitor")
        }
        self.pointer = pointer
        self.context = context
        watched = socket
        var linger: Int32 = 0
        zmq_setsockopt(pointer, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
        guard zmq_connect(pointer, endpoint) == 0 else {
            let error = MessagingError(call: "zmq_connect", subject: endpoint)
            zmq_close(pointer)
            isClosed = true
            throw error
        }
    }

    deinit {
        stop()
        close()
    }

    /// Ends the reports; call while the reader still reads, from a thread that does not use the
    /// watched socket at the same time.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        zmq_socket_monitor(watched.pointer, nil, 0)
    }

    /// Gives the reader's end back; call after `stop`.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        zmq_close(pointer)
    }

    /// The next report, or nil when none waits.
    public func next() -> MonitorEvent? {
        while true {
            // First frame: 16 bits which, 32 bits value; second frame: the endpoint, not needed.
            var head: (UInt64, UInt64) = (0, 0)
            guard withUnsafeMutableBytes(of: &head, { take($0) }) == 6 else { return nil }
            var place: UInt64 = 0
            _ = withUnsafeMutableBytes(of: &place) { take($0) }
            let event = Int32(UInt16(truncatingIfNeeded: head.0))
            let value = Int32(truncatingIfNeeded: head.0 >> 16)
            switch event {
            case ZMQ_EVENT_ACCEPTED: return .accepted(value)
            case ZMQ_EVENT_ACCEPT_FAILED: return .acceptFailed(value)
            case ZMQ_EVENT_DISCONNECTED: return .disconnected(value)
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .handshakeSucceeded
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .handshakeFailed(.ended)
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return .handshakeFailed(.notTheProtocol)
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .handshakeFailed(.refused)
            default: continue
            }
        }
    }

    /// Bytes of the next frame, cut to the buffer; -1 when none waits.
    private func take(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let bytes = zmq_recv(pointer, buffer.baseAddress, buffer.count, ZMQ_DONTWAIT)
            if bytes >= 0 || zmq_errno() != EINTR { return Int(bytes) }
        }
    }
}
