// Goal: a damaged certificate is an error, or it is the same certificate (the damage hit a comment
// or blanks), or it visibly says something else; it never traps, never gains a right, and
// never names a key of which it cannot be seen that it is another one.

import MillraceProtocol
import Testing

@Suite struct CertificateMutationTests {
    private static let files = [CertificateTests.own, CertificateTests.pyzmq]

    private enum Outcome: Hashable {
        case refused, same, other
    }

    private func outcome(_ bytes: [UInt8], of original: Certificate) -> Outcome {
        guard let found = try? Certificate.parse(bytes) else { return .refused }
        if found == original { return .same }
        #expect(found.rights.isSubset(of: original.rights), "a right came up")
        #expect(found.secretKey == nil || original.secretKey != nil, "a secret came up")
        // What was read can be written and read again.
        #expect((try? Certificate.parse(Array(found.text.utf8))) == found)
        return .other
    }

    @Test(arguments: files)
    func everyByteChangedToEveryOther(file: String) throws {
        let bytes = Array(file.utf8)
        let original = try Certificate.parse(bytes)
        let harmless = Self.harmlessPlaces(bytes)
        var outcomes: [Outcome: Int] = [:]
        var damaged = bytes
        for place in bytes.indices {
            for value in UInt8.min...UInt8.max where value != bytes[place] {
                damaged[place] = value
                let outcome = outcome(damaged, of: original)
                outcomes[outcome, default: 0] += 1
                if outcome == .same {
                    #expect(
                        harmless.contains(place), "byte \(place) as \(value) changes nothing")
                }
            }
            damaged[place] = bytes[place]
        }
        #expect(outcomes[.refused, default: 0] > bytes.count * 100, "\(outcomes)")
        #expect(outcomes[.same, default: 0] > 0 && outcomes[.other, default: 0] > 0)
    }

    /// Bytes of comments, and blanks: where another byte may mean the same.
    private static func harmlessPlaces(_ bytes: [UInt8]) -> Set<Int> {
        var places: Set<Int> = []
        var isComment = false
        for (place, byte) in bytes.enumerated() {
            if place == 0 || bytes[place - 1] == 0x0A { isComment = byte == 0x23 }
            if isComment || byte == 0x20 || byte == 0x0A || byte == 0x2C { places.insert(place) }
        }
        return places
    }

    @Test(arguments: files)
    func everyLengthCut(file: String) throws {
        let bytes = Array(file.utf8)
        let original = try Certificate.parse(bytes)
        for length in 0..<bytes.count - 1 {
            let outcome = outcome(Array(bytes[..<length]), of: original)
            // Without its last line a secret certificate is a public one, and says so.
            let isWholeLine = original.secretKey != nil && outcome == .other
            #expect(outcome == .refused || isWholeLine, "\(length) bytes of \(bytes.count)")
        }
        // Without its last line break it is whole.
        #expect(outcome(Array(bytes.dropLast()), of: original) == .same)
    }

    @Test func aHundredThousandDamagedFilesTrapNothing() throws {
        var generator = SeededGenerator(state: 0x4B45_5953)
        var taken = 0
        for _ in 0..<100_000 {
            var bytes = Array(Self.files[Int(generator.next() % 2)].utf8)
            for _ in 0...(generator.next() % 4) {
                let at = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 4 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(Array("\n\"'# =\t\r".utf8)[Int(generator.next() % 8)], at: at)
                default: bytes.removeSubrange(at..<min(bytes.count, at + 20))
                }
                if bytes.isEmpty { bytes = [0x0A] }
            }
            guard let certificate = try? Certificate.parse(bytes) else { continue }
            taken += 1
            #expect((try? Certificate.parse(Array(certificate.text.utf8))) == certificate)
        }
        #expect(taken > 100)
    }
}
