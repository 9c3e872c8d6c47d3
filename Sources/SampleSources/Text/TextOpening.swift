// The first look at a text: format, separator, header, names of the columns, an example row.
//
// A first row is a header when a cell of it is a name that the receiver or the user knows a column
// by, or when no cell of it is a number and it differs in that from one of the rows behind it (or there
// are none): the first of them may hold units, or nothing. The caller can say otherwise.
//
// Invariant: what is read here stays in the buffer, so that a pipe can be read again from its
// start, and is bounded: a first row that is too long ends the look, and so do `mostBytes`.

import Glibc

/// What opening found; the reader stands at the first row of data.
struct TextOpening {
    var reader: RecordReader
    var format = RowFormat.csv(separator: UInt8(ascii: ","))
    var names: [String] = []
    /// Texts of the first row of data; empty if it is bad or absent.
    var example: [String] = []
    var notes: [String] = []

    private static let mostLooks = 100
    /// Rows behind a first one without numbers that are searched for some.
    private static let mostRowsWithoutNumbers = 8
    private static let mostBytes = 4 * RecordReader.longestRecord

    init(
        file: SourceFile, format wanted: TextFormat?, options: SourceOptions
    ) throws(SourceError) {
        reader = RecordReader(file: file, separator: nil)
        reader.keepsBytes = true
        try reader.skipByteOrderMark(timeoutMilliseconds: nil)
        let start = (offset: reader.offset, line: reader.line)
        let first = try Self.next(&reader)
        guard let first else { throw .empty(path: file.path) }
        if first.problem == .tooLong { throw .badRow(Self.problem(first, .tooLong, file)) }
        let opener = reader.withBytes(first) { $0.first { $0 != 0x20 && $0 != 0x09 } }
        let isJson = opener == UInt8(ascii: "{") || opener == UInt8(ascii: "[")
        if wanted == .jsonLines || (wanted == nil && isJson) {
            reader.seek(offset: start.offset, line: start.line)
            try openJson(options)
            reader.seek(offset: start.offset, line: start.line)
        } else {
            // Once more with an eye on quotes: a name may hold a line end.
            reader.separator = options.separator ?? UInt8(ascii: ",")
            reader.seek(offset: start.offset, line: start.line)
            let header = try Self.next(&reader) ?? first
            let separator =
                options.separator ?? reader.withBytes(header) { CsvCells.separator(of: $0) }
            reader.separator = separator
            format = .csv(separator: separator)
            reader.seek(offset: start.offset, line: start.line)
            try openCsv(options, separator)
        }
        reader.keepsBytes = false
    }

    /// The next record, however long it takes; nil at the end.
    private static func next(_ reader: inout RecordReader) throws(SourceError) -> TextRecord? {
        switch try reader.next(timeoutMilliseconds: nil) {
        case .record(let record): return record
        case .end: return nil
        case .notYet:
            // A signal: the caller decides whether to come back.
            throw .inputOutput(operation: "read", path: reader.file.path, errorNumber: EINTR)
        }
    }

    private mutating func openJson(_ options: SourceOptions) throws(SourceError) {
        var cells = JsonCells()
        var row = CellRow()
        var fault: (RowFault, TextRecord)?
        let start = reader.offset
        for _ in 0..<Self.mostLooks where reader.offset - start < Self.mostBytes {
            guard let record = try Self.next(&reader) else { break }
            guard record.problem == nil else {
                // Going on would take the rest of the line into the buffer.
                if fault == nil { fault = (.tooLong, record) }
                break
            }
            let opened = reader
            do throws(RowFault) {
                try opened.withBytes(record) { bytes in
                    Result { () throws(RowFault) in try cells.split(bytes, into: &row) }
                }.get()
                Self.complete(&cells, options)
                names = cells.names
                example = opened.withBytes(record) { bytes in
                    row.cells.map { row.text($0, in: bytes) }
                }
                format = .json(cells)
                return
            } catch {
                if fault == nil { fault = (error, record) }
            }
        }
        guard let (found, record) = fault else { throw .empty(path: reader.file.path) }
        throw .badRow(Self.problem(record, found, reader.file))
    }

    /// A first row that lacks a value is like any other that does: the columns are those of the receiver,
    /// if all that the row has are among them. Where it has others too, a name may be misspelled.
    private static func complete(_ cells: inout JsonCells, _ options: SourceOptions) {
        let wanted = options.expected?.featureNames ?? []
        let labels = (options.labelColumns ?? "").split(separator: ",").map { String($0) }
        guard !wanted.isEmpty, options.featureColumns == nil,
            cells.names.contains(where: wanted.contains),
            cells.names.allSatisfy({ wanted.contains($0) || labels.contains($0) })
        else { return }
        for name in wanted + labels { cells.add(name) }
    }

    private static func problem(
        _ record: TextRecord, _ fault: RowFault, _ file: SourceFile
    ) -> RowProblem {
        RowProblem(
            path: file.path, index: 0, line: record.line, column: fault.column,
            found: fault.found, expected: fault.expected)
    }

    private mutating func openCsv(
        _ options: SourceOptions, _ separator: UInt8
    ) throws(SourceError) {
        let start = (offset: reader.offset, line: reader.line)
        guard let first = try Self.next(&reader) else { throw .empty(path: reader.file.path) }
        let header = texts(first, separator)
        let afterHeader = (offset: reader.offset, line: reader.line)
        var hasHeader = options.hasHeader
        if hasHeader == nil {
            let isNamed = Self.holdsNames(header, options)
            // A receiver knows what labels are; without one an example tells.
            let isExampleNeeded = !isNamed || options.expected == nil
            let data = isExampleNeeded ? try rowsBehind(header, separator) : []
            hasHeader = isNamed || Self.looksLikeHeader(header, before: data.flatMap(\.self))
            if hasHeader == true { example = data.first ?? [] }
            if hasHeader == false { notes.append("no row of names: columns are numbered") }
        }
        if hasHeader == true {
            guard first.problem == nil else {
                throw .malformed(
                    path: reader.file.path, offset: first.offset,
                    found: "a row of names that cannot be read", expected: "names")
            }
            names = header.indices.map { header[$0].isEmpty ? "\($0 + 1)" : header[$0] }
            reader.seek(offset: afterHeader.offset, line: afterHeader.line)
        } else {
            names = header.indices.map { "\($0 + 1)" }
            example = header
            reader.seek(offset: start.offset, line: start.line)
        }
    }

    /// The rows behind a first one, up to one that holds a number; the first of them at least.
    private mutating func rowsBehind(
        _ first: [String], _ separator: UInt8
    ) throws(SourceError) -> [[String]] {
        var rows: [[String]] = []
        let most = first.contains(where: Self.isNumber) ? 1 : Self.mostRowsWithoutNumbers
        while rows.count < most, let record = try Self.next(&reader) {
            rows.append(texts(record, separator))
            if record.problem != nil || rows[rows.count - 1].contains(where: Self.isNumber) {
                break
            }
        }
        return rows
    }

    /// Whether a cell of a first row is a name, and no number, of a column that is wanted.
    private static func holdsNames(_ first: [String], _ options: SourceOptions) -> Bool {
        let asked = [options.labelColumns, options.featureColumns].compactMap { $0 }
            .flatMap { [$0] + $0.split(separator: ",").map(String.init) }
        let expected = options.expected.map { $0.featureNames + $0.targetNames } ?? []
        let wanted = Set(expected + asked)
        return first.contains { wanted.contains($0) && !isNumber($0) }
    }

    /// The texts of a record; none if it is bad.
    private func texts(_ record: TextRecord, _ separator: UInt8) -> [String] {
        var row = CellRow()
        var format = RowFormat.csv(separator: separator)
        do throws(RowFault) {
            try format.split(record, reader, into: &row)
        } catch {
            return []
        }
        return reader.withBytes(record) { bytes in row.cells.map { row.text($0, in: bytes) } }
    }

    static func looksLikeHeader(_ first: [String], before second: [String]) -> Bool {
        guard !first.isEmpty, !first.contains(where: isNumber) else { return false }
        return second.isEmpty || second.contains(where: isNumber)
    }

    private static func isNumber(_ text: String) -> Bool {
        var text = text
        switch text.withUTF8({ NumberParser.parse($0) }) {
        case .value, .tooLarge, .notFinite: return true
        case .empty, .notANumber: return false
        }
    }
}
