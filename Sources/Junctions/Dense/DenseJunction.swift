// The dense junction: every left neuron has an edge to every right neuron. It is the definition
// that every other structure is compared with.

import Arithmetic
import Kernels

/// A dense junction between `inputs` left and `outputs` right neurons.
///
/// Parameters: `weights` [outputs, inputs], rows padded to `rowStride`; `bias` [outputs].
public struct DenseJunction: Equatable, Sendable {
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// Floats from row to row of W: `inputs` rounded up to a multiple of 16.
    public let rowStride: Int
    private let biasOffset: Int

    /// A junction of that shape; both at least 1.
    public init(inputs: Int, outputs: Int) {
        precondition(inputs > 0 && outputs > 0, "a junction has neurons on both sides")
        self.inputs = inputs
        self.outputs = outputs
        rowStride = Self.paddedCount(inputs)
        biasOffset = outputs * rowStride * MemoryLayout<Float>.stride
    }

    /// `count` rounded up to whole vectors of 16 floats.
    public static func paddedCount(_ count: Int) -> Int {
        (count + 15) & ~15
    }
}

extension DenseJunction: FloatJunctionForm {
    package var fanIn: Int { inputs }
    package var fanOut: Int { outputs }
    package var weightCount: Int { inputs * outputs }
    package var feedforwardBytes: Int { 0 }

    package var fields: [JunctionField] {
        [
            JunctionField("weights", .f32, shape: [outputs, inputs], rowStride: rowStride),
            JunctionField("bias", .f32, shape: [outputs], rowStride: Self.paddedCount(outputs)),
        ]
    }

    package func updateBytes(_ increment: Increment) -> Int {
        switch increment {
        case .exact: 0
        case .stochastic(let rule): stochasticBytes(rule)
        }
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {}
    package func refresh(_ memory: JunctionMemory) {}

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        for row in 0..<outputs {
            for column in 0..<inputs {
                weights[row * rowStride + column] = distribution.weight(&generator)
            }
        }
        let bias = (parameters + biasOffset).assumingMemoryBound(to: Float.self)
        for row in 0..<outputs { bias[row] = distribution.bias(&generator) }
    }

    /// y[j] = b[j] + Σᵢ W[j,i]·x[i]
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        kernels.feedforward(
            parameters.assumingMemoryBound(to: Float.self),
            (parameters + biasOffset).assumingMemoryBound(to: Float.self), x, y, outputs,
            rowStride)
    }

    /// One sweep, each weight read once and written once: e[i] = Σⱼ W[j,i]·δ[j] with the old W,
    /// then W ← W − η·(δxᵀ + λW), b ← b − η·δ; with momentum v ← μ·v + (δxᵀ + λW),
    /// W ← W − η·v, and the same without λ for b. Stochastic increments: plain SGD only.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if case .stochastic(let bits) = rule.increment {
            precondition(
                rule.momentum == 0 && rule.weightDecay == 0, "stochastic increments are plain SGD")
            return stochasticBackpropUpdate(
                memory, x: x, delta: delta, e: e, learningRate: rule.learningRate, rule: bits,
                generator: generator, kernels: kernels)
        }
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self)
        if let velocity = memory.velocity {
            kernels.backpropUpdateMomentum(
                weights, velocity.assumingMemoryBound(to: Float.self), bias,
                (velocity + biasOffset).assumingMemoryBound(to: Float.self), x, delta, e, outputs,
                rowStride, rule.learningRate, rule.momentum, rule.weightDecay)
        } else {
            kernels.backpropUpdate(
                weights, bias, x, delta, e, outputs, rowStride, rule.learningRate,
                rule.weightDecay)
        }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        for row in 0..<outputs {
            for column in 0..<inputs {
                dense[row * inputs + column] = weights[row * rowStride + column]
            }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        JunctionFindings.notFinite(parameters, fields)
    }
}
