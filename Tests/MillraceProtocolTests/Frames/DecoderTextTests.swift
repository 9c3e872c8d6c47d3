// Goal: the decoders stay free of everything that can trap on a foreign number. This reads their
// source: arithmetic, subscripts, ranges, force and conversions are left to ByteCursor,
// CheckedSize and ElementRun, which are small enough to be read in one sitting.

import FoundationEssentials
import Testing

@Suite struct DecoderTextTests {
    private static let files = [
        "Body", "FrameHeader", "IngestMessages", "IngestReplies", "ProducerName",
        "QueryMessages", "RefusalReason", "SamplesView", "WireSchema", "BatchEncoder",
        "DeviceCost",
    ]
    /// Readers of keys and certificates; what is not here writes, or only holds.
    private static let keyFiles = ["CertificateReader", "CertificateText", "CurveKeys", "Z85"]
    private static let banned = [
        " + ", " - ", " * ", " / ", " % ", "+=", "-=", "*=", "<<=", "try!", "as!", "Int(",
        "fatalError",
        "precondition", "loadUnaligned", ".load(", "assumingMemoryBound", "unsafeBitCast", "..<",
        "withMemoryRebound", ")!", "]!",
    ]
    /// Spelled exactly so, these are harmless.
    private static let allowed = ["exactly:", "truncatingIfNeeded:", "clamping:", "bitPattern:"]
        .flatMap { label in
            ["Int", "Int32", "UInt8", "UInt16", "UInt32", "UInt64"].map { $0 + "(" + label }
        }
        .sorted { $0.count > $1.count }

    @Test(arguments: files.map { "Frames/" + $0 } + keyFiles.map { "Keys/" + $0 })
    func decodersHaveNothingThatTraps(_ file: String) throws {
        let path = "Sources/MillraceProtocol/\(file).swift"
        for (number, line) in try PackageFiles.text(path).split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            let code = Self.code(line)
            for token in Self.banned {
                #expect(!code.contains(token), "\(path):\(number + 1) has \(token)")
            }
            #expect(!Self.hasSubscript(code), "\(path):\(number + 1) has a subscript")
        }
    }

    @Test func everyFileOfTheFolderIsRead() throws {
        let folder = PackageFiles.root + "Sources/MillraceProtocol/Frames"
        let found = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(found.sorted() == Self.files.map { $0 + ".swift" }.sorted())
    }

    @Test func theRulesCanFail() {
        #expect(Self.hasSubscript("let x = bytes[0]"))
        #expect(!Self.hasSubscript("let x: [Int] = []"))
        #expect(Self.code("let a = b // c + d") == "let a = b ")
        #expect(Self.code("let a = Int(truncatingIfNeeded: b)").contains("Int(") == false)
        #expect(Self.code("let a = Int(b)").contains("Int("))
    }

    /// The line without comments and harmless conversions.
    private static func code(_ line: Substring) -> String {
        var text = String(line)
        if let range = text.firstRange(of: "//") { text.removeSubrange(range.lowerBound...) }
        for harmless in allowed { text = text.replacing(harmless, with: "") }
        return text
    }

    /// A bracket right behind a name, a bracket or a call. The tables of samples and labels are
    /// ElementRuns, whose subscript is checked.
    private static func hasSubscript(_ code: String) -> Bool {
        let text = ["samples[index]", "labels[index]", "labels?[index]", "values[index]"]
            .reduce(code) { $0.replacing($1, with: "") }
        var previous: Character = " "
        for character in text {
            if character == "[", previous.isLetter || previous.isNumber || "])?".contains(previous)
            {
                return true
            }
            previous = character
        }
        return false
    }
}
