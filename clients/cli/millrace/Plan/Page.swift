// Text for a page that may be narrow, and may be in colour: columns that line up, words that wrap.

import Glibc
import Platform

/// How standard output looks.
struct Page {
    /// Columns of the terminal; of a file or a pipe, COLUMNS or 100.
    let width: Int
    private let isColoured: Bool

    init() {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var size = winsize()
        var columns = 100
        if isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            columns = Int(size.ws_col)
        } else if let text = ProcessFacts.environment("COLUMNS"), let number = Int(text) {
            columns = number
        }
        width = max(40, min(columns, 400))
        let forbids = ProcessFacts.environment("NO_COLOR").map { !$0.isEmpty } ?? false
        isColoured =
            isTerminal && !forbids && ProcessFacts.environment("TERM") != "dumb"
    }

    /// For headings.
    func bold(_ text: String) -> String { styled(text, "1") }
    /// For what need not be read.
    func dim(_ text: String) -> String { styled(text, "2") }
    /// For what is wrong.
    func alarm(_ text: String) -> String { styled(text, "1;31") }

    private func styled(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// `text` in lines of at most the page's width, the first behind `head`, the others below it.
    func wrapped(_ text: String, behind head: String) -> [String] {
        let indent = String(repeating: " ", count: head.count)
        let room = max(20, width - head.count)
        return Self.lines(text, room).enumerated().map { ($0 == 0 ? head : indent) + $1 }
    }

    /// Words in lines of at most `room` characters, longer words alone.
    static func lines(_ text: String, _ room: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > room {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}

/// Columns that line up: the first to the left, the others to the right.
struct FigureTable {
    private(set) var rows: [[String]] = []

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The width of every column.
    var widths: [Int] {
        (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
    }

    /// The lines with some of the columns, two blanks between them.
    func lines(_ columns: [Int]) -> [String] {
        let widths = widths
        return rows.map { row in
            var line = ""
            for column in columns {
                let cell = column < row.count ? row[column] : ""
                let pad = String(repeating: " ", count: widths[column] - cell.count)
                line += column == columns[0] ? cell + pad : "  " + pad + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// All columns, in as many tables below each other as the page needs; each has the first.
    func blocks(width: Int) -> [[String]] {
        let widths = widths
        guard let first = widths.first else { return [] }
        var blocks: [[Int]] = [[0]]
        var used = first
        for column in widths.indices.dropFirst() {
            if used + 2 + widths[column] > width, blocks[blocks.count - 1].count > 1 {
                blocks.append([0])
                used = first
            }
            blocks[blocks.count - 1].append(column)
            used += 2 + widths[column]
        }
        return blocks.map(lines)
    }
}
