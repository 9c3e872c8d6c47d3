// Samples of a source that cannot be read again (standard input, this machine), kept until they
// are acknowledged. Chunks of some MiB, each a file of its own, removed when all of it is
// acknowledged:
//
//     NAME-EPOCH-FIRST.rows      rows from number FIRST (16 hexadecimal digits) on
//     row = crc32c u32 of (number u64, row) · features · label
//
// Invariants: rows are on disk (fdatasync) before they are sent; the number is part of the
// checksum, so a row of another place or epoch never passes; a torn tail ends the chunk at the
// last whole row, and what was torn had not been sent.

import MillraceProtocol
import Platform

/// Rows that are not acknowledged yet, on disk.
public final class Journal {
    private struct Chunk {
        var first: UInt64
        var count: UInt64
        var path: String
        var file: StorageFile
    }

    /// Rows of a chunk are kept below this size.
    public static let chunkBytes = 4 << 20
    /// A chunk that claims to begin beyond this is none of ours: the numbers of its rows would run
    /// out of 64 bits.
    private static let firstMax: UInt64 = 1 << 63

    /// The number that the next appended row gets.
    public private(set) var next: UInt64
    private let spool: Spool
    private let epoch: UInt32
    private let rowBytes: Int
    private var chunks: [Chunk] = []
    private var scratch: [UInt8] = []

    private var storage: any Storage { spool.storage }
    private var stride: Int { rowBytes + 4 }

    /// Opens the chunks of `epoch`; chunks of other epochs are removed.
    ///
    /// - next: the number for the first row when nothing is there, and the lowest that is kept.
    /// - rowBytes: features and label of one row.
    public init(spool: Spool, epoch: UInt32, next: UInt64, rowBytes: Int) throws(ClientError) {
        self.spool = spool
        self.epoch = epoch
        self.next = next
        self.rowBytes = rowBytes
        do {
            try recover()
        } catch {
            throw Self.failure(error)
        }
        if let last = chunks.last { self.next = max(next, last.first + last.count) }
        try prune(through: next - 1)
    }

    /// The rows of `other` from number `first` on, as the first rows of `epoch`. Both are on disk until
    /// the epoch is remembered and the other's are removed: whenever it ends, one of them is whole.
    init(carrying other: Journal, from first: UInt64, epoch: UInt32) throws(ClientError) {
        spool = other.spool
        self.epoch = epoch
        next = 1
        rowBytes = other.rowBytes
        var number = first
        while other.available(from: number) > 0 {
            let rows = try other.read(number, count: Int(min(other.available(from: number), 4096)))
            let count = rows.count / max(rowBytes, 1)
            guard count > 0 else { break }
            try rows.reading { bytes throws(ClientError) in try append(bytes, count: count) }
            number += UInt64(count)
        }
    }

    deinit { for chunk in chunks { storage.close(chunk.file) } }

    /// Goes on at number `number`; what the daemon has accepted beyond the journal is not here
    /// (this disk lost it), and the rows before it are of no more use.
    public func advance(to number: UInt64) throws(ClientError) {
        guard number > next else { return }
        try removeAll()
        next = number
    }

    /// Rows from `first` that can be read, if any.
    public func available(from first: UInt64) -> UInt64 {
        guard let chunk = chunks.first(where: { $0.first <= first && first < $0.first + $0.count })
        else { return 0 }
        return chunk.first + chunk.count - first
    }

    /// Makes `count` rows durable, `rowBytes` each, one after the other.
    public func append(_ rows: UnsafeRawBufferPointer, count: Int) throws(ClientError) {
        precondition(rows.count == count * rowBytes, "rows of another size")
        do {
            if chunks.last.map({ Int($0.count) * stride >= Self.chunkBytes }) ?? true {
                try startChunk()
            }
            let last = chunks.count - 1
            seal(rows, count: count)
            try scratch.reading { bytes throws(StorageError) in
                try storage.write(
                    chunks[last].file, bytes, at: Int(chunks[last].count) * stride)
            }
            try storage.synchronize(chunks[last].file)
            chunks[last].count += UInt64(count)
            next += UInt64(count)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Reads `count` rows from number `first` on; they must be available.
    public func read(_ first: UInt64, count: Int) throws(ClientError) -> [UInt8] {
        guard let chunk = chunks.first(where: { $0.first <= first && first < $0.first + $0.count })
        else { return [] }
        do {
            return try rows(chunk, from: first, count: count)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Forgets rows up to `sequence`, by whole chunks.
    public func prune(through sequence: UInt64) throws(ClientError) {
        while let chunk = chunks.first, chunk.count > 0,
            chunk.first + chunk.count - 1 <= sequence,
            chunks.count > 1 || Int(chunk.count) * stride >= Self.chunkBytes
                || next == sequence + 1 && Int(chunk.count) * stride > 64 << 10
        {
            storage.close(chunk.file)
            chunks.removeFirst()
            do { try storage.remove(chunk.path) } catch { throw Self.failure(error) }
        }
    }

    /// Removes every chunk: the work is finished.
    public func removeAll() throws(ClientError) {
        for chunk in chunks {
            storage.close(chunk.file)
            do { try storage.remove(chunk.path) } catch { throw Self.failure(error) }
        }
        chunks = []
    }

    /// Whether the spool holds rows of `epoch` at all.
    public static func exists(in spool: Spool, epoch: UInt32) -> Bool {
        let names = (try? spool.storage.list(spool.directory)) ?? []
        return names.contains { parse($0, spool.name)?.epoch == epoch }
    }
}

extension Journal {
    private func startChunk() throws(StorageError) {
        let path =
            spool.directory + "/\(spool.name)-\(epoch)-\(Hexadecimal.digits(next)).rows"
        try? storage.remove(path)
        let file = try storage.open(path, .createNew)
        try storage.synchronizeDirectory(spool.directory)
        chunks.append(Chunk(first: next, count: 0, path: path, file: file))
    }

    private func seal(_ rows: UnsafeRawBufferPointer, count: Int) {
        scratch.removeAll(keepingCapacity: true)
        for index in 0..<count {
            let row = UnsafeRawBufferPointer(
                rebasing: rows[(index * rowBytes)..<((index + 1) * rowBytes)])
            let sum = checksum(row, number: next + UInt64(index)).littleEndian
            withUnsafeBytes(of: sum) { scratch.append(contentsOf: $0) }
            scratch.append(contentsOf: row)
        }
    }

    private func checksum(_ row: UnsafeRawBufferPointer, number: UInt64) -> UInt32 {
        let words = (number.littleEndian, UInt64(epoch).littleEndian)
        return CRC32C.checksum(row, seed: withUnsafeBytes(of: words) { CRC32C.checksum($0) })
    }

    /// The whole rows from `first` on, at most `count`, without their checksums.
    private func rows(
        _ chunk: Chunk, from first: UInt64, count: Int
    ) throws(StorageError) -> [UInt8] {
        let offset = Int(first - chunk.first) * stride
        let there = max(0, (try storage.size(chunk.file) - offset) / stride)
        var bytes = [UInt8](repeating: 0, count: min(count, there) * stride)
        try bytes.writing { bytes throws(StorageError) in
            try storage.read(chunk.file, into: bytes, at: offset)
        }
        var rows: [UInt8] = []
        rows.reserveCapacity(bytes.count)
        bytes.withUnsafeBytes { bytes in
            for index in 0..<(bytes.count / stride) {
                let start = index * stride
                let row = UnsafeRawBufferPointer(rebasing: bytes[(start + 4)..<(start + stride)])
                let sum = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
                guard UInt32(littleEndian: sum) == checksum(row, number: first + UInt64(index))
                else { break }
                rows.append(contentsOf: row)
            }
        }
        return rows
    }

    private func recover() throws(StorageError) {
        for name in try storage.list(spool.directory) {
            guard let place = Self.parse(name, spool.name) else { continue }
            let path = spool.directory + "/" + name
            guard place.epoch == epoch else {
                try storage.remove(path)
                continue
            }
            let file = try storage.open(path, .readWrite)
            var chunk = Chunk(first: place.first, count: 0, path: path, file: file)
            while true {
                let found = try rows(chunk, from: chunk.first + chunk.count, count: 4096)
                guard !found.isEmpty else { break }
                chunk.count += UInt64(found.count / rowBytes)
            }
            try storage.truncate(file, bytes: Int(chunk.count) * stride)
            let follows = chunks.last.map { $0.first + $0.count == chunk.first } ?? true
            guard chunk.count > 0, follows else {
                storage.close(file)
                try storage.remove(path)
                continue
            }
            chunks.append(chunk)
        }
    }

    private static func parse(_ file: String, _ name: String) -> (epoch: UInt32, first: UInt64)? {
        guard file.hasPrefix(name + "-"), file.hasSuffix(".rows") else { return nil }
        let parts = file.dropFirst(name.count + 1).dropLast(5).split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt32(parts[0]),
            let first = Hexadecimal.value(String(parts[1])), (1...firstMax).contains(first)
        else { return nil }
        return (epoch, first)
    }

    private static func failure(_ error: StorageError) -> ClientError {
        ClientError(
            .inputOutput, "samples cannot be kept in the spool", why: "\(error)",
            advice: "free some space, or MILLRACE_SPOOL=DIR millrace stream …")
    }
}
