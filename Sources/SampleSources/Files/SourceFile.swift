// Files and standard input as sources read them: the only system calls of this module. (`Storage`
// is for files that Millrace owns; it refuses symbolic links and cannot read pipes or /proc.)

import Glibc

/// An open input, closed when the last reference goes.
final class SourceFile {
    /// The path, or "standard input".
    let path: String
    /// Whether `read(at:)` works.
    let isSeekable: Bool
    private let descriptor: Int32
    private let ownsDescriptor: Bool

    /// Opens the regular file `path`.
    init(path: String) throws(SourceError) {
        // Not blocking: the open of a pipe that nobody writes to would wait for ever.
        let opened = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard opened >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .notFound(path: path)
            case EACCES, EPERM: throw .permissionDenied(path: path)
            case ENXIO: throw .notAFile(path: path)  // A socket.
            default: throw .inputOutput(operation: "open", path: path, errorNumber: errno)
            }
        }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            let number = errno
            close(opened)
            throw .inputOutput(operation: "stat", path: path, errorNumber: number)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            close(opened)
            throw .inputOutput(operation: "open", path: path, errorNumber: EISDIR)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw .notAFile(path: path)
        }
        self.path = path
        descriptor = opened
        ownsDescriptor = true
        isSeekable = true
    }

    /// Takes an open descriptor that is read in order (standard input, a pipe).
    init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        path = name
        ownsDescriptor = false
        isSeekable = false
    }

    deinit {
        if ownsDescriptor { close(descriptor) }
    }

    /// Size now.
    func size() throws(SourceError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .inputOutput(operation: "stat", path: path, errorNumber: errno)
        }
        return Int(status.st_size)
    }

    /// Reads up to `buffer.count` bytes at `offset`; fewer only at the end of the file.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SourceError) -> Int {
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if got > 0 {
                done += got
            } else if got == 0 {
                break
            } else if errno != EINTR {
                throw .inputOutput(operation: "read", path: path, errorNumber: errno)
            }
        }
        return done
    }

    /// Hands the bytes of `range` to `body`, piece by piece.
    func read(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SourceError) {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { piece.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = min(piece.count, range.upperBound - offset)
            let got = try read(
                into: UnsafeMutableRawBufferPointer(rebasing: piece[..<wanted]), at: offset)
            guard got == wanted else {
                throw .truncated(
                    path: path, expectedBytes: range.upperBound, foundBytes: offset + got)
            }
            body(UnsafeRawBufferPointer(rebasing: piece[..<got]))
            offset += got
        }
    }

    /// What arrived on a stream.
    enum Arrival: Equatable {
        case bytes(Int)
        case end
        case notYet
    }

    /// Reads what there is, waiting at most `timeoutMilliseconds` (nil = for ever) for the first
    /// byte. A signal ends the waiting as `.notYet`.
    func readNext(
        into buffer: UnsafeMutableRawBufferPointer, timeoutMilliseconds: Int?
    ) throws(SourceError) -> Arrival {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let wait = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        let ready = poll(&request, 1, wait)
        if ready == 0 || (ready < 0 && errno == EINTR) { return .notYet }
        if ready < 0 { throw .inputOutput(operation: "poll", path: path, errorNumber: errno) }
        let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if got > 0 { return .bytes(got) }
        if got == 0 { return .end }
        if errno == EINTR || errno == EAGAIN { return .notYet }
        throw .inputOutput(operation: "read", path: path, errorNumber: errno)
    }

    /// Path, size and digest of the first and last 4 KiB.
    func identity() throws(SourceError) -> SourceIdentity {
        let bytes = try size()
        let edge = min(bytes, 4096)
        var block = [UInt8](repeating: 0, count: edge)
        var digest = Fingerprint()
        for offset in [0, bytes - edge] {
            var failure: SourceError?
            block.withUnsafeMutableBytes { buffer in
                do throws(SourceError) {
                    let got = try read(into: buffer, at: offset)
                    digest.add(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        }
        return SourceIdentity(path: absolutePath(path), bytes: bytes, digest: digest.value)
    }
}

/// FNV-1a, 64 bits: tells files apart; it is no defence against forgery.
struct Fingerprint {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    /// The digest of a text's UTF-8.
    static func of(_ text: String) -> UInt64 {
        var print = Fingerprint()
        var copy = text
        copy.withUTF8 { print.add(UnsafeRawBufferPointer($0)) }
        return print.value
    }
}

/// `path` with symbolic links and "." resolved; unchanged if that fails.
func absolutePath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Whether a file exists and can be read.
func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }
