// Decimal numbers against the C library, bit by bit.

import Glibc
import SampleSources
import Simulation
import Testing

private func parse(_ text: String) -> ParsedNumber {
    var text = text
    return text.withUTF8 { NumberParser.parse($0) }
}

@Suite struct NumberParserTests {
    @Test(arguments: [
        "0", "-0", "1", "+1", "1.", ".5", "-.5e1", "1e10", "1e-10", "16777215", "16777216",
        "16777217", "33554433", "0.1", "3.4028235e38", "1e-45", "7e-46", "1e-400",
        "123456789012345678901234567890", "0.000000000000000000000000000000000000000000001",
        "  12.5\t", "1E5", "1e+5", "9007199791611905", "1.00000017881393432617187499",
        "1.00000017881393432617187500", "1.00000017881393432617187501",
    ])
    func agreesWithTheLibrary(text: String) {
        let expected = strtof(text, nil)
        guard case .value(let value) = parse(text) else {
            Issue.record("\(text) is no number")
            return
        }
        #expect(value.bitPattern == expected.bitPattern)
    }

    @Test(arguments: [
        ("", ParsedNumber.empty), ("   ", .empty), ("nan", .notFinite), ("-NaN", .notFinite),
        ("inf", .notFinite), ("Infinity", .notFinite), ("1e39", .tooLarge),
        ("-1e999999999", .tooLarge), ("0x10", .notANumber), ("1,5", .notANumber),
        ("1e", .notANumber), ("1e+", .notANumber), (".", .notANumber), ("-", .notANumber),
        ("1 2", .notANumber), ("1.2.3", .notANumber), ("12a", .notANumber), ("é", .notANumber),
        (String(repeating: "1", count: 513), .notANumber),
    ])
    func refuses(text: String, expected: ParsedNumber) {
        #expect(parse(text) == expected)
    }

    @Test func agreesWithTheLibraryOnRandomTexts() {
        var random = SeededGenerator(seed: 11)
        for round in 0..<200_000 {
            var text = random.below(2) == 0 ? "-" : ""
            for _ in 0...random.below(9) { text += "\(random.below(10))" }
            if random.below(3) > 0 {
                text += "."
                for _ in 0..<random.below(9) { text += "\(random.below(10))" }
            }
            if random.below(3) == 0 { text += "e\(random.below(60) - 30)" }
            let expected = strtof(text, nil)
            let parsed = parse(text)
            let matches = parsed == .value(expected) || (expected.isInfinite && parsed == .tooLarge)
            if !matches {
                Issue.record("seed 11, round \(round): \(text) gave \(parsed), not \(expected)")
                return
            }
        }
    }
}
