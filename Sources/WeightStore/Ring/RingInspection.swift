// Reading a ring file without a daemon and without its memory: for `millrace inspect`, and to say
// what is there before anything is decided. Writes nothing, survives any file.

import MillraceProtocol
import Platform

/// What a ring file holds.
public struct RingInspection: Equatable, Sendable {
    /// The shape in the superblock.
    public let geometry: RingGeometry
    /// The identity in the superblock.
    public let identity: RingIdentity
    /// Bytes of the file.
    public let fileBytes: Int
    /// The first and the last superblock.
    public let superblocks: [SuperblockState]
    /// Every slot, by index.
    public let slots: [SlotContent]

    /// The newest intact generation.
    public var newest: NewestGeneration? {
        var newest: NewestGeneration?
        for (slot, content) in slots.enumerated() {
            if case .intact(let header) = content,
                header.generation > newest?.header.generation ?? 0
            {
                newest = NewestGeneration(slot: slot, header: header)
            }
        }
        return newest
    }

    /// Reads the ring file of `directory`; needs 64 KiB whatever the file's size.
    public init(storage: any Storage, directory: String) throws(RingError) {
        let path = "\(directory)/\(Ring.fileName)"
        let file: StorageFile
        do throws(StorageError) {
            file = try storage.open(path, .readOnly)
        } catch {
            throw .storage(error)
        }
        defer { storage.close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FileChecksum.chunkBytes, alignment: SectionLayout.alignment)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { preconditionFailure("a buffer has memory") }
        let pair = try SuperblockPair.read(
            storage, file, path: path, page: Page(base: base), likely: nil)
        geometry = pair.superblock.geometry
        identity = pair.superblock.identity
        superblocks = [pair.damage.first, pair.damage.last].map { damage in
            damage.map { .damaged($0) } ?? .intact
        }
        do throws(StorageError) {
            fileBytes = try storage.size(file)
        } catch {
            throw .storage(error)
        }
        var reader = SlotReader(
            storage: storage, file: file, buffer: buffer, superblock: pair.superblock)
        slots = (0..<geometry.totalSlots).map { reader.read($0) }
    }
}

/// Checks slots through one small buffer.
private struct SlotReader {
    let storage: any Storage
    let file: StorageFile
    let buffer: UnsafeMutableRawBufferPointer
    let superblock: Superblock
    private var seen: Set<UInt64> = []

    init(
        storage: any Storage, file: StorageFile, buffer: UnsafeMutableRawBufferPointer,
        superblock: Superblock
    ) {
        self.storage = storage
        self.file = file
        self.buffer = buffer
        self.superblock = superblock
    }

    mutating func read(_ slot: Int) -> SlotContent {
        guard let base = buffer.baseAddress else { preconditionFailure("a buffer has memory") }
        let geometry = superblock.geometry
        let image = SlotImage(base: base, geometry: geometry)
        let offset = geometry.fileOffset(slot: slot)
        var claimed: UInt64 = 0
        do throws(SlotDamage) {
            try readPiece(RingGeometry.pageBytes, at: offset)
            if image.page.isZero { return .empty }
            claimed = image.claimedGeneration
            let header = try image.checkedHeader(identity: superblock.identity)
            try checkPayload(
                header, checksum: image.page.value(12, as: UInt32.self),
                at: offset + RingGeometry.pageBytes)
            return seen.insert(header.generation).inserted ? .intact(header) : .copy(header)
        } catch {
            return .damaged(error, claimedGeneration: claimed)
        }
    }

    private func readPiece(_ count: Int, at offset: Int) throws(SlotDamage) {
        do throws(StorageError) {
            try storage.read(
                file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
        } catch .truncated {
            throw .truncated
        } catch {
            throw .unreadable(error)
        }
    }

    private func checkPayload(
        _ header: GenerationHeader, checksum expected: UInt32, at start: Int
    ) throws(SlotDamage) {
        var checksum: UInt32 = 0
        var digest = XXH64()
        var done = 0
        while done < superblock.geometry.payloadBytes {
            let count = min(buffer.count, superblock.geometry.payloadBytes - done)
            try readPiece(count, at: start + done)
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            checksum = CRC32C.checksum(piece, seed: checksum)
            let learnerCount = max(0, min(count, superblock.geometry.learnerBytes - done))
            digest.update(UnsafeRawBufferPointer(rebasing: piece[..<learnerCount]))
            done += count
        }
        guard checksum == expected else {
            throw .payloadChecksum(expected: checksum, found: expected)
        }
        guard digest.digest == header.stateDigest else {
            throw .stateDigest(expected: digest.digest, found: header.stateDigest)
        }
    }
}
