// What a generation says about itself, apart from its bytes.

/// The facts of one generation, as its slot header or its checkpoint holds them.
public struct GenerationHeader: Equatable, Sendable {
    /// Its number, 1 to `numberMax`; grows with every attempt to commit, never used twice.
    public var generation: UInt64
    /// The generation whose learner section it continues after a rollback; 0 = none.
    public var restoredFrom: UInt64
    /// The generations that are held since this one is durable, newest first; 0 = no entry.
    public var heldGenerations: SIMD8<UInt64>
    /// XXH64 of the learner section.
    public var stateDigest: UInt64
    /// Digest of the configuration it was learned with; the ring only keeps it.
    public var configurationDigest: UInt64
    /// The newest durable generation when this one was committed; 0 = none.
    public var previousGeneration: UInt64
    /// `stateDigest` of `previousGeneration`; 0 = none.
    public var previousDigest: UInt64

    /// Largest generation number that is accepted from a file: far beyond any life, and small
    /// enough that adding to it cannot overflow.
    public static let numberMax: UInt64 = 1 << 62
    /// The highest number that is believed when a ring is read: whatever a file says, there are
    /// numbers left for the commits that follow.
    static let recoveredMax: UInt64 = 1 << 61

    /// A header; everything but the number and the digest is 0 when not given.
    public init(
        generation: UInt64, restoredFrom: UInt64 = 0, heldGenerations: SIMD8<UInt64> = .zero,
        stateDigest: UInt64, configurationDigest: UInt64 = 0, previousGeneration: UInt64 = 0,
        previousDigest: UInt64 = 0
    ) {
        self.generation = generation
        self.restoredFrom = restoredFrom
        self.heldGenerations = heldGenerations
        self.stateDigest = stateDigest
        self.configurationDigest = configurationDigest
        self.previousGeneration = previousGeneration
        self.previousDigest = previousDigest
    }

    /// The newest held generation; 0 = none.
    public var heldGeneration: UInt64 { heldGenerations[0] }
}
