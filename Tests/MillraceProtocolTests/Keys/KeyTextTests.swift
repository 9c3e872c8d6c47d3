// Z85 and keys: the RFC's own example, the other way round, and everything that is no text.

import MillraceProtocol
import Testing

@Suite struct KeyTextTests {
    private func encode(_ bytes: [UInt8]) -> String? { bytes.withUnsafeBytes { Z85.encode($0) } }

    private func decode(_ text: String) throws(Z85Error) -> [UInt8] {
        let result: Result<[UInt8], Z85Error> = Array(text.utf8).withUnsafeBytes { bytes in
            do throws(Z85Error) { return .success(try Z85.decode(bytes)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// ZeroMQ RFC 32, "Test Case".
    @Test func theExampleOfTheSpecificationComesOut() throws {
        let bytes: [UInt8] = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]
        #expect(encode(bytes) == "HelloWorld")
        #expect(try decode("HelloWorld") == bytes)
    }

    @Test func everyWordGoesThereAndBack() throws {
        var generator = SeededGenerator(state: 32)
        for count in [0, 4, 32, 64] {
            for _ in 0..<200 {
                let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                let text = try #require(encode(bytes))
                #expect(text.utf8.count == Z85.characterCount(forBytes: count))
                #expect(try decode(text) == bytes)
            }
        }
        #expect(encode([1, 2, 3]) == nil)
        #expect(encode([255, 255, 255, 255]) == "%nSc0")
    }

    @Test func whatIsNoTextSaysWhere() {
        #expect(throws: Z85Error.count(found: 4)) { try decode("0000") }
        #expect(throws: Z85Error.character(index: 7)) { try decode("0000000~00") }
        #expect(throws: Z85Error.character(index: 0)) { try decode("\"0000") }
        // One above 2³²−1.
        #expect(throws: Z85Error.group(index: 5)) { try decode("00000%nSc1") }
        #expect(throws: Z85Error.group(index: 0)) { try decode("#####") }
    }

    @Test func aKeyIsFortyCharacters() throws {
        let text = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
        let key = try CurvePublicKey(z85: text)
        #expect(key.z85 == text && "\(key)" == text)
        // The manual of zmq_curve, "Test key values", gives the same key as bytes.
        let first: [UInt8] = [0x54, 0xFC, 0xBA, 0x24, 0xE9, 0x32, 0x49, 0x96]
        #expect(key.withBytes { Array($0.prefix(8)) } == first)
        #expect(key.withBytes { CurvePublicKey($0) } == key)
        #expect(Set([key, key]).count == 1)
        for bad in ["", String(text.dropLast()), text + "0", text + "00000"] {
            #expect(throws: Z85Error.count(found: bad.utf8.count)) {
                try CurvePublicKey(z85: bad)
            }
        }
        #expect([UInt8](repeating: 1, count: 31).withUnsafeBytes { CurvePublicKey($0) } == nil)
        #expect([UInt8](repeating: 1, count: 33).withUnsafeBytes { CurvePublicKey($0) } == nil)
    }

    @Test func aSecretKeyDoesNotSayWhatItIs() throws {
        let text = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
        let key = try CurveSecretKey(z85: text)
        #expect(key.z85 == text)
        var dumped = ""
        dump(key, to: &dumped)
        let certificate = Certificate(
            name: try #require(ProducerName("a")),
            publicKey: try CurvePublicKey(z85: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"),
            secretKey: key)
        dump(certificate, to: &dumped)
        let shown = "\(key) \(String(reflecting: key)) \(certificate) \(dumped)"
        #expect(!shown.contains(text) && shown.contains("(secret)"))
        for offset in [0, 8, 16, 24] {
            let word = key.withBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
            #expect(!shown.contains("\(word)"), "a word of the key is shown")
        }
    }

    @Test func rightsAreWords() {
        #expect(AccessRights([.ingest, .admin]).text == "ingest admin")
        #expect(AccessRights().text == "")
        #expect(AccessRights(word: "query") == .query)
        #expect(AccessRights(word: "Query") == nil)
        #expect(AccessRights.words.map(\.right.rawValue) == [1, 2, 4, 8])
    }
}
