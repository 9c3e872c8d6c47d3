// Goal: our bytes are the specification's bytes. The vectors are made by a script that shares no
// code with the encoders; each must decode to its stated fields and encode to the same bytes.

import MillraceProtocol
import Testing

@Suite struct GoldenTests {
    @Test(arguments: Golden.index.valid)
    func everyVectorDecodesAndEncodesToItself(_ vector: GoldenIndex.Valid) throws {
        let bytes = try Golden.frame(vector.file)
        try bytes.withUnsafeBytes { frame in
            let (header, body) = try Frame.decode(frame)
            #expect("\(header.type)" == vector.header.type)
            #expect(header.flags.rawValue == vector.header.flags)
            #expect(header.sequence == vector.header.sequence)
            #expect(header.epoch == vector.header.epoch)
            #expect(header.count == vector.header.count)
            #expect(header.bodyBytes == vector.header.bodyBytes)
            let again = try VectorCheck(fields: vector.fields).roundTrip(header, body)
            #expect(again == bytes)
        }
    }

    @Test(arguments: Golden.index.broken)
    func everyBrokenVectorIsRefusedForItsReason(_ vector: GoldenIndex.Broken) throws {
        let bytes = try Golden.frame(vector.file)
        let other = WireSchema(
            elementType: .f32, featureCount: 3, outputCount: 2, task: .classification)
        let schema = vector.schema?.wire ?? other
        var touched: UInt64 = 0
        let reason = bytes.withUnsafeBytes {
            AnyFrame.refusal(
                $0, schema: schema, maxBatch: Golden.index.maxBatch, touched: &touched)
        }
        #expect(reason?.name == vector.reason)
    }

    @Test func everyFrameTypeHasAVector() {
        let seen = Set(Golden.index.valid.map(\.header.type))
        #expect(seen == Set(FrameType.allCases.map { "\($0)" }))
    }

    @Test(arguments: Golden.index.valid)
    func everyTruncationIsRefused(_ vector: GoldenIndex.Valid) throws {
        let bytes = try Golden.frame(vector.file)
        let schema = vector.fields.schema?.wire ?? Mutation.schema
        var touched: UInt64 = 0
        for count in 0..<bytes.count {
            // A fresh allocation of exactly this size, so that a read past the end is one past
            // the allocation and not into the rest of the vector.
            let cut = Array(bytes[..<count])
            let reason = cut.withUnsafeBytes {
                AnyFrame.refusal($0, schema: schema, maxBatch: 8, touched: &touched)
            }
            #expect(reason == .shortBody, "cut to \(count) bytes")
        }
    }

    @Test func aFrameLongerThanTheLimitIsOversize() throws {
        let bytes = try Golden.frame("frames/reset.hex")
        bytes.withUnsafeBytes { frame in
            #expect(throws: FrameError(.oversize)) { try Frame.decode(frame, limit: 31) }
            #expect(throws: Never.self) { try Frame.decode(frame, limit: 32) }
        }
    }
}
