// What a producer remembers between runs, one small file per daemon and name:
//
//     DIRECTORY/<digest of the daemon's endpoint>/NAME.json    the record below
//     DIRECTORY/<digest of the daemon's endpoint>/NAME.lock    held while a run lasts
//     DIRECTORY/<digest of the daemon's endpoint>/NAME-*.rows  samples not acknowledged (Journal)
//
// Invariants: the record of an epoch is durable before a number of that epoch is sent; it is
// replaced atomically, so a crash leaves the old one or the new one; it lies beside its checksum, so
// a damaged one is never taken for another.

import Glibc
import FoundationEssentials
import MillraceProtocol
import Platform

/// Numbers that are not samples: late labels and their like.
public struct ReservedNumbers: Codable, Equatable, Sendable {
    /// The first of them.
    public var first: UInt64
    /// How many.
    public var count: UInt64

    /// A run of reserved numbers.
    public init(first: UInt64, count: UInt64) {
        self.first = first
        self.count = count
    }
}

/// What the samples that were sent are made from. A source that has changed behind them, because a
/// row was corrected or some were added, is still the one that was streamed.
public struct SourcePrefix: Codable, Equatable, Sendable {
    /// Where it lies and how its columns are read, without size and digest.
    public var source: String
    /// Samples that may have been sent: the daemon has taken no more.
    public var samples: UInt64
    /// Bytes that they are made from.
    public var bytes: UInt64
    /// XXH64 of these bytes, 16 hexadecimal digits.
    public var digest: String

    /// - source: where, and how. - samples, bytes, digest: see the properties.
    public init(source: String, samples: UInt64, bytes: UInt64, digest: String) {
        self.source = source
        self.samples = samples
        self.bytes = bytes
        self.digest = digest
    }
}

/// What is remembered of a producer.
public struct SpoolRecord: Codable, Equatable, Sendable {
    /// The version of this record's form.
    public static let currentVersion = 1

    /// The version of the record's form.
    public var version = SpoolRecord.currentVersion
    /// The producer's name.
    public var name: String
    /// The daemon's ingest endpoint.
    public var endpoint: String
    /// What is streamed: `SourceIdentity.text` of a source that can be read again, else "-".
    public var source: String
    /// The epoch that the daemon assigned; 0 before the first WELCOME.
    public var epoch: UInt32 = 0
    /// Numbers of this epoch that are not samples, ascending.
    public var reserved: [ReservedNumbers] = []
    /// The highest number known to be durably decided.
    public var acknowledged: UInt64 = 0
    /// Whether the source came to its end and everything was acknowledged.
    public var finished = false
    /// What was sent in this epoch, if the last run could say so; nil for standard input.
    public var prefix: SourcePrefix?

    /// A record of work that has not begun.
    public init(name: String, endpoint: String, source: String) {
        self.name = name
        self.endpoint = endpoint
        self.source = source
    }

    /// The index of the sample with number `sequence`, or the end of the reserved run it is in.
    public func place(of sequence: UInt64) -> NumberPlace {
        var before: UInt64 = 0
        for run in reserved where run.first <= sequence {
            if sequence - run.first < run.count {
                return .reserved(count: run.first + run.count - sequence)
            }
            before += run.count
        }
        return .sample(index: sequence - 1 - before)
    }

    /// Whether the reserved runs are what `reserved` says: ascending, apart, inside 64 bits. The
    /// record is a file, and arithmetic on its numbers must not trap.
    var isPlausible: Bool {
        var free: UInt64 = 1
        for run in reserved {
            let (end, overflow) = run.first.addingReportingOverflow(run.count)
            guard run.first >= free, run.count > 0, !overflow else { return false }
            free = end
        }
        return true
    }

    /// How many samples are among the numbers up to `sequence`.
    public func samples(through sequence: UInt64) -> UInt64 {
        let others = reserved.reduce(UInt64(0)) { sum, run in
            sequence < run.first ? sum : sum + min(run.count, sequence - run.first + 1)
        }
        return sequence - min(others, sequence)
    }

    /// Numbers from `sequence` on up to the next reserved one.
    public func samplesInARow(from sequence: UInt64) -> UInt64 {
        reserved.first { $0.first > sequence }.map { $0.first - sequence } ?? .max
    }
}

/// A record as it lies in its file: {"crc32c": …, "record": …}.
private struct SealedRecord: Codable {
    /// CRC-32C of the record's canonical JSON, 16 hexadecimal digits.
    let crc32c: String
    let record: SpoolRecord

    init(_ record: SpoolRecord) throws(ControlError) {
        crc32c = try Self.checksum(record)
        self.record = record
    }

    func isIntact() throws(ControlError) -> Bool { try crc32c == Self.checksum(record) }

    private static func checksum(_ record: SpoolRecord) throws(ControlError) -> String {
        let bytes = try ControlCodec.encode(record)
        return Hexadecimal.digits(UInt64(bytes.withUnsafeBytes { CRC32C.checksum($0) }))
    }
}

/// What a number stands for.
public enum NumberPlace: Equatable, Sendable {
    /// The sample with this index, from 0.
    case sample(index: UInt64)
    /// Not a sample; this many numbers up to the next one that is.
    case reserved(count: UInt64)
}

/// The folder of a producer's record, locked.
public final class Spool {
    /// Where everything of this daemon lies.
    public let directory: String
    /// The producer's name.
    public let name: String
    /// The daemon's ingest endpoint.
    public let endpoint: String
    let storage: any Storage
    private let lockFile: StorageFile

    /// Opens and locks the spool of `name` for the daemon at `endpoint`.
    ///
    /// Errors: tryAgain when another run holds it, cannotCreate, inputOutput.
    public init(
        storage: any Storage, root: String, endpoint: String, name: String
    ) throws(ClientError) {
        var text = endpoint
        let digest = text.withUTF8 { XXH64.digest(UnsafeRawBufferPointer($0)) }
        directory = root + "/" + Hexadecimal.digits(digest)
        self.name = name
        self.endpoint = endpoint
        self.storage = storage
        do {
            try storage.makeDirectory(directory)
            lockFile = try Self.lock(storage, directory + "/" + name + ".lock")
        } catch .locked {
            throw ClientError(
                .tryAgain, "another run is streaming as \(name)",
                why: "it holds \(directory)/\(name).lock",
                advice:
                    "wait for it, or end it: it continues where it stopped; another source takes "
                    + "another --name")
        } catch {
            throw ClientError(
                .cannotCreate, "the spool \(directory) cannot be used", why: "\(error)",
                advice: "MILLRACE_SPOOL=DIR millrace stream …")
        }
    }

    deinit { storage.close(lockFile) }

    /// Takes the lock, trying for a fifth of a second: a run that has just ended may leave it to a
    /// child process that is between fork and exec, for a moment.
    private static func lock(
        _ storage: any Storage, _ path: String
    ) throws(StorageError) -> StorageFile {
        for _ in 0..<20 {
            do throws(StorageError) {
                return try storage.lock(path)
            } catch {
                guard case .locked = error else { throw error }
                usleep(10_000)
            }
        }
        return try storage.lock(path)
    }

    /// The record, nil when there is none. A damaged record is an error, not "none": taking it
    /// for none would send everything again.
    public func load() throws(ClientError) -> SpoolRecord? {
        guard let bytes = try read(path) else { return nil }
        let record: SpoolRecord
        do {
            let sealed = try bytes.reading { bytes throws(ControlError) in
                try ControlCodec.decode(SealedRecord.self, bytes, limit: 1 << 20)
            }
            guard try sealed.isIntact() else { throw damaged("its checksum does not fit") }
            record = sealed.record
        } catch let error as ControlError {
            throw damaged("\(error)")
        } catch let error as ClientError {
            throw error
        } catch {
            throw damaged("\(error)")
        }
        guard record.version == SpoolRecord.currentVersion, record.name == name else {
            throw damaged("version \(record.version), name \(record.name)")
        }
        guard record.isPlausible else { throw damaged("reserved numbers that cannot be") }
        return record
    }

    /// Replaces the record, durably.
    public func store(_ record: SpoolRecord) throws(ClientError) {
        do {
            let bytes = try ControlCodec.encode(SealedRecord(record))
            let temporary = path + ".tmp"
            try? storage.remove(temporary)
            let file = try storage.open(temporary, .createNew)
            defer { storage.close(file) }
            try bytes.reading { bytes throws(StorageError) in
                try storage.write(file, bytes, at: 0)
            }
            try storage.synchronize(file)
            try storage.rename(temporary, to: path)
            try storage.synchronizeDirectory(directory)
        } catch {
            throw ClientError(
                .inputOutput, "the spool cannot be written", why: "\(path): \(error)",
                advice: "MILLRACE_SPOOL=DIR millrace stream …")
        }
    }

    private var path: String { directory + "/" + name + ".json" }

    private func damaged(_ why: String) -> ClientError {
        ClientError(
            .badData, "the spool record \(path) is damaged", why: why,
            advice: "remove it, then millrace stream --again …")
    }

    private func read(_ path: String) throws(ClientError) -> [UInt8]? {
        do {
            let file = try storage.open(path, .readOnly)
            defer { storage.close(file) }
            var bytes = [UInt8](repeating: 0, count: min(try storage.size(file), 1 << 20))
            try bytes.writing { bytes throws(StorageError) in
                try storage.read(file, into: bytes, at: 0)
            }
            return bytes
        } catch .notFound {
            return nil
        } catch {
            throw ClientError(.inputOutput, "the spool cannot be read", why: "\(path): \(error)")
        }
    }
}
