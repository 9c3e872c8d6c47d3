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
    /// Whether it came over a socket of this machine's file system (ipc://).
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

    /// What libzmq knows of a message that was received.
    init(of message: UnsafeMutablePointer<zmq_msg_t>) {
        descriptor = zmq_msg_get(message, ZMQ_SRCFD)
        // Of an ipc peer libzmq says "localhost:UID:GID:PID", of any other the address in digits.
        isLocal =
            zmq_msg_gets(message, "Peer-Address")
            .map { strncmp($0, "localhost:", 10) == 0 } ?? false
        user = zmq_msg_gets(message, "User-Id").flatMap(Self.key)
    }

    private static func key(_ text: UnsafePointer<CChar>) -> CurvePublicKey? {
        let length = strnlen(text, CurvePublicKey.characterCount + 1)
        do throws(Z85Error) {
            return try CurvePublicKey(z85: UnsafeRawBufferPointer(start: text, count: length))
        } catch {
            return nil
        }
    }
}
