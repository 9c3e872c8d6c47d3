// The audit file: what was done to generations, one JSON object per line, in the state directory.
//
//   audit.jsonl     at most 256 KiB, then it becomes
//   audit.1.jsonl   the one before, which is replaced
//
// Only the storage loop writes it, and the state directory is locked, so writing at the end is
// appending. A line is synced before the next. A crash may leave a part of a line: the next one
// begins after a line feed, and readers pass over what they cannot read.

import MillraceProtocol
import Platform

/// The file, used by one thread.
package final class AuditLog {
    /// Size at which a new file begins.
    package static let rotationBytes = 256 * 1024
    /// Entries that `history` remembers.
    package static let historyLength = 100
    /// Bytes at the end of the file that are read for `history`.
    private static let tailBytes = 64 * 1024

    private let storage: any Storage
    private let directory: String
    private var file: StorageFile?
    private var size = 0
    private var isLineOpen = false
    private var isRead = false
    private var entries: [AuditEntry] = []

    private var path: String { directory + "/audit.jsonl" }
    private var olderPath: String { directory + "/audit.1.jsonl" }

    /// - storage: where. - directory: the state directory
    package init(storage: any Storage, directory: String) {
        self.storage = storage
        self.directory = directory
    }

    deinit {
        if let file { storage.close(file) }
    }

    /// The newest entries, oldest first; of earlier processes too.
    package var history: [AuditEntry] {
        readOnce()
        return entries
    }

    /// Adds an entry to the history, and durably to the file.
    package func append(_ entry: AuditEntry) throws(StorageError) {
        readOnce()
        entries.append(entry)
        if entries.count > Self.historyLength { entries.removeFirst() }
        guard let json = try? ControlCodec.encode(entry) else { return }
        let file = try openFile()
        // After an append that failed the end of the file is not known to be a line's.
        let line = (isLineOpen ? [0x0A] : []) + json + [0x0A]
        isLineOpen = true
        do throws(StorageError) {
            try line.withUnsafeBytesTyped { bytes throws(StorageError) in
                try storage.write(file, bytes, at: size)
            }
            size += line.count
            try storage.synchronize(file)
            isLineOpen = false
        } catch {
            // The next append asks the disk where the file ends.
            storage.close(file)
            self.file = nil
            throw error
        }
    }

    private func openFile() throws(StorageError) -> StorageFile {
        if let file, size < Self.rotationBytes { return file }
        if let file {
            storage.close(file)
            self.file = nil
            try storage.rename(path, to: olderPath)
        }
        let opened = try storage.open(path, .createOrOpen)
        do throws(StorageError) {
            size = try storage.size(opened)
            isLineOpen = size > 0
            try storage.synchronizeDirectory(directory)
        } catch {
            storage.close(opened)
            throw error
        }
        file = opened
        return opened
    }

    /// What earlier processes wrote; what cannot be read is left out.
    private func readOnce() {
        guard !isRead else { return }
        isRead = true
        for path in [olderPath, path] { read(path) }
        entries = entries.suffix(Self.historyLength)
    }

    private func read(_ path: String) {
        guard let file = try? storage.open(path, .readOnly) else { return }
        defer { storage.close(file) }
        guard let size = try? storage.size(file), size > 0 else { return }
        let count = min(size, Self.tailBytes)
        var bytes = [UInt8](repeating: 0, count: count)
        do throws(StorageError) {
            try bytes.withUnsafeMutableBytesTyped { buffer throws(StorageError) in
                try storage.read(file, into: buffer, at: size - count)
            }
        } catch { return }
        for line in bytes.split(separator: 0x0A) {
            let entry = line.withUnsafeBytes {
                try? ControlCodec.decode(AuditEntry.self, $0, limit: 4096)
            }
            if let entry { entries.append(entry) }
        }
    }
}

extension Array where Element == UInt8 {
    /// `withUnsafeBytes` with the storage's own error.
    fileprivate func withUnsafeBytesTyped(
        _ body: (UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) {
        let result = withUnsafeBytes { bytes -> Result<Void, StorageError> in
            do throws(StorageError) { return .success(try body(bytes)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// `withUnsafeMutableBytes` with the storage's own error.
    fileprivate mutating func withUnsafeMutableBytesTyped(
        _ body: (UnsafeMutableRawBufferPointer) throws(StorageError) -> Void
    ) throws(StorageError) {
        let result = withUnsafeMutableBytes { bytes -> Result<Void, StorageError> in
            do throws(StorageError) { return .success(try body(bytes)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}

extension AuditEntry {
    /// A note in words.
    ///
    /// - generation: the one that was written, if any
    init(_ note: GuardNote, generation: UInt64?, time: String) {
        let isAdmin = [.adminRollback, .hold, .forget].contains(note.kind)
        self.init(
            time: time, event: Self.event(note.kind), by: isAdmin ? "admin" : "guard",
            why: Self.why(note), from: note.from)
        if note.to != 0 { to = note.to }
        self.generation = generation
        if note.reference.isFinite { reference = note.reference }
        if note.figure.isFinite { figure = note.figure }
        if note.goodWins + note.learnerWins > 0 {
            goodWins = note.goodWins
            learnerWins = note.learnerWins
        }
        if generation != nil { undone = note.undone }
        producer = note.producer?.text
    }

    private static func event(_ kind: GuardNote.Kind) -> String {
        switch kind {
        case .rollback, .notFinite, .adminRollback: "rollback"
        case .hold: "hold"
        case .fall, .stuck: "fall"
        case .asked: "asked"
        case .drift: "drift"
        case .unresolved: "unresolved"
        case .recovered: "recovered"
        case .settled: "settled"
        case .forget: "forget"
        }
    }

    private static func why(_ note: GuardNote) -> String {
        switch note.kind {
        case .rollback:
            "the good generation predicts the newest samples better: \(note.goodWins) to "
                + "\(note.learnerWins) of those on which they differ"
        case .notFinite: "a weight was not a finite number"
        case .adminRollback: "asked for on the admin door"
        case .hold: "asked for on the admin door"
        case .fall: "the figure fell by more than chance; comparing with the good generation"
        case .stuck: "one label came too often in a row; comparing with the good generation"
        case .asked: "the loss rose; comparing with the good generation"
        case .drift:
            "the learner predicts better than the good generation: the new level is accepted"
        case .unresolved: "nothing explained the fall in time: the new level is accepted"
        case .recovered: "the figure came back by itself"
        case .settled: "the accepted level held"
        case .forget:
            "producer \(note.producer?.text ?? "") gave up its place; asked for on the admin door"
        }
    }
}
