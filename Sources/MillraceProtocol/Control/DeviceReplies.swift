// What `status` says of the emulated device: what it is, what a sample costs on it, and what was
// charged until the served generation.
//
// Energies are in `energyUnit` (pJ, or the words of a table of ratios) and absent where the device
// has no table. Sums belong to a generation: a rollback restores those of the generation it goes
// back to. What queries cost is counted since the start, because they change no generation.

/// Figures of the emulated device, of an operation or of all together.
public struct DeviceAmounts: Codable, Equatable, Sendable {
    /// Of the emulated clock.
    public var clocks: UInt64
    /// Words read from and written to on-chip memories.
    public var accesses: UInt64
    /// Requests beyond the ports of a memory.
    public var clashes: UInt64
    /// In the energy unit; absent without a table.
    public var energy: Double?

    /// Figures; energy in the unit.
    public init(clocks: UInt64, accesses: UInt64, clashes: UInt64, energy: Double?) {
        self.clocks = clocks
        self.accesses = accesses
        self.clashes = clashes
        self.energy = energy
    }
}

/// One operation of one junction.
public struct DeviceOperation: Codable, Equatable, Sendable {
    /// feedforward, backprop or update.
    public var operation: String
    /// Clocks of one sample, without the overhead of a junction cycle.
    public var clocksPerSample: Int
    /// The part of them in which units wait for memories.
    public var stallClocksPerSample: Int
    /// All samples together.
    public var total: DeviceAmounts

    /// An operation.
    public init(
        operation: String, clocksPerSample: Int, stallClocksPerSample: Int, total: DeviceAmounts
    ) {
        self.operation = operation
        self.clocksPerSample = clocksPerSample
        self.stallClocksPerSample = stallClocksPerSample
        self.total = total
    }
}

/// One junction on the device.
public struct DeviceJunctionStatus: Codable, Equatable, Sendable {
    /// From the input, those inside blocks first, 0 first.
    public var junction: Int
    /// `block 3 recurrent`, and behind the blocks `junction 0`; absent in a network without blocks.
    public var name: String?
    /// edgeProcessors, transformUnits or tensorArray.
    public var unit: String
    /// Edges per clock, on edge processors.
    public var parallelism: Int?
    /// Share of a sample's clocks in which the junction's unit works.
    public var utilisation: Double
    /// What it does.
    public var operations: [DeviceOperation]

    /// A junction.
    public init(
        junction: Int, name: String? = nil, unit: String, parallelism: Int?,
        utilisation: Double, operations: [DeviceOperation]
    ) {
        self.junction = junction
        self.name = name
        self.unit = unit
        self.parallelism = parallelism
        self.utilisation = utilisation
        self.operations = operations
    }
}

/// What queries cost since the start.
public struct DeviceQueries: Codable, Equatable, Sendable {
    /// Samples that were predicted.
    public var samples: UInt64
    /// Seconds at the device's clock.
    public var seconds: Double
    /// Their figures.
    public var total: DeviceAmounts

    /// Queries since the start.
    public init(samples: UInt64, seconds: Double, total: DeviceAmounts) {
        self.samples = samples
        self.seconds = seconds
        self.total = total
    }
}

/// The emulated device in `status`, and in `millrace checkpoint inspect --json`.
public struct DeviceStatus: Codable, Equatable, Sendable {
    /// The profile's name.
    public var name: String
    /// In words.
    public var title: String
    /// Whose charges these are: 16 hexadecimal digits.
    public var identity: String
    /// Clocks per second.
    public var clockHertz: Double
    /// sequential or pipeline.
    public var schedule: String
    /// Bits of on-chip memory that the network takes.
    public var memoryBits: Int
    /// Bits that there are.
    public var capacityBits: Int
    /// Clocks from one learned sample to the next.
    public var clocksPerSample: Int
    /// Clocks of one query.
    public var clocksPerInference: Int
    /// Learned samples per second at the device's clock.
    public var samplesPerSecond: Double
    /// pJ, or what energies are multiples of; absent without a table.
    public var energyUnit: String?
    /// Energy of one learned sample.
    public var energyPerSample: Double?
    /// Actions that the table has no row for and that no energy contains.
    public var uncounted: [String]
    /// Seconds at the device's clock until the served generation.
    public var seconds: Double
    /// What was charged until then.
    public var total: DeviceAmounts
    /// The same by junction.
    public var junctions: [DeviceJunctionStatus]
    /// Queries since the start; absent in a checkpoint.
    public var queries: DeviceQueries?

    /// A device; the identity is given as a number and kept as digits.
    public init(
        name: String, title: String, identity: UInt64, clockHertz: Double, schedule: String,
        memoryBits: Int, capacityBits: Int, clocksPerSample: Int, clocksPerInference: Int,
        samplesPerSecond: Double, energyUnit: String?, energyPerSample: Double?,
        uncounted: [String], seconds: Double, total: DeviceAmounts,
        junctions: [DeviceJunctionStatus], queries: DeviceQueries? = nil
    ) {
        self.name = name
        self.title = title
        self.identity = Hexadecimal.digits(identity)
        self.clockHertz = clockHertz
        self.schedule = schedule
        self.memoryBits = memoryBits
        self.capacityBits = capacityBits
        self.clocksPerSample = clocksPerSample
        self.clocksPerInference = clocksPerInference
        self.samplesPerSecond = samplesPerSecond
        self.energyUnit = energyUnit
        self.energyPerSample = energyPerSample
        self.uncounted = uncounted
        self.seconds = seconds
        self.total = total
        self.junctions = junctions
        self.queries = queries
    }
}

/// What a fixed-point junction clipped until the served generation.
public struct JunctionSaturations: Codable, Equatable, Sendable {
    /// From the input, those inside blocks first, 0 first.
    public var junction: Int
    /// As in `DeviceJunctionStatus`.
    public var name: String?
    /// Products of FF.
    public var products: UInt64
    /// Sums of FF.
    public var sums: UInt64
    /// Errors of BP.
    public var backprop: UInt64
    /// Weights and increments of UP.
    public var update: UInt64

    /// A junction's counts.
    public init(
        junction: Int, name: String? = nil, products: UInt64, sums: UInt64, backprop: UInt64,
        update: UInt64
    ) {
        self.junction = junction
        self.name = name
        self.products = products
        self.sums = sums
        self.backprop = backprop
        self.update = update
    }
}

extension DeviceCost {
    /// This cost since `earlier`; figures that went back (a rollback) count as 0.
    public func since(_ earlier: DeviceCost) -> DeviceCost {
        func gain(_ now: UInt64, _ then: UInt64) -> UInt64 { now > then ? now - then : 0 }
        return DeviceCost(
            clocks: gain(clocks, earlier.clocks),
            nanoseconds: gain(nanoseconds, earlier.nanoseconds),
            accesses: gain(accesses, earlier.accesses), energy: gain(energy, earlier.energy))
    }

    /// Both costs together, modulo 2⁶⁴.
    public static func + (first: DeviceCost, second: DeviceCost) -> DeviceCost {
        DeviceCost(
            clocks: first.clocks &+ second.clocks,
            nanoseconds: first.nanoseconds &+ second.nanoseconds,
            accesses: first.accesses &+ second.accesses, energy: first.energy &+ second.energy)
    }
}
