// The file of a Unix socket: who may connect, and whether somebody listens there already.

import Glibc

/// The file of a Unix socket.
public enum SocketFile {
    /// Sets the permissions of the file; returns 0 or errno.
    ///
    /// The process's umask lets nobody else in, so that there is no moment at which more may
    /// connect than shall.
    public static func setMode(_ path: String, _ mode: UInt32) -> Int32 {
        chmod(path, mode_t(mode)) == 0 ? 0 : errno
    }

    /// Whether a process listens at `path` now. A file that nobody listens at is left over from one
    /// that was killed, and may be replaced.
    ///
    /// Asks by connecting: the other side sees a connection that ends at once. False also where
    /// that is not allowed; then `bind` fails by itself.
    public static func isServed(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // EAGAIN: somebody listens, and its queue is full.
        return status == 0 || errno == EAGAIN
    }
}
