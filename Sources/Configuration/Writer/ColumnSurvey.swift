// What the columns of a table hold, from a bounded look at its rows: everything that the writer
// of a configuration decides by.

import SampleSources

/// What one column holds.
struct ColumnSurvey {
    /// Distinct texts beyond this many are no classes.
    static let mostDistinct = 256

    let name: String
    var numberCount = 0
    var emptyCount = 0
    var textCount = 0
    var isWhole = true
    var isIncreasing = true
    var lowest = Float.infinity
    var highest = -Float.infinity
    /// Texts in the order of first appearance, until there are too many.
    var distinct: [String] = []
    var hasTooManyDistinct = false
    private var seen: Set<String> = []
    private var last = -Float.infinity

    init(name: String) {
        self.name = name
    }

    /// Cells that are not empty.
    var filledCount: Int { numberCount + textCount }

    /// Whether nearly every cell is a number.
    var isNumeric: Bool { numberCount > 0 && numberCount * 20 >= filledCount * 19 }

    /// Whether it counts rows or tells the time, by its name and its values.
    var isClock: Bool {
        let words = ["time", "date", "timestamp", "ts", "id", "index", "row", "seq", "sequence"]
        let lowered = name.lowercased()
        return isIncreasing && numberCount > 2
            && words.contains {
                lowered == $0 || lowered.hasSuffix("_" + $0) || lowered.hasPrefix($0)
            }
    }

    mutating func add(_ text: String) {
        guard !text.isEmpty else {
            emptyCount += 1
            return
        }
        if let number = decimalNumber(text) {
            numberCount += 1
            isWhole = isWhole && number == number.rounded() && abs(number) < 16_777_216
            // Seconds since 1970 are so large that neighbours are one float.
            let hasGrown = number > last || (number == last && number >= 16_777_216)
            isIncreasing = isIncreasing && hasGrown
            last = number
            lowest = min(lowest, number)
            highest = max(highest, number)
        } else {
            textCount += 1
        }
        guard !hasTooManyDistinct, !seen.contains(text) else { return }
        if seen.count == Self.mostDistinct {
            hasTooManyDistinct = true
        } else {
            seen.insert(text)
            distinct.append(text)
        }
    }
}

/// What a table holds.
struct TableSurvey {
    let path: String
    var columns: [ColumnSurvey]
    var rowCount = 0
    var badRowCount = 0
    /// Whether there are rows beyond those looked at.
    var isPartial = false

    /// Looks at up to `rows` rows of `path`.
    init(path: String, rows: Int) throws(SourceError) {
        self.path = path
        var table = try TextTable(path: path)
        columns = table.names.map { ColumnSurvey(name: $0) }
        while let row = try table.next() {
            if rowCount == rows {
                isPartial = true
                break
            }
            rowCount += 1
            for i in columns.indices { columns[i].add(row[i]) }
        }
        badRowCount = table.badRowCount
        guard rowCount > 0 else { throw .empty(path: path) }
    }
}
