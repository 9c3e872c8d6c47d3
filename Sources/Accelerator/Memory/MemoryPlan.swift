// The memory plan: what every owner needs, added up before anything is taken. A plan that does
// not fit its budget says which line is too big and what would fit.
//
// Invariants: `totalBytes` is the sum of the lines; a line is never negative; the plan only
// counts, the `Arena` takes.

/// The key of the configuration that decides how many units a line has.
public struct MemorySetting: Equatable, Sendable {
    /// `ring.slots`
    public let key: String
    /// The least that the key may say.
    public let lowest: Int
    /// Units of the line that the key does not count.
    public let fixedUnits: Int

    /// - key: `section.name`. - lowest: the least value that is legal.
    /// - fixedUnits: units of the line beyond those of the key.
    public init(key: String, lowest: Int, fixedUnits: Int = 0) {
        self.key = key
        self.lowest = lowest
        self.fixedUnits = fixedUnits
    }
}

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
    /// What decides the number of units; nil where no key does so alone.
    public let setting: MemorySetting?

    /// A line that is one piece.
    public init(owner: String, detail: String, bytes: Int) {
        precondition(bytes >= 0, "memory is not negative: \(owner)")
        self.owner = owner
        self.detail = detail
        self.bytes = bytes
        unitBytes = 0
        unit = ""
        setting = nil
    }

    /// A line of `unitCount` equal units of `unitBytes` each, called `unit` in the plural.
    public init(
        owner: String, unitCount: Int, unit: String, unitBytes: Int, setting: MemorySetting? = nil
    ) {
        precondition(unitCount >= 0 && unitBytes >= 0, "memory is not negative: \(owner)")
        self.owner = owner
        detail = "\(unitCount) \(unit) of \(MemoryPlan.grouped(unitBytes))"
        bytes = unitCount * unitBytes
        self.unitBytes = unitBytes
        self.unit = unit
        self.setting = setting
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

    /// The least whole number of MiB that holds the plan.
    public var fittingMebibytes: Int { (totalBytes + (1 << 20) - 1) >> 20 }

    /// What is wrong, and what to set: the budget that fits, and a smaller value of the key behind
    /// the biggest line where that is legal and enough.
    public var description: String {
        let over = MemoryPlan.grouped(totalBytes - budgetBytes)
        var text = "the plan is \(over) bytes over its budget of \(MemoryPlan.grouped(budgetBytes))"
        text += "; the biggest line is \(biggest.owner) (\(MemoryPlan.grouped(biggest.bytes)))"
        text += ". TRY: memory.budget = \"\(fittingMebibytes)MiB\", for all of "
        text += MemoryPlan.grouped(totalBytes)
        if let (setting, value) = smallerSetting { text += "; or \(setting.key) = \(value)" }
        return text
    }

    /// The key of the biggest line and the most it may say; nil where no legal value is enough.
    private var smallerSetting: (MemorySetting, Int)? {
        guard let setting = biggest.setting, biggest.unitBytes > 0 else { return nil }
        let value = biggestMayTakeBytes / biggest.unitBytes - setting.fixedUnits
        return value >= setting.lowest ? (setting, value) : nil
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

    /// The plan as text: owner, detail, bytes; then the total, the budget and what is free, or by
    /// how much it is too small. Lines end with a line feed.
    public var table: String {
        var rows = lines.map { ($0.owner, $0.detail, Self.grouped($0.bytes)) }
        rows.append(("total", "", Self.grouped(totalBytes)))
        rows.append(("budget", "", Self.grouped(budgetBytes)))
        let free = budgetBytes - totalBytes
        rows.append(fits ? ("free", "", Self.grouped(free)) : ("over", "", Self.grouped(-free)))
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
