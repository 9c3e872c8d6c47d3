// Who may connect to a Unix socket: the permissions of its file.

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
}
