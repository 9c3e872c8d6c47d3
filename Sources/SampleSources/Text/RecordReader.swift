// Cuts a byte stream into records: lines, or CSV records whose quoted fields may hold line ends.
//
// Invariants: a record is at most `longestRecord` bytes; blank records are passed over; `offset`
// and `line` of the reader are those of the next byte it will look at. A quote opens only at the
// start of a field (RFC 4180). A quoted field that never closes is one bad record of one line, so
// that one stray quote costs one line, not the rest of the file.

/// A record found by the reader; its bytes stay valid until the next call of `next`.
struct TextRecord {
    enum Problem: Equatable {
        case tooLong
        case unclosedQuote
    }
    /// Range in the reader's `buffer`, without the line end.
    var start: Int
    var end: Int
    /// Line of its first byte, from 1.
    var line: Int
    /// Offset of its first byte in the file.
    var offset: Int
    var problem: Problem?
}

/// Reads records one after another.
struct RecordReader {
    /// Longest record that is taken.
    static let longestRecord = 1 << 20
    private static let chunk = 1 << 16

    enum Next {
        case record(TextRecord)
        case end
        case notYet
    }

    let file: SourceFile
    /// The separator if quotes matter (CSV); nil for plain lines.
    var separator: UInt8?
    /// Whether what was read stays in the buffer, so that `seek` can go back on a stream too.
    var keepsBytes = false
    private(set) var buffer: [UInt8] = []
    /// Index in `buffer` of the next byte to look at.
    private var position = 0
    /// Offset in the file of `buffer[0]`, and the line of `buffer[position]`.
    private var bufferOffset = 0
    private(set) var line = 1
    private var isAtEnd = false
    /// Whether the rest of a line that was too long must be passed over.
    private var dropsLine = false

    init(file: SourceFile, separator: UInt8?) {
        self.file = file
        self.separator = separator
    }

    /// Offset in the file of the next byte to look at.
    var offset: Int { bufferOffset + position }

    /// Goes to a record that starts at `offset`, on `line`.
    mutating func seek(offset: Int, line: Int) {
        let inBuffer = offset - bufferOffset
        if inBuffer >= 0, inBuffer <= buffer.count {
            position = inBuffer
        } else {
            buffer.removeAll(keepingCapacity: true)
            position = 0
            bufferOffset = offset
        }
        self.line = line
        isAtEnd = false
        dropsLine = false
    }

    /// Passes over a byte order mark at the start.
    mutating func skipByteOrderMark(timeoutMilliseconds: Int?) throws(SourceError) {
        while buffer.count < 3, try fill(timeoutMilliseconds) == .more {}
        if buffer.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    }

    /// The next record that is not blank.
    mutating func next(timeoutMilliseconds: Int?) throws(SourceError) -> Next {
        while true {
            while dropsLine {
                dropLine()
                guard dropsLine else { break }
                switch try fill(timeoutMilliseconds) {
                case .more: break
                case .notYet: return .notYet
                case .end: return .end
                }
            }
            var scan = scanRecord()
            while scan == .needsMore {
                switch try fill(timeoutMilliseconds) {
                case .more: scan = scanRecord()
                case .notYet: return .notYet
                case .end:
                    guard position < buffer.count else { return .end }
                    scan = scanRecord()
                }
            }
            guard case .found(let end, let next, let lines, let problem) = scan else { continue }
            let record = TextRecord(
                start: position, end: end, line: line, offset: offset, problem: problem)
            position = next
            line += lines
            dropsLine = problem == .tooLong
            if problem != nil || !isBlank(record) { return .record(record) }
        }
    }

    /// Passes over what is left of a line, as far as it is in the buffer.
    private mutating func dropLine() {
        if let end = buffer[position...].firstIndex(of: 0x0a) {
            position = end + 1
            line += 1
            dropsLine = false
        } else {
            position = buffer.count
        }
    }

    private func isBlank(_ record: TextRecord) -> Bool {
        buffer[record.start..<record.end].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    }

    private enum Scan: Equatable {
        case found(end: Int, next: Int, lines: Int, problem: TextRecord.Problem?)
        case needsMore
    }

    /// Looks for the end of the record at `position` in what is in the buffer.
    private func scanRecord() -> Scan {
        guard position < buffer.count else { return .needsMore }
        return buffer.withUnsafeBufferPointer { bytes in
            let quote = UInt8(ascii: "\"")
            var isQuoted = false
            var isFieldStart = true
            var isQuotedField = false
            var lines = 0
            var firstBreak: Int?
            var i = position
            let limit = min(bytes.count, position + Self.longestRecord + 2)
            while i < limit {
                let byte = bytes[i]
                if byte == 0x0a {
                    if !isQuoted {
                        return .found(
                            end: trimmed(bytes, i), next: i + 1, lines: lines + 1, problem: nil)
                    }
                    lines += 1
                    if firstBreak == nil { firstBreak = i }
                } else if let separator {
                    if isQuoted {
                        // A doubled quote closes and opens again at once: same result.
                        if byte == quote { isQuoted = false }
                    } else if byte == quote, isFieldStart || isQuotedField {
                        isQuoted = true
                        isQuotedField = true
                    } else if byte == separator {
                        isQuotedField = false
                    }
                    isFieldStart = !isQuoted && byte == separator
                }
                i += 1
            }
            let isTooLong = i - position > Self.longestRecord
            guard isTooLong || isAtEnd else { return .needsMore }
            if isQuoted {
                let end = firstBreak ?? i
                return .found(
                    end: trimmed(bytes, end), next: firstBreak.map { $0 + 1 } ?? i,
                    lines: firstBreak == nil ? 0 : 1, problem: .unclosedQuote)
            }
            if isTooLong {
                return .found(end: i, next: i, lines: lines, problem: .tooLong)
            }
            return .found(end: trimmed(bytes, i), next: i, lines: lines, problem: nil)
        }
    }

    /// `end` without a carriage return before it.
    private func trimmed(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int) -> Int {
        end > position && bytes[end - 1] == 0x0d ? end - 1 : end
    }

    private enum Filling: Equatable {
        case more
        case end
        case notYet
    }

    /// Reads more of the file behind what is in the buffer, dropping what is done.
    private mutating func fill(_ timeoutMilliseconds: Int?) throws(SourceError) -> Filling {
        if isAtEnd { return .end }
        if position > 0, !keepsBytes {
            buffer.removeSubrange(0..<position)
            bufferOffset += position
            position = 0
        }
        let used = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunk))
        let opened = file
        let at = bufferOffset + used
        var result: Result<SourceFile.Arrival, SourceError> = .success(.end)
        buffer.withUnsafeMutableBytes { bytes in
            let free = UnsafeMutableRawBufferPointer(rebasing: bytes[used...])
            result = Result { () throws(SourceError) in
                if opened.isSeekable {
                    let got = try opened.read(into: free, at: at)
                    return got > 0 ? .bytes(got) : .end
                }
                return try opened.readNext(into: free, timeoutMilliseconds: timeoutMilliseconds)
            }
        }
        var got = 0
        if case .success(.bytes(let count)) = result { got = count }
        buffer.removeSubrange((used + got)...)
        switch try result.get() {
        case .bytes: return .more
        case .notYet: return .notYet
        case .end:
            isAtEnd = true
            return .end
        }
    }
}
