// The device's memory, one line per owner, in bits: numbers of a device have ten bits as easily as
// eight. Only what the hardware would hold: tables that the emulation keeps are in `MemoryPlan`.

/// What one owner holds on the device.
public struct DeviceMemoryLine: Equatable, Sendable {
    /// `weights`, `activation banks`
    public let owner: String
    /// How it adds up: `5 x 1024 x 8 + 3 x 64 x 10`.
    public let detail: String
    public let bits: Int
    /// Memories that can be addressed on their own.
    public let memories: Int

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
    /// The budget.
    public let capacityBits: Int
    public let lines: [DeviceMemoryLine]

    public init(capacityBits: Int, lines: [DeviceMemoryLine]) {
        self.capacityBits = capacityBits
        self.lines = lines
    }

    public var totalBits: Int { lines.reduce(0) { $0 + $1.bits } }
    public var memories: Int { lines.reduce(0) { $0 + $1.memories } }
    public var fits: Bool { totalBits <= capacityBits }
}
