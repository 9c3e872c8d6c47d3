// The seeder: turns one 64-bit seed into as many well-mixed words as are wanted.
// Invariant: the same seed gives the same words on every machine.

/// SplitMix64 (Steele, Lea and Flood 2014). Used to seed the other generator and to derive
/// independent seeds from one; any seed is good, zero included.
public struct SplitMix64: Sendable, Equatable {
    /// The counter; the next word is a hash of it.
    public var state: UInt64

    /// Starts at `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next word, uniform over all 2⁶⁴.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
