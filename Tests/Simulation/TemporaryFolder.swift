// A folder on the real disk, for what only the real disk can show.
//
// Invariant: it is removed with the last reference. Swift may let an object go after its last use,
// so whoever keeps only the path holds the folder too (`withExtendedLifetime`).

import Glibc

/// A folder of its own for a test.
public final class TemporaryFolder {
    /// Where it is.
    public let path: String

    /// Makes it in TMPDIR, or where the system keeps such files.
    public init() {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/millrace-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { fatalError("no folder can be made in \(base)") }
        path = made
    }

    deinit { Self.removeAll(path) }

    /// Removes `path` and what is below it; never follows a link.
    private static func removeAll(_ path: String) {
        guard unlink(path) != 0, let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { removeAll(path + "/" + name) }
        }
        closedir(directory)
        rmdir(path)
    }

    /// Writes a new file and returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = path + "/" + name
        // A new file each time: truncating one makes some file systems write it out at once.
        unlink(file)
        guard let handle = fopen(file, "we") else { fatalError("\(file) cannot be written") }
        fwrite(bytes, 1, bytes.count, handle)
        fclose(handle)
        return file
    }

    /// Writes a new file of text and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

    /// Makes a folder inside.
    public func makeDirectory(_ name: String) { mkdir(path + "/" + name, 0o700) }
}
