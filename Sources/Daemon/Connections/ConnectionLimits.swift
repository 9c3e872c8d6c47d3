// Limits of connections, as configured, and what follows from them.

import Platform

/// How many may come, how fast, and how long they may be silent.
public struct ConnectionLimits: Equatable, Sendable {
    /// Open at once, over all doors: so many over TCP, and as many again on local sockets;
    /// 0: `max-peers` and 16 for questions.
    public var count = 0
    /// Of them from one address (IPv4) or one network of 64 bits (IPv6); 0: all.
    public var perAddress = 0
    /// New ones per second from one address; twice as many at once.
    public var handshakesPerSecond = 100
    /// Time in which a new one must have sent a frame that could be used.
    public var firstFrameSeconds = 10

    /// The standard limits.
    public init() {}
}

extension DaemonSettings {
    /// Places for questions, when `max-connections` does not say.
    static let queryPlaces = 16

    /// Most connections of each kind, TCP and local.
    public var connectionCount: Int {
        connections.count > 0 ? connections.count : maximumPeers + Self.queryPlaces
    }

    /// Most TCP connections of one address.
    var connectionsPerAddress: Int {
        connections.perAddress > 0 ? min(connections.perAddress, connectionCount) : connectionCount
    }

    /// Whether any door can be reached over TCP.
    public var hasNetworkDoor: Bool {
        endpoints.contains { $0.contains { $0.hasPrefix("tcp:") } }
    }

    /// What one message may hold: libzmq keeps the whole buffer of a read for it.
    var waitingUnitBytes: Int { max(maximumMessageBytes, 8192) }

    /// Bytes of whole messages that may wait of one peer: what the high-water mark lets.
    var waitingBytesPerPeer: Int { DaemonPlan.receiveHighWater * waitingUnitBytes }

    /// What may wait of all connections together, and what the gate lets in beyond the messages of
    /// honest peers before it has cut somebody: the last sum is of `noticeBytes` before, and nobody
    /// is cut for less than `sparedBytes`.
    var gateLimits: GateLimits {
        let account = AccountLimits(
            maximumMessageBytes: maximumMessageBytes, highWater: DaemonPlan.receiveHighWater)
        // Of each peer one message is being taken and one is being read, beyond the high-water mark.
        let pool = maximumPeers * (waitingBytesPerPeer + 2 * waitingUnitBytes)
        return GateLimits(
            messageBytes: maximumMessageBytes + 9 * SocketGate.mostFrames,
            connectionBytes: Int(account.backlogBytes), poolBytes: pool,
            mostPoolBytes: pool + 4 * waitingUnitBytes)
    }

    /// What may be let in beyond the messages of honest peers, a line of the plan.
    var overshootBytes: Int {
        gateLimits.mostPoolBytes - maximumPeers * waitingBytesPerPeer
            + openConnections * SocketGate.sparedBytes + SocketGate.noticeBytes
    }

    /// Connections that may be open at once, of both kinds.
    var openConnections: Int { connectionCount * (hasNetworkDoor ? 2 : 1) }

    /// Rows of the guard's table: as many again may be on their way out, and a few for a burst.
    var connectionRows: Int { 2 * openConnections + 64 }

    /// Descriptors that have a row in the ledger: the process's own (files, wake-ups, libzmq's) and
    /// every connection, twice for bursts that are accepted before they are refused.
    public var descriptorCapacity: Int { 192 + connectionRows }
}
