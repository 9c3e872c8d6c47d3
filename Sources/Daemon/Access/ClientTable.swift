// Who may come in: every key that the daemon knows, with its rights. Made once from the folder of
// certificates and never changed; a reload makes another one.
//
// Invariants: at most `mostClients` keys and `mostProducers` names of producers in all, so that
// the memory is a line of the plan; a key is in it once, and a name is.

import MillraceProtocol

/// One key with what it may do.
public struct Client: Equatable, Sendable {
    /// For people; the key decides.
    public let name: ProducerName
    /// Who it is.
    public let key: CurvePublicKey
    /// What it may do.
    public let rights: AccessRights
    /// Names under which it may hand over samples.
    public let producers: [ProducerName]

    /// - name, key, rights, producers: see the properties.
    public init(
        name: ProducerName, key: CurvePublicKey, rights: AccessRights, producers: [ProducerName]
    ) {
        self.name = name
        self.key = key
        self.rights = rights
        self.producers = producers
    }

    /// What a certificate says.
    public init(_ certificate: Certificate) {
        self.init(
            name: certificate.name, key: certificate.publicKey, rights: certificate.rights,
            producers: certificate.producers)
    }
}

/// All keys that the daemon knows.
public struct ClientTable: Sendable {
    /// Keys at most.
    public static let mostClients = 1024
    /// Names of producers over all keys at most.
    public static let mostProducers = 4096
    /// Two tables exist while one replaces the other, and each client has its key in the index.
    static let bytes =
        2
        * (mostClients
            * (MemoryLayout<Client>.stride + 2 * MemoryLayout<CurvePublicKey>.stride + 64)
            + mostProducers * MemoryLayout<ProducerName>.stride)

    /// By name.
    public let clients: [Client]
    private let places: [CurvePublicKey: Int]

    /// A table without anybody.
    public static let empty = ClientTable([])

    /// - clients: distinct keys and names, within the two limits; `ClientFolder` sees to that.
    public init(_ clients: [Client]) {
        precondition(clients.count <= Self.mostClients)
        precondition(clients.reduce(0) { $0 + $1.producers.count } <= Self.mostProducers)
        let sorted = clients.sorted { $0.name.text < $1.name.text }
        var places: [CurvePublicKey: Int] = [:]
        for (place, client) in sorted.enumerated() {
            let before = places.updateValue(place, forKey: client.key)
            precondition(before == nil, "a key is in a table once")
        }
        self.clients = sorted
        self.places = places
    }

    /// The client with `key`, of a connection that has proved that it has it; nil when the key is
    /// not known (any more).
    public subscript(key: CurvePublicKey) -> Client? {
        places[key].map { clients[$0] }
    }

    /// Where in `clients` that client is.
    func place(of key: CurvePublicKey) -> Int? { places[key] }

    /// The same for a key that a stranger shows: every key of the table is compared, so that the
    /// time says nothing about which keys there are.
    public func search(_ key: CurvePublicKey) -> Client? {
        var found = -1
        for place in clients.indices {
            // No branch: the mask is all ones where the keys are equal, and none elsewhere.
            let mask = clients[place].key == key ? -1 : 0
            found = (place & mask) | (found & ~mask)
        }
        return found >= 0 ? clients[found] : nil
    }
}

extension Door {
    /// The door's name in the configuration, in status, and as a ZAP domain.
    public var name: String { "\(self)" }

    /// The door of that name; nil if there is none.
    public init?(name: String) {
        guard let door = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = door
    }

    /// Of these rights a key must have one to come in at the door.
    public var rights: AccessRights {
        switch self {
        case .ingest: .ingest
        case .query: [.query, .metrics]
        case .admin: .admin
        }
    }
}
