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
    /// Takes the next frame at `door`; what came since the last wait may not be seen yet.
    func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer
    ) -> Received
    /// Sends one frame to `peer` at `door`.
    func send(_ door: Door, _ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent
    /// Sleeps until a frame comes, the loop is called, or `milliseconds` have passed; 0 only looks.
    func wait(milliseconds: Int)
}

/// The doors as ROUTER sockets. Made and used on the network thread.
public final class ZeroMQTransport: Transport {
    private let sockets: [Socket]
    private let watch = SocketWatch()

    /// Binds every endpoint.
    /// - endpoints: by door. - limits: by door. - wakeUps: descriptors that end a wait.
    /// - sockets: which endpoints are open already, and who may connect to the files of others.
    public init(
        context: MessagingContext, endpoints: [[String]], limits: [SocketLimits],
        wakeUps: [Int32], sockets doorSockets: DoorSockets = DoorSockets()
    ) throws(MessagingError) {
        precondition(endpoints.count == Door.allCases.count && limits.count == endpoints.count)
        var sockets: [Socket] = []
        for door in Door.allCases {
            let socket = try Socket(context, .router, limits: limits[door.rawValue])
            for endpoint in endpoints[door.rawValue] {
                try doorSockets.bind(socket, endpoint)
            }
            sockets.append(socket)
            _ = try watch.add(socket)
        }
        self.sockets = sockets
        for descriptor in wakeUps { watch.add(fileDescriptor: descriptor) }
    }

    /// See `Transport`.
    public func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer
    ) -> Received {
        guard watch.isMarked(door.rawValue) else { return .nothing }
        let received = sockets[door.rawValue].receive(into: buffer, from: &peer)
        if received == .nothing { watch.unmark(door.rawValue) }
        return received
    }

    /// See `Transport`.
    public func send(_ door: Door, _ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent {
        // A send takes in libzmq's news for the socket: only a receive can tell what they were.
        watch.mark(door.rawValue)
        return sockets[door.rawValue].send(frame, to: peer)
    }

    /// See `Transport`.
    public func wait(milliseconds: Int) {
        watch.wait(milliseconds: milliseconds)
    }
}
