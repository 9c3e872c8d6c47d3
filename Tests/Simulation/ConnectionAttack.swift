// Strangers at a door: many sockets at once, each of which tries once to connect and has a message
// ready. Written on libzmq itself, so that it can try what our own client would never do.
//
// A socket counts as refused when libzmq, on the stranger's side, saw the connection end without
// a finished handshake; one that nobody answered in time counts as neither.

import CZeroMQ
import Glibc

/// How a stranger introduces itself.
public enum Disguise: Sendable {
    /// Without any proof.
    case null
    /// With a name and a password.
    case plain
    /// With keys, each of 40 characters.
    case curve(serverKey: String, publicKey: String, secretKey: String)
}

/// What became of the attempts.
public struct AttackOutcome: Equatable, Sendable {
    /// Connections whose handshake failed or was cut off.
    public var refused = 0
    /// Connections that were let in.
    public var admitted = 0
    /// Messages that came back.
    public var answers = 0

    /// - refused, admitted, answers: see the properties.
    public init(refused: Int = 0, admitted: Int = 0, answers: Int = 0) {
        self.refused = refused
        self.admitted = admitted
        self.answers = answers
    }
}

/// Strangers at one endpoint.
public final class ConnectionAttack {
    private let context: UnsafeMutableRawPointer?
    private let endpoint: String
    private let message: [UInt8]
    private var strangers: [Stranger] = []
    private var made = 0

    /// Each has three sockets: its own, and the two ends of its monitor.
    static let strangersAtOnce = 60

    /// - message: what every stranger wants to deliver.
    public init(endpoint: String, message: [UInt8]) {
        self.endpoint = endpoint
        self.message = message
        context = zmq_ctx_new()
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, Int32(12 * Self.strangersAtOnce))
        zmq_ctx_set(context, ZMQ_BLOCKY, 0)
    }

    deinit {
        for stranger in strangers { stranger.close() }
        zmq_ctx_term(context)
    }

    /// `attempts` connections, some sixty at a time: less than a door keeps waiting.
    /// - meanwhile: called again and again while they are on their way.
    public func run(
        _ disguise: Disguise, attempts: Int, meanwhile: () -> Void = {}
    ) -> AttackOutcome {
        var outcome = AttackOutcome()
        var left = attempts
        while left > 0 {
            let count = min(left, Self.strangersAtOnce)
            left -= count
            for _ in 0..<count {
                made += 1
                // libzmq gives the places of closed sockets back a little later.
                var place = Stranger(context, made)
                for _ in 0..<500 where place == nil {
                    usleep(2_000)
                    place = Stranger(context, made)
                }
                guard let stranger = place else { continue }
                stranger.connect(endpoint, disguise, message)
                strangers.append(stranger)
            }
            // A door gives up a handshake after 3 s.
            let deadline = ContinuousClock.now + .seconds(6)
            while strangers.contains(where: { $0.fate == nil }), ContinuousClock.now < deadline {
                meanwhile()
                for stranger in strangers { stranger.look() }
                usleep(2_000)
            }
            for stranger in strangers {
                outcome.refused += stranger.fate == .refused ? 1 : 0
                outcome.admitted += stranger.fate == .admitted ? 1 : 0
                outcome.answers += stranger.answers
                stranger.close()
            }
            strangers = []
        }
        return outcome
    }
}

/// One of them.
private final class Stranger {
    enum Fate {
        case admitted
        case refused
    }

    private let socket: UnsafeMutableRawPointer
    private let monitor: UnsafeMutableRawPointer
    private(set) var fate: Fate?
    private(set) var answers = 0

    init?(_ context: UnsafeMutableRawPointer?, _ number: Int) {
        guard let socket = zmq_socket(context, ZMQ_DEALER) else { return nil }
        guard let monitor = zmq_socket(context, ZMQ_PAIR) else {
            zmq_close(socket)
            return nil
        }
        self.socket = socket
        self.monitor = monitor
        set(ZMQ_LINGER, 0)
        // One attempt, and no second one.
        set(ZMQ_RECONNECT_IVL, -1)
        let place = "inproc://stranger-\(number)"
        zmq_socket_monitor(socket, place, ZMQ_EVENT_ALL)
        zmq_connect(monitor, place)
    }

    func connect(_ endpoint: String, _ disguise: Disguise, _ message: [UInt8]) {
        switch disguise {
        case .null: break
        case .plain:
            set(ZMQ_PLAIN_USERNAME, "admin")
            set(ZMQ_PLAIN_PASSWORD, "admin")
        case .curve(let serverKey, let publicKey, let secretKey):
            set(ZMQ_CURVE_SERVERKEY, serverKey)
            set(ZMQ_CURVE_PUBLICKEY, publicKey)
            set(ZMQ_CURVE_SECRETKEY, secretKey)
        }
        zmq_connect(socket, endpoint)
        zmq_send(socket, message, message.count, ZMQ_DONTWAIT)
    }

    /// Reads what libzmq says of the connection, and what came back.
    func look() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while zmq_recv(monitor, &bytes, bytes.count, ZMQ_DONTWAIT) >= 0 {
            let event = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
            // The second frame is the endpoint.
            zmq_recv(monitor, &bytes, bytes.count, ZMQ_DONTWAIT)
            switch Int32(event) {
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: fate = .admitted
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
                ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_DISCONNECTED, ZMQ_EVENT_CLOSED:
                fate = fate ?? .refused
            default: break
            }
        }
        while zmq_recv(socket, &bytes, bytes.count, ZMQ_DONTWAIT) >= 0 { answers += 1 }
    }

    func close() {
        zmq_socket_monitor(socket, nil, 0)
        zmq_close(socket)
        zmq_close(monitor)
    }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        zmq_setsockopt(socket, option, &value, 4)
    }

    private func set(_ option: Int32, _ text: String) {
        zmq_setsockopt(socket, option, text, text.utf8.count)
    }
}
