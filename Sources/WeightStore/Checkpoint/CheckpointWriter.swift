// Writing a checkpoint: a file under another name first, and its own name only when every byte
// is durable and has been read back. Order of syncs, and what a crash leaves:
//
//     make .NAME.tmp, take its space    a stale temporary file; removed at start-up
//     write, sync, read back, check     the same
//     rename to NAME                    the old or the new file, each of them whole
//     sync the directory                the new file, for good
//
// On any error the temporary file is removed and an existing checkpoint of that name stays.

import MillraceProtocol
import Platform

/// Saves a generation as a safetensors file.
public enum CheckpointWriter {
    /// What the names of checkpoint files end with.
    public static let suffix = ".safetensors"

    /// Saves a generation durably as `directory`/`name`.safetensors; returns the file's bytes.
    ///
    /// - name: 1 to 64 letters, digits, '.', '_' or '-', not starting with '.'.
    /// - header: number, origin and digests; `stateDigest` must be that of `learner`.
    /// - learner, stream: sections of the layouts' sizes; they must not change meanwhile.
    /// - configuration: the whole configuration as TOML text.
    /// - creator: name and version of the program.
    /// - Throws: `.fileNameInvalid`, `.headerTooLong`, `.tooManyTensors`, `.checksumDiffers` when
    ///   the bytes read back are not those written, and `.storage`.
    @discardableResult
    public static func save(
        storage: any Storage, directory: String, name: String, header: GenerationHeader,
        learnerLayout: SectionLayout, learner: UnsafeRawPointer,
        streamLayout: SectionLayout, stream: UnsafeRawPointer,
        configuration: String, creator: String
    ) throws(CheckpointError) -> Int {
        guard isName(name) else { throw .fileNameInvalid(name) }
        let parts = CheckpointPart.ordered(
            learnerLayout: learnerLayout, learner: learner, streamLayout: streamLayout,
            stream: stream)
        let facts = CheckpointFacts(
            header: header,
            layoutDigest: SectionLayout.digest(learner: learnerLayout, stream: streamLayout),
            learnerLayout: learnerLayout, streamLayout: streamLayout,
            configuration: configuration, creator: creator, checksum: 0)
        let text = try CheckpointHeaderText(facts: facts, parts: parts)
        let temporary = "\(directory)/.\(name).tmp"
        do throws(CheckpointError) {
            try writeTemporary(storage, temporary, text, parts)
            try wrapped { () throws(StorageError) in
                try storage.rename(temporary, to: "\(directory)/\(name)\(suffix)")
            }
        } catch {
            do throws(StorageError) { try storage.remove(temporary) } catch {
                // Start-up removes it; the first error is the one to report.
            }
            throw error
        }
        try wrapped { () throws(StorageError) in try storage.synchronizeDirectory(directory) }
        return text.bytes.count + text.dataBytes
    }

    /// Whether `name` can be the name of a checkpoint.
    public static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
    }

    static func wrapped<T>(
        _ body: () throws(StorageError) -> T
    ) throws(CheckpointError) -> T {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }

    /// Makes the temporary file, complete, durable and read back.
    private static func writeTemporary(
        _ storage: any Storage, _ path: String, _ text: CheckpointHeaderText,
        _ parts: [CheckpointPart]
    ) throws(CheckpointError) {
        let file = try wrapped { () throws(StorageError) in
            do throws(StorageError) { try storage.remove(path) } catch StorageError.notFound {
                // The usual case: no earlier save was interrupted.
            }
            return try storage.open(path, .createNew)
        }
        defer { storage.close(file) }
        var sink = FileSink(storage: storage, file: file)
        let total = text.bytes.count + text.dataBytes
        let checksum = try wrapped { () throws(StorageError) in
            try storage.preallocate(file, bytes: total)
            try sink.append(text.bytes)
            for part in parts { try sink.append(part) }
            try sink.flush()
            let digits = Hexadecimal.digits(sink.checksum)
            try sink.patch(Array(digits.utf8), at: text.checksumOffset)
            try storage.synchronize(file)
            return sink.checksum
        }
        let found = try FileChecksum.compute(
            storage, file, bytes: total, zeroedAt: text.checksumOffset)
        guard found == checksum else { throw .checksumDiffers(expected: checksum, found: found) }
    }
}

/// Collects bytes into writes of 64 KiB and sums them up.
private struct FileSink {
    let storage: any Storage
    let file: StorageFile
    private var buffer: [UInt8] = []
    private var position = 0
    private(set) var checksum: UInt32 = 0

    init(storage: any Storage, file: StorageFile) {
        self.storage = storage
        self.file = file
        buffer.reserveCapacity(FileChecksum.chunkBytes)
    }

    mutating func append(_ bytes: [UInt8]) throws(StorageError) {
        for start in stride(from: 0, to: bytes.count, by: FileChecksum.chunkBytes) {
            let end = min(bytes.count, start + FileChecksum.chunkBytes)
            buffer.append(contentsOf: bytes[start..<end])
            try flush()
        }
    }

    /// The elements of a field, without the padding of its rows.
    mutating func append(_ part: CheckpointPart) throws(StorageError) {
        let field = part.field
        let isPacked = field.rowStride == field.rowElements
        let rows = isPacked ? 1 : field.rowCount
        let rowBytes =
            isPacked ? field.packedByteCount : field.rowElements * field.element.bytes
        for row in 0..<rows {
            let start = part.base + row * field.rowStride * field.element.bytes
            var done = 0
            while done < rowBytes {
                let count = min(rowBytes - done, FileChecksum.chunkBytes - buffer.count)
                buffer.append(
                    contentsOf: UnsafeRawBufferPointer(start: start + done, count: count))
                done += count
                if buffer.count == FileChecksum.chunkBytes { try flush() }
            }
        }
    }

    mutating func flush() throws(StorageError) {
        guard !buffer.isEmpty else { return }
        try write(buffer, at: position)
        buffer.withUnsafeBytes { checksum = CRC32C.checksum($0, seed: checksum) }
        position += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    func patch(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try write(bytes, at: offset)
    }

    private func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(StorageError) in try storage.write(file, bytes, at: offset) }
        }.get()
    }
}
