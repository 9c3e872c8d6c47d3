// One row of text, cut into cells by position. Both formats produce this, so that everything
// after it (choice of columns, numbers, labels) exists once.

/// Where a cell's text is.
struct Cell: Equatable {
    enum Kind: Equatable {
        /// The row has no such cell (JSON: the key is absent or null).
        case missing
        /// Unquoted text; may be a number.
        case bare
        /// Quoted text: never a number in JSON, may be one in CSV.
        case quoted
    }
    var kind: Kind = .missing
    /// Range in the row's bytes, or in `CellRow.unescaped` if `isUnescaped`.
    var start = 0
    var end = 0
    var isUnescaped = false
}

/// What is wrong with the row as a whole.
struct RowFault: Error, Equatable {
    var column: String?
    var found: String
    var expected: String

    /// A row beyond `RecordReader.longestRecord`.
    static let tooLong = RowFault(
        column: nil, found: "a row of more than 1 MiB", expected: "a shorter one")
}

/// The cells of one row; memory is reused from row to row.
struct CellRow {
    var cells: [Cell] = []
    /// Texts that differ from the row's bytes because escapes were replaced.
    var unescaped: [UInt8] = []

    mutating func clear() {
        cells.removeAll(keepingCapacity: true)
        unescaped.removeAll(keepingCapacity: true)
    }

    /// The text of `cell`, whose row is `bytes`.
    func withText<Result>(
        _ cell: Cell, in bytes: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        if cell.isUnescaped {
            return unescaped.withUnsafeBufferPointer {
                body(UnsafeBufferPointer(rebasing: $0[cell.start..<cell.end]))
            }
        }
        return body(UnsafeBufferPointer(rebasing: bytes[cell.start..<cell.end]))
    }

    /// The text of `cell` without spaces around it.
    func text(_ cell: Cell, in bytes: UnsafeBufferPointer<UInt8>) -> String {
        withText(cell, in: bytes) { text in
            var start = 0
            var end = text.count
            while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
            while end > start, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
            return String(decoding: text[start..<end], as: UTF8.self)
        }
    }
}
