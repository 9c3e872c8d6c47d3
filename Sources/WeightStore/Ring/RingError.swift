// Everything that can go wrong with a ring file, one case per cause, with its facts.

import Platform

/// Why a ring cannot be opened or a generation could not be committed.
public enum RingError: Error, Equatable, Sendable {
    /// The file on disk is for another shape; `found.description` and `wanted.description` say
    /// it in words. The old file can be moved away with `Ring.setAside`.
    case geometryDiffers(found: RingGeometry, wanted: RingGeometry)
    /// Three attempts in a row, or all that there was room for, failed; `last` is the last cause.
    /// The slot still belongs to the caller, its memory is unchanged, and `commit` may be called
    /// again later with a new generation number: it writes everything afresh.
    case readOnly(slot: Int, attempts: Int, last: StorageError)
    /// The disk refuses to read a slot that may hold the newest or a held generation.
    case slotUnreadable(slot: Int, cause: StorageError)
    /// The file system refused something that is not a commit.
    case storage(StorageError)
    /// Both superblocks are intact and contradict each other.
    case superblocksContradict(path: String)
    /// Neither superblock is intact: not a ring file, or destroyed.
    case superblocksDamaged(path: String, first: SuperblockDamage, last: SuperblockDamage)
}

/// Why a superblock is not intact.
public enum SuperblockDamage: Error, Equatable, Sendable {
    case badMagic
    case checksum(expected: UInt32, found: UInt32)
    case geometryImpossible
    case missing
    case unreadable(StorageError)
    case unsupportedVersion(UInt32)
}

/// Why a slot is not intact.
public enum SlotDamage: Error, Equatable, Sendable {
    case badMagic
    case foreignRing
    case generationOutOfRange(UInt64)
    case headerChecksum(expected: UInt32, found: UInt32)
    case layoutDigest(expected: UInt64, found: UInt64)
    case payloadChecksum(expected: UInt32, found: UInt32)
    case sectionBytes(learner: UInt64, stream: UInt64)
    case stateDigest(expected: UInt64, found: UInt64)
    case truncated
    case unreadable(StorageError)
    case unsupportedVersion(UInt32)
}
