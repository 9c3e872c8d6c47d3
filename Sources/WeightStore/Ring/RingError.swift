// Everything that can go wrong with a ring file, one case per cause, with its facts.

import MillraceProtocol
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

    /// Whether the header itself is intact, so that its number is the one that was spent. An
    /// unreadable slot claims a number only then.
    var leavesNumber: Bool {
        switch self {
        case .payloadChecksum, .stateDigest, .unreadable: true
        case .badMagic, .foreignRing, .generationOutOfRange, .headerChecksum, .layoutDigest,
            .sectionBytes, .truncated, .unsupportedVersion:
            false
        }
    }
}

extension RingError: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String {
        switch self {
        case .geometryDiffers(let found, let wanted):
            "the ring is for another shape: it has \(found.shapeText), and \(wanted.shapeText) is "
                + "wanted"
        case .readOnly(let slot, let attempts, let last):
            "slot \(slot) could not be committed in \(attempts) attempts, at last because \(last)"
        case .slotUnreadable(let slot, let cause):
            "slot \(slot), which may hold the newest generation, cannot be read: \(cause)"
        case .storage(let error): error.description
        case .superblocksContradict(let path):
            "the first and the last superblock of \(path) are intact and contradict each other"
        case .superblocksDamaged(let path, let first, let last):
            "\(path) is not a ring, or destroyed; the first superblock: \(first); the last: \(last)"
        }
    }
}

extension SuperblockDamage: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String {
        switch self {
        case .badMagic: "it does not begin with MILLRING"
        case .checksum(let expected, let found):
            "its CRC-32C is \(Hexadecimal.digits(expected)), and it says \(Hexadecimal.digits(found))"
        case .geometryImpossible: "no ring can have the shape that it says"
        case .missing: "the file is too short for it"
        case .unreadable(let error): error.description
        case .unsupportedVersion(let version):
            "format version \(version), and this version reads \(Superblock.version)"
        }
    }
}

extension SlotDamage: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String {
        switch self {
        case .badMagic: "it does not begin with MILLSLOT"
        case .foreignRing: "it belongs to another ring"
        case .generationOutOfRange(let generation): "generation \(generation) is out of range"
        case .headerChecksum(let expected, let found):
            "the CRC-32C of its header is \(Hexadecimal.digits(expected)), and it says "
                + Hexadecimal.digits(found)
        case .layoutDigest(let expected, let found):
            "the digest of its layout is \(Hexadecimal.digits(found)), and the ring's is "
                + Hexadecimal.digits(expected)
        case .payloadChecksum(let expected, let found):
            "the CRC-32C of its sections is \(Hexadecimal.digits(expected)), and its header says "
                + Hexadecimal.digits(found)
        case .sectionBytes(let learner, let stream):
            "its sections have \(learner) and \(stream) bytes, which is not what the ring has"
        case .stateDigest(let expected, let found):
            "its state digest is \(Hexadecimal.digits(expected)), and its header says "
                + Hexadecimal.digits(found)
        case .truncated: "the file ends inside it"
        case .unreadable(let error): error.description
        case .unsupportedVersion(let version):
            "format version \(version), and this version reads \(SlotImage.version)"
        }
    }
}
