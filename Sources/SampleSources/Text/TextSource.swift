// Samples from CSV or JSON Lines, from a file (any index, by the sparse index of rows) or from
// standard input (forward only, as it arrives).
//
// Invariants: every record that is not blank has an index, bad ones too; `position` is the index
// of the record at the reader's place.

/// Samples from text.
public final class TextSource: SampleSource {
    /// The path, or `-`.
    public let name: String
    /// What the columns chosen hold.
    public let schema: SourceSchema
    /// Files are, standard input and pipes are not.
    public var isSeekable: Bool { reader.file.isSeekable }
    /// Standard input may wait for more.
    public var isLive: Bool { !reader.file.isSeekable }
    /// Known once the end was reached; never more than the limit.
    public private(set) var count: Int?
    /// Path, size and digest of a file.
    public let identity: SourceIdentity?
    /// What was detected.
    public let notes: [String]

    private var reader: RecordReader
    private var format: RowFormat
    private let binding: RowBinding
    private let limit: Int
    private var index = RowIndex()
    private var position = 0
    private var row = CellRow()
    private var scratch: [UInt8] = []

    /// Opens the file `path` as `format`.
    public convenience init(
        path: String, _ format: TextFormat, _ options: SourceOptions = SourceOptions()
    ) throws(SourceError) {
        try self.init(file: try SourceFile(path: path), name: path, format, options)
    }

    /// Reads standard input; the format is what `options` say, else JSON Lines if the first byte
    /// is { or [, else CSV.
    public convenience init(standardInputWith options: SourceOptions) throws(SourceError) {
        let file = SourceFile(descriptor: 0, name: "standard input")
        try self.init(file: file, name: "-", options.format, options)
    }

    /// Reads an open descriptor in order.
    package convenience init(
        descriptor: Int32, _ options: SourceOptions
    ) throws(SourceError) {
        let file = SourceFile(descriptor: descriptor, name: "standard input")
        try self.init(file: file, name: "-", options.format, options)
    }

    private init(
        file: SourceFile, name: String, _ format: TextFormat?, _ options: SourceOptions
    ) throws(SourceError) {
        let opening = try TextOpening(file: file, format: format, options: options)
        binding = try RowBinding(
            names: opening.names, example: opening.example, options: options, path: file.path)
        schema = binding.schema
        reader = opening.reader
        self.format = opening.format
        self.name = name
        notes = opening.notes + (binding.labelNote.map { [$0] } ?? [])
        limit = max(0, options.limit ?? .max)
        identity = file.isSeekable ? try file.identity() : nil
        index.note(0, at: RowIndex.Place(offset: reader.offset, line: reader.line))
    }

    /// Reads rows. A file never waits; standard input delivers what has arrived as soon as it is
    /// at least one row. See the protocol.
    public func read(
        from index: Int, count: Int, into batch: inout SampleBatch, timeoutMilliseconds: Int?
    ) throws(SourceError) -> ReadOutcome {
        precondition(index >= 0 && count > 0)
        batch.clear(firstIndex: index)
        guard index < limit else { return .end }
        switch try go(to: index, timeoutMilliseconds) {
        case .notYet: return .notYet
        case .end: return .end
        case .samples: break
        }
        let wanted = min(count, limit - index)
        while batch.count < wanted {
            let wait = batch.count == 0 ? timeoutMilliseconds : 0
            let next = try reader.next(timeoutMilliseconds: wait)
            guard case .record(let record) = next else {
                if batch.count > 0 { break }
                guard case .end = next else { return .notYet }
                self.count = min(position, limit)
                return .end
            }
            do throws(RowFault) {
                try take(record, &batch)
                advance(past: record)
            } catch {
                if batch.count > 0 {
                    reader.seek(offset: record.offset, line: record.line)
                    break
                }
                let problem = RowProblem(
                    path: reader.file.path, index: position, line: record.line,
                    column: error.column, found: error.found, expected: error.expected)
                advance(past: record)
                throw .badRow(problem)
            }
        }
        return .samples(batch.count)
    }

    /// Everything up to the end of the last of these rows, names included, without its line end: that
    /// may be missing in a file that somebody adds to.
    public func prefix(
        samples: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SourceError) -> Int? {
        guard isSeekable, samples >= 0 else { return nil }
        guard samples > 0 else { return 0 }
        guard case .samples = try go(to: samples - 1, nil),
            case .record(let record) = try reader.next(timeoutMilliseconds: nil)
        else { return nil }
        let end = record.offset + (record.end - record.start)
        advance(past: record)
        try reader.file.read(0..<end, body)
        return end
    }

    private func advance(past record: TextRecord) {
        let place = RowIndex.Place(offset: record.offset, line: record.line)
        index.note(position, at: place)
        position += 1
    }

    private func take(
        _ record: TextRecord, _ batch: inout SampleBatch
    ) throws(RowFault) {
        try format.split(record, reader, into: &row)
        let result = reader.withBytes(record) { bytes in
            Result { () throws(RowFault) in
                try binding.append(row, bytes, scratch: &scratch, to: &batch)
            }
        }
        try result.get()
    }

    /// Makes `index` the next record.
    private func go(to index: Int, _ timeout: Int?) throws(SourceError) -> ReadOutcome {
        if index < position || (isSeekable && index > position) {
            guard isSeekable else {
                throw .notSeekable(source: name, index: index, position: position)
            }
            if let known = self.index.nearest(index), index < position || known.index > position {
                reader.seek(offset: known.place.offset, line: known.place.line)
                position = known.index
            }
        }
        while position < index {
            switch try reader.next(timeoutMilliseconds: timeout) {
            case .record(let record): advance(past: record)
            case .notYet: return .notYet
            case .end:
                count = min(position, limit)
                return .end
            }
        }
        return .samples(0)
    }
}

/// A format with what it remembers from row to row.
enum RowFormat {
    case csv(separator: UInt8)
    case json(JsonCells)

    /// Cuts `record` of `reader` into `row`.
    mutating func split(
        _ record: TextRecord, _ reader: RecordReader, into row: inout CellRow
    ) throws(RowFault) {
        switch record.problem {
        case .tooLong:
            throw .tooLong
        case .unclosedQuote:
            throw RowFault(
                column: nil, found: "a quoted field that does not end", expected: "a closing quote")
        case nil: break
        }
        let result: Result<Void, RowFault>
        switch self {
        case .csv(let separator):
            result = reader.withBytes(record) { bytes in
                Result { () throws(RowFault) in
                    try CsvCells.split(bytes, separator: separator, into: &row)
                }
            }
        case .json(var cells):
            self = .csv(separator: 0)  // keeps `cells` the only owner of its arrays
            result = reader.withBytes(record) { bytes in
                Result { () throws(RowFault) in try cells.split(bytes, into: &row) }
            }
            self = .json(cells)
        }
        try result.get()
    }
}

extension RecordReader {
    /// Calls `body` with the bytes of `record`.
    func withBytes<Result>(
        _ record: TextRecord, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        buffer.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[record.start..<record.end]))
        }
    }
}
