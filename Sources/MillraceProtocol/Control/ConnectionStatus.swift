// What `status` says of connections: how many are open, how many came, and why some had to go.

/// Connections, by the daemon's guard.
public struct ConnectionStatus: Codable, Equatable, Sendable {
    /// Open now, by door.
    public var open: [String: UInt64]
    /// Most that may be open, TCP and local each.
    public var limit: Int
    /// Accepted since the start, those refused included.
    public var accepted: UInt64
    /// Cut by the guard since the start, by reason; reasons that never were are left out.
    public var cutBy: [String: UInt64]
    /// Refused when they came, by reason; reasons that never were are left out.
    public var refusedBy: [String: UInt64]
    /// Handshakes that were broken off, too slow, or not the protocol.
    public var brokenHandshakes: UInt64
    /// Handshakes refused for their key.
    public var refusedKeys: UInt64

    /// See the properties.
    public init(
        open: [String: UInt64], limit: Int, accepted: UInt64, cutBy: [String: UInt64],
        refusedBy: [String: UInt64], brokenHandshakes: UInt64, refusedKeys: UInt64
    ) {
        self.open = open
        self.limit = limit
        self.accepted = accepted
        self.cutBy = cutBy
        self.refusedBy = refusedBy
        self.brokenHandshakes = brokenHandshakes
        self.refusedKeys = refusedKeys
    }
}
