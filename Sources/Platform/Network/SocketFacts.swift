// What the kernel says about an open socket, and how to cut it. All of it works on sockets that
// somebody else reads and writes: nothing here takes a byte.

import CMachine
import Glibc

/// Who is at the other end of a socket.
public struct SocketPeer: Equatable, Sendable {
    /// How the peer is connected.
    public enum Kind: Equatable, Sendable {
        /// A socket of this machine's file system.
        case local
        /// TCP.
        case network
    }

    /// See `Kind`.
    public var kind: Kind
    /// The IPv6 address, ::ffff:a.b.c.d for IPv4, as two big-endian words; zero for a local peer.
    public var high: UInt64
    /// The lower half of the address.
    public var low: UInt64
    /// The port, or the local peer's user id.
    public var number: UInt32

    /// - kind, high, low, number: see the properties.
    public init(kind: Kind, high: UInt64 = 0, low: UInt64 = 0, number: UInt32 = 0) {
        self.kind = kind
        self.high = high
        self.low = low
        self.number = number
    }

    /// What machine_peer found; nil if nobody.
    init?(family: Int32, address: UnsafeRawBufferPointer, number: UInt32) {
        guard family != 0 else { return nil }
        self.init(
            kind: family == 1 ? .local : .network,
            high: UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            low: UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            number: number)
    }

    /// Whom a limit per address is about: an IPv4 address, or an IPv6 network of 64 bits, since
    /// whoever has one such network has all its addresses.
    public var network: SocketPeer {
        let isFour = high == 0 && low >> 32 == 0xFFFF
        return SocketPeer(kind: kind, high: high, low: isFour ? low : 0)
    }

    /// `10.0.0.7:5021`, `[2001:db8:0:0:0:0:0:1]:5021`, or `uid 1000`.
    public var text: String {
        if kind == .local { return "uid \(number)" }
        if high == 0, low >> 32 == 0xFFFF {
            let bytes = [24, 16, 8, 0].map { "\((low >> UInt64($0)) & 0xFF)" }
            return bytes.joined(separator: ".") + ":\(number)"
        }
        let words = [high, low].flatMap { half in
            [48, 32, 16, 0].map { String((half >> UInt64($0)) & 0xFFFF, radix: 16) }
        }
        return "[" + words.joined(separator: ":") + "]:\(number)"
    }
}

/// Facts about an open socket.
public enum SocketFacts {
    /// The number that tells this socket from any other that ever had its descriptor; 0 if the
    /// descriptor is closed or no socket.
    public static func number(_ descriptor: Int32) -> UInt64 { machine_socket_number(descriptor) }

    /// Who is at the other end; nil if nobody is any more.
    public static func peer(_ descriptor: Int32) -> SocketPeer? {
        var address = [UInt8](repeating: 0, count: 16)
        var number: UInt32 = 0
        let family = machine_peer(descriptor, &address, &number)
        guard family != 0 else { return nil }
        return address.withUnsafeBytes {
            SocketPeer(family: family, address: $0, number: number)
        }
    }

    /// Ends the connection in both directions, if `descriptor` is still the socket `number`.
    /// Its owner sees an ordinary end and closes it.
    ///
    /// The descriptor is copied first: between a look at the number and the cut it could be closed
    /// and given to a connection that did nothing wrong.
    @discardableResult
    public static func cut(_ descriptor: Int32, number: UInt64) -> Bool {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        // Without a descriptor to spare the risk is a reconnect of the wrong one, once.
        let target = copy >= 0 ? copy : descriptor
        defer { if copy >= 0 { close(copy) } }
        guard number != 0, machine_socket_number(target) == number else { return false }
        return shutdown(target, Int32(SHUT_RDWR)) == 0
    }
}
