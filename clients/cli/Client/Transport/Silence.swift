// Why nobody answers, as far as this side can find out: what a person should do differs.

import Glibc
import Platform

/// What is known of a daemon that does not answer.
public enum Silence: Equatable, Sendable {
    /// Somebody listens there.
    case busy
    /// The permissions of this file keep us out.
    case forbidden(path: String)
    /// Somebody is there with whom no connection comes about: why, and what to do.
    case handshake(why: String, advice: String)
    /// Nobody listens there.
    case nobody
    /// Nothing.
    case unknown

    /// Looks at the socket behind an ipc endpoint by connecting to it once.
    static func probe(ipc endpoint: String) -> Silence {
        let path = String(endpoint.dropFirst("ipc://".count))
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        // Names without a file have no permissions.
        guard endpoint.hasPrefix("ipc://"), !path.hasPrefix("@"), path.utf8.count < room else {
            return .unknown
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return .unknown }
        defer { close(descriptor) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // A full queue of connections (EAGAIN) has a listener, too.
        guard result != 0, errno != EAGAIN, errno != EINPROGRESS else { return .busy }
        switch errno {
        case EACCES, EPERM: return .forbidden(path: path)
        case ENOENT, ENOTDIR, ECONNREFUSED: return .nobody
        default: return .unknown
        }
    }
}

extension ClientError {
    /// Nobody answered at `endpoint`.
    ///
    /// - waited: what was waited for, and how long. - silence: what is known of why.
    public init(unanswered endpoint: String, waited: String, _ silence: Silence) {
        let start = "millraced --config FILE, or --state DIR of the daemon that runs"
        let what = "the daemon at \(endpoint) does not answer"
        self =
            switch silence {
            case .busy:
                ClientError(
                    .unreachable, what + " in time", why: "it listens there, but \(waited)",
                    advice: "the same command with a longer --timeout, or the daemon's log")
            case .forbidden(let path):
                ClientError(
                    .notAllowed, "permission denied on \(path)",
                    why: "a daemon's socket is for its user and its group",
                    advice: "ls -l for the group, sudo usermod --append --groups GROUP USER, and "
                        + "log in again; or the user who runs the daemon")
            case .handshake(let why, let advice):
                ClientError(.unreachable, what, why: why, advice: advice)
            case .nobody:
                ClientError(.unreachable, what, why: "nobody listens there", advice: start)
            case .unknown: ClientError(.unreachable, what, why: waited, advice: start)
            }
    }
}
