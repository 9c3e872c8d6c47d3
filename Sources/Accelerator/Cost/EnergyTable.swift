// Energy: Σ (action count × entry of a table). The table is data with a source in every row. Where
// only a ratio is published, the unit of the table is one of its own actions and not the picojoule.
//
// Invariants: nothing is charged that no row stands for, and what no row stands for is named;
// `scaled` is the only rule by which one row serves several widths.

/// One row of an energy table.
public struct EnergyRow: Equatable, Sendable {
    /// Which action, in the words of a table file: `multiply`, `read`.
    public let action: String
    /// Whether it is about floating point; means nothing for memories.
    public let isFloat: Bool
    /// Of the number, in bits; 0: the energy is the same for all widths.
    public let bits: Int
    /// In the unit of the table.
    public let energy: Double
    /// Where the number stands.
    public let source: String
    /// Size of the memory that `read` and `write` are about, in bytes; means nothing else.
    public let memoryBytes: Int

    /// See the properties.
    public init(
        action: String, isFloat: Bool, bits: Int, energy: Double, source: String,
        memoryBytes: Int = 0
    ) {
        precondition(bits >= 0 && energy >= 0 && memoryBytes >= 0, "a row of \(action)")
        self.action = action
        self.isFloat = isFloat
        self.bits = bits
        self.energy = energy
        self.source = source
        self.memoryBytes = memoryBytes
    }

    /// The energy of the same action on numbers of another width: a multiplier grows with the
    /// square of its width, everything else with the width.
    public func scaled(to width: Int) -> Double {
        guard bits > 0 else { return energy }
        let ratio = Double(width) / Double(bits)
        return energy * (action == EnergyTable.multiplyWord ? ratio * ratio : ratio)
    }
}

/// What actions cost.
public struct EnergyTable: Equatable, Sendable {
    /// What the numbers of a table count.
    public enum Unit: Equatable, Sendable {
        case picojoules
        /// Relative to one action, in words: `multiplications in FP16`.
        case relative(to: String)
    }

    /// `45nm`
    public let name: String
    /// Process node in words.
    public let node: String
    /// Of every row.
    public let unit: Unit
    /// At most one per action, kind of number, width and size of memory counts: the first.
    public let rows: [EnergyRow]
    /// The memory that all reads and writes are charged as, in bytes: the smallest of the table
    /// that holds so much, else the largest. Of a device with many memories it is one of them.
    public var memoryBytes: Int

    /// See the properties.
    public init(
        name: String, node: String, unit: Unit, rows: [EnergyRow], memoryBytes: Int = 0
    ) {
        self.name = name
        self.node = node
        self.unit = unit
        self.rows = rows
        self.memoryBytes = memoryBytes
    }
}

extension EnergyTable {
    static let multiplyWord = "multiply"
    /// Every word that a row may have for its action. `dram-read` stands for the memory behind
    /// the chip, to compare with: no device of ours goes there.
    public static let actionWords = [
        multiplyWord, "add", "compare", "look-up", "bit-and", "count-ones", "shift", "draw", "read",
        "write", "dram-read",
    ]
    /// Those of them that are about a memory.
    public static let memoryWords: Set<String> = ["read", "write"]

    /// The energy of everything counted.
    public func energy(of counts: ActionCounts) -> Energy {
        var sum = Energy(amount: 0, unit: unit)
        var missing: Set<String> = []
        // In a fixed order, so that equal counts have equal sums to the last bit.
        for (action, count) in counts.counts.sorted(by: { $0.key.isBefore($1.key) }) {
            if let one = energy(of: action) {
                sum.amount += one * Double(count)
            } else {
                missing.insert(action.name)
            }
        }
        sum.uncounted = missing.sorted()
        return sum
    }

    /// The energy of one action; nil where no row stands for it.
    public func energy(of action: Action) -> Double? {
        row(for: action)?.scaled(to: action.bits)
    }

    /// The row of the same action and kind of number whose width is nearest by ratio, of two as
    /// near the wider one; for memories, of the memory that is charged.
    private func row(for action: Action) -> EnergyRow? {
        let word = action.kind.word
        var candidates = rows.filter {
            $0.action == word && (action.isAccess || $0.isFloat == action.isFloat)
        }
        if action.isAccess {
            let sizes = candidates.map(\.memoryBytes)
            let size = sizes.filter { $0 >= memoryBytes }.min() ?? sizes.max()
            candidates.removeAll { $0.memoryBytes != size }
        }
        if let any = candidates.first(where: { $0.bits == 0 }) { return any }
        return candidates.min { one, other in
            let (near, far) = (one.distance(to: action.bits), other.distance(to: action.bits))
            return near != far ? near < far : one.bits > other.bits
        }
    }
}

extension EnergyRow {
    /// How far a width is away, as a ratio of at least 1.
    fileprivate func distance(to width: Int) -> Double {
        Double(max(bits, width)) / Double(max(1, min(bits, width)))
    }
}

extension ActionKind {
    /// In the words of a table file.
    public var word: String {
        switch self {
        case .multiply: EnergyTable.multiplyWord
        case .add: "add"
        case .compare: "compare"
        case .lookUp: "look-up"
        case .bitAnd: "bit-and"
        case .countOnes: "count-ones"
        case .shift: "shift"
        case .draw: "draw"
        case .read: "read"
        case .write: "write"
        }
    }
}

extension Action {
    /// `multiply`, `multiply (float)`, `read`: what a row would have to be about.
    var name: String { isFloat && !isAccess ? "\(kind.word) (float)" : kind.word }

    /// Some order that does not depend on the run.
    fileprivate func isBefore(_ other: Action) -> Bool { sortText < other.sortText }

    private var sortText: String { "\(kind) \(bits) \(isFloat)" }
}

/// An amount of energy.
public struct Energy: Equatable, Sendable {
    /// In the unit of the table; picojoules where that is the unit.
    public var amount: Double
    /// What `amount` counts.
    public var unit: EnergyTable.Unit
    /// Actions that the table has no row for and that are not in the amount, by name, sorted.
    public var uncounted: [String]

    /// See the properties.
    public init(amount: Double, unit: EnergyTable.Unit, uncounted: [String] = []) {
        self.amount = amount
        self.unit = unit
        self.uncounted = uncounted
    }
}
