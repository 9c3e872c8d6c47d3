// One slot as bytes: the header page and both sections behind it.
//
//     offset  bytes  field
//          0      8  magic "MILLSLOT"
//          8      4  format version, 1
//         12      4  CRC-32C of the learner section followed by the stream section
//         16     16  ring identity
//         32      8  generation
//         40      8  restored from
//         48      8  previous generation
//         56      8  state digest: XXH64 of the learner section
//         64      8  configuration digest
//         72      8  layout digest
//         80      8  bytes of the learner section
//         88      8  bytes of the stream section
//         96     64  held generations, newest first
//        160      8  previous state digest
//        168   3924  zero
//       4092      4  CRC-32C of the 4,092 bytes before
//       4096         learner section, stream section
//
// The header binds the payload (its CRC-32C is inside), and the checksum binds the header: one
// write and one sync are enough, for a torn mixture of an old and a new slot fits neither.

import MillraceProtocol

/// A slot in memory, and the rules by which it is intact.
struct SlotImage {
    static let magic: UInt64 = 0x544F_4C53_4C4C_494D  // "MILLSLOT"
    static let version: UInt32 = 1

    let base: UnsafeMutableRawPointer
    let geometry: RingGeometry

    var page: Page { Page(base: base) }
    var learner: UnsafeMutableRawPointer { base + RingGeometry.pageBytes }
    var stream: UnsafeMutableRawPointer { learner + geometry.learnerBytes }

    /// Header and payload, as written to the file.
    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: base, count: RingGeometry.pageBytes + geometry.payloadBytes)
    }

    /// XXH64 of the learner section.
    var stateDigest: UInt64 {
        XXH64.digest(UnsafeRawBufferPointer(start: learner, count: geometry.learnerBytes))
    }

    /// CRC-32C of both sections.
    var payloadChecksum: UInt32 {
        CRC32C.checksum(UnsafeRawBufferPointer(start: learner, count: geometry.payloadBytes))
    }

    /// Writes the header page for the sections that lie behind it.
    func seal(_ header: GenerationHeader, identity: RingIdentity) {
        page.clear()
        page.set(0, Self.magic)
        page.set(8, Self.version)
        page.set(12, payloadChecksum)
        page.set(16, identity.low)
        page.set(24, identity.high)
        page.set(32, header.generation)
        page.set(40, header.restoredFrom)
        page.set(48, header.previousGeneration)
        page.set(56, header.stateDigest)
        page.set(64, header.configurationDigest)
        page.set(72, geometry.layoutDigest)
        page.set(80, UInt64(geometry.learnerBytes))
        page.set(88, UInt64(geometry.streamBytes))
        for index in 0..<8 { page.set(96 + 8 * index, header.heldGenerations[index]) }
        page.set(160, header.previousDigest)
        page.seal()
    }

    /// The fields of the header page, unchecked.
    var header: GenerationHeader {
        var held = SIMD8<UInt64>.zero
        for index in 0..<8 { held[index] = page.value(96 + 8 * index, as: UInt64.self) }
        return GenerationHeader(
            generation: page.value(32, as: UInt64.self),
            restoredFrom: page.value(40, as: UInt64.self),
            heldGenerations: held, stateDigest: page.value(56, as: UInt64.self),
            configurationDigest: page.value(64, as: UInt64.self),
            previousGeneration: page.value(48, as: UInt64.self),
            previousDigest: page.value(160, as: UInt64.self))
    }

    /// The header, if and only if it is intact for this ring (rules 1 to 6 of protocol/RING.md).
    func checkedHeader(identity: RingIdentity) throws(SlotDamage) -> GenerationHeader {
        guard page.value(0, as: UInt64.self) == Self.magic else { throw .badMagic }
        guard page.storedChecksum == page.computedChecksum else {
            throw .headerChecksum(expected: page.computedChecksum, found: page.storedChecksum)
        }
        let foundVersion = page.value(8, as: UInt32.self)
        guard foundVersion == Self.version else { throw .unsupportedVersion(foundVersion) }
        guard page.value(16, as: UInt64.self) == identity.low,
            page.value(24, as: UInt64.self) == identity.high
        else { throw .foreignRing }
        let foundLayout = page.value(72, as: UInt64.self)
        guard foundLayout == geometry.layoutDigest else {
            throw .layoutDigest(expected: geometry.layoutDigest, found: foundLayout)
        }
        let learnerBytes = page.value(80, as: UInt64.self)
        let streamBytes = page.value(88, as: UInt64.self)
        guard learnerBytes == UInt64(geometry.learnerBytes),
            streamBytes == UInt64(geometry.streamBytes)
        else { throw .sectionBytes(learner: learnerBytes, stream: streamBytes) }
        let header = header
        guard (1...GenerationHeader.recoveredMax).contains(header.generation) else {
            throw .generationOutOfRange(header.generation)
        }
        return header
    }

    /// The header, if and only if the whole slot is intact (rules 1 to 8).
    func checked(identity: RingIdentity) throws(SlotDamage) -> GenerationHeader {
        let header = try checkedHeader(identity: identity)
        let foundChecksum = page.value(12, as: UInt32.self)
        let checksum = payloadChecksum
        guard checksum == foundChecksum else {
            throw .payloadChecksum(expected: checksum, found: foundChecksum)
        }
        let digest = stateDigest
        guard digest == header.stateDigest else {
            throw .stateDigest(expected: digest, found: header.stateDigest)
        }
        return header
    }
}
