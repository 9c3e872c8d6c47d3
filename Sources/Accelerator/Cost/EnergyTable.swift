// Energy: Σ (action count × entry of a table). The table is data with a source in every row. Where
// only a ratio is published, the unit of the table is one of its own actions and not the picojoule.

/// One row of an energy table.
public struct EnergyRow: Equatable, Sendable {
    /// Which action, in the words of a table file: `multiply`, `read`.
    public let action: String
    /// Whether it is about floating point; means nothing for memories.
    public let isFloat: Bool
    /// Of the number, in bits.
    public let bits: Int
    /// In the unit of the table.
    public let energy: Double
    /// Where the number stands.
    public let source: String

    public init(action: String, isFloat: Bool, bits: Int, energy: Double, source: String) {
        self.action = action
        self.isFloat = isFloat
        self.bits = bits
        self.energy = energy
        self.source = source
    }
}

/// What actions cost.
public struct EnergyTable: Equatable, Sendable {
    public enum Unit: Equatable, Sendable {
        case picojoules
        /// Relative to one action, in words: `multiplications in FP16`.
        case relative(to: String)
    }

    /// `45nm`
    public let name: String
    /// Process node in words.
    public let node: String
    public let unit: Unit
    public let rows: [EnergyRow]

    public init(name: String, node: String, unit: Unit, rows: [EnergyRow]) {
        self.name = name
        self.node = node
        self.unit = unit
        self.rows = rows
    }
}

/// An amount of energy.
public struct Energy: Equatable, Sendable {
    /// In the unit of the table; picojoules where that is the unit.
    public var amount: Double
    public var unit: EnergyTable.Unit
    /// Actions that the table has no row for and that are not in the amount, by name, sorted.
    public var uncounted: [String]

    public init(amount: Double, unit: EnergyTable.Unit, uncounted: [String] = []) {
        self.amount = amount
        self.unit = unit
        self.uncounted = uncounted
    }
}
