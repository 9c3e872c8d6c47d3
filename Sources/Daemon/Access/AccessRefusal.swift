// Why somebody is not let in or a frame is not taken: the one table that the log, the counters and
// `status` share (protocol/MILLRACE.md, "Access").

/// A reason to keep somebody out.
public enum AccessRefusal: String, CaseIterable, Sendable {
    // Connections, before any frame of theirs is delivered.

    /// What libzmq asked could not be understood.
    case malformed
    /// The endpoint asks in the name of a door that does not exist.
    case unknownDoor
    /// Not CURVE: NULL, PLAIN or another.
    case mechanism
    /// Not one key of 32 bytes.
    case credential
    /// No certificate in the folder has this key.
    case unlistedKey
    /// The key has no right at this door.
    case noRightAtDoor

    // Frames of connections that were let in.

    /// A frame that says neither that it came over ipc nor whose it is.
    case noKey
    /// The key was removed since the connection was made.
    case removedKey
    /// The key lost its rights at this door since the connection was made.
    case lostRight
    /// The key has other rights than the one that this frame needs.
    case noRightForFrame
    /// A HELLO or a session under a producer's name that the key may not use.
    case producer
    /// The frame carries the routing id of another key's session.
    case foreignSession

    /// Whether it ends the connection.
    var endsConnection: Bool {
        switch self {
        case .noKey, .removedKey, .lostRight: true
        default: false
        }
    }

    /// Whether it concerns a connection that asks for admission.
    var isHandshake: Bool {
        switch self {
        case .malformed, .unknownDoor, .mechanism, .credential, .unlistedKey, .noRightAtDoor: true
        default: false
        }
    }
}
