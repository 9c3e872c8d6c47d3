// How fresh parameters are drawn. A junction decides how many it needs and in which order.

import Arithmetic

/// The distribution of one junction's fresh parameters.
public enum WeightDistribution: Equatable, Sendable {
    /// Weights in N(0, deviation²), biases 0.
    case normal(deviation: Float)
    /// Weights in U(±limit); biases in the same, or 0.
    case uniform(limit: Float, biases: Bool)
    /// All zero, and no number is drawn.
    case zero

    /// One weight.
    @inline(__always)
    public func weight(_ generator: inout Xoshiro256StarStar) -> Float {
        switch self {
        case .normal(let deviation): generator.normal() * deviation
        case .uniform(let limit, _): (2 * generator.uniform() - 1) * limit
        case .zero: 0
        }
    }

    /// One bias.
    @inline(__always)
    public func bias(_ generator: inout Xoshiro256StarStar) -> Float {
        if case .uniform(let limit, true) = self {
            return (2 * generator.uniform() - 1) * limit
        }
        return 0
    }
}
