// Socket activation, sd_listen_fds(3) without libsystemd: the service manager made the listening
// sockets, and this process finds them as descriptors 3, 4, …
//
// Invariants: nothing is taken that is not a listening stream socket with a name that we know; what
// is taken is close-on-exec.

import Glibc

/// A listening socket that the service manager made.
public struct InheritedSocket: Equatable, Sendable {
    /// What it is for.
    public let name: String
    /// Where it is in this process.
    public let descriptor: Int32
    /// Where clients connect: `ipc://PATH` or `tcp://ADDRESS:PORT`.
    public let endpoint: String
    /// Whether other machines may reach it: TCP on anything but the loopback.
    public let isReachable: Bool

    /// - name, descriptor, endpoint, isReachable: see the properties.
    public init(name: String, descriptor: Int32, endpoint: String, isReachable: Bool) {
        self.name = name
        self.descriptor = descriptor
        self.endpoint = endpoint
        self.isReachable = isReachable
    }
}

/// Inherited descriptors that cannot be used.
public enum ActivationError: Error, Equatable, Sendable {
    /// LISTEN_FDS is no number from 0 to `most`.
    case badCount(String, most: Int)
    /// LISTEN_FDNAMES has another length than LISTEN_FDS says.
    case namesDiffer(descriptors: Int, names: Int)
    /// A descriptor is not a socket.
    case notASocket(descriptor: Int32, name: String)
    /// A socket does not listen for connections: a datagram socket, or Accept=yes.
    case notListening(descriptor: Int32, name: String)
    /// A socket is neither in the file system nor TCP.
    case unknownFamily(descriptor: Int32, name: String)
    /// A name that means nothing here.
    case unknownName(String, endpoint: String, known: [String])
}

extension ActivationError: CustomStringConvertible {
    /// What is wrong, why, and what to do.
    public var description: String {
        switch self {
        case .badCount(let text, let most):
            return "LISTEN_FDS is \"\(text)\", which is no number from 0 to \(most). "
                + "TRY: start it from its .socket unit, or without LISTEN_FDS"
        case .namesDiffer(let descriptors, let names):
            return "LISTEN_FDS announces \(descriptors) sockets and LISTEN_FDNAMES has \(names) "
                + "names. TRY: one name per socket, like systemd-socket-activate "
                + "--fdname=ingest:query:admin"
        case .notASocket(let descriptor, let name):
            return "descriptor \(descriptor) (\"\(name)\") is not a socket. "
                + "TRY: ListenStream= in the .socket unit, not ListenFIFO= or ListenSpecial="
        case .notListening(let descriptor, let name):
            return "descriptor \(descriptor) (\"\(name)\") does not listen for connections. "
                + "TRY: ListenStream= and Accept=no in the .socket unit"
        case .unknownFamily(let descriptor, let name):
            return "descriptor \(descriptor) (\"\(name)\") is neither TCP nor a socket in the "
                + "file system. TRY: ListenStream=/run/millrace/ingest.sock or "
                + "ListenStream=127.0.0.1:5570"
        case .unknownName(let name, let endpoint, let known):
            return "the inherited socket \(endpoint) is called \"\(name)\", which is no door. "
                + "TRY: FileDescriptorName=\(known.joined(separator: ", or ")) in the .socket "
                + "unit, or a path that ends with one of them and \".sock\""
        }
    }
}

/// The sockets that the service manager passed.
public enum InheritedSockets {
    /// The first descriptor that is passed.
    public static let firstDescriptor: Int32 = 3

    /// Takes all that is passed to this process; nothing when LISTEN_PID names another process.
    ///
    /// A socket's purpose is its name in LISTEN_FDNAMES; if that is none of `names`, a Unix
    /// socket's file tells it: `ingest.sock` is `ingest`, because all sockets of one unit share
    /// one name.
    /// - most: how many sockets at most.
    public static func take(
        environment: [String: String], processIdentifier: Int32, names: [String], most: Int = 24
    ) throws(ActivationError) -> [InheritedSocket] {
        guard let owner = environment["LISTEN_PID"], Int32(owner) == processIdentifier,
            let text = environment["LISTEN_FDS"]
        else { return [] }
        guard let count = Int32(text), (0...Int32(clamping: most)).contains(count) else {
            throw .badCount(String(text.prefix(40)), most: most)
        }
        guard count > 0 else { return [] }
        // A manager that names nothing means "unknown", as sd_listen_fds_with_names(3) does.
        let given = environment["LISTEN_FDNAMES"].map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        let labels = given ?? Array(repeating: "unknown", count: Int(count))
        guard labels.count == Int(count) else {
            throw .namesDiffer(descriptors: Int(count), names: labels.count)
        }
        var sockets: [InheritedSocket] = []
        for (offset, label) in labels.enumerated() {
            let descriptor = firstDescriptor + Int32(offset)
            let found = try examine(descriptor, label)
            guard let name = purpose(label, found.endpoint, names) else {
                throw .unknownName(
                    String(label.prefix(80)), endpoint: found.endpoint, known: names)
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            sockets.append(
                InheritedSocket(
                    name: name, descriptor: descriptor, endpoint: found.endpoint,
                    isReachable: found.isReachable))
        }
        return sockets
    }

    private static func purpose(_ label: String, _ endpoint: String, _ names: [String]) -> String? {
        if names.contains(label) { return label }
        guard endpoint.hasPrefix("ipc://") else { return nil }
        return names.first { endpoint.hasSuffix("/\($0).sock") }
    }

    private static func examine(
        _ descriptor: Int32, _ label: String
    ) throws(ActivationError) -> (endpoint: String, isReachable: Bool) {
        var type: Int32 = 0
        guard option(descriptor, SO_TYPE, &type) else {
            throw .notASocket(descriptor: descriptor, name: label)
        }
        var listens: Int32 = 0
        guard type == Int32(SOCK_STREAM.rawValue), option(descriptor, SO_ACCEPTCONN, &listens),
            listens == 1
        else { throw .notListening(descriptor: descriptor, name: label) }
        guard let found = SocketAddress.endpoint(of: descriptor) else {
            throw .unknownFamily(descriptor: descriptor, name: label)
        }
        return found
    }

    private static func option(_ descriptor: Int32, _ name: Int32, _ value: inout Int32) -> Bool {
        var bytes = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &bytes) == 0
    }
}

/// Addresses of sockets in the words of ZeroMQ.
enum SocketAddress {
    /// Where a listening socket can be reached; nil if it is neither TCP nor in the file system.
    static func endpoint(of descriptor: Int32) -> (endpoint: String, isReachable: Bool)? {
        var address = sockaddr_storage()
        var bytes = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { storage in
            let isKnown = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &bytes) == 0
            }
            guard isKnown else { return nil }
            switch Int32(storage.pointee.ss_family) {
            case AF_UNIX: return unix(UnsafeRawPointer(storage), Int(bytes))
            case AF_INET:
                return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    let first = UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24
                    return text(AF_INET, &$0.pointee.sin_addr).map {
                        (host: $0, isReachable: first != 127)
                    }.map { named($0.host, storage, $0.isReachable) }
                }
            case AF_INET6:
                return storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    text(AF_INET6, &$0.pointee.sin6_addr).map {
                        named("[\($0)]", storage, $0 != "::1")
                    }
                }
            default: return nil
            }
        }
    }

    /// The port is at the same place in both families.
    private static func named(
        _ host: String, _ storage: UnsafeMutablePointer<sockaddr_storage>, _ isReachable: Bool
    ) -> (endpoint: String, isReachable: Bool) {
        let port = storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            UInt16(bigEndian: $0.pointee.sin_port)
        }
        return ("tcp://\(host):\(port)", isReachable)
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            inet_ntop(family, address, buffer.baseAddress, socklen_t(INET6_ADDRSTRLEN))
                .map { String(cString: $0) }
        }
    }

    /// Abstract and unnamed sockets have no file permissions, and no path to tell clients.
    private static func unix(
        _ address: UnsafeRawPointer, _ bytes: Int
    ) -> (endpoint: String, isReachable: Bool)? {
        let start = MemoryLayout<sa_family_t>.size
        let path = (start..<max(start, bytes))
            .map { address.load(fromByteOffset: $0, as: UInt8.self) }
            .prefix { $0 != 0 }
        guard !path.isEmpty else { return nil }
        return ("ipc://" + String(decoding: path, as: UTF8.self), false)
    }
}
