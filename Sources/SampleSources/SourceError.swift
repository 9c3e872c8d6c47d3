// Everything that can go wrong between a source and a batch. Each case carries what a person
// needs to find the place: file, line or offset, column, what was found, what was expected.

import Platform

/// Why a source cannot be opened or read.
public enum SourceError: Error, Equatable, Sendable {
    /// A row cannot be used; the rows after it can.
    case badRow(RowProblem)
    /// An option of a source makes no sense.
    case badOption(source: String, option: String, found: String, expected: String)
    /// A column was asked for that is not there.
    case columnNotFound(path: String, column: String, known: [String], nearest: String?)
    /// The file holds no sample.
    case empty(path: String)
    /// The operating system refused.
    case inputOutput(operation: String, path: String, errorNumber: Int32)
    /// The file breaks its own format at `offset`.
    case malformed(path: String, offset: Int, found: String, expected: String)
    /// A pipe, a socket or a device is where a file should be.
    case notAFile(path: String)
    /// There is no such file.
    case notFound(path: String)
    /// An index before the current position was asked of a source that only goes forward.
    case notSeekable(source: String, index: Int, position: Int)
    /// The file may not be read.
    case permissionDenied(path: String)
    /// What the source delivers is not what the receiver expects.
    case schemaMismatch(source: String, what: String, found: String, expected: String)
    /// The file is shorter than its header says.
    case truncated(path: String, expectedBytes: Int, foundBytes: Int)
    /// No source has this name, and no file format this extension.
    case unknownSource(description: String)
}

/// What is wrong with one row.
public struct RowProblem: Equatable, Sendable {
    /// The file, or "standard input".
    public var path: String
    /// Index of the row as a sample, 0-based.
    public var index: Int
    /// Line of the file, from 1; nil in binary files.
    public var line: Int?
    /// Name of the column, if the trouble is in one.
    public var column: String?
    /// What is there (shortened).
    public var found: String
    /// What should be there.
    public var expected: String

    /// - path: the file. - index: as a sample. - line: from 1. - column: its name.
    /// - found: what is there. - expected: what should be there.
    public init(
        path: String, index: Int, line: Int?, column: String?, found: String, expected: String
    ) {
        self.path = path
        self.index = index
        self.line = line
        self.column = column
        self.found = found
        self.expected = expected
    }
}

extension RowProblem: CustomStringConvertible {
    /// `FILE:LINE: column "NAME": found …, expected …`.
    public var description: String {
        var text = path
        text += line.map { ":\($0): " } ?? ": sample \(index): "
        if let column { text += "column \"\(legible(column))\": " }
        return text + "found \(found), expected \(expected)"
    }
}

extension SourceError: CustomStringConvertible {
    /// What went wrong, where, and what to do about it, in one or two sentences.
    public var description: String {
        switch self {
        case .badRow(let problem):
            return "\(problem). Correct the row."
        case .badOption(let source, let option, let found, let expected):
            return "\(source): option \(option): found \(found), expected \(expected)."
        case .columnNotFound(let path, let column, let known, let nearest):
            let hint = nearest.map { " Did you mean \"\(legible($0))\"?" } ?? ""
            let list = known.prefix(20).map { legible($0) }.joined(separator: ", ")
            let more = known.count > 20 ? ", … (\(known.count) in all)" : ""
            return
                "\(path): there is no column \"\(legible(column))\".\(hint) Columns: \(list)\(more)."
        case .empty(let path):
            return "\(path): holds no sample."
        case .inputOutput(let operation, let path, let errorNumber):
            return "\(path): \(operation) failed: \(errorText(errorNumber))."
        case .malformed(let path, let offset, let found, let expected):
            return "\(path): at byte \(offset): found \(found), expected \(expected)."
        case .notAFile(let path):
            return "\(path): is not a regular file but a pipe, a socket or a device."
        case .notFound(let path):
            return "\(path): no such file."
        case .notSeekable(let source, let index, let position):
            return "\(source): sample \(index) was asked for, but the source has already gone on"
                + " to \(position) and cannot go back. Put the data into a file to repeat it."
        case .permissionDenied(let path):
            return "\(path): permission denied. Check the owner and mode of the file."
        case .schemaMismatch(let source, let what, let found, let expected):
            return "\(source): \(what): found \(found), expected \(expected)."
        case .truncated(let path, let expectedBytes, let foundBytes):
            return "\(path): is \(foundBytes) bytes long, but its header needs \(expectedBytes)."
                + " The file is cut short; copy it again."
        case .unknownSource(let description):
            return "\"\(description)\" is not a source. Use a file ending in .npy, .csv, .tsv,"
                + " .jsonl or .ndjson, - for standard input, host, or morse."
        }
    }
}
