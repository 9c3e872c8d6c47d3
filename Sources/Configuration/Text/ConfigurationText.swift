// TOML text → plain values with places. Everything the TOML library is used for happens here.
//
// The library imports three structs of Foundation, and with them every file of this module sees
// the members that Foundation adds to String. One use of such a member (`contains("*")` is enough)
// links the whole of Foundation with its tables of languages: 60 MB instead of 15. Write
// `contains(Character("*"))`; a test reads the objects.

import TOMLKit

/// A value as the user wrote it.
enum ConfigurationValue: Equatable, Sendable {
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
    case text(String)
    case array([ConfigurationValue])
    case table([String: ConfigurationValue])
    /// A date or a time, which no key takes.
    case moment(String)

    /// `"fast" (text)`, `3 (an integer)`: what was found, for messages.
    var found: String {
        switch self {
        case .integer(let value): "\(value) (an integer)"
        case .real(let value): "\(value) (a real number)"
        case .boolean(let value): "\(value) (a boolean)"
        case .text(let value): "\"\(value.prefix(60))\" (text)"
        case .array(let values): "an array of \(values.count)"
        case .table: "a table"
        case .moment(let value): "\(value) (a date or time)"
        }
    }
}

/// A parsed file.
package struct ConfigurationText {
    /// Largest file that is read, in bytes.
    static let largestFile = 1 << 20

    var sections: [String: ConfigurationValue]
    var lines: [KeyPath: Int]

    /// Parses `text`.
    package init(_ text: String, path: String) throws(ConfigurationProblem) {
        guard text.utf8.count <= Self.largestFile else {
            throw ConfigurationProblem(
                place: path, key: nil, found: "\(text.utf8.count) bytes",
                expected: "a file of at most \(Self.largestFile)")
        }
        if let offset = Array(text.utf8).firstIndex(of: 0) {
            throw ConfigurationProblem(
                place: path, key: nil, found: "a zero byte at offset \(offset)",
                expected: "text")
        }
        if let refusal = KeyScanner.refusal(of: text) {
            throw ConfigurationProblem(
                place: "\(path):\(refusal.line)", key: nil, found: refusal.found,
                expected: "TOML")
        }
        sections = try Self.parse(text, path: path)
        lines = KeyScanner.lines(of: text)
    }

    private static func parse(
        _ text: String, path: String
    ) throws(ConfigurationProblem) -> [String: ConfigurationValue] {
        do {
            return values(in: try TOMLTable(string: text), depth: 0)
        } catch let error as TOMLParseError {
            let place = "\(path):\(error.source.begin.line):\(error.source.begin.column)"
            throw ConfigurationProblem(
                place: place, key: nil, found: "a syntax error (\(error.description))",
                expected: "TOML")
        } catch {
            throw ConfigurationProblem(
                place: path, key: nil, found: "\(error)", expected: "TOML")
        }
    }

    /// Parses one value, as after `key = `; nil if it is not exactly one value.
    static func value(_ text: String) -> ConfigurationValue? {
        guard !text.utf8.contains(where: { $0 == 0 || $0 == 0x0a || $0 == 0x0d }),
            text.utf8.count <= largestFile,
            KeyScanner.refusal(of: "value = " + text) == nil,
            let table = try? TOMLTable(string: "value = " + text)
        else { return nil }
        let all = values(in: table, depth: 0)
        return all.count == 1 ? all["value"] : nil
    }

    private static func values(
        in table: TOMLTable, depth: Int
    ) -> [String: ConfigurationValue] {
        var result: [String: ConfigurationValue] = [:]
        for key in table.keys {
            if let value = table[key] { result[key] = plain(value, depth: depth) }
        }
        return result
    }

    private static func plain(_ value: any TOMLValueConvertible, depth: Int) -> ConfigurationValue {
        switch value.type {
        case .int: return .integer(Int64(value.int ?? 0))
        case .double: return .real(value.double ?? .nan)
        case .bool: return .boolean(value.bool ?? false)
        case .string: return .text(value.string ?? "")
        case .array:
            guard depth < 16, let array = value.array else { return .array([]) }
            return .array((0..<array.count).map { plain(array[$0], depth: depth + 1) })
        case .table:
            guard depth < 16, let table = value.table else { return .table([:]) }
            return .table(values(in: table, depth: depth + 1))
        case .date, .time, .dateTime: return .moment(value.debugDescription)
        }
    }
}
