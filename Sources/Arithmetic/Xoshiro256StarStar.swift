// The generator of everything random: initial weights, shuffles, simulated faults.
//
// Invariants: the whole state is four words, so it lives in a section and survives a restart;
// the same state gives the same values, bit by bit, on every machine (uniform and normal values
// use our own logarithm and explicit fused multiply-adds).

/// xoshiro256** 1.0 (Blackman and Vigna 2018), period 2²⁵⁶ − 1.
public struct Xoshiro256StarStar: Sendable, Equatable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// Seeds the four words from SplitMix64, as its authors advise.
    public init(seed: UInt64) {
        var seeder = SplitMix64(seed: seed)
        s0 = seeder.next()
        s1 = seeder.next()
        s2 = seeder.next()
        s3 = seeder.next()
    }

    /// Continues from a state. All zero is the one state the generator never leaves, so it is
    /// replaced by the state of seed 0.
    public init(state: (UInt64, UInt64, UInt64, UInt64)) {
        if state.0 | state.1 | state.2 | state.3 == 0 {
            self = Self(seed: 0)
        } else {
            (s0, s1, s2, s3) = state
        }
    }

    /// Continues from the four words at `memory` (any alignment).
    public init(loadingFrom memory: UnsafeRawPointer) {
        self.init(
            state: (
                memory.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                memory.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                memory.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            ))
    }

    /// Writes the four words to `memory` (any alignment, 32 bytes).
    public func store(to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: s0, toByteOffset: 0, as: UInt64.self)
        memory.storeBytes(of: s1, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: s2, toByteOffset: 16, as: UInt64.self)
        memory.storeBytes(of: s3, toByteOffset: 24, as: UInt64.self)
    }

    /// The four words.
    public var state: (UInt64, UInt64, UInt64, UInt64) { (s0, s1, s2, s3) }

    /// The next word, uniform over all 2⁶⁴.
    public mutating func next() -> UInt64 {
        let result = Self.rotateLeft(s1 &* 5, 7) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = Self.rotateLeft(s3, 45)
        return result
    }

    /// Uniform in [0, 1): the top 24 bits of a word, times 2⁻²⁴.
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in [low, high): fma(uniform, high − low, low). Rounding may return `high` itself
    /// where the interval is narrow against its distance from zero.
    public mutating func uniform(_ low: Float, _ high: Float) -> Float {
        low.addingProduct(uniform(), high - low)
    }

    /// Uniform in 0 ..< bound, without bias (Lemire 2019). `bound` must not be zero.
    public mutating func bounded(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "an empty range has no values")
        var (high, low) = next().multipliedFullWidth(by: bound)
        if low < bound {
            let threshold = (0 &- bound) % bound
            while low < threshold { (high, low) = next().multipliedFullWidth(by: bound) }
        }
        return high
    }

    /// Uniform in 0 ..< bound, for counts and indices. `bound` must be positive.
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "an empty range has no values")
        return Int(bounded(UInt64(bound)))
    }

    /// Standard normal by Marsaglia's polar method. The second value of each pair is dropped, so
    /// the state stays four words.
    public mutating func normal() -> Float {
        while true {
            let first = uniform(-1, 1)
            let second = uniform(-1, 1)
            let square = (first * first).addingProduct(second, second)
            if square < 1, square > 0 {
                return first * (-2 * logFMA(square) / square).squareRoot()
            }
        }
    }

    private static func rotateLeft(_ word: UInt64, _ count: UInt64) -> UInt64 {
        (word << count) | (word >> (64 - count))
    }
}
