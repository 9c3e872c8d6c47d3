// The part of `status` that says who may come in, and who tried without leave.

/// A key that the daemon knows.
public struct ClientStatus: Codable, Equatable, Sendable {
    /// Its name.
    public var name: String
    /// What it may do, in the words of its certificate: ingest, query, metrics, admin.
    public var rights: [String]
    /// The names under which it may hand over samples; empty without the right `ingest`.
    public var producers: [String]

    /// - name, rights, producers: see the properties.
    public init(name: String, rights: [String], producers: [String]) {
        self.name = name
        self.rights = rights
        self.producers = producers
    }
}

/// Why somebody was not let in, or a frame not taken: how often, and the last time.
public struct RefusalStatus: Codable, Equatable, Sendable {
    /// The reason (protocol/MILLRACE.md, "Access").
    public var reason: String
    /// How often since the start.
    public var count: UInt64
    /// The door of the last one.
    public var door: String
    /// Where the last one came from, in digits; empty when that is not known.
    public var address: String
    /// The name of the last one's key; absent when the daemon does not know the key.
    public var client: String?
    /// Seconds since the last one.
    public var secondsAgo: Double

    /// - reason, count, door, address, client, secondsAgo: see the properties.
    public init(
        reason: String, count: UInt64, door: String, address: String, client: String?,
        secondsAgo: Double
    ) {
        self.reason = reason
        self.count = count
        self.door = door
        self.address = address
        self.client = client
        self.secondsAgo = secondsAgo
    }
}

/// Who may come in.
public struct AccessStatus: Codable, Equatable, Sendable {
    /// Doors of which the tcp endpoints ask for a key.
    public var keyedDoors: [String]
    /// How many keys are known.
    public var clientCount: Int
    /// The keys by name, the first `clientsShown` of them.
    public var clients: [ClientStatus]
    /// How often the folder of keys was read since the start, the first time included.
    public var clientsRead: UInt64
    /// Connections let in since the start.
    public var handshakesAdmitted: UInt64
    /// Connections that asked for admission and were refused.
    public var handshakesRefused: UInt64
    /// Frames refused because of who sent them.
    public var framesRefused: UInt64
    /// Connections shut down because their key was removed, or lost its rights at the door.
    public var connectionsCut: UInt64
    /// Every reason that occurred.
    public var lastRefusals: [RefusalStatus]

    /// Keys in one status at most, so that it fits into a message.
    public static let clientsShown = 64

    /// - All: see the properties.
    public init(
        keyedDoors: [String], clientCount: Int, clients: [ClientStatus], clientsRead: UInt64,
        handshakesAdmitted: UInt64, handshakesRefused: UInt64, framesRefused: UInt64,
        connectionsCut: UInt64, lastRefusals: [RefusalStatus]
    ) {
        self.keyedDoors = keyedDoors
        self.clientCount = clientCount
        self.clients = clients
        self.clientsRead = clientsRead
        self.handshakesAdmitted = handshakesAdmitted
        self.handshakesRefused = handshakesRefused
        self.framesRefused = framesRefused
        self.connectionsCut = connectionsCut
        self.lastRefusals = lastRefusals
    }
}
