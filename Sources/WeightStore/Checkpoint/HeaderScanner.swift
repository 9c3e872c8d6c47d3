// Reads the JSON of a safetensors header token by token: objects, arrays, strings and unsigned
// whole numbers, nothing else. No recursion (the caller knows the two levels there are), no
// number goes through a Double, every step checks the end. The input is hostile.

/// A cursor over the bytes of a header that is known to be UTF-8.
struct HeaderScanner {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset >= bytes.count }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            offset += 1
        }
    }

    /// Skips white space and, if the next character is `character`, that too.
    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte = next, UInt32(byte) == character.value else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
        guard accept(character) else {
            throw .syntax(expected: String(Character(character)), offset: offset)
        }
    }

    /// A whole number from 0 to 2⁶⁴−1 without sign, fraction, exponent or leading zero.
    mutating func number() throws(CheckpointError) -> UInt64 {
        skipSpace()
        let start = offset
        var value: UInt64 = 0
        while let byte = next, (0x30...0x39).contains(byte) {
            let (shifted, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = shifted.addingReportingOverflow(UInt64(byte & 0x0F))
            guard !first, !second else { throw .numberTooLarge(offset: start) }
            value = sum
            offset += 1
        }
        guard offset > start, offset == start + 1 || bytes[start] != 0x30 else {
            throw .numberInvalid(offset: start)
        }
        if let byte = next, byte == 0x2E || byte | 0x20 == 0x65 {
            throw .numberInvalid(offset: start)
        }
        return value
    }

    /// A string, unescaped.
    mutating func string() throws(CheckpointError) -> String {
        try expect("\"")
        let start = offset
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case 0x22:
                // The header is UTF-8 and escapes give whole characters, so this is UTF-8 too.
                return String(decoding: text, as: UTF8.self)
            case 0x5C: try escape(into: &text)
            case 0..<0x20: throw .controlCharacter(offset: offset - 1)
            default: text.append(byte)
            }
        }
        throw .syntax(expected: "\"", offset: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(CheckpointError) {
        let start = offset - 1
        guard let byte = next else { throw .badEscape(offset: start) }
        offset += 1
        switch byte {
        case 0x22, 0x2F, 0x5C: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75: try unicodeEscape(into: &text, start: start)
        default: throw .badEscape(offset: start)
        }
    }

    private mutating func unicodeEscape(
        into text: inout [UInt8], start: Int
    ) throws(CheckpointError) {
        guard var value = hexadecimal() else { throw .badEscape(offset: start) }
        if (0xD800..<0xDC00).contains(value) {
            guard next == 0x5C else { throw .badEscape(offset: start) }
            offset += 1
            guard next == 0x75 else { throw .badEscape(offset: start) }
            offset += 1
            guard let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else {
                throw .badEscape(offset: start)
            }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw .badEscape(offset: start) }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func hexadecimal() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                return nil
            }
            offset += 1
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
