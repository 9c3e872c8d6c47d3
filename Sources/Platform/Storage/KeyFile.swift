// Files with keys in them: read only if nobody else can read them, made so that nobody else ever
// could.
//
// Invariants: a link in the place of the file is never followed, nothing that is there is ever
// written over, a file has its mode from its first byte on whatever the umask is, and it is whole
// and durable, or gone, when `create` returns.

import Glibc

/// Reads and makes small files whose readers matter.
public enum KeyFile {
    /// Whom a file is for.
    public enum Privacy: Sendable {
        /// A secret that the service manager put into memory for this service alone. An access
        /// list shows there as permission of the group, which is therefore allowed.
        case credential
        /// Anybody may know it.
        case everybody
        /// Its owner alone: mode 0600 or less, owned by this process's user or by root.
        case owner
    }

    /// The bytes of `path`: a regular file, no link, at most `limit` bytes.
    public static func read(
        _ path: String, privacy: Privacy, limit: Int
    ) throws(KeyFileError) -> [UInt8] {
        // Not blocking: a pipe in the place of the file must not stop us.
        let descriptor = retried {
            Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        }
        guard descriptor >= 0 else { throw KeyFileError(path, .failed(errno)) }
        defer { close(descriptor) }
        try check(descriptor, path, privacy)
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var used = 0
        while used < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                retried {
                    Glibc.read(
                        descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used)
                }
            }
            guard count >= 0 else { throw KeyFileError(path, .failed(errno)) }
            if count == 0 { break }
            used += count
        }
        guard used <= limit else { throw KeyFileError(path, .tooLarge(limit: limit)) }
        return Array(bytes[..<used])
    }

    private static func check(
        _ descriptor: Int32, _ path: String, _ privacy: Privacy
    ) throws(KeyFileError) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw KeyFileError(path, .failed(errno)) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw KeyFileError(path, .failed(EINVAL))
        }
        let forbidden: mode_t =
            switch privacy {
            case .credential: 0o037
            case .everybody: 0
            case .owner: 0o077
            }
        guard facts.st_mode & forbidden == 0 else {
            throw KeyFileError(path, .exposed(mode: facts.st_mode & 0o777))
        }
        guard privacy == .everybody || facts.st_uid == 0 || facts.st_uid == geteuid() else {
            throw KeyFileError(path, .foreign(owner: facts.st_uid))
        }
    }

    /// Makes `path` with `bytes` and mode `mode`, durably; fails if anything is there already.
    public static func create(
        _ path: String, _ bytes: [UInt8], mode: mode_t
    ) throws(KeyFileError) {
        let descriptor = retried {
            // Closed to all others until the mode is set: the umask can only take away.
            Glibc.open(
                path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0o700)
        }
        guard descriptor >= 0 else { throw KeyFileError(path, .failed(errno)) }
        let failure = write(bytes, to: descriptor, mode: mode)
        let closed = close(descriptor) == 0 ? 0 : errno
        let number = failure != 0 ? failure : closed != 0 ? closed : syncFolder(of: path)
        guard number == 0 else {
            unlink(path)
            throw KeyFileError(path, .failed(number))
        }
    }

    /// The error number; 0 when everything is on disk.
    private static func write(_ bytes: [UInt8], to descriptor: Int32, mode: mode_t) -> Int32 {
        var used = 0
        while used < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                retried {
                    Glibc.write(
                        descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used)
                }
            }
            guard count > 0 else { return count < 0 ? errno : EIO }
            used += count
        }
        return fchmod(descriptor, mode) == 0 && fsync(descriptor) == 0 ? 0 : errno
    }

    private static func syncFolder(of path: String) -> Int32 {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = retried { Glibc.open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY) }
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    private static func retried<Number: SignedInteger>(_ call: () -> Number) -> Number {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

/// Why a file with a key was not read or made.
public struct KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let problem: Problem

    /// - path: the file. - problem: what is wrong.
    public init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// One case per cause.
    public enum Problem: Equatable, Sendable {
        /// Others than the owner can read or write it.
        case exposed(mode: mode_t)
        /// The machine's own error.
        case failed(Int32)
        /// It belongs to another user.
        case foreign(owner: uid_t)
        /// More bytes than such a file has.
        case tooLarge(limit: Int)
    }

    /// Whether nothing is there.
    public var isMissing: Bool { problem == .failed(ENOENT) || problem == .failed(ENOTDIR) }

    /// What is wrong, without a full stop.
    public var description: String {
        switch problem {
        case .exposed(let mode):
            "\(path) holds a secret, and others can read or write it (mode 0"
                + String(mode, radix: 8) + ")"
        case .failed(EEXIST): "\(path) is there already"
        case .failed(EINVAL): "\(path) is not a regular file"
        case .failed(ENOENT), .failed(ENOTDIR): "\(path): no such file"
        case .failed(ELOOP): "\(path) is a symbolic link, and links to keys are not followed"
        case .failed(let number): "\(path): \(errorText(number))"
        case .foreign(let owner): "\(path) holds a secret and belongs to user \(owner)"
        case .tooLarge(let limit): "\(path) has more than \(limit) bytes: it is no certificate"
        }
    }

    /// What to do, without a full stop; empty when nothing is known.
    public var advice: String {
        switch problem {
        case .exposed:
            "chmod 600 \(path); if others may have read it, a new pair: millrace keygen NAME"
        case .failed(EACCES), .failed(EPERM): "the user whose file it is"
        case .failed(EEXIST): "another name, or move the file away: it is never written over"
        case .failed(ELOOP): "the file itself instead of the link"
        case .failed(ENOENT), .failed(ENOTDIR): "another path; millrace keygen NAME makes a pair"
        case .foreign: "chown it to the user who uses it, or a pair of one's own"
        case .failed(EINVAL), .tooLarge: "the file that millrace keygen wrote"
        case .failed: ""
        }
    }
}
