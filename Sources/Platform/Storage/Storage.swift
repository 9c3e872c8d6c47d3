// Files as the rest of the house sees them. Everything that writes to disk takes a `Storage`,
// so that the same code runs on Linux and on the simulated disk of the tests.
//
// Rules that callers rely on:
//   - `write` and `read` are complete or throw: short transfers and EINTR are handled inside.
//   - Nothing is durable before `synchronize` (the bytes) and `synchronizeDirectory` (the name).
//   - After a failed `synchronize` the state of the written bytes is unknown; retrying the sync
//     on the same bytes proves nothing (the kernel may have dropped them).

/// An open file; only the `Storage` that made it can use it.
public struct StorageFile: Equatable, Hashable, Sendable {
    /// The number by which its storage knows it (on Linux the file descriptor).
    public let handle: Int32

    /// - handle: the storage's own number for the file.
    public init(handle: Int32) {
        self.handle = handle
    }
}

/// How `Storage.open` treats the file.
public enum StorageMode: Sendable {
    /// Must exist; bytes are only read.
    case readOnly
    /// Must exist; bytes are read and written in place.
    case readWrite
    /// Must not exist; made with mode 0600.
    case createNew
    /// Made with mode 0600 if missing; opened read-write otherwise, contents kept.
    case createOrOpen
}

/// A file system, as small as Millrace needs it.
///
/// Paths are plain strings. All calls block. An implementation never follows a symbolic link in
/// the last component and sets close-on-exec.
public protocol Storage: AnyObject, Sendable {
    /// Opens `path`.
    func open(_ path: String, _ mode: StorageMode) throws(StorageError) -> StorageFile
    /// Closes `file`; errors of a close carry no durability news and are ignored.
    func close(_ file: StorageFile)
    /// Size of `file` in bytes.
    func size(_ file: StorageFile) throws(StorageError) -> Int
    /// Takes `bytes` of disk space from offset 0 now, so that later writes inside it cannot
    /// fail for want of space. The file is at least that long afterwards.
    func preallocate(_ file: StorageFile, bytes: Int) throws(StorageError)
    /// Reads exactly `buffer.count` bytes at `offset`.
    func read(
        _ file: StorageFile, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(StorageError)
    /// Writes all of `buffer` at `offset`.
    func write(
        _ file: StorageFile, _ buffer: UnsafeRawBufferPointer, at offset: Int
    ) throws(StorageError)
    /// Makes everything written to `file` durable (fdatasync).
    func synchronize(_ file: StorageFile) throws(StorageError)
    /// Forgets clean copies of `file` in memory, so that the next read tells what the disk has.
    /// After a failed `synchronize` the kernel may keep bytes in memory that never reached the
    /// disk; without this a restarted process would read, and trust, them. Advice: never fails.
    func discardCache(_ file: StorageFile)
    /// Sets the length of `file`.
    func truncate(_ file: StorageFile, bytes: Int) throws(StorageError)
    /// Makes names created, renamed or removed in `directory` durable.
    func synchronizeDirectory(_ directory: String) throws(StorageError)
    /// Atomically gives `source` the name `target`, replacing what was there.
    func rename(_ source: String, to target: String) throws(StorageError)
    /// Removes the name `path`.
    func remove(_ path: String) throws(StorageError)
    /// Names in `directory`, sorted, without "." and "..".
    func list(_ directory: String) throws(StorageError) -> [String]
    /// Makes `directory` and its missing parents with mode 0700.
    func makeDirectory(_ directory: String) throws(StorageError)
    /// Takes an exclusive lock on `path` (created if missing) until the process ends or the
    /// returned file is closed; `.locked` when another process holds it.
    func lock(_ path: String) throws(StorageError) -> StorageFile
}
