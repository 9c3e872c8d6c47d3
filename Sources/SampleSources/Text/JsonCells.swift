// One JSON value per line (RFC 8259), flattened: {"a":{"x":1,"y":[2,3]}} has the cells a.x, a.y.0
// and a.y.1; a line that is an array has the cells 0, 1, …
//
// A strict, bounded reader: at most `deepest` levels and `mostCells` cells, nothing allocated per
// value once the column names are known. A key is looked for first where the row before had it.

/// Reads rows of one JSON Lines file.
struct JsonCells {
    static let deepest = 16
    static let mostCells = 65_536

    /// Names of the columns, in the order of the first row.
    private(set) var names: [String] = []
    private var pathBytes: [[UInt8]] = []
    private var indices: [String: Int] = [:]
    /// Whether a cell with an unknown name makes a new column (first row) or is passed over.
    private var isLearning = true

    // Of the row being read:
    private var position = 0
    private var path: [UInt8] = []
    private var expectedColumn = 0
    private var depth = 0

    init() {}

    /// Makes sure that there is a column `name`; rows without it have nothing there.
    mutating func add(_ name: String) {
        guard indices[name] == nil, names.count < Self.mostCells else { return }
        indices[name] = names.count
        names.append(name)
        pathBytes.append(Array(name.utf8))
    }

    /// Cuts `bytes` into `row`, with one cell for each column. The first row that can be read and
    /// holds a value decides what the columns are.
    mutating func split(
        _ bytes: UnsafeBufferPointer<UInt8>, into row: inout CellRow
    ) throws(RowFault) {
        row.clear()
        row.cells.append(contentsOf: repeatElement(Cell(), count: names.count))
        position = 0
        path.removeAll(keepingCapacity: true)
        expectedColumn = 0
        depth = 0
        do throws(RowFault) {
            skipSpace(bytes)
            guard position < bytes.count, bytes[position] == 0x7b || bytes[position] == 0x5b
            else { throw fault(bytes, expected: "a JSON object or array on each line") }
            try value(bytes, &row)
            skipSpace(bytes)
            guard position == bytes.count else {
                throw fault(bytes, expected: "the end of the line after one JSON value")
            }
            guard !names.isEmpty else {
                throw RowFault(
                    column: nil, found: "\(quoted(bytes)) without any value",
                    expected: "at least one named value")
            }
        } catch {
            if isLearning { self = JsonCells() }
            throw error
        }
        isLearning = false
    }

    private func fault(
        _ bytes: UnsafeBufferPointer<UInt8>, expected: String
    ) -> RowFault {
        let rest = bytes[min(position, bytes.count)...].prefix(24)
        let found = rest.isEmpty ? "the end of the line" : quoted(rest)
        return RowFault(
            column: path.isEmpty ? nil : String(decoding: path, as: UTF8.self),
            found: "\(found) at character \(position + 1)", expected: expected)
    }

    private mutating func skipSpace(_ bytes: UnsafeBufferPointer<UInt8>) {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
            position += 1
        }
    }

    private mutating func take(
        _ byte: UInt8, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        skipSpace(bytes)
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(
        _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) {
        skipSpace(bytes)
        guard position < bytes.count else { throw fault(bytes, expected: "a JSON value") }
        switch bytes[position] {
        case 0x7b: try object(bytes, &row)
        case 0x5b: try array(bytes, &row)
        case 0x22:
            let text = try string(bytes, &row)
            try store(text, bytes, &row)
        default: try scalar(bytes, &row)
        }
    }

    private mutating func object(
        _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) {
        try descend(bytes)
        let outer = path.count
        if !take(0x7d, bytes) {
            repeat {
                skipSpace(bytes)
                guard position < bytes.count, bytes[position] == 0x22 else {
                    throw fault(bytes, expected: "a key in quotes")
                }
                let mark = row.unescaped.count
                let key = try string(bytes, &row)
                if outer > 0 { path.append(UInt8(ascii: ".")) }
                row.withText(key, in: bytes) { path.append(contentsOf: $0) }
                row.unescaped.removeSubrange(mark...)
                guard take(0x3a, bytes) else { throw fault(bytes, expected: "':'") }
                try value(bytes, &row)
                path.removeSubrange(outer...)
            } while take(0x2c, bytes)
            guard take(0x7d, bytes) else { throw fault(bytes, expected: "',' or '}'") }
        }
        depth -= 1
    }

    private mutating func array(
        _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) {
        try descend(bytes)
        let outer = path.count
        var index = 0
        if !take(0x5d, bytes) {
            repeat {
                if outer > 0 { path.append(UInt8(ascii: ".")) }
                Self.append(index, to: &path)
                try value(bytes, &row)
                path.removeSubrange(outer...)
                index += 1
            } while take(0x2c, bytes)
            guard take(0x5d, bytes) else { throw fault(bytes, expected: "',' or ']'") }
        }
        depth -= 1
    }

    private mutating func descend(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(RowFault) {
        guard depth < Self.deepest else {
            throw fault(bytes, expected: "at most \(Self.deepest) levels")
        }
        depth += 1
        position += 1
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &bytes) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// A number, true, false or null.
    private mutating func scalar(
        _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) {
        let start = position
        while position < bytes.count, ![0x2c, 0x5d, 0x7d, 0x20, 0x09].contains(bytes[position]) {
            position += 1
        }
        let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
        var cell = Cell(kind: .bare, start: start, end: position)
        switch NumberParser.parse(text) {
        case .value, .tooLarge, .notFinite: break
        case .empty, .notANumber:
            let isTrue = text.elementsEqual("true".utf8)
            if text.elementsEqual("null".utf8) {
                cell = Cell()
            } else if isTrue || text.elementsEqual("false".utf8) {
                let mark = row.unescaped.count
                row.unescaped.append(UInt8(ascii: isTrue ? "1" : "0"))
                cell = Cell(kind: .bare, start: mark, end: mark + 1, isUnescaped: true)
            } else {
                position = start
                throw fault(bytes, expected: "a JSON value")
            }
        }
        try store(cell, bytes, &row)
    }

    /// The string at the position, without its quotes; escapes are replaced.
    private mutating func string(
        _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) -> Cell {
        position += 1
        let start = position
        let mark = row.unescaped.count
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 {
                let end = position
                position += 1
                return hasEscapes
                    ? Cell(
                        kind: .quoted, start: mark, end: row.unescaped.count, isUnescaped: true)
                    : Cell(kind: .quoted, start: start, end: end)
            }
            guard byte >= 0x20 else {
                throw fault(bytes, expected: "no control character in a string")
            }
            if byte == 0x5c {
                if !hasEscapes {
                    row.unescaped.append(contentsOf: bytes[start..<position])
                    hasEscapes = true
                }
                try escape(bytes, &row)
            } else {
                if hasEscapes { row.unescaped.append(byte) }
                position += 1
            }
        }
        throw fault(bytes, expected: "a closing quote")
    }

    private mutating func escape(
        _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) {
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x62: 0x08, 0x66: 0x0c, 0x6e: 0x0a, 0x72: 0x0d,
            0x74: 0x09,
        ]
        let code = position + 1 < bytes.count ? bytes[position + 1] : 0
        if let byte = plain[code] {
            row.unescaped.append(byte)
            position += 2
            return
        }
        guard code == 0x75, var unit = Self.hexadecimal(bytes, position + 2) else {
            throw fault(bytes, expected: "a JSON escape")
        }
        position += 6
        if unit & 0xfc00 == 0xd800, position + 1 < bytes.count, bytes[position] == 0x5c,
            bytes[position + 1] == 0x75, let low = Self.hexadecimal(bytes, position + 2),
            low & 0xfc00 == 0xdc00
        {
            unit = 0x10000 + (unit & 0x3ff) << 10 + (low & 0x3ff)
            position += 6
        }
        let scalar = Unicode.Scalar(unit) ?? "\u{fffd}"
        row.unescaped.append(contentsOf: String(Character(scalar)).utf8)
    }

    private static func hexadecimal(
        _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
    ) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start..<start + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Puts `cell` where the current path says.
    private mutating func store(
        _ cell: Cell, _ bytes: UnsafeBufferPointer<UInt8>, _ row: inout CellRow
    ) throws(RowFault) {
        if expectedColumn < pathBytes.count, pathBytes[expectedColumn] == path {
            try refuseTwice(row.cells[expectedColumn], bytes)
            row.cells[expectedColumn] = cell
            expectedColumn += 1
            return
        }
        let name = String(decoding: path, as: UTF8.self)
        if let index = indices[name] {
            try refuseTwice(row.cells[index], bytes)
            row.cells[index] = cell
            expectedColumn = index + 1
        } else if isLearning {
            guard names.count < Self.mostCells else {
                throw fault(bytes, expected: "at most \(Self.mostCells) values per line")
            }
            indices[name] = names.count
            names.append(name)
            pathBytes.append(path)
            row.cells.append(cell)
            expectedColumn = names.count
        }
    }

    /// RFC 8259 leaves open which value of a key counts that comes twice; so none does.
    private func refuseTwice(
        _ cell: Cell, _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(RowFault) {
        guard cell.kind != .missing else { return }
        throw RowFault(
            column: String(decoding: path, as: UTF8.self), found: "it twice",
            expected: "one value for each key")
    }
}
