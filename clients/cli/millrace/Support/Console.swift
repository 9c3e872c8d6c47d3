// Standard output and standard error.

import Client
import Glibc
import MillraceProtocol
import Platform
import SampleSources

/// Where words and data go.
enum Console {
    /// Whether people look at standard error.
    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// A line of talk. Whatever a file or a daemon put into it: it ends, and no terminal obeys it.
    static func talk(_ line: String) {
        StandardError.write(legible(line, atMost: 16_384, keepsLines: true) + "\n")
    }

    /// Talk without an end of line.
    static func talkInPlace(_ text: String) { StandardError.write("\r\u{1B}[K" + text) }

    /// A line of data; when it cannot be written the process ends with 74.
    static func print(_ line: String) { write(line + "\n") }

    /// Data without an end of line.
    static func write(_ text: String) { StandardOutput.write(text) }

    /// JSON as it came.
    static func printJSON(bytes: [UInt8]) {
        print(String(decoding: bytes, as: UTF8.self))
    }

    /// A document with sorted keys.
    static func printJSON(_ document: some Encodable) {
        do {
            printJSON(bytes: try ControlCodec.encode(document))
        } catch {
            talk("error: the document cannot be written: \(error)")
            exit(ExitStatus.internalError.rawValue)
        }
    }
}

/// A table of plain text: columns aligned, numbers to the right.
struct TextTable {
    private var rows: [[String]]

    /// - header: names of the columns; empty for none.
    init(_ header: [String] = []) { rows = header.isEmpty ? [] : [header] }

    /// Adds a row.
    mutating func add(_ cells: String...) { rows.append(cells) }

    /// Adds a row.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines.
    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let isNumeric = (0..<columns).map { column in
            rows.dropFirst().contains { column < $0.count && !$0[column].isEmpty }
                && rows.dropFirst().allSatisfy {
                    column >= $0.count || $0[column].isEmpty || $0[column] == "-"
                        || $0[column].allSatisfy { $0.isNumber || ".,-+%∞ ".contains($0) }
                }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let pad = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (isNumeric[column] ? pad + cell : cell + pad)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// Numbers as people read them.
enum Format {
    /// 1234567 → "1,234,567".
    static func count(_ value: UInt64) -> String {
        var digits = String(value)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    /// With `places` decimals.
    static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : (value < 0 ? "-∞" : "∞") }
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        guard abs(value) < 1e15 / scale else { return "\(value)" }
        let scaled = (abs(value) * scale).rounded()
        let whole = UInt64(scaled / scale)
        let part = UInt64(scaled - Double(whole) * scale)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + String(whole) }
        let digits = String(part)
        return sign + "\(whole)." + String(repeating: "0", count: max(0, places - digits.count))
            + digits
    }

    /// A share or an error; "-" when it is not defined.
    static func figure(_ value: Double?) -> String { value.map { decimal($0, 4) } ?? "-" }

    /// 1536 → "1.5 KiB".
    static func bytes(_ value: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var size = Double(value)
        var unit = 0
        while size >= 1024, unit < units.count - 1 {
            size /= 1024
            unit += 1
        }
        return unit == 0 ? "\(value) B" : "\(decimal(size, 1)) \(units[unit])"
    }
}
