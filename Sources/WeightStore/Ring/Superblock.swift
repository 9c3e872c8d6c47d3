// The superblock: what the file is. Written twice, as the first and as the last page, only when
// the file is made or when one copy is damaged; commits never touch it.
//
//     offset  bytes  field
//          0      8  magic "MILLRING"
//          8      4  format version, 1
//         12      4  ring slots K
//         16      4  held slots H
//         20      4  zero
//         24      8  bytes per slot
//         32      8  bytes of the learner section
//         40      8  bytes of the stream section
//         48      8  layout digest
//         56     16  ring identity
//         72      8  bytes of the file
//         80      4  bytes of the description
//         84     12  zero
//         96  ≤1024  description, UTF-8, then zeros
//       4092      4  CRC-32C of the 4,092 bytes before

/// The contents of a superblock.
struct Superblock: Equatable {
    static let magic: UInt64 = 0x474E_4952_4C4C_494D  // "MILLRING"
    static let version: UInt32 = 1

    let geometry: RingGeometry
    let identity: RingIdentity

    func encode(into page: Page) {
        page.clear()
        page.set(0, Self.magic)
        page.set(8, Self.version)
        page.set(12, UInt32(geometry.slotCount))
        page.set(16, UInt32(geometry.heldCount))
        page.set(24, UInt64(geometry.slotBytes))
        page.set(32, UInt64(geometry.learnerBytes))
        page.set(40, UInt64(geometry.streamBytes))
        page.set(48, geometry.layoutDigest)
        page.set(56, identity.low)
        page.set(64, identity.high)
        page.set(72, UInt64(geometry.fileBytes))
        page.set(80, UInt32(geometry.description.utf8.count))
        for (index, byte) in geometry.description.utf8.enumerated() {
            page.set(96 + index, byte)
        }
        page.seal()
    }

    static func decode(_ page: Page) throws(SuperblockDamage) -> Superblock {
        guard page.value(0, as: UInt64.self) == magic else { throw .badMagic }
        guard page.storedChecksum == page.computedChecksum else {
            throw .checksum(expected: page.computedChecksum, found: page.storedChecksum)
        }
        let foundVersion = page.value(8, as: UInt32.self)
        guard foundVersion == version else { throw .unsupportedVersion(foundVersion) }
        let identity = RingIdentity(
            low: page.value(56, as: UInt64.self), high: page.value(64, as: UInt64.self))
        return Superblock(geometry: try decodeGeometry(page), identity: identity)
    }

    /// The checksum fits, but every size is checked again: nothing is computed from a field that
    /// is out of its range.
    private static func decodeGeometry(_ page: Page) throws(SuperblockDamage) -> RingGeometry {
        let slotCount = Int(page.value(12, as: UInt32.self))
        let heldCount = Int(page.value(16, as: UInt32.self))
        let descriptionBytes = Int(page.value(80, as: UInt32.self))
        guard RingGeometry.slotCountRange.contains(slotCount),
            RingGeometry.heldCountRange.contains(heldCount),
            descriptionBytes <= RingGeometry.descriptionBytesMax,
            let learnerBytes = Int(exactly: page.value(32, as: UInt64.self)),
            let streamBytes = Int(exactly: page.value(40, as: UInt64.self)),
            RingGeometry.isSectionSize(learnerBytes), RingGeometry.isSectionSize(streamBytes)
        else { throw .geometryImpossible }
        let text = UnsafeRawBufferPointer(rebasing: page.bytes[96..<(96 + descriptionBytes)])
        let geometry = RingGeometry(
            slotCount: slotCount, heldCount: heldCount, learnerBytes: learnerBytes,
            streamBytes: streamBytes, layoutDigest: page.value(48, as: UInt64.self),
            description: String(decoding: text, as: UTF8.self))
        guard page.value(24, as: UInt64.self) == UInt64(geometry.slotBytes),
            page.value(72, as: UInt64.self) == UInt64(geometry.fileBytes)
        else { throw .geometryImpossible }
        return geometry
    }
}
