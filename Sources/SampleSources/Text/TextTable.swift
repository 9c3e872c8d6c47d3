// A CSV or JSON Lines file as rows of text, for those who look at the data rather than learn from
// it. Rows that cannot be cut into the right number of cells are counted and passed over.

/// Rows of text from a file.
public struct TextTable {
    /// Names of the columns; numbers from 1 where the file has none.
    public let names: [String]
    /// What was detected.
    public let notes: [String]
    /// Rows passed over so far.
    public private(set) var badRowCount = 0

    private var reader: RecordReader
    private var format: RowFormat
    private var row = CellRow()

    /// Opens `path`; format, separator and header are detected unless `options` say otherwise.
    public init(path: String, options: SourceOptions = SourceOptions()) throws(SourceError) {
        let lowered = path.lowercased()
        let isCsv = [".csv", ".tsv", ".txt"].contains(where: lowered.hasSuffix)
        let format = options.format ?? (isCsv ? .csv : nil)
        let opening = try TextOpening(
            file: try SourceFile(path: path), format: format, options: options)
        names = opening.names
        notes = opening.notes
        reader = opening.reader
        self.format = opening.format
        try Self.check(names, path, offset: 0)
    }

    /// Text of another encoding would read as one name what are two.
    private static func check(
        _ texts: [String], _ path: String, offset: Int
    ) throws(SourceError) {
        guard let text = texts.first(where: { !isUnicode($0) }) else { return }
        throw .malformed(
            path: path, offset: offset, found: "\(quoted(text.utf8)), which is not UTF-8",
            expected: "UTF-8; iconv -f latin1 -t utf-8 makes it of Latin-1, -f utf-16 of UTF-16")
    }

    /// The next good row: one text per column, empty where there is none; nil at the end.
    public mutating func next() throws(SourceError) -> [String]? {
        while case .record(let record) = try reader.next(timeoutMilliseconds: nil) {
            do throws(RowFault) {
                try format.split(record, reader, into: &row)
            } catch {
                badRowCount += 1
                continue
            }
            guard row.cells.count == names.count else {
                badRowCount += 1
                continue
            }
            let texts = reader.withBytes(record) { bytes in
                row.cells.map { row.text($0, in: bytes) }
            }
            try Self.check(texts, reader.file.path, offset: record.offset)
            return texts
        }
        return nil
    }
}

/// A decimal number as sources read it; nil for anything else, "nan" and "inf" among it.
public func decimalNumber(_ text: String) -> Float? {
    var text = text
    guard case .value(let value) = text.withUTF8({ NumberParser.parse($0) }) else { return nil }
    return value
}
