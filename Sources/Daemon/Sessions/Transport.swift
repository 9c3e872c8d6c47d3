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
    /// Rollback, checkpoints; beyond ipc only with keys.
    case admin
}

/// Frames in and out, without waiting.
public protocol Transport: AnyObject {
    /// Whether `door` may have a frame, as far as the last wait saw.
    func mayHave(_ door: Door) -> Bool
    /// Takes the next frame at `door`; what came since the last wait may not be seen yet. `origin`
    /// is empty where the door does not ask for it.
    func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer,
        origin: inout FrameOrigin
    ) -> Received
    /// Sends one frame to `peer` at `door`.
    func send(_ door: Door, _ frame: UnsafeRawBufferPointer, to peer: Peer) -> Sent
    /// Monitors of the doors that have connections; none where there is no network.
    var monitors: [(Door, SocketMonitor)] { get }
    /// Sleeps until a frame comes, the loop is called, or `milliseconds` have passed; 0 only looks.
    func wait(milliseconds: Int)
}

/// The doors as ROUTER sockets. Made and used on the network thread.
public final class ZeroMQTransport: Transport {
    private let sockets: [Socket]
    private let watch = SocketWatch()
    /// See `Transport`.
    public let monitors: [(Door, SocketMonitor)]

    /// Binds every endpoint.
    /// - endpoints: by door. - limits: by door. - wakeUps: descriptors that end a wait.
    /// - sockets: which endpoints are open already, and who may connect to the files of others.
    /// - server: the daemon's key, with which all tcp endpoints speak CURVE and ask the process's
    ///   ZAP handler, in the name of their door, whom to let in; nil without keys.
    public init(
        context: MessagingContext, endpoints: [[String]], limits: [SocketLimits],
        wakeUps: [Int32], sockets doorSockets: DoorSockets = DoorSockets(),
        server: CurveServer? = nil
    ) throws(MessagingError) {
        precondition(endpoints.count == Door.allCases.count && limits.count == endpoints.count)
        var sockets: [Socket] = []
        var monitors: [(Door, SocketMonitor)] = []
        for door in Door.allCases {
            let socket = try Socket(context, .router, limits: limits[door.rawValue])
            let places = endpoints[door.rawValue]
            socket.tellsOrigin = places.contains(where: Self.isReachable)
            monitors.append((door, try SocketMonitor(context, of: socket, name: "\(door)")))
            // libzmq copies a socket's keys when an endpoint is bound: those that come before stay
            // without any, and a file permission decides there.
            for place in places where !Self.isReachable(place) {
                try doorSockets.bind(socket, place)
            }
            if let server, socket.tellsOrigin {
                try socket.askBeforeAdmission(domain: door.name)
                try socket.use(server)
                socket.isEncrypted = true
            }
            for place in places where Self.isReachable(place) {
                try doorSockets.bind(socket, place)
            }
            sockets.append(socket)
            _ = try watch.add(socket)
        }
        self.sockets = sockets
        self.monitors = monitors
        for descriptor in wakeUps { watch.add(fileDescriptor: descriptor) }
    }

    /// The doors that have an endpoint which other machines may reach.
    public static func reachableDoors(_ endpoints: [[String]]) -> Set<Door> {
        Set(Door.allCases.filter { endpoints[$0.rawValue].contains(where: isReachable) })
    }

    private static func isReachable(_ endpoint: String) -> Bool { !endpoint.hasPrefix("ipc:") }

    /// See `Transport`.
    public func receive(
        _ door: Door, into buffer: UnsafeMutableRawBufferPointer, from peer: inout Peer,
        origin: inout FrameOrigin
    ) -> Received {
        let received = sockets[door.rawValue].receive(into: buffer, from: &peer, origin: &origin)
        if received == .nothing { watch.unmark(door.rawValue) }
        return received
    }

    /// See `Transport`.
    public func mayHave(_ door: Door) -> Bool {
        watch.isMarked(door.rawValue)
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
