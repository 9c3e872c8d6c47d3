// The device's memory, one line per owner, in bits: numbers of a device have ten bits as easily as
// eight. Only what the hardware would hold: tables that the emulation keeps are in `MemoryPlan`.

/// What one owner holds on the device.
public struct DeviceMemoryLine: Equatable, Sendable {
    /// `weights`, `activation banks`
    public let owner: String
    /// How it adds up: `5 x 1024 x 8 + 3 x 64 x 10`.
    public let detail: String
    /// All of it.
    public let bits: Int
    /// Memories that can be addressed on their own.
    public let memories: Int

    /// See the properties.
    public init(owner: String, detail: String, bits: Int, memories: Int) {
        precondition(bits >= 0 && memories >= 0, "memory is not negative: \(owner)")
        self.owner = owner
        self.detail = detail
        self.bits = bits
        self.memories = memories
    }
}

/// All lines of a network on a device.
public struct DeviceMemoryMap: Equatable, Sendable {
    /// Who can hold memory, in the order of the lines.
    public enum Owner: String, Equatable, Sendable, CaseIterable {
        case weights
        case spectra
        case biases
        case velocities
        case views = "compressed views"
        case activations = "activation banks"
        case derivatives = "derivative banks"
        case kept = "kept by blocks"
        case scales = "scales of norms"
        case errors = "error banks"
        case workingSpectra = "working spectra"
        case seeds = "pattern seeds"
        case generators = "random generators"
        case streams = "bit streams"
    }

    /// The budget.
    public let capacityBits: Int
    /// One per owner that holds anything.
    public let lines: [DeviceMemoryLine]

    /// See the properties.
    public init(capacityBits: Int, lines: [DeviceMemoryLine]) {
        self.capacityBits = capacityBits
        self.lines = lines
    }

    /// Sum of all lines.
    public var totalBits: Int { lines.reduce(0) { $0 + $1.bits } }
    /// Memories that can be addressed on their own, of all lines.
    public var memories: Int { lines.reduce(0) { $0 + $1.memories } }
    /// Whether the total is within the budget.
    public var fits: Bool { totalBits <= capacityBits }
    /// The line that takes most.
    public var biggest: DeviceMemoryLine? { lines.max { $0.bits < $1.bits } }

    /// The line of an owner; nil where it holds nothing.
    public subscript(_ owner: Owner) -> DeviceMemoryLine? {
        lines.first { $0.owner == owner.rawValue }
    }

    /// The map as text: owner, how it adds up, memories, bits; then the total, the budget, and
    /// what is free or missing. Lines end with a line feed.
    public var table: String {
        typealias Row = [String]
        func row(_ owner: String, _ bits: Int) -> Row {
            [owner, "", "", MemoryPlan.grouped(bits)]
        }
        var rows: [Row] = [["", "", "memories", "bits"]]
        rows += lines.map {
            [$0.owner, $0.detail, "\($0.memories)", MemoryPlan.grouped($0.bits)]
        }
        let sums = rows.count
        rows.append(["total", "", "\(memories)", MemoryPlan.grouped(totalBits)])
        rows.append(row("budget", capacityBits))
        rows.append(
            fits
                ? row("free", capacityBits - totalBits)
                : row("missing", totalBits - capacityBits))
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for (index, row) in rows.enumerated() {
            if index == sums {
                text += String(repeating: "-", count: widths.reduce(0, +) + 6) + "\n"
            }
            for column in 0..<4 {
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                text += column < 2 ? row[column] + padding : padding + row[column]
                text += column < 3 ? "  " : "\n"
            }
        }
        return text
    }
}
