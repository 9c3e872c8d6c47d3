// The dense junction: every left neuron has an edge to every right neuron. It is the definition
// that every other structure is compared with.
//
// Legend: x left activations, y right values before their activation function, δ (`delta`)
// errors at the right, e errors at the left, W weights [outputs][rowStride] row-major, b bias.
//
// Invariants:
//   - the junction is a value without memory: weights, activations and errors belong to the
//     caller, so one junction may be used any number of times per sample;
//   - rows of W, x and e are padded to `rowStride` floats, and the padding is zero before and
//     after every call.

import Kernels

/// How an increment becomes a change of weights: SGD with momentum and weight decay.
public struct UpdateRule: Equatable, Sendable {
    /// η > 0.
    public let learningRate: Float
    /// μ in [0, 1); 0 needs no velocity memory.
    public let momentum: Float
    /// λ ≥ 0, on weights and not on biases.
    public let weightDecay: Float

    /// An update rule; see the properties for the ranges.
    public init(learningRate: Float, momentum: Float, weightDecay: Float) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
    }
}

/// Where the parameters of a junction lie.
public struct JunctionMemory {
    /// W, [outputs][rowStride].
    public let weights: UnsafeMutablePointer<Float>
    /// b, outputs values.
    public let bias: UnsafeMutablePointer<Float>
    /// Velocity of W and of b, in the same shapes; nil without momentum.
    public let velocity: (weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>)?

    /// Names memory that the caller owns.
    public init(
        weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>,
        velocity: (weights: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>)?
    ) {
        self.weights = weights
        self.bias = bias
        self.velocity = velocity
    }
}

/// A dense junction between `inputs` left and `outputs` right neurons.
public struct DenseJunction: Equatable, Sendable {
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// Floats from row to row of W: `inputs` rounded up to a multiple of 16.
    public let rowStride: Int

    /// A junction of that shape; both at least 1.
    public init(inputs: Int, outputs: Int) {
        precondition(inputs > 0 && outputs > 0, "a junction has neurons on both sides")
        self.inputs = inputs
        self.outputs = outputs
        rowStride = Self.paddedCount(inputs)
    }

    /// `count` rounded up to whole vectors of 16 floats.
    public static func paddedCount(_ count: Int) -> Int {
        (count + 15) & ~15
    }

    /// Weights that exist, biases not counted.
    public var edgeCount: Int { inputs * outputs }

    /// FF: y[j] = b[j] + Σᵢ W[j,i]·x[i]
    ///
    /// - weights: [outputs][rowStride]
    /// - x: rowStride values, padding zero
    /// - y: outputs values, written
    @inline(__always)
    public func feedforward(
        weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        kernels.feedforward(weights, bias, x, y, outputs, rowStride)
    }

    /// BP and UP in one sweep, each weight read once and written once:
    /// e[i] = Σⱼ W[j,i]·δ[j] with the old W, then W ← W − η·(δxᵀ + λW), b ← b − η·δ;
    /// with momentum v ← μ·v + (δxᵀ + λW), W ← W − η·v, and the same without λ for b.
    ///
    /// - x: rowStride values, padding zero
    /// - delta: outputs values
    /// - e: rowStride values, written; nil when nobody is to the left
    @inline(__always)
    public func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule, kernels: KernelSet
    ) {
        if let velocity = memory.velocity {
            kernels.backpropUpdateMomentum(
                memory.weights, velocity.weights, memory.bias, velocity.bias, x, delta, e,
                outputs, rowStride, rule.learningRate, rule.momentum, rule.weightDecay)
        } else {
            kernels.backpropUpdate(
                memory.weights, memory.bias, x, delta, e, outputs, rowStride,
                rule.learningRate, rule.weightDecay)
        }
    }
}
