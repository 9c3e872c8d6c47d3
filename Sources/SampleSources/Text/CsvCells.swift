// CSV after RFC 4180: fields between separators, quoted where they hold separators, quotes or
// line ends; a quote inside a quoted field is doubled. Spaces around a quoted field are allowed.

enum CsvCells {
    /// Cuts `bytes` (one record without its line end) into `row`.
    static func split(
        _ bytes: UnsafeBufferPointer<UInt8>, separator: UInt8, into row: inout CellRow
    ) throws(RowFault) {
        row.clear()
        var i = 0
        while true {
            let (cell, next) = try field(bytes, from: i, separator: separator, into: &row)
            row.cells.append(cell)
            guard next < bytes.count else { return }
            i = next + 1
            if i == bytes.count {
                row.cells.append(Cell(kind: .bare, start: i, end: i))
                return
            }
        }
    }

    /// The field that starts at `start`; `next` is its separator, or the end.
    private static func field(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, separator: UInt8,
        into row: inout CellRow
    ) throws(RowFault) -> (Cell, next: Int) {
        let quote = UInt8(ascii: "\"")
        guard start < bytes.count, bytes[start] == quote else {
            var i = start
            while i < bytes.count, bytes[i] != separator { i += 1 }
            return (Cell(kind: .bare, start: start, end: i), i)
        }
        var i = start + 1
        let unescapedStart = row.unescaped.count
        var hasEscapes = false
        var close = bytes.count
        while i < bytes.count {
            if bytes[i] != quote {
                if hasEscapes { row.unescaped.append(bytes[i]) }
            } else if i + 1 < bytes.count, bytes[i + 1] == quote {
                if !hasEscapes {
                    row.unescaped.append(contentsOf: bytes[(start + 1)..<i])
                    hasEscapes = true
                }
                row.unescaped.append(quote)
                i += 1
            } else {
                close = i
                break
            }
            i += 1
        }
        guard close < bytes.count else {
            throw RowFault(
                column: nil, found: "a quoted field that does not end", expected: "a closing quote")
        }
        i = close + 1
        while i < bytes.count, bytes[i] == 0x20 { i += 1 }
        guard i == bytes.count || bytes[i] == separator else {
            throw RowFault(
                column: nil, found: "\(quoted(bytes[close..<bytes.count])) after a quoted field",
                expected: "a separator (a quote inside quotes is doubled)")
        }
        let cell =
            hasEscapes
            ? Cell(
                kind: .quoted, start: unescapedStart, end: row.unescaped.count, isUnescaped: true)
            : Cell(kind: .quoted, start: start + 1, end: close)
        return (cell, i)
    }

    /// The separator of a file, from its first record: the one of comma, semicolon, tab that
    /// occurs most often outside quotes; comma if there is none.
    static func separator(of bytes: UnsafeBufferPointer<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in bytes {
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted {
                counts[byte, default: 0] += 1
            }
        }
        var best = UInt8(ascii: ",")
        for candidate in [UInt8(ascii: ";"), 0x09]
        where counts[candidate, default: 0] > counts[best, default: 0] {
            best = candidate
        }
        return best
    }
}
