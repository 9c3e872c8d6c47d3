// The folder of checkpoints: what is there, what may go. Automatic checkpoints are named after
// their generation and only the newest few are kept; named ones are never removed.

import Platform

/// One checkpoint file in a folder.
public struct CheckpointEntry: Equatable, Sendable {
    /// Its name without suffix.
    public let name: String
    /// Its path.
    public let path: String
    /// The generation, when the name is one that `CheckpointFolder.automaticName` gives.
    public let automaticGeneration: UInt64?
}

/// A directory of checkpoints.
public struct CheckpointFolder: Sendable {
    let storage: any Storage
    /// Its path.
    public let directory: String

    /// The folder at `directory`, which must exist.
    public init(storage: any Storage, directory: String) {
        self.storage = storage
        self.directory = directory
    }

    /// `auto-` and the generation in at least twelve digits, so that names sort by age.
    public static func automaticName(generation: UInt64) -> String {
        let digits = String(generation)
        return "auto-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    /// Every checkpoint, sorted by name.
    public func list() throws(CheckpointError) -> [CheckpointEntry] {
        try names().filter { $0.hasSuffix(CheckpointWriter.suffix) }.compactMap { file in
            let name = String(file.dropLast(CheckpointWriter.suffix.count))
            guard CheckpointWriter.isName(name) else { return nil }
            let generation = name.hasPrefix("auto-") ? UInt64(name.dropFirst(5)) : nil
            return CheckpointEntry(
                name: name, path: path(name),
                automaticGeneration: generation.flatMap {
                    Self.automaticName(generation: $0) == name ? $0 : nil
                })
        }
    }

    /// Whether something has the file name of that checkpoint.
    public func holds(_ name: String) throws(CheckpointError) -> Bool {
        try names().contains(name + CheckpointWriter.suffix)
    }

    /// Path of the checkpoint of that name.
    public func path(_ name: String) -> String {
        "\(directory)/\(name)\(CheckpointWriter.suffix)"
    }

    /// Removes temporary files that interrupted saves left; returns their names. Only while the
    /// state directory is locked: a running save would lose its file.
    @discardableResult
    public func removeStaleTemporaries() throws(CheckpointError) -> [String] {
        let stale = try names().filter { $0.hasPrefix(".") && $0.hasSuffix(".tmp") }
        for name in stale { try remove("\(directory)/\(name)") }
        return stale
    }

    /// Keeps the `keep` newest automatic checkpoints; returns the names of those removed.
    ///
    /// At least one that verifies is kept, even when it is older than the others.
    @discardableResult
    public func retain(newestAutomatic keep: Int) throws(CheckpointError) -> [String] {
        precondition(keep >= 1, "at least one automatic checkpoint is kept")
        let automatic = try list().filter { $0.automaticGeneration != nil }
            .sorted { ($0.automaticGeneration ?? 0) > ($1.automaticGeneration ?? 0) }
        var doomed = Array(automatic.dropFirst(keep))
        if !doomed.isEmpty, !automatic.prefix(keep).contains(where: isGood) {
            if let good = doomed.firstIndex(where: isGood) { doomed.remove(at: good) }
        }
        for entry in doomed.reversed() { try remove(entry.path) }
        return doomed.map(\.name)
    }

    private func isGood(_ entry: CheckpointEntry) -> Bool {
        do throws(CheckpointError) {
            let checkpoint = try CheckpointReader.open(storage: storage, path: entry.path)
            defer { checkpoint.close() }
            try checkpoint.verify()
            return true
        } catch {
            return false
        }
    }

    private func names() throws(CheckpointError) -> [String] {
        try CheckpointWriter.wrapped { () throws(StorageError) in try storage.list(directory) }
    }

    private func remove(_ path: String) throws(CheckpointError) {
        try CheckpointWriter.wrapped { () throws(StorageError) in try storage.remove(path) }
    }
}
