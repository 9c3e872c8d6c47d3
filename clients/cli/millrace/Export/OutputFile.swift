// A file that is there whole or not at all: written under another name beside it, then renamed.

import Client
import Glibc

/// One file that is being written.
struct OutputFile: ~Copyable {
    private let path: String
    private let partial: String
    private let stream: UnsafeMutablePointer<FILE>
    private var isFinished = false

    /// - replaces: whether a file of that name may be there; it stays until the new one is whole.
    init(_ path: String, replaces: Bool) throws(ClientError) {
        if !replaces { try Self.requireFree(path) }
        let partial = "\(path).partial-\(getpid())"
        guard let stream = fopen(partial, "wx") else { throw Self.failure(path, errno) }
        self.path = path
        self.partial = partial
        self.stream = stream
    }

    deinit {
        if !isFinished {
            fclose(stream)
            unlink(partial)
        }
    }

    /// Fails when something is at `path`.
    static func requireFree(_ path: String) throws(ClientError) {
        var facts = stat()
        guard lstat(path, &facts) != 0 else {
            throw ClientError(
                .cannotCreate, "\(path) is there already",
                advice: "--force to replace it, or another --output")
        }
    }

    mutating func write(_ bytes: [UInt8]) throws(ClientError) {
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else {
            throw Self.failure(path, errno)
        }
    }

    mutating func write(_ text: String) throws(ClientError) { try write(Array(text.utf8)) }

    /// Gives the file its name.
    consuming func finish() throws(ClientError) {
        let closed = fclose(stream) == 0
        isFinished = true
        guard closed, rename(partial, path) == 0 else {
            let code = errno
            unlink(partial)
            throw Self.failure(path, code)
        }
    }

    static func failure(_ path: String, _ code: Int32) -> ClientError {
        let status: ExitStatus =
            switch code {
            case EACCES, EPERM, EROFS: .notAllowed
            case ENOENT, ENOTDIR, EISDIR, EEXIST, ENAMETOOLONG: .cannotCreate
            default: .inputOutput
            }
        return ClientError(
            status, "\(path) cannot be written", why: String(cString: strerror(code)),
            advice: "--output with another path")
    }
}
