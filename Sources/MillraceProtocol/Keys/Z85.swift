// Bytes as text without quotes or backslashes: five characters for four bytes, ZeroMQ RFC 32.
//
// Invariants: a group of five characters is a number in base 85, the first character the most
// significant; it stands for the four bytes of that number, the most significant first. A group
// above 2³²−1 is no text of any bytes, so every run of bytes has exactly one text.

/// Why a text is not Z85.
public enum Z85Error: Error, Equatable, Sendable {
    /// The character at `index`, counted from 0, is not one of the 85.
    case character(index: Int)
    /// The number of characters is not what was asked for, or no multiple of five.
    case count(found: Int)
    /// The five characters from `index` stand for a number above 2³²−1.
    case group(index: Int)
}

/// The Z85 text form. See ZeroMQ RFC 32.
public enum Z85 {
    /// Characters for `byteCount` bytes; nil if that is no multiple of four, or negative.
    public static func characterCount(forBytes byteCount: Int) -> Int? {
        guard byteCount >= 0, byteCount.isMultiple(of: 4) else { return nil }
        return CheckedSize.sum(byteCount, byteCount >> 2)
    }

    /// The text of `bytes`; nil if their number is no multiple of four.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard let count = characterCount(forBytes: bytes.count) else { return nil }
        var characters: [UInt8] = []
        characters.reserveCapacity(count)
        var cursor = ByteCursor(bytes)
        while let word = cursor.u32() { append(word.byteSwapped, to: &characters) }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The bytes that `text` stands for.
    ///
    /// Errors: a number of characters that is no multiple of five, a character outside the
    /// alphabet, a group that is too large.
    public static func decode(_ text: UnsafeRawBufferPointer) throws(Z85Error) -> [UInt8] {
        guard text.count.isMultiple(of: 5) else { throw .count(found: text.count) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var reader = Z85Reader(text)
        while let word = try reader.word() {
            withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Appends the five characters of `word`.
    static func append(_ word: UInt32, to characters: inout [UInt8]) {
        var rest = word
        var digits: (UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0, 0)
        digits.4 = nextDigit(&rest)
        digits.3 = nextDigit(&rest)
        digits.2 = nextDigit(&rest)
        digits.1 = nextDigit(&rest)
        digits.0 = nextDigit(&rest)
        withUnsafeBytes(of: digits) { characters.append(contentsOf: $0) }
    }

    private static func nextDigit(_ rest: inout UInt32) -> UInt8 {
        let (next, digit) = rest.quotientAndRemainder(dividingBy: 85)
        rest = next
        return Z85Alphabet.characters.dropFirst(Int(truncatingIfNeeded: digit)).first ?? 0
    }

    /// The value of a character; nil if it is none of the 85.
    static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x30...0x39: UInt32(truncatingIfNeeded: character &- 0x30)
        case 0x61...0x7A: UInt32(truncatingIfNeeded: character &- 0x61 &+ 10)
        case 0x41...0x5A: UInt32(truncatingIfNeeded: character &- 0x41 &+ 36)
        default:
            Z85Alphabet.characters.dropFirst(62).firstIndex(of: character)
                .map { UInt32(truncatingIfNeeded: $0) }
        }
    }
}

/// Takes a text group by group; allocates nothing.
struct Z85Reader {
    private var cursor: ByteCursor
    private var index = 0

    /// - text: must outlive the reader.
    init(_ text: UnsafeRawBufferPointer) { cursor = ByteCursor(text) }

    /// The next group as a number; nil at the end.
    mutating func word() throws(Z85Error) -> UInt32? {
        guard cursor.remaining > 0 else { return nil }
        let start = index
        var sum: UInt64 = 0
        for _ in 1...5 {
            guard let character = cursor.u8(), let value = Z85.value(character) else {
                throw .character(index: index)
            }
            // At most 85⁵ − 1 < 2³³: this cannot wrap.
            sum = sum &* 85 &+ UInt64(truncatingIfNeeded: value)
            index = index &+ 1
        }
        guard let word = UInt32(exactly: sum) else { throw .group(index: start) }
        return word
    }
}
