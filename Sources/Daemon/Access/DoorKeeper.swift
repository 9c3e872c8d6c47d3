// Whose frame is this, and may they? The network loop's side of the keys: asked before each frame
// is looked at.
//
// Invariants:
//   - a frame without a key is taken only if it came over ipc, or at a door without keyed
//     endpoints; whether a peer may use an ipc socket is decided by file permission;
//   - the table in force when a frame is taken decides, not the one when its connection was made:
//     a removed key is refused from the next frame on, and its connections are shut down after a
//     moment in which the refusal can leave;
//   - nothing here allocates per frame.

import Glibc
import Messaging
import MillraceProtocol

/// Who sent the frame that is being taken.
enum Visitor: Equatable {
    /// Nobody asks for a key there.
    case trusted
    /// The client in that place of the table.
    case client(Int)
}

/// What the network loop knows of keys and the connections that use them.
struct DoorKeeper {
    let board: AccessBoard?
    private(set) var clients: ClientTable
    private var version: UInt64
    private var lastKey: CurvePublicKey?
    private var lastPlace = 0
    private var roster: ConnectionRoster

    /// - board: nil in a daemon without keys.
    init(board: AccessBoard?) {
        self.board = board
        // In this order: a table that is put in force in between is seen as a new version.
        version = board?.version ?? 0
        clients = board?.clients ?? .empty
        roster = ConnectionRoster(capacity: board == nil ? 0 : ConnectionRoster.standardCapacity)
    }

    /// Takes the table that is in force. Returns whether it is another one.
    mutating func refresh() -> Bool {
        guard let board, board.version != version else { return false }
        version = board.version
        clients = board.clients
        lastKey = nil
        return true
    }

    /// Who sent a frame, or why it is refused.
    mutating func visitor(
        _ door: Door, _ origin: FrameOrigin, _ peer: Peer
    ) throws(AccessRefusalError) -> Visitor {
        guard let board, board.keyedDoors.contains(door) else { return .trusted }
        guard let key = origin.user else {
            if origin.isLocal { return .trusted }
            throw AccessRefusalError(.noKey)
        }
        roster.note(origin.descriptor, key, peer, door)
        if key == lastKey { return try visitor(door, at: lastPlace) }
        guard let place = clients.place(of: key) else { throw AccessRefusalError(.removedKey) }
        lastKey = key
        lastPlace = place
        return try visitor(door, at: place)
    }

    private func visitor(_ door: Door, at place: Int) throws(AccessRefusalError) -> Visitor {
        guard !clients.clients[place].rights.isDisjoint(with: door.rights) else {
            throw AccessRefusalError(.lostRight)
        }
        return .client(place)
    }

    /// The key of a visitor; nil for one without.
    func key(_ visitor: Visitor) -> CurvePublicKey? {
        guard case .client(let place) = visitor else { return nil }
        return clients.clients[place].key
    }

    /// Whether a visitor has one of `rights`.
    func may(_ visitor: Visitor, _ rights: AccessRights) -> Bool {
        guard case .client(let place) = visitor else { return true }
        return !clients.clients[place].rights.isDisjoint(with: rights)
    }

    /// Whether a visitor may hand over samples as `name`.
    func may(_ visitor: Visitor, produceAs name: ProducerName) -> Bool {
        guard case .client(let place) = visitor else { return true }
        return clients.clients[place].producers.contains(name)
    }

    /// Whether a session of `key` for `name` may go on.
    func maySession(_ key: CurvePublicKey?, _ name: ProducerName) -> Bool {
        guard let key else { return true }
        guard let client = clients[key] else { return false }
        return client.rights.contains(.ingest) && client.producers.contains(name)
    }

    /// Shuts down every connection of a key that has no right at its door any more. Returns how
    /// many.
    mutating func cutUnwelcome() -> Int {
        roster.cut { [clients] key, door in
            clients[key]?.rights.isDisjoint(with: door.rights) ?? true
        }
    }
}

/// A refusal of a frame.
struct AccessRefusalError: Error, Equatable {
    let reason: AccessRefusal
    init(_ reason: AccessRefusal) { self.reason = reason }
}

/// Which connection is whose: by file descriptor, as the frames that came over it told.
struct ConnectionRoster {
    private struct Entry {
        var key: CurvePublicKey
        var peer: Peer
        var door: Door
        /// The socket behind the descriptor: the number alone may have gone to another.
        var inode: UInt
    }

    private var entries: [Entry?]

    /// Descriptors up to this number are known; libzmq uses far fewer.
    static let standardCapacity = 4096
    static let standardBytes = standardCapacity * MemoryLayout<Entry?>.stride

    init(capacity: Int) { entries = Array(repeating: nil, count: capacity) }

    /// A frame of `key` came over `descriptor`.
    mutating func note(_ descriptor: Int32, _ key: CurvePublicKey, _ peer: Peer, _ door: Door) {
        let place = Int(descriptor)
        guard entries.indices.contains(place) else { return }
        if let entry = entries[place], entry.peer == peer, entry.key == key, entry.door == door {
            return
        }
        guard let inode = Self.socket(descriptor) else { return }
        entries[place] = Entry(key: key, peer: peer, door: door, inode: inode)
    }

    /// Shuts down the connections of which `isUnwelcome` says so; libzmq then closes them.
    mutating func cut(_ isUnwelcome: (CurvePublicKey, Door) -> Bool) -> Int {
        var count = 0
        for place in entries.indices {
            guard let entry = entries[place], isUnwelcome(entry.key, entry.door) else { continue }
            entries[place] = nil
            let descriptor = Int32(place)
            guard Self.socket(descriptor) == entry.inode else { continue }
            if shutdown(descriptor, Int32(SHUT_RDWR)) == 0 { count += 1 }
        }
        return count
    }

    private static func socket(_ descriptor: Int32) -> UInt? {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK else {
            return nil
        }
        return UInt(facts.st_ino)
    }
}
