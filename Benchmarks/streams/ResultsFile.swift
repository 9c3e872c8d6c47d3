// Finished runs, one JSON object a line, appended whole; a run that is there is not repeated.

import Glibc
import Synchronization

/// The file of results; used by all workers.
final class ResultsFile: Sendable {
    /// Raised when runs of an equal configuration find something else than before.
    static let version = 1

    private let path: String?
    private let known: Mutex<Set<String>>

    /// - path: made when the first run ends; nil: nothing is kept
    init(path: String?) {
        self.path = path
        var keys: Set<String> = []
        for line in Self.text(of: path).split(separator: "\n") {
            // A line starts with its key: {"key":"…",
            let parts = line.split(separator: "\"", maxSplits: 4, omittingEmptySubsequences: false)
            if parts.count == 5, parts[1] == "key", line.hasSuffix("}") {
                keys.insert(String(parts[3]))
            }
        }
        known = Mutex(keys)
    }

    private static func text(of path: String?) -> String {
        guard let path, let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a run's line is there.
    func has(_ key: String) -> Bool { known.withLock { $0.contains(key) } }

    /// Appends a line; false if the file takes none.
    func append(_ key: String, _ line: String) -> Bool {
        guard let path else { return true }
        return known.withLock { keys in
            keys.insert(key)
            guard let file = fopen(path, "a") else { return false }
            let written = fputs(line + "\n", file)
            return fclose(file) == 0 && written >= 0
        }
    }
}
