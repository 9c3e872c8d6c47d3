// The settings of ESSOP, the stochastic outer product (Joshi et al., arXiv 2003.11256).

/// How magnitudes become bits, and bits an increment.
public struct StochasticRule: Equatable, Sendable {
    /// What magnitudes are divided by before they are compared with random numbers.
    public enum Scaling: String, Equatable, Sendable, CaseIterable {
        /// S = 2^⌈log₂ max|v|⌉: a shift in hardware.
        case powerOfTwo = "power-of-two"
        /// S = max|v|
        case maximum
        /// S = 1; magnitudes above 1 count as 1. Small errors vanish: for comparison.
        case none
    }

    /// Which elements compare with the same random numbers.
    public enum Sharing: String, Equatable, Sendable, CaseIterable {
        /// One stream for all left neurons, an independent one for all right neurons.
        case elements
        /// Every element has a stream of its own: for comparison.
        case nothing
        /// One stream for both sides: wrong, since it estimates min(p, q) and not p · q.
        case sides
    }

    /// L, bits of a stream, 1 to 64.
    public let bitCount: Int
    /// See `Scaling`.
    public let scaling: Scaling
    /// See `Sharing`.
    public let sharing: Sharing

    /// A rule with streams of `bitCount` bits, 1 to 64.
    public init(bitCount: Int, scaling: Scaling = .powerOfTwo, sharing: Sharing = .elements) {
        precondition((1...64).contains(bitCount), "a stream has 1 to 64 bits")
        self.bitCount = bitCount
        self.scaling = scaling
        self.sharing = sharing
    }
}
