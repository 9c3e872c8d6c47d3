// Where each key of a TOML document stands. The parser gives positions for syntax errors only, so
// the text is walked once more, by somebody who is interested in nothing but keys and line ends.
//
// The text has passed the TOML parser: the scanner may assume that it is valid. Given invalid text
// it may find wrong places, but always ends and never traps (tested with mutations).

/// A place in a document: keys from the outermost table inwards; elements of arrays by index.
typealias KeyPath = [String]

/// Finds the line of every key.
package struct KeyScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lines: [KeyPath: Int] = [:]
    private var refusal: (line: Int, found: String)?

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Lines, from 1, by path; `["input", "lower", "2"]` is the third element of an array.
    package static func lines(of text: String) -> [[String]: Int] {
        var scanner = KeyScanner(text)
        scanner.scanDocument()
        return scanner.lines
    }

    /// The first place where a name or a value cannot start, as in `[=` or `[1, }`. The TOML
    /// library does not report some of these but ends the process by an assertion, so it must
    /// never see them. It reads in order and stops at the first error, so it is enough to be right
    /// about valid text before.
    package static func refusal(of text: String) -> (line: Int, found: String)? {
        var scanner = KeyScanner(text)
        scanner.scanDocument()
        return scanner.refusal
    }

    private mutating func refuse(_ line: Int, _ found: String) {
        if refusal == nil { refusal = (line, found) }
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        if byte == 0x0a { line += 1 }
        position += 1
    }

    private func startsWith(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        for i in 0..<text.utf8CodeUnitCount where bytes[position + i] != text.utf8Start[i] {
            return false
        }
        return true
    }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x09 { advance() }
    }

    /// Spaces, line ends and comments.
    private mutating func skipBlank() {
        while let byte {
            if byte == UInt8(ascii: "#") {
                while let next = self.byte, next != 0x0a { _ = next; advance() }
            } else if byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
                advance()
            } else {
                return
            }
        }
    }

    private mutating func scanDocument() {
        var table: KeyPath = []
        while true {
            skipBlank()
            guard let byte else { return }
            let start = position
            if byte == UInt8(ascii: "[") {
                let startLine = line
                advance()
                skipSpace()
                if self.byte == UInt8(ascii: "[") { advance() }
                skipSpace()
                if !startsName() { refuse(startLine, "a table header without a name") }
                table = scanKey()
                note(table, startLine)
                while let byte = self.byte, byte == UInt8(ascii: "]") { advance() }
            } else {
                scanPair(in: table)
            }
            if position == start { advance() }
        }
    }

    /// Whether a name can start here, or the header ends (which the library reports by itself).
    private func startsName() -> Bool {
        guard let byte else { return true }
        return byte < 0x80 && Self.isBare(byte)
            || [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "]")].contains(byte)
    }

    private mutating func note(_ path: KeyPath, _ line: Int) {
        for count in stride(from: 1, through: path.count, by: 1) {
            let prefix = KeyPath(path.prefix(count))
            if lines[prefix] == nil { lines[prefix] = line }
        }
    }

    private mutating func scanPair(in table: KeyPath) {
        let startLine = line
        let path = table + scanKey()
        note(path, startLine)
        skipSpace()
        guard byte == UInt8(ascii: "=") else { return }
        advance()
        skipSpace()
        scanValue(path, depth: 0)
    }

    /// A dotted key; parts may be quoted.
    private mutating func scanKey() -> KeyPath {
        var path: KeyPath = []
        while true {
            skipSpace()
            guard let byte else { return path }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                path.append(scanString())
            } else {
                let start = position
                while let byte = self.byte, Self.isBare(byte) { advance() }
                guard position > start else { return path }
                path.append(String(decoding: bytes[start..<position], as: UTF8.self))
            }
            skipSpace()
            guard self.byte == UInt8(ascii: ".") else { return path }
            advance()
        }
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            0x80...0xff:
            true
        default: false
        }
    }

    private mutating func scanValue(_ path: KeyPath, depth: Int) {
        guard let byte else { return }
        guard depth < 64, Self.startsValue(byte) else {
            refuse(line, depth < 64 ? "a key or a comma without a value" : "more than 64 levels")
            return
        }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = scanString()
        case UInt8(ascii: "["): scanArray(path, depth)
        case UInt8(ascii: "{"): scanInlineTable(path, depth)
        default:
            let start = position
            while let byte = self.byte,
                ![0x2c, 0x5d, 0x7d, 0x0a, 0x0d, UInt8(ascii: "#")].contains(byte)
            {
                advance()
            }
            if Self.isBrokenMoment(bytes[start..<position]) {
                refuse(line, "a date without its time")
            }
        }
    }

    /// Whether a bare value begins like a date and goes on, after T or a space, with no digit. No
    /// valid value does, and the library expects a digit there by assertion.
    private static func isBrokenMoment(_ value: ArraySlice<UInt8>) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = value.first, isDigit(first) else { return false }
        for index in value.indices {
            let next = index + 1 < value.endIndex ? value[index + 1] : nil
            switch value[index] {
            case UInt8(ascii: "T"), UInt8(ascii: "t"):
                guard let next, isDigit(next) else { return true }
            case 0x20:
                guard let next, next != 0x20, next != 0x09 else { continue }
                guard isDigit(next) else { return true }
            default: continue
            }
        }
        return false
    }

    private static func startsValue(_ byte: UInt8) -> Bool {
        byte < 0x80 && isBare(byte)
            || [
                UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "["), UInt8(ascii: "{"),
                UInt8(ascii: "+"), UInt8(ascii: "."),
            ].contains(byte)
    }

    private mutating func scanArray(_ path: KeyPath, _ depth: Int) {
        advance()
        var index = 0
        while true {
            skipBlank()
            guard let byte else { return }
            if byte == UInt8(ascii: "]") { break }
            let start = position
            let element = path + [String(index)]
            note(element, line)
            scanValue(element, depth: depth + 1)
            index += 1
            skipBlank()
            if self.byte == UInt8(ascii: ",") { advance() }
            if position == start { return }
        }
        advance()
    }

    private mutating func scanInlineTable(_ path: KeyPath, _ depth: Int) {
        advance()
        while true {
            skipBlank()
            guard let byte else { return }
            if byte == UInt8(ascii: "}") { break }
            let start = position
            let inner = path + scanKey()
            note(inner, line)
            skipSpace()
            if self.byte == UInt8(ascii: "=") { advance() }
            skipSpace()
            scanValue(inner, depth: depth + 1)
            skipBlank()
            if self.byte == UInt8(ascii: ",") { advance() }
            if position == start { return }
        }
        advance()
    }

    /// Passes over a string of any of the four kinds; its text with simple escapes replaced.
    private mutating func scanString() -> String {
        if startsWith("\"\"\"") || startsWith("'''") {
            let quote = bytes[position]
            for _ in 0..<3 { advance() }
            while byte != nil {
                if bytes[position] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                    advance()
                } else if bytes[position] == quote, position + 2 < bytes.count,
                    bytes[position + 1] == quote, bytes[position + 2] == quote
                {
                    for _ in 0..<3 { advance() }
                    // Up to two quotes may stand before the closing three.
                    while byte == quote { advance() }
                    break
                }
                advance()
            }
            return ""
        }
        let quote = bytes[position]
        advance()
        var text: [UInt8] = []
        while let byte, byte != quote, byte != 0x0a {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") { advance() }
            if let escaped = self.byte { text.append(escaped) }
            advance()
        }
        if byte == quote { advance() }
        return String(decoding: text, as: UTF8.self)
    }
}
