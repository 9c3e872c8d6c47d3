// An opened checkpoint: the header is parsed and agrees with itself; the contents are checked by
// `verify`, which loading does first. The file is read with pread only, through one buffer of
// 64 KiB: a file that is cut or replaced meanwhile gives an error, never a fault.

import MillraceProtocol
import Platform

/// Opens checkpoint files, trusting nothing in them.
public enum CheckpointReader {
    /// Opens the checkpoint at `path` and checks everything that its header says.
    ///
    /// Reads at most `limits.headerBytes` + 8 bytes. The file stays open until `close`.
    public static func open(
        storage: any Storage, path: String, limits: CheckpointLimits = CheckpointLimits()
    ) throws(CheckpointError) -> Checkpoint {
        let file = try CheckpointWriter.wrapped { () throws(StorageError) in
            try storage.open(path, .readOnly)
        }
        do throws(CheckpointError) {
            return try Checkpoint(storage: storage, file: file, path: path, limits: limits)
        } catch {
            storage.close(file)
            throw error
        }
    }
}

/// A checkpoint file that is open for reading.
public final class Checkpoint {
    /// Where it is.
    public let path: String
    /// Bytes of the file when it was opened.
    public let fileBytes: Int
    /// Every tensor, by offset.
    public let tensors: [CheckpointTensor]
    /// Every entry of the metadata.
    public let metadata: [String: String]
    /// What Millrace wrote into the metadata.
    public let facts: CheckpointFacts

    let storage: any Storage
    let file: StorageFile
    /// Bytes before the first tensor.
    let dataOffset: Int
    let checksumOffset: Int
    private var isOpen = true
    private var isVerified = false

    init(
        storage: any Storage, file: StorageFile, path: String, limits: CheckpointLimits
    ) throws(CheckpointError) {
        let total = try CheckpointWriter.wrapped { () throws(StorageError) in
            try storage.size(file)
        }
        guard total >= 8 else { throw .fileTooShort(bytes: total) }
        var prefix = [UInt8](repeating: 0, count: 8)
        try FileChecksum.read(storage, file, &prefix, count: 8, at: 0)
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(limits.headerBytes), let headerBytes = Int(exactly: length) else {
            throw .headerTooLong(bytes: length, limit: limits.headerBytes)
        }
        guard headerBytes <= total - 8 else {
            throw .headerPastEnd(headerBytes: length, fileBytes: total)
        }
        var header = [UInt8](repeating: 0, count: headerBytes)
        try FileChecksum.read(storage, file, &header, count: headerBytes, at: 8)
        let table = try TensorTable(
            header: header, dataBytes: UInt64(total - 8 - headerBytes), limits: limits)
        facts = try CheckpointFacts(table, limits: limits)
        guard let checksumOffset = table.checksumOffset else {
            throw .metadataMissing(key: CheckpointKey.checksum)
        }
        self.storage = storage
        self.file = file
        self.path = path
        fileBytes = total
        tensors = table.tensors
        metadata = table.metadata
        dataOffset = 8 + headerBytes
        self.checksumOffset = 8 + checksumOffset
        // Past this line a throw would run deinit, which closes the file a second time.
        if let error = contradiction() {
            isOpen = false
            throw error
        }
    }

    deinit { close() }

    /// Closes the file; the facts stay.
    public func close() {
        if isOpen { storage.close(file) }
        isOpen = false
    }

    /// The first field of the layouts that is not a tensor of the same shape, or the reverse.
    private func contradiction() -> CheckpointError? {
        var shapes: [String: String] = [:]
        for tensor in tensors { shapes[tensor.name] = tensor.shapeText }
        for (section, layout) in [
            ("learner", facts.learnerLayout), ("stream", facts.streamLayout),
        ] {
            for field in layout.fields {
                let name = "\(section).\(field.name)"
                guard shapes.removeValue(forKey: name) == field.shapeText else {
                    return .layoutContradictsTensors(tensor: name)
                }
            }
        }
        return shapes.keys.min().map { .layoutContradictsTensors(tensor: $0) }
    }

    /// Reads the whole file: its CRC-32C is the one in the metadata, and the learner section that
    /// it describes has the state digest in the metadata.
    public func verify() throws(CheckpointError) {
        precondition(isOpen, "an open checkpoint is verified")
        let found = try FileChecksum.compute(
            storage, file, bytes: fileBytes, zeroedAt: checksumOffset)
        guard found == facts.checksum else {
            throw .checksumDiffers(expected: facts.checksum, found: found)
        }
        let digest = try learnerDigest()
        guard digest == facts.header.stateDigest else {
            throw .stateDigestDiffers(expected: facts.header.stateDigest, found: digest)
        }
        isVerified = true
    }

    /// `verify`, once.
    func verifyOnce() throws(CheckpointError) {
        if !isVerified { try verify() }
    }

    func tensor(_ name: String) -> CheckpointTensor? {
        tensors.first { $0.name == name }
    }
}
