// One ZeroMQ socket, owned by one thread, speaking single-frame messages.
//
// Invariants: a message is one body frame (a ROUTER sees the routing id before it); whatever
// arrives with more frames is read to its end and reported as `.multipart`, never kept.
// Nothing here allocates per message; what libzmq allocates is bounded by `SocketLimits`. A message
// is received as libzmq's own and copied once into the caller's buffer, as zmq_recv does inside,
// because only the message itself tells where it came from.

import CZeroMQ
import Glibc

/// The two socket types of the Millrace protocol.
public enum SocketType: Sendable {
    /// Client side.
    case dealer
    /// Daemon side: messages carry the peer they came from.
    case router
}

/// What libzmq may hold for one socket. Its defaults are unbounded sizes and endless lingering.
public struct SocketLimits: Equatable, Sendable {
    /// Largest frame that is accepted; the connection that sends a larger one is reset.
    public var maximumMessageBytes: Int64 = 64 * 1024
    /// Messages kept per peer before the kernel's back-pressure starts.
    public var receiveHighWater: Int32 = 16
    /// Messages kept per peer before a send would block.
    public var sendHighWater: Int32 = 64
    /// Kernel buffer per connection and direction.
    public var kernelBufferBytes: Int32 = 128 * 1024
    /// Whether a DEALER queues messages while nobody is connected.
    public var queueWithoutPeer = false

    /// The limits of a bound socket.
    public init() {}
}

/// A peer of a ROUTER socket, by the routing id that libzmq chose for its connection.
public struct Peer: Hashable, Sendable {
    /// The id's bytes, little-endian from the first byte; zero beyond `byteCount`.
    public var low: UInt64
    /// Bytes 8…15 of the id.
    public var high: UInt64
    /// 1…16; 0 before the first receive.
    public var byteCount: Int

    /// - low, high, byteCount: see the properties.
    public init(low: UInt64 = 0, high: UInt64 = 0, byteCount: Int = 0) {
        self.low = low
        self.high = high
        self.byteCount = byteCount
    }
}

/// What one receive brought.
public enum Received: Equatable, Sendable {
    /// A whole frame of that many bytes is in the buffer.
    case frame(bytes: Int)
    /// A message of several frames, or with a routing id we cannot keep; dropped.
    case multipart
    /// Nothing is waiting.
    case nothing
    /// The frame was longer than the buffer; dropped.
    case oversize(bytes: Int)
}

/// What became of a send.
public enum Sent: Equatable, Sendable {
    /// The peer is not connected any more.
    case gone
    /// Queued in libzmq.
    case sent
    /// The peer's queue is full, or (DEALER) nobody is connected.
    case wouldBlock
}

/// A ZeroMQ socket. Not thread-safe: made, used and closed on one thread.
public final class Socket {
    let pointer: UnsafeMutableRawPointer
    private let context: MessagingContext
    private let type: SocketType
    private var isClosed = false
    /// The message being received; empty in between.
    private let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    /// Whether `receive` looks up where a message came from and whose it is: two or three look-ups
    /// of libzmq per message instead of one, for doors that ask for keys.
    public var tellsOrigin = false
    private var users = UserReader()
    /// Whether frames come encrypted over the connections whose bytes are counted (CURVE).
    public var isEncrypted = false

    /// Makes a socket with every limit set.
    /// - routingId: what a DEALER calls itself at a ROUTER; empty lets the ROUTER choose, as the
    ///   protocol asks. For tests of what other peers may do.
    public init(
        _ context: MessagingContext, _ type: SocketType, limits: SocketLimits = SocketLimits(),
        routingId: [UInt8] = []
    ) throws(MessagingError) {
        guard let pointer = zmq_socket(context.pointer, type == .router ? ZMQ_ROUTER : ZMQ_DEALER)
        else { throw MessagingError(call: "zmq_socket", subject: "") }
        self.context = context
        self.pointer = pointer
        self.type = type
        try apply(limits)
        guard !routingId.isEmpty else { return }
        guard zmq_setsockopt(pointer, ZMQ_ROUTING_ID, routingId, routingId.count) == 0 else {
            throw MessagingError(call: "zmq_setsockopt", subject: "routing id")
        }
    }

    deinit {
        close()
        message.deallocate()
    }

    /// Closes at once; queued messages are dropped (LINGER 0).
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        zmq_close(pointer)
    }

    /// Binds to `endpoint` ("ipc://PATH" or "tcp://127.0.0.1:PORT").
    public func bind(_ endpoint: String) throws(MessagingError) {
        try chooseAddressFamily(endpoint)
        guard zmq_bind(pointer, endpoint) == 0 else {
            throw MessagingError(call: "zmq_bind", subject: endpoint)
        }
    }

    /// Takes over a socket that listens already, as a service manager passes it. libzmq accepts from
    /// `descriptor` and closes it in the end; the file of a Unix socket stays.
    /// - endpoint: what the descriptor is bound to; its scheme says how to speak.
    public func bind(_ endpoint: String, inheriting descriptor: Int32) throws(MessagingError) {
        try set(ZMQ_USE_FD, descriptor)
        // Options are copied by bind: what is bound after this makes sockets of its own again.
        defer { try? set(ZMQ_USE_FD, Int32(-1)) }
        try bind(endpoint)
    }

    /// Connects to `endpoint`; returns at once, the connection comes about in the background.
    public func connect(_ endpoint: String) throws(MessagingError) {
        try chooseAddressFamily(endpoint)
        guard zmq_connect(pointer, endpoint) == 0 else {
            throw MessagingError(call: "zmq_connect", subject: endpoint)
        }
    }

    /// Readable when libzmq has news for this socket (ZMQ_FD); see `SocketWatch`.
    func fileDescriptor() throws(MessagingError) -> Int32 {
        var descriptor: Int32 = -1
        var bytes = MemoryLayout<Int32>.size
        guard zmq_getsockopt(pointer, ZMQ_FD, &descriptor, &bytes) == 0 else {
            throw MessagingError(call: "zmq_getsockopt", subject: "ZMQ_FD")
        }
        return descriptor
    }

    /// DEALER: takes the next message, if one is there.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
        precondition(type == .dealer)
        return receiveBody(into: buffer) ?? .nothing
    }

    /// ROUTER: takes the next message, if one is there, and says from whom: the empty `Peer()` when
    /// the sender chose a routing id that is too long to keep.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer
    ) -> Received {
        var origin = FrameOrigin()
        return receive(into: buffer, from: &peer, origin: &origin)
    }

    /// The same, and says over which connection it came: the empty `FrameOrigin()` unless
    /// `tellsOrigin`.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer,
        origin: inout FrameOrigin
    ) -> Received {
        precondition(type == .router)
        // Whoever sent the message before must not be answered for this one.
        peer = Peer()
        origin = FrameOrigin()
        guard let id = takeRoutingId() else { return .nothing }
        guard id.hasMore else { return .multipart }
        peer = id.peer
        // The origin is the body frame's: libzmq 4.3.4 forgets that of the routing id frame when
        // a poll has fetched it (fixed upstream in 4.3.5).
        let received = receiveBody(into: buffer, origin: &origin) ?? .multipart
        return peer.byteCount > 0 ? received : .multipart
    }

    /// DEALER: sends one frame without waiting.
    public func send(_ frame: UnsafeRawBufferPointer) -> Sent {
        precondition(type == .dealer)
        return outcome(zmq_send(pointer, frame.baseAddress, frame.count, ZMQ_DONTWAIT))
    }

    /// ROUTER: sends one frame to `peer` without waiting.
    public func send(_ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent {
        precondition(type == .router)
        var id = (peer.low.littleEndian, peer.high.littleEndian)
        let first = withUnsafeBytes(of: &id) {
            zmq_send(pointer, $0.baseAddress, peer.byteCount, ZMQ_DONTWAIT | ZMQ_SNDMORE)
        }
        guard first >= 0 else { return outcome(first) }
        return outcome(zmq_send(pointer, frame.baseAddress, frame.count, ZMQ_DONTWAIT))
    }

    /// The routing id that goes before a message, empty when it is too long to keep; nil when
    /// nothing waits.
    private func takeRoutingId() -> (peer: Peer, hasMore: Bool)? {
        guard let bytes = takeFrame() else { return nil }
        defer { zmq_msg_close(message) }
        var id: (UInt64, UInt64) = (0, 0)
        guard (1...16).contains(bytes.count) else { return (Peer(), zmq_msg_more(message) != 0) }
        withUnsafeMutableBytes(of: &id) { $0.copyMemory(from: bytes) }
        let peer = Peer(
            low: UInt64(littleEndian: id.0), high: UInt64(littleEndian: id.1),
            byteCount: bytes.count)
        return (peer, zmq_msg_more(message) != 0)
    }

    private func receiveBody(into buffer: UnsafeMutableRawBufferPointer) -> Received? {
        var origin = FrameOrigin()
        return receiveBody(into: buffer, origin: &origin)
    }

    private func receiveBody(
        into buffer: UnsafeMutableRawBufferPointer, origin: inout FrameOrigin
    ) -> Received? {
        guard let bytes = takeFrame() else { return nil }
        let count = bytes.count
        if tellsOrigin {
            origin = FrameOrigin(of: message, users: &users)
        } else if type == .router {
            origin.descriptor = zmq_msg_get(message, ZMQ_SRCFD)
        }
        origin.wireBytes = FrameOrigin.wireBytes(count, isEncrypted: isEncrypted)
        let isWhole = zmq_msg_more(message) == 0
        if isWhole, count <= buffer.count { buffer.copyMemory(from: bytes) }
        zmq_msg_close(message)
        guard isWhole else {
            origin.wireBytes += discardRest()
            return .multipart
        }
        return count <= buffer.count ? .frame(bytes: count) : .oversize(bytes: count)
    }

    /// The next frame, to be closed after use; nil when none waits.
    private func takeFrame() -> UnsafeRawBufferPointer? {
        zmq_msg_init(message)
        while zmq_msg_recv(message, pointer, ZMQ_DONTWAIT) < 0 {
            guard zmq_errno() == EINTR else { return nil }
        }
        return UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    }

    /// Reads a message to its end. What its frames took on the wire.
    private func discardRest() -> Int {
        var wireBytes = 0
        while let bytes = takeFrame() {
            wireBytes += FrameOrigin.wireBytes(bytes.count, isEncrypted: isEncrypted)
            let hasMore = zmq_msg_more(message) != 0
            zmq_msg_close(message)
            if !hasMore { break }
        }
        return wireBytes
    }

    private func outcome(_ result: Int32) -> Sent {
        if result >= 0 { return .sent }
        return zmq_errno() == EHOSTUNREACH ? .gone : .wouldBlock
    }
}

extension Socket {
    private func apply(_ limits: SocketLimits) throws(MessagingError) {
        try set(ZMQ_LINGER, Int32(0))
        try set(ZMQ_RCVHWM, limits.receiveHighWater)
        try set(ZMQ_SNDHWM, limits.sendHighWater)
        try set(ZMQ_RCVBUF, limits.kernelBufferBytes)
        try set(ZMQ_SNDBUF, limits.kernelBufferBytes)
        try set(ZMQ_TCP_KEEPALIVE, Int32(1))
        try set(ZMQ_HANDSHAKE_IVL, Int32(3000))
        // A peer that vanished without a word is noticed within 8 s.
        try set(ZMQ_HEARTBEAT_IVL, Int32(2000))
        try set(ZMQ_HEARTBEAT_TIMEOUT, Int32(6000))
        try set(ZMQ_HEARTBEAT_TTL, Int32(6000))
        try set(ZMQ_MAXMSGSIZE, limits.maximumMessageBytes)
        switch type {
        case .router:
            // Without MANDATORY a full or vanished peer loses messages silently; without
            // HANDOVER a client that comes back after a half-open crash is ignored.
            try set(ZMQ_ROUTER_MANDATORY, Int32(1))
            try set(ZMQ_ROUTER_HANDOVER, Int32(1))
            try set(ZMQ_BACKLOG, Int32(64))
        case .dealer:
            try set(ZMQ_IMMEDIATE, Int32(limits.queueWithoutPeer ? 0 : 1))
            try set(ZMQ_RECONNECT_IVL, Int32(100))
            try set(ZMQ_RECONNECT_IVL_MAX, Int32(5000))
        }
    }

    /// libzmq refuses `[::1]` unless told that IPv6 may be; told so, it binds `*` to both families.
    private func chooseAddressFamily(_ endpoint: String) throws(MessagingError) {
        try set(ZMQ_IPV6, Int32(endpoint.hasPrefix("tcp://[") ? 1 : 0))
    }

    func set<Value: FixedWidthInteger>(
        _ option: Int32, _ value: Value
    ) throws(MessagingError) {
        var value = value
        guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Value>.size) == 0 else {
            throw MessagingError(call: "zmq_setsockopt", subject: "option \(option)")
        }
    }
}
