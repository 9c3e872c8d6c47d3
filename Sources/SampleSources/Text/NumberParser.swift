// Decimal numbers in text, the same in every locale, correctly rounded.
//
// Grammar: [sign] digits [. digits] [e [sign] digits], with digits on at least one side of the
// point. No hexadecimal, no "inf", no "nan": those are told apart so that messages can name them.
//
// Most sensor values have few digits: an integer below 2^24 times a power of ten up to 10^10 is
// exact in both factors, so one multiplication or division rounds correctly (Clinger 1990).
// Everything else goes to strtof, which the C library rounds correctly; the grammar above leaves
// it no locale to look at ('.' is passed only where the process has the C locale's point).

import Glibc

/// What a piece of text is as a number.
package enum ParsedNumber: Equatable {
    /// A finite float.
    case value(Float)
    /// A number too large for a float.
    case tooLarge
    /// "nan", "inf" and their relatives.
    case notFinite
    /// Nothing but spaces.
    case empty
    /// Anything else.
    case notANumber
}

package enum NumberParser {
    /// Longest text that is looked at as a number.
    static let longestNumber = 512

    private static let powers: [Float] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
    ]

    /// Parses `text`; spaces and tabs around it do not matter.
    package static func parse(_ text: UnsafeBufferPointer<UInt8>) -> ParsedNumber {
        var start = 0
        var end = text.count
        while start < end, isSpace(text[start]) { start += 1 }
        while end > start, isSpace(text[end - 1]) { end -= 1 }
        if start == end { return .empty }
        guard end - start <= longestNumber else { return .notANumber }
        let number = UnsafeBufferPointer(rebasing: text[start..<end])
        guard let shape = Shape(number) else {
            return isNotFinite(number) ? .notFinite : .notANumber
        }
        if shape.isExact, abs(shape.exponent) <= 10 {
            let mantissa = Float(shape.mantissa)
            let power = powers[abs(shape.exponent)]
            let value = shape.exponent < 0 ? mantissa / power : mantissa * power
            return .value(shape.isNegative ? -value : value)
        }
        return parseSlowly(number)
    }

    private static func parseSlowly(_ text: UnsafeBufferPointer<UInt8>) -> ParsedNumber {
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) {
            copy in
            for i in 0..<text.count { copy[i] = CChar(bitPattern: text[i]) }
            copy[text.count] = 0
            return copy.baseAddress.map { strtof($0, nil) } ?? 0
        }
        return value.isFinite ? .value(value) : .tooLarge
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isNotFinite(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var word = String(decoding: text.prefix(16), as: UTF8.self).lowercased()
        if word.hasPrefix("-") || word.hasPrefix("+") { word.removeFirst() }
        return ["nan", "inf", "infinity", "1.#inf", "1.#qnan"].contains(word)
    }

    /// The parts of a number that fits the grammar.
    private struct Shape {
        var isNegative = false
        var mantissa: UInt32 = 0
        /// Whether `mantissa` holds all digits and is below 2^24.
        var isExact = true
        var exponent = 0

        init?(_ text: UnsafeBufferPointer<UInt8>) {
            var i = 0
            let end = text.count
            if i < end, text[i] == UInt8(ascii: "-") || text[i] == UInt8(ascii: "+") {
                isNegative = text[i] == UInt8(ascii: "-")
                i += 1
            }
            var digits = 0
            var isFraction = false
            while i < end {
                let byte = text[i]
                if byte == UInt8(ascii: "."), !isFraction {
                    isFraction = true
                } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                    digits += 1
                    if isExact {
                        mantissa = mantissa * 10 + UInt32(byte - UInt8(ascii: "0"))
                        isExact = mantissa < 16_777_216
                    }
                    if isFraction { exponent -= 1 }
                } else {
                    break
                }
                i += 1
            }
            guard digits > 0 else { return nil }
            guard i < end else { return }
            guard text[i] | 0x20 == UInt8(ascii: "e") else { return nil }
            i += 1
            var isDown = false
            if i < end, text[i] == UInt8(ascii: "-") || text[i] == UInt8(ascii: "+") {
                isDown = text[i] == UInt8(ascii: "-")
                i += 1
            }
            guard i < end else { return nil }
            var power = 0
            while i < end {
                guard text[i] >= UInt8(ascii: "0"), text[i] <= UInt8(ascii: "9") else {
                    return nil
                }
                power = min(power * 10 + Int(text[i] - UInt8(ascii: "0")), 100_000)
                i += 1
            }
            exponent += isDown ? -power : power
        }
    }
}
