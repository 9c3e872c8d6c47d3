// The memory plan: what every owner needs, added up before anything is taken. A plan that does
// not fit its budget says which line is too big and what would fit.
//
// Invariants: `totalBytes` is the sum of the lines; a line is never negative; the plan only
// counts, the `Arena` takes.

/// What one owner needs.
public struct MemoryLine: Equatable, Sendable {
    /// Who holds the memory: `weights`, `generation ring`.
    public let owner: String
    /// What it consists of: `784-128-10`, `6 slots`.
    public let detail: String
    /// All of it, in bytes.
    public let bytes: Int
    /// Bytes of one unit where the line is `unitCount` equal units (slots, entries), else 0.
    public let unitBytes: Int
    /// What one unit is called, in the plural: `slots`.
    public let unit: String

    /// A line that is one piece.
    public init(owner: String, detail: String, bytes: Int) {
        precondition(bytes >= 0, "memory is not negative: \(owner)")
        self.owner = owner
        self.detail = detail
        self.bytes = bytes
        unitBytes = 0
        unit = ""
    }

    /// A line of `unitCount` equal units of `unitBytes` each, called `unit` in the plural.
    public init(owner: String, unitCount: Int, unit: String, unitBytes: Int) {
        precondition(unitCount >= 0 && unitBytes >= 0, "memory is not negative: \(owner)")
        self.owner = owner
        detail = "\(unitCount) \(unit) of \(MemoryPlan.grouped(unitBytes))"
        bytes = unitCount * unitBytes
        self.unitBytes = unitBytes
        self.unit = unit
    }
}

/// What is wrong with a plan that does not fit, with the facts.
public struct MemoryShortage: Error, Equatable, Sendable, CustomStringConvertible {
    /// Sum of all lines.
    public let totalBytes: Int
    /// What may be used.
    public let budgetBytes: Int
    /// The line that takes most.
    public let biggest: MemoryLine
    /// What that line may take with all others as they are; 0 when the others alone are too much.
    public let biggestMayTakeBytes: Int

    /// One sentence for the person who wrote the budget.
    public var description: String {
        let over = MemoryPlan.grouped(totalBytes - budgetBytes)
        var text = "the plan is \(over) bytes over its budget of \(MemoryPlan.grouped(budgetBytes))"
        text += "; the biggest line is \(biggest.owner) (\(MemoryPlan.grouped(biggest.bytes)))"
        let units = biggest.unitBytes > 0 ? biggestMayTakeBytes / biggest.unitBytes : 0
        if units > 0 {
            text += "; \(units) \(biggest.unit) would fit"
        } else if biggestMayTakeBytes > 0 {
            text += "; it would fit with at most \(MemoryPlan.grouped(biggestMayTakeBytes))"
        } else {
            text += "; no size of it would fit"
        }
        return text + "; the whole plan needs a budget of \(MemoryPlan.grouped(totalBytes))"
    }
}

/// All lines of the memory budget, in the order in which they were added.
public struct MemoryPlan: Equatable, Sendable {
    /// What may be used, in bytes.
    public let budgetBytes: Int
    /// One line per owner.
    public private(set) var lines: [MemoryLine] = []

    /// A plan without lines.
    public init(budgetBytes: Int) {
        self.budgetBytes = budgetBytes
    }

    /// Adds a line.
    public mutating func add(_ line: MemoryLine) {
        lines.append(line)
    }

    /// Adds lines in their order.
    public mutating func add(_ more: [MemoryLine]) {
        lines += more
    }

    /// Sum of all lines.
    public var totalBytes: Int { lines.reduce(0) { $0 + $1.bytes } }

    /// Whether the total is within the budget.
    public var fits: Bool { totalBytes <= budgetBytes }

    /// What is wrong, or nil when the plan fits.
    public var shortage: MemoryShortage? {
        let total = totalBytes
        guard total > budgetBytes, let biggest = lines.max(by: { $0.bytes < $1.bytes }) else {
            return nil
        }
        let rest = total - biggest.bytes
        return MemoryShortage(
            totalBytes: total, budgetBytes: budgetBytes, biggest: biggest,
            biggestMayTakeBytes: max(0, budgetBytes - rest))
    }

    /// The plan as text: owner, detail, bytes; then the total, the budget and what is free, or
    /// the shortage. Lines end with a line feed.
    public var table: String {
        var rows = lines.map { ($0.owner, $0.detail, Self.grouped($0.bytes)) }
        rows.append(("total", "", Self.grouped(totalBytes)))
        rows.append(("budget", "", Self.grouped(budgetBytes)))
        if fits { rows.append(("free", "", Self.grouped(budgetBytes - totalBytes))) }
        let ownerWidth = rows.map { $0.0.count }.max() ?? 0
        let detailWidth = rows.map { $0.1.count }.max() ?? 0
        let bytesWidth = rows.map { $0.2.count }.max() ?? 0
        let rule = String(repeating: "-", count: ownerWidth + detailWidth + bytesWidth + 4) + "\n"
        var text = ""
        for (index, row) in rows.enumerated() {
            if index == lines.count { text += rule }
            text += row.0 + Self.spaces(ownerWidth - row.0.count + 2)
            text += row.1 + Self.spaces(detailWidth - row.1.count + 2)
            text += Self.spaces(bytesWidth - row.2.count) + row.2 + "\n"
        }
        if let shortage { text += shortage.description + "\n" }
        return text
    }

    /// `1234567` as `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        if number < 0 { text.append("-") }
        return String(text.reversed())
    }

    private static func spaces(_ count: Int) -> String {
        String(repeating: " ", count: count)
    }
}
