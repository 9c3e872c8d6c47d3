// The dense junction in fixed point: the arithmetic of Dey et al. (arXiv 1711.01343) over every
// edge. It is the definition that the sparse one is compared with.

import Arithmetic
import Kernels

/// A dense junction between `inputs` left and `outputs` right neurons in a fixed-point format.
///
/// Parameters: `weights` [outputs, inputs], rows padded to `rowStride`; `bias` [outputs];
/// `saturations` [4], which count as `FixedKernels` says.
public struct FixedDenseJunction: Equatable, Sendable {
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// Of every number of the junction.
    public let format: FixedFormat
    /// Numbers from row to row of W: `inputs` rounded up to a multiple of 32.
    public let rowStride: Int

    /// A junction of that shape; both at least 1, and inputs few enough for sums in 32 bits:
    /// below 2^(32 − b_w) when rounded up to a multiple of 32.
    public init(inputs: Int, outputs: Int, format: FixedFormat) {
        precondition(inputs > 0 && outputs > 0, "a junction has neurons on both sides")
        self.inputs = inputs
        self.outputs = outputs
        self.format = format
        rowStride = FixedParameters.paddedCount(inputs)
        precondition(rowStride < 1 << (32 - format.width), "a sum fits into 32 bits")
    }
}

extension FixedDenseJunction: FixedJunctionForm {
    package var fanIn: Int { inputs }
    package var fanOut: Int { outputs }
    package var weightCount: Int { inputs * outputs }
    package var feedforwardBytes: Int { 0 }
    package var fields: [JunctionField] { layout.fields(columns: inputs) }

    /// Where the fields lie.
    private var layout: FixedParameters {
        FixedParameters(outputs: outputs, rowStride: rowStride)
    }

    package func updateBytes(_ increment: Increment) -> Int { 0 }
    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {}
    package func refresh(_ memory: JunctionMemory) {}

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        layout.draw(parameters, format, distribution, &generator) { _ in inputs }
    }

    /// y[j] = sat(b[j] + Σᵢ W[j,i] ⊗ x[i])
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        kernels.fixed.feedforward(
            layout.weights(parameters), layout.bias(parameters), x, y, outputs, rowStride,
            format.width, format.fractionBits, saturations)
    }

    /// One sweep, each weight read once and written once: e[i] = Σⱼ (δ[j] ⊗ f′[i]) ⊗ W[j,i] with
    /// the old W, then with db = round(−δ · 2^−s) W ← W ⊕ db ⊗ x and b ← b ⊕ db. A stochastic
    /// increment takes two: BP, then `FixedStochastic`.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        let weights = layout.weights(memory.parameters)
        let bias = layout.bias(memory.parameters)
        let counters = layout.saturations(memory.parameters)
        guard case .stochastic(let rule) = increment else {
            kernels.fixed.backpropUpdate(
                weights, bias, x, delta, derivative, e, outputs, rowStride, format.width,
                format.fractionBits, learningShift, counters)
            return
        }
        if let e {
            kernels.fixed.backprop(
                weights, delta, derivative, e, outputs, rowStride, format.width,
                format.fractionBits, counters)
        }
        let outer = FixedStochastic(
            rule, format, learningShift: learningShift, x: x, inputs: inputs, delta: delta,
            outputs: outputs, generator)
        for row in 0..<outputs {
            outer.updateBias(bias, row, counters)
            outer.updateRow(weights + row * rowStride, row, counters)
        }
    }

    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>, kernels: KernelSet
    ) {
        kernels.fixed.backprop(
            layout.weights(memory.parameters), delta, derivative, e, outputs, rowStride,
            format.width, format.fractionBits, layout.saturations(memory.parameters))
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = layout.weights(parameters)
        for row in 0..<outputs {
            for column in 0..<inputs {
                dense[row * inputs + column] = format.float(weights[row * rowStride + column])
            }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        layout.findings(parameters, format)
    }
}
