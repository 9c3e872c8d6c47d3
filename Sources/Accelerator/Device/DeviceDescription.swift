// What an emulated device consists of: memories, units, a clock, an energy table. Data only; a
// profile (Configuration/Devices/*.toml) fills it, `DevicePlan` lays a network out on it.

/// The on-chip memories of a device.
public struct DeviceMemory: Equatable, Sendable {
    /// All of it, in bits: the budget that binds.
    public var capacityBits: Int
    /// Memories that can be addressed on their own; nil: as many as the network asks for.
    public var count: Int?
    /// Bits of one memory's word, > 0. A wider number takes several memories side by side.
    public var widthBits: Int
    /// Words that one memory gives per clock, ≥ 1.
    public var readPorts: Int
    /// Words that one memory takes per clock, ≥ 1.
    public var writePorts: Int
    /// Whether the starts and permutations of interleavers lie in memory, and not in logic.
    public var holdsSeeds: Bool

    /// See the properties.
    public init(
        capacityBits: Int, count: Int? = nil, widthBits: Int, readPorts: Int = 1,
        writePorts: Int = 1, holdsSeeds: Bool = false
    ) {
        self.capacityBits = capacityBits
        self.count = count
        self.widthBits = widthBits
        self.readPorts = readPorts
        self.writePorts = writePorts
        self.holdsSeeds = holdsSeeds
    }
}

/// Edge processors: each does FF, BP and UP of one edge per clock (Dey et al., arXiv 1711.01343).
public struct EdgeProcessors: Equatable, Sendable {
    /// How many there are: the sum of the z of all junctions that work at once.
    public var count: Int
    /// PROCTIME: clocks that a pipelined multiplier adds to a junction cycle; 0 as published at
    /// first, 2 as shipped.
    public var processClocks: Int
    /// Clocks that every junction cycle takes besides its edges: 2 in the published hardware.
    public var overheadClocks: Int

    /// See the properties.
    public init(count: Int, processClocks: Int = 0, overheadClocks: Int = 2) {
        self.count = count
        self.processClocks = processClocks
        self.overheadClocks = overheadClocks
    }
}

/// A stochastic outer-product unit: N + M converters and L-bit ANDs (ESSOP, arXiv 2003.11256).
public struct StochasticUnit: Equatable, Sendable {
    /// Converters: bits of so many numbers are drawn per clock, one bit of each.
    public var converters: Int
    /// Products (L-bit AND, count, shift) per clock.
    public var lanes: Int

    /// See the properties.
    public init(converters: Int, lanes: Int) {
        self.converters = converters
        self.lanes = lanes
    }
}

/// Units for block-circulant junctions: real FFTs and pointwise products (SWM, arXiv 1804.11239).
public struct TransformUnits: Equatable, Sendable {
    /// Radix-2 butterflies per clock.
    public var butterflies: Int
    /// Real multiplications of pointwise products per clock.
    public var multipliers: Int

    /// See the properties.
    public init(butterflies: Int, multipliers: Int) {
        self.butterflies = butterflies
        self.multipliers = multipliers
    }
}

/// How a matrix product lies on a systolic array.
public enum Dataflow: String, Equatable, Sendable, CaseIterable {
    /// Weights stay in the array, activations and sums pass through.
    case weightStationary
    /// Sums stay in the array, weights and activations pass through.
    case outputStationary
    /// The cheaper of both for every junction and operation, chosen offline.
    case scheduled
}

/// An N:M sparse tensor array with its reduction and update engines (SAT, arXiv 2309.13015).
public struct TensorArray: Equatable, Sendable {
    /// R, rows of processing elements.
    public var rows: Int
    /// Cc, columns of processing elements.
    public var columns: Int
    /// P, clocks of an addition: without `interleaves`, dependent sums wait for it.
    public var addClocks: Int
    /// Lanes of SORE, which selects N of M weights in M clocks per group.
    public var reductionLanes: Int
    /// Lanes of WUVE: weight updates per clock.
    public var updateLanes: Int
    /// See `Dataflow`.
    public var dataflow: Dataflow
    /// Whether independent outputs take turns in the adders, so that none waits.
    public var interleaves: Bool
    /// Whether N:M weights are selected right after their update, hidden behind it, and only
    /// compressed weights are fetched.
    public var generatesAhead: Bool
    /// Whether the next weights are loaded while the array works.
    public var doubleBuffers: Bool

    /// See the properties.
    public init(
        rows: Int, columns: Int, addClocks: Int, reductionLanes: Int, updateLanes: Int,
        dataflow: Dataflow = .scheduled, interleaves: Bool = true, generatesAhead: Bool = true,
        doubleBuffers: Bool = true
    ) {
        self.rows = rows
        self.columns = columns
        self.addClocks = addClocks
        self.reductionLanes = reductionLanes
        self.updateLanes = updateLanes
        self.dataflow = dataflow
        self.interleaves = interleaves
        self.generatesAhead = generatesAhead
        self.doubleBuffers = doubleBuffers
    }
}

/// How many edges every junction works per clock.
public enum DeviceParallelism: Equatable, Sendable {
    /// The device chooses z of every junction so that junction cycles are equal, or as near as
    /// divisors allow, within its processors and memories.
    case auto
    /// z of each junction, from the input.
    case edges([Int])
}

/// Which numbers the units of a device take.
public struct DeviceArithmetic: Equatable, Sendable {
    /// Bits of the widest fixed-point number; 0: none.
    public var fixedBits: Int
    /// Bits that a float32 of the emulation has in this device's memories; 0: no floats. SAT keeps
    /// views in 16: then `masterBits` says what the master has.
    public var floatBits: Int
    /// Bits of a learned weight that is a float; equals `floatBits` unless precisions are mixed.
    public var masterBits: Int

    /// See the properties.
    public init(fixedBits: Int, floatBits: Int, masterBits: Int? = nil) {
        self.fixedBits = fixedBits
        self.floatBits = floatBits
        self.masterBits = masterBits ?? floatBits
    }
}

/// An emulated device.
public struct DeviceDescription: Equatable, Sendable {
    /// Of the profile: `artix7`.
    public var name: String
    /// In words.
    public var title: String
    /// What the description is taken from.
    public var source: String
    /// f, clocks per second, > 0.
    public var clockHertz: Double
    /// Its memories.
    public var memory: DeviceMemory
    /// Its numbers.
    public var arithmetic: DeviceArithmetic
    /// Edges per clock of every junction on edge processors.
    public var parallelism: DeviceParallelism
    /// nil: it has none; so for the other units.
    public var edgeProcessors: EdgeProcessors?
    /// See `StochasticUnit`.
    public var stochasticUnit: StochasticUnit?
    /// See `TransformUnits`.
    public var transformUnits: TransformUnits?
    /// See `TensorArray`.
    public var tensorArray: TensorArray?
    /// What an action costs; nil: no energy is reported.
    public var energy: EnergyTable?

    /// See the properties.
    public init(
        name: String, title: String, source: String, clockHertz: Double, memory: DeviceMemory,
        arithmetic: DeviceArithmetic, parallelism: DeviceParallelism = .auto,
        edgeProcessors: EdgeProcessors? = nil, stochasticUnit: StochasticUnit? = nil,
        transformUnits: TransformUnits? = nil, tensorArray: TensorArray? = nil,
        energy: EnergyTable? = nil
    ) {
        self.name = name
        self.title = title
        self.source = source
        self.clockHertz = clockHertz
        self.memory = memory
        self.arithmetic = arithmetic
        self.parallelism = parallelism
        self.edgeProcessors = edgeProcessors
        self.stochasticUnit = stochasticUnit
        self.transformUnits = transformUnits
        self.tensorArray = tensorArray
        self.energy = energy
    }
}
