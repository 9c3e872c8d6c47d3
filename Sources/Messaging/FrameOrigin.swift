// Where a message came from, as libzmq's properties of the message tell: facts that libzmq set
// itself when the connection was made. A peer can add properties of its own choosing, but none of
// these: libzmq enters its own first, and the first entry under a name stays.

import CZeroMQ
import Glibc
import MillraceProtocol

/// The connection that a message came over.
public struct FrameOrigin: Equatable, Sendable {
    /// The connection's file descriptor, or -1. By the time that the message is read the connection
    /// may be closed, and the number may belong to another.
    public var descriptor: Int32
    /// Whether it came over a socket of this machine's file system (ipc://) and without a key; not
    /// looked up for a frame that has one.
    public var isLocal: Bool

    /// The key that the peer proved to have, as the ZAP handler named it; nil without CURVE. An ipc
    /// peer may write any key here itself, which gives it less than it has without one.
    public var user: CurvePublicKey?
    /// Bytes that the whole message took on the wire, its frames' headers included.
    public var wireBytes = 0

    /// - descriptor, isLocal, user: see the properties.
    public init(
        descriptor: Int32 = -1, isLocal: Bool = false, user: CurvePublicKey? = nil
    ) {
        self.descriptor = descriptor
        self.isLocal = isLocal
        self.user = user
    }

    /// Bytes on the wire of a frame of `bytes` (ZMTP 3.1, 23/ZMTP: flags and a length of one byte,
    /// or of eight for more than 255; CurveZMQ adds a command's name, a nonce, an authenticator and
    /// the inner flags, together 33).
    static func wireBytes(_ bytes: Int, isEncrypted: Bool) -> Int {
        let body = bytes + (isEncrypted ? 33 : 0)
        return body + (body > 255 ? 9 : 2)
    }

    /// What libzmq knows of a message that was received. Every look-up makes libzmq build a string
    /// and search a map, so there are two of them for a frame with a key and three for one without.
    init(of message: UnsafeMutablePointer<zmq_msg_t>, users: inout UserReader) {
        descriptor = zmq_msg_get(message, ZMQ_SRCFD)
        isLocal = false
        user = zmq_msg_gets(message, "User-Id").flatMap { users.key($0) }
        // What is no key is none. Of an ipc peer libzmq says "localhost:UID:GID:PID", of any other
        // the address in digits.
        guard user == nil else { return }
        isLocal =
            zmq_msg_gets(message, "Peer-Address")
            .map { strncmp($0, "localhost:", 10) == 0 } ?? false
    }
}

/// Reads keys from their 40 characters and remembers the one before: frames come in runs of one
/// client, and comparing is cheaper than decoding.
struct UserReader {
    private var text = [CChar](repeating: 0, count: CurvePublicKey.characterCount + 1)
    private var newest: CurvePublicKey?

    /// The key whose text is `characters`, up to a zero; nil if it is none.
    mutating func key(_ characters: UnsafePointer<CChar>) -> CurvePublicKey? {
        // A text that is no key is never remembered, so an equal one has the same 40 characters.
        if newest != nil, strncmp(characters, text, text.count) == 0 { return newest }
        let length = strnlen(characters, text.count)
        newest = nil
        do throws(Z85Error) {
            newest = try CurvePublicKey(
                z85: UnsafeRawBufferPointer(start: characters, count: length))
        } catch {
            return nil
        }
        text.withUnsafeMutableBufferPointer {
            $0.baseAddress?.update(from: characters, count: length)
        }
        return newest
    }
}
