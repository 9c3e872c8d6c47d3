// How an error becomes a change of weights: what an increment is (exact or a stochastic outer
// product), and how increments are applied (SGD with momentum and weight decay).

/// How one increment is formed.
public enum Increment: Equatable, Sendable {
    /// δⱼ · xᵢ
    case exact
    /// The stochastic outer product of ESSOP; plain SGD only.
    case stochastic(StochasticRule)
}

/// How an increment becomes a change of weights.
public struct UpdateRule: Equatable, Sendable {
    /// η > 0.
    public let learningRate: Float
    /// μ in [0, 1); 0 needs no velocity memory.
    public let momentum: Float
    /// λ ≥ 0, on weights and not on biases.
    public let weightDecay: Float
    /// How the increment itself is formed.
    public let increment: Increment

    /// An update rule; see the properties for the ranges.
    public init(
        learningRate: Float, momentum: Float, weightDecay: Float, increment: Increment = .exact
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.increment = increment
    }
}
