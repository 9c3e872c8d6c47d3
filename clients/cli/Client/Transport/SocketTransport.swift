// The ZeroMQ path: one DEALER, one frame per message; with keys over TCP.
//
// Invariants: over TCP the socket is watched from before it connects, and the reports are taken
// whenever the session waits or finds nothing, so that libzmq never waits for us; a key that the
// daemon refuses ends the session at once, because libzmq does not connect again after that.

import Messaging

/// A DEALER connected to one endpoint.
public final class SocketTransport: FrameTransport {
    private let socket: Socket
    private let arrivals = Poller()
    private let arrivalsOrRoom = Poller()
    /// Whether the last frame could not be sent: then a wait ends when there is room, too.
    private var isBlocked = false
    /// Where the daemon listens.
    public let endpoint: String
    private let keys: CurveClient?
    /// Reports on handshakes; nil for ipc.
    private let monitor: SocketMonitor?

    /// What the newest handshake came to; nil before there was one.
    private var newest: Silence?

    /// Over TCP from the reports on handshakes, otherwise from the socket's file.
    public var silence: Silence {
        monitor == nil ? Silence.probe(ipc: endpoint) : newest ?? .unknown
    }

    /// Connects to `endpoint`; the connection itself comes about in the background.
    ///
    /// - keys: for TCP. - maximumMessageBytes: longest frame that is taken from the daemon.
    ///
    /// Errors: no endpoint, or keys that cannot be used.
    public init(
        _ context: MessagingContext, endpoint: String, keys: ConnectionKeys = ConnectionKeys(),
        maximumMessageBytes: Int = 4 << 20
    ) throws(ClientError) {
        guard endpoint.hasPrefix("ipc://") || endpoint.hasPrefix("tcp://") else {
            throw ClientError(
                .usage, "\(endpoint) is not an endpoint",
                advice: "ipc://PATH or tcp://HOST:PORT")
        }
        self.endpoint = endpoint
        let curve = try keys.curve(for: endpoint)
        self.keys = curve
        var limits = SocketLimits()
        limits.maximumMessageBytes = Int64(maximumMessageBytes)
        limits.receiveHighWater = 1000
        // Credit bounds what is under way; a queue shorter than the window would only make the
        // sender sleep between small frames.
        limits.sendHighWater = 1000
        do {
            socket = try Socket(context, .dealer, limits: limits)
            monitor =
                endpoint.hasPrefix("tcp://")
                ? try SocketMonitor(
                    context, of: socket,
                    name: "client-\(UInt(bitPattern: ObjectIdentifier(socket)))")
                : nil
            if let curve { try socket.use(curve) }
            try socket.connect(endpoint)
        } catch {
            throw ClientError(.usage, "cannot connect to \(endpoint)", why: "\(error)")
        }
        arrivals.add(socket)
        arrivalsOrRoom.add(socket, orRoom: true)
    }

    deinit {
        monitor?.stop()
        monitor?.close()
    }

    /// Sends one frame; false while nobody is connected or the queue is full.
    public func send(_ frame: UnsafeRawBufferPointer) throws(ClientError) -> Bool {
        isBlocked = socket.send(frame) != .sent
        if isBlocked { try hear() }
        return !isBlocked
    }

    /// Takes the next frame; frames that break the protocol's first rule are passed over.
    public func receive(into memory: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int? {
        while true {
            switch socket.receive(into: memory) {
            case .frame(let bytes): return bytes
            case .nothing:
                try hear()
                return nil
            case .multipart, .oversize: continue
            }
        }
    }

    /// Waits for a frame, or for room if the last one could not be sent.
    public func wait(milliseconds: Int) {
        (isBlocked ? arrivalsOrRoom : arrivals).wait(milliseconds: milliseconds)
    }

    /// Takes the reports on handshakes.
    ///
    /// Errors: the daemon refused the key, or asks for one.
    private func hear() throws(ClientError) {
        guard let monitor else { return }
        while let event = monitor.next() {
            switch event {
            case .handshakeSucceeded: newest = .busy
            case .handshakeFailed(.refused): throw refusal
            case .handshakeFailed:
                newest = keys == nil ? Self.plainTrouble : Self.keyedTrouble
            case .disconnected: if newest == .busy { newest = nil }
            default: break
            }
        }
    }

    private static let keyedTrouble = Silence.handshake(
        why: "the handshake with keys fails: another daemon than --server-key says listens there, "
            + "or one that takes no keys",
        advice: "--server-key with the server.key of that daemon's machine, or another endpoint")
    private static let plainTrouble = Silence.handshake(
        why: "the handshake without keys fails: a daemon that asks for keys (--key and "
            + "--server-key), or something else, listens there",
        advice: "--key NAME.key_secret and --server-key server.key, or another endpoint")

    private var refusal: ClientError {
        guard let keys else {
            return ClientError(
                .notAllowed, "the daemon at \(endpoint) asks for a key",
                advice: "--key NAME.key_secret and --server-key server.key; millrace keygen NAME "
                    + "makes a pair")
        }
        return ClientError(
            .notAllowed, "the daemon at \(endpoint) refused this key",
            why: "\(keys.publicKey) is not in its folder of clients, or may not come in at this "
                + "door",
            advice: "copy NAME.key into that folder ([keys] clients), with the right it needs in "
                + "allow (ingest; and query for every question, as what a sample is made of), and "
                + "reload the daemon")
    }
}
