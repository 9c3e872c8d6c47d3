// Both digests against published vectors, and the streaming form against the whole: however the
// bytes are cut, the digest is the same.

import MillraceProtocol
import Testing

@Suite struct DigestTests {
    /// Byte i is (131 i + 7) mod 256; digests by the xxhash package (python-xxhash, libxxhash).
    private static let pattern = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 131 + 7) }
    private static let golden: [(count: Int, plain: UInt64, seeded: UInt64)] = [
        (0, 0xEF46_DB37_51D8_E999, 0xC434_9FC9_3C01_0000),
        (1, 0xA96C_7F0C_E858_BBB7, 0x5858_8242_2A61_65E7),
        (3, 0xBED4_3740_EE63_32BB, 0x45FA_1406_538F_A168),
        (4, 0xFA21_2AE4_4B3B_B23D, 0xA651_07F2_2943_365A),
        (7, 0x2744_460D_D675_D2C0, 0xC9B6_37E2_C459_9DE2),
        (8, 0x994B_676B_71CE_94DD, 0xCE59_2D5F_53E1_92EC),
        (31, 0x6711_D55E_306B_5D8F, 0x24C4_E99A_B040_4B5E),
        (32, 0x07F7_B8E3_BC5D_6E25, 0x046E_99BB_DA1A_814B),
        (33, 0x09F8_5EEB_4E1C_BE9F, 0xD7FE_2BFE_E6E4_CDED),
        (63, 0xB7C9_968C_066C_B6A5, 0xBD45_7F9E_A471_80C8),
        (64, 0x50D4_159A_0411_632E, 0xA768_F350_A8E4_FCF6),
        (100, 0x9DDA_DA11_D3DC_2D8F, 0x3554_6BD9_A477_9AE4),
        (300, 0xC68E_7EF3_9B5C_A10E, 0xF740_B6BA_02E2_A0BD),
    ]

    @Test(arguments: golden.indices)
    func xxh64MatchesItsReference(_ index: Int) {
        let (count, plain, seeded) = Self.golden[index]
        Self.pattern.withUnsafeBytes { bytes in
            let run = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            #expect(XXH64.digest(run) == plain)
            #expect(XXH64.digest(run, seed: 0x9E37_79B9_7F4A_7C15) == seeded)
        }
    }

    @Test func xxh64DoesNotSeeHowTheBytesWereCut() {
        Self.pattern.withUnsafeBytes { bytes in
            let whole = XXH64.digest(bytes, seed: 7)
            for first in 0...80 {
                for second in [0, 1, 31, 32, 33, 90] {
                    var state = XXH64(seed: 7)
                    state.update(UnsafeRawBufferPointer(rebasing: bytes[..<first]))
                    let middle = UnsafeRawBufferPointer(rebasing: bytes[first..<(first + second)])
                    state.update(middle)
                    state.update(UnsafeRawBufferPointer(rebasing: bytes[(first + second)...]))
                    #expect(state.digest == whole, "cut at \(first) and \(first + second)")
                }
            }
        }
    }

    @Test func crc32cMatchesItsReference() {
        let digits = Array("123456789".utf8)
        digits.withUnsafeBytes { bytes in
            #expect(CRC32C.checksum(bytes) == 0xE306_9283)
            let head = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<4]))
            let tail = UnsafeRawBufferPointer(rebasing: bytes[4...])
            #expect(CRC32C.checksum(tail, seed: head) == 0xE306_9283)
        }
        [UInt8](repeating: 0, count: 32).withUnsafeBytes { bytes in
            #expect(CRC32C.checksum(bytes) == 0x8A91_36AA)
        }
        #expect(CRC32C.checksum(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }
}
