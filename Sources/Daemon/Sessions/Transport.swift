// The daemon's three doors, as the network loop sees them. ZeroMQ is one implementation; the
// tests have another, driven from a seed.

import Messaging
import Platform

/// A door of the daemon.
public enum Door: Int, CaseIterable, Sendable {
    /// Samples in, acknowledgements out.
    case ingest
    /// Predictions and status.
    case query
    /// Rollback, checkpoints; on ipc only.
    case admin
}

/// Frames in and out, without waiting.
public protocol Transport: AnyObject {
    /// Takes the next frame at `door`; `origin` is empty where the door does not ask for it.
    func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer,
        origin: inout FrameOrigin
    ) -> Received
    /// Sends one frame to `peer` at `door`.
    func send(_ door: Door, _ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent
    /// Monitors of the doors that have connections; none where there is no network.
    var monitors: [(Door, SocketMonitor)] { get }
    /// Sleeps until a frame comes, the loop is called, or `milliseconds` have passed.
    func wait(milliseconds: Int)
}

/// The doors as ROUTER sockets. Made and used on the network thread.
public final class ZeroMQTransport: Transport {
    private let sockets: [Socket]
    private let poller = Poller()
    /// See `Transport`.
    public let monitors: [(Door, SocketMonitor)]

    /// Binds every endpoint.
    /// - endpoints: by door. - limits: by door. - wakeUps: descriptors that end a wait.
    public init(
        context: MessagingContext, endpoints: [[String]], limits: [SocketLimits],
        wakeUps: [Int32]
    ) throws(MessagingError) {
        precondition(endpoints.count == Door.allCases.count && limits.count == endpoints.count)
        var sockets: [Socket] = []
        var monitors: [(Door, SocketMonitor)] = []
        for door in Door.allCases {
            let socket = try Socket(context, .router, limits: limits[door.rawValue])
            socket.tellsOrigin = endpoints[door.rawValue].contains { $0.hasPrefix("tcp:") }
            let monitor = try SocketMonitor(context, of: socket, name: "\(door)")
            monitors.append((door, monitor))
            for endpoint in endpoints[door.rawValue] { try socket.bind(endpoint) }
            sockets.append(socket)
            poller.add(socket)
        }
        self.sockets = sockets
        self.monitors = monitors
        for descriptor in wakeUps { poller.add(fileDescriptor: descriptor) }
    }

    /// See `Transport`.
    public func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer,
        origin: inout FrameOrigin
    ) -> Received {
        sockets[door.rawValue].receive(into: buffer, from: &peer, origin: &origin)
    }

    /// See `Transport`.
    public func send(_ door: Door, _ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent {
        sockets[door.rawValue].send(frame, to: peer)
    }

    /// See `Transport`.
    public func wait(milliseconds: Int) {
        poller.wait(milliseconds: milliseconds)
    }
}
