// What a junction shall be, before its shape is known: one answer to each of the three questions
// of the catalogue (which edges, which increment, which numbers).

import Arithmetic

/// How many of the possible edges exist.
public enum EdgeDensity: Equatable, Sendable {
    /// Edges / (inputs · outputs), above 0 and at most 1.
    case fraction(Double)
    /// Edges that start at each left neuron, at least 1.
    case outDegree(Int)
}

/// Which edges exist, and how the weights are stored.
public enum WeightStructure: Equatable, Sendable {
    /// Every edge.
    case dense
    /// Edges drawn with one probability; degrees vary.
    case random(EdgeDensity, seed: UInt64)
    /// Edges drawn with exact in- and out-degree.
    case structured(EdgeDensity, seed: UInt64)
    /// Edges from a clash-free interleaver (Dey et al., arXiv 1711.01343).
    case clashFree(InterleaverSettings, EdgeDensity, seed: UInt64)
    /// Clash-free with a vector's lanes as banks.
    case laneAligned(EdgeDensity, seed: UInt64)
    /// Blocks of `blockSize` × `blockSize` circulants, kept as spectra (SWM, arXiv 1804.11239).
    case circulant(blockSize: Int)
    /// N of M weights in each group (BDWP, arXiv 2309.13015).
    case pruned(PruningSettings)
}

/// A clash-free interleaver.
public struct InterleaverSettings: Equatable, Sendable {
    /// 1: a permutation per memory and sweep; 2: a start per memory and sweep; 3: the same starts
    /// in every sweep.
    public var type: Int
    /// z, memories and edges per clock; nil chooses.
    public var parallelism: Int?
    /// Whether memories are permuted, too.
    public var dithers: Bool
    /// Whether every start is zero, as in the published hardware.
    public var startsAtZero: Bool

    /// An interleaver of `type` 1, 2 or 3.
    public init(
        type: Int, parallelism: Int? = nil, dithers: Bool = false, startsAtZero: Bool = false
    ) {
        self.type = type
        self.parallelism = parallelism
        self.dithers = dithers
        self.startsAtZero = startsAtZero
    }
}

/// N:M pruning of a dense master.
public struct PruningSettings: Equatable, Sendable {
    /// Which products use pruned weights.
    public enum Passes: String, Equatable, Sendable, CaseIterable {
        /// FF along inputs and BP along outputs: BDWP.
        case both
        /// FF only, straight through in BP: SR-STE.
        case forward
        /// BP only.
        case backward
    }

    /// N, kept of each group.
    public var kept: Int
    /// M, weights of a group.
    public var group: Int
    /// See `Passes`.
    public var passes: Passes
    /// Whether only weights that FF keeps are updated.
    public var updatesKeptOnly: Bool
    /// λ_w: the increment of a weight that FF drops gains λ_w · w (SR-STE); nil is 2·10⁻⁴ for
    /// `forward` and 0 else.
    public var droppedDecay: Float?

    /// `kept` of `group`.
    public init(
        kept: Int, group: Int, passes: Passes = .both, updatesKeptOnly: Bool = false,
        droppedDecay: Float? = nil
    ) {
        self.kept = kept
        self.group = group
        self.passes = passes
        self.updatesKeptOnly = updatesKeptOnly
        self.droppedDecay = droppedDecay
    }
}

/// What the numbers of a junction are.
public enum NumberArithmetic: Equatable, Sendable {
    /// IEEE 754 binary32.
    case float32
    /// Fixed point, bit-exact to its definition.
    case fixed(FixedFormat)
}

/// A junction without its shape.
public struct JunctionSpecification: Equatable, Sendable {
    /// Which edges exist.
    public var structure: WeightStructure
    /// How an increment is formed.
    public var increment: Increment
    /// What the numbers are.
    public var arithmetic: NumberArithmetic

    /// Dense, exact and float32 where nothing else is said.
    public init(
        structure: WeightStructure = .dense, increment: Increment = .exact,
        arithmetic: NumberArithmetic = .float32
    ) {
        self.structure = structure
        self.increment = increment
        self.arithmetic = arithmetic
    }
}
