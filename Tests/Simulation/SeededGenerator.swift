// Randomness of tests: one number in, always the same sequence out.

import Arithmetic

/// SplitMix64 as the standard library's `shuffled` and `random` take it.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var words: SplitMix64

    /// - seed: printed by the test that fails.
    public init(seed: UInt64) {
        words = SplitMix64(seed: seed)
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 { words.next() }

    /// A number from 0 up to `bound`, which is small and not among them.
    public mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
}
