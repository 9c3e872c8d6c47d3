// Goal: no input traps. A million frames, each a golden vector with a few changes, half of them
// with the checksum made right again so that they reach the body decoders. A trap would end the
// test process; the counts prove that both halves did their work.

import MillraceProtocol
import Testing

enum Mutation {
    static let schema = WireSchema(
        elementType: .f32, featureCount: 3, outputCount: 2, task: .classification)
}

/// SplitMix64, so that a failing run is one number to repeat.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite struct MutationTests {
    private struct Seed {
        var bytes: [UInt8]
        var schema: WireSchema
    }

    private static func seeds() throws -> [Seed] {
        try Golden.index.valid.map {
            Seed(
                bytes: try Golden.frame($0.file), schema: $0.fields.schema?.wire ?? Mutation.schema)
        }
            + Golden.index.broken.map {
                Seed(bytes: try Golden.frame($0.file), schema: $0.schema?.wire ?? Mutation.schema)
            }
    }

    @Test func aMillionMutatedFramesAreRefusedOrTaken() throws {
        let seed: UInt64 = 0x4D4C_5231
        var generator = SeededGenerator(state: seed)
        let seeds = try Self.seeds()
        var touched: UInt64 = 0
        var taken = 0
        var refused: [RefusalReason: Int] = [:]
        for _ in 0..<1_000_000 {
            let source = seeds[Int(generator.next() % UInt64(seeds.count))]
            let frame = Self.mutated(source.bytes, &generator)
            let reason = frame.withUnsafeBytes {
                AnyFrame.refusal($0, schema: source.schema, maxBatch: 8, touched: &touched)
            }
            if let reason { refused[reason, default: 0] += 1 } else { taken += 1 }
        }
        #expect(taken > 10_000, "seed \(seed), refused \(refused)")
        for reason: RefusalReason in [
            .badMagic, .badVersion, .unknownType, .badChecksum, .shortBody, .longBody,
            .wrongWidth, .wrongElementType, .emptyBatch, .badRequest, .badName, .oversize,
        ] {
            #expect(refused[reason, default: 0] > 100, "\(reason), seed \(seed)")
        }
    }

    private static func mutated(
        _ source: [UInt8], _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var bytes = source
        for _ in 0...(generator.next() % 4) {
            let random = generator.next()
            let at = bytes.isEmpty ? 0 : Int(random >> 8) % bytes.count
            switch random % 8 {
            case 0 where !bytes.isEmpty: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
            case 1 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(generator.next() % 8)
            case 2 where !bytes.isEmpty:
                bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][Int(random >> 40) % 5]
            case 3: bytes.removeLast(min(bytes.count, Int(random >> 40) % 20))
            case 4: bytes.append(contentsOf: repeatElement(0xFF, count: Int(random >> 40) % 20))
            case 5 where !bytes.isEmpty: bytes.insert(bytes[at], at: at)
            case 6 where bytes.count >= 28: bytes[20 + Int(random >> 40) % 8] = 0xFF
            default: break
            }
        }
        if generator.next() % 4 != 0 { repair(&bytes) }
        return bytes
    }

    /// Makes body length and checksum right again, so that the damage reaches the body decoder.
    private static func repair(_ bytes: inout [UInt8]) {
        guard bytes.count >= 32 else { return }
        bytes.withUnsafeMutableBytes { frame in
            frame.storeBytes(
                of: UInt32(frame.count - 32).littleEndian, toByteOffset: 24, as: UInt32.self)
            frame.storeBytes(of: 0, toByteOffset: 28, as: UInt32.self)
            let sum = CRC32C.checksum(UnsafeRawBufferPointer(frame))
            frame.storeBytes(of: sum.littleEndian, toByteOffset: 28, as: UInt32.self)
        }
    }
}
