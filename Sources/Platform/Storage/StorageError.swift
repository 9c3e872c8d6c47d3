// What can go wrong with a file, and how it reads: the path first, then the machine's own words.

import Glibc

/// What went wrong with a file, with the path and the operating system's error number.
public enum StorageError: Error, Equatable, Sendable {
    case alreadyExists(path: String)
    case inputOutput(operation: StorageOperation, path: String, errorNumber: Int32)
    case locked(path: String)
    case noSpace(path: String)
    case notFound(path: String)
    case permissionDenied(path: String)
    case truncated(path: String, expectedBytes: Int, foundBytes: Int)
}

/// The operation a `StorageError.inputOutput` happened in.
public enum StorageOperation: String, Sendable {
    case close, list, lock, makeDirectory, open, preallocate, read, remove, rename
    case size, synchronize, synchronizeDirectory, truncate, write
}

extension StorageError: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String {
        switch self {
        case .alreadyExists(let path): "\(path) already exists"
        case .inputOutput(let operation, let path, let number):
            "\(path) cannot be \(operation.participle): \(operation.cause(number))"
        case .locked(let path): "\(path) is locked by another process"
        case .noSpace(let path): "no space left on the disk for \(path)"
        case .notFound(let path): "\(path): no such file or directory"
        case .permissionDenied(let path): "\(path): permission denied"
        case .truncated(let path, let expected, let found):
            "\(path) ends after \(found) of the \(expected) bytes that it should have"
        }
    }
}

extension StorageOperation {
    /// What could not be done: "PATH cannot be …".
    fileprivate var participle: String {
        switch self {
        case .close: "closed"
        case .list: "listed"
        case .lock: "locked"
        case .makeDirectory: "made a directory"
        case .open: "opened"
        case .preallocate: "given its disk space"
        case .read: "read"
        case .remove: "removed"
        case .rename: "renamed"
        case .size: "measured"
        case .synchronize, .synchronizeDirectory: "made durable"
        case .truncate: "cut to its length"
        case .write: "written"
        }
    }

    /// The machine's words, except where they mislead: `open` refuses links and what is not a
    /// regular file on purpose.
    fileprivate func cause(_ number: Int32) -> String {
        switch (self, number) {
        case (.open, ELOOP): "it is a symbolic link, and links are not followed"
        case (.open, EINVAL): "it is not a regular file"
        default: errorText(number)
        }
    }
}

/// The machine's words for an error number of the C library, such as `Input/output error`.
public func errorText(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
}
