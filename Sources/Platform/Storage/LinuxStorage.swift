// Files over Linux system calls.
//
// Invariants: descriptors are close-on-exec, the last component of a path is never followed when
// it is a symbolic link, files are made with mode 0600 and directories with 0700, EINTR and short
// transfers are handled here, and no call allocates unless it fails or returns names.

import Glibc
import Synchronization

/// The machine's file system.
public final class LinuxStorage: Storage {
    /// Paths by descriptor, for messages only.
    private let paths = Mutex<[Int32: String]>([:])

    /// The machine's file system; any number of instances may be used side by side.
    public init() {}

    /// Opens `path`; see `StorageMode`.
    public func open(_ path: String, _ mode: StorageMode) throws(StorageError) -> StorageFile {
        let flags: Int32 =
            switch mode {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            case .createOrOpen: O_RDWR | O_CREAT
            }
        let descriptor = retried {
            Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        }
        guard descriptor >= 0 else { throw Self.error(.open, path, errno) }
        return try adopt(descriptor, path)
    }

    /// Only regular files are read or written: a pipe or device in the place of one is refused.
    private func adopt(_ descriptor: Int32, _ path: String) throws(StorageError) -> StorageFile {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            let isDirectory = facts.st_mode & S_IFMT == S_IFDIR
            Glibc.close(descriptor)
            throw .inputOutput(
                operation: .open, path: path, errorNumber: isDirectory ? EISDIR : EINVAL)
        }
        paths.withLock { $0[descriptor] = path }
        return StorageFile(handle: descriptor)
    }

    /// Closes `file` and gives its lock back, if it has one.
    public func close(_ file: StorageFile) {
        // A lock belongs to the open file, not to the descriptor. While any thread starts a child
        // process, the child has a copy of the descriptor until it executes its program; a close
        // alone would leave the lock with it for that moment.
        _ = flock(file.handle, LOCK_UN)
        paths.withLock { _ = $0.removeValue(forKey: file.handle) }
        // Never repeated after EINTR: Linux has released the descriptor by then.
        Glibc.close(file.handle)
    }

    /// Size of `file` in bytes.
    public func size(_ file: StorageFile) throws(StorageError) -> Int {
        var facts = stat()
        guard fstat(file.handle, &facts) == 0 else { throw error(.size, file, errno) }
        return Int(facts.st_size)
    }

    /// Takes disk space for the first `bytes` bytes.
    public func preallocate(_ file: StorageFile, bytes: Int) throws(StorageError) {
        guard bytes > 0 else { return }
        while true {
            // Returns the error number instead of setting errno.
            let result = posix_fallocate(file.handle, 0, off_t(bytes))
            if result == 0 { return }
            if result != EINTR { throw error(.preallocate, file, result) }
        }
    }

    /// Reads exactly `buffer.count` bytes at `offset`.
    public func read(
        _ file: StorageFile, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(StorageError) {
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let count = retried {
                pread(file.handle, base + done, buffer.count - done, off_t(offset + done))
            }
            if count < 0 { throw error(.read, file, errno) }
            if count == 0 {
                throw .truncated(
                    path: path(file), expectedBytes: offset + buffer.count,
                    foundBytes: offset + done)
            }
            done += count
        }
    }

    /// Writes all of `buffer` at `offset`.
    public func write(
        _ file: StorageFile, _ buffer: UnsafeRawBufferPointer, at offset: Int
    ) throws(StorageError) {
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let count = retried {
                pwrite(file.handle, base + done, buffer.count - done, off_t(offset + done))
            }
            if count < 0 { throw error(.write, file, errno) }
            // POSIX lets a write of a regular file return 0 only for 0 bytes.
            if count == 0 { throw error(.write, file, EIO) }
            done += count
        }
    }

    /// fdatasync. An error is final for these bytes; EINTR cannot happen on Linux.
    public func synchronize(_ file: StorageFile) throws(StorageError) {
        guard fdatasync(file.handle) == 0 else { throw error(.synchronize, file, errno) }
    }

    /// posix_fadvise(POSIX_FADV_DONTNEED) over the whole file.
    public func discardCache(_ file: StorageFile) {
        _ = posix_fadvise(file.handle, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Sets the length of `file`.
    public func truncate(_ file: StorageFile, bytes: Int) throws(StorageError) {
        let result = retried { ftruncate(file.handle, off_t(bytes)) }
        guard result == 0 else { throw error(.truncate, file, errno) }
    }

    private func path(_ file: StorageFile) -> String {
        paths.withLock { $0[file.handle] ?? "descriptor \(file.handle)" }
    }

    private func error(
        _ operation: StorageOperation, _ file: StorageFile, _ number: Int32
    ) -> StorageError {
        Self.error(operation, path(file), number)
    }

    /// The case for an error number.
    static func error(
        _ operation: StorageOperation, _ path: String, _ number: Int32
    ) -> StorageError {
        switch number {
        case EEXIST: .alreadyExists(path: path)
        case ENOENT: .notFound(path: path)
        case ENOSPC, EDQUOT: .noSpace(path: path)
        case EACCES, EPERM, EROFS: .permissionDenied(path: path)
        default: .inputOutput(operation: operation, path: path, errorNumber: number)
        }
    }
}

/// Repeats a system call that a signal interrupted.
func retried<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
