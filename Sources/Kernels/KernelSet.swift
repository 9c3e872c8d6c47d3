// The choice of kernels, made once from what the processor has.
//
// Every member means the same bytes in every set: the plain set is the definition (scalar, in
// Plain*.swift), the others are builds of one vector source for several instruction sets.
// Invariants: pads (entries from a count up to the next multiple of 16) are zero before and
// after every kernel; a kernel allocates nothing and never throws; bits of NaN are not promised.

import CMachine

/// One set of kernels. An object and no value: it has more than a hundred members, and what is called
/// once per sample must not copy them.
public final class KernelSet: Sendable {
    /// See `feedforward`.
    public typealias Feedforward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ rowStride: Int
        ) -> Void
    /// See `backpropUpdate`.
    public typealias BackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
            _ learningRate: Float, _ decay: Float
        ) -> Void
    /// See `backpropUpdateMomentum`.
    public typealias BackpropUpdateMomentum =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
            _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
            _ learningRate: Float, _ momentum: Float, _ decay: Float
        ) -> Void
    /// A function of every entry, in place.
    public typealias InPlace = @Sendable (_ y: UnsafeMutablePointer<Float>, _ count: Int) -> Void
    /// An error through the derivative of an activation function, in place.
    public typealias Derivative =
        @Sendable (
            _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
        ) -> Void
    /// See `crossEntropy`.
    public typealias CrossEntropy =
        @Sendable (
            _ probabilities: UnsafePointer<Float>, _ label: Int,
            _ delta: UnsafeMutablePointer<Float>, _ count: Int
        ) -> Float
    /// See `squaredError`.
    public typealias SquaredError =
        @Sendable (
            _ y: UnsafePointer<Float>, _ target: UnsafePointer<Float>,
            _ delta: UnsafeMutablePointer<Float>, _ count: Int, _ scale: Float
        ) -> Float
    /// Raw samples to floats; see `convertU8`.
    public typealias Conversion =
        @Sendable (
            _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Float>, _ count: Int,
            _ offset: Float, _ scale: Float
        ) -> Void
    /// See `normalise`.
    public typealias Normaliser =
        @Sendable (
            _ x: UnsafePointer<Float>, _ mean: UnsafeMutablePointer<Double>,
            _ variance: UnsafeMutablePointer<Double>, _ out: UnsafeMutablePointer<Float>,
            _ paddedCount: Int, _ weight: Double, _ clip: Float, _ learn: Bool
        ) -> Void
    /// See `firstOutside`.
    public typealias FirstOutside =
        @Sendable (
            _ x: UnsafeRawPointer, _ count: Int, _ lower: Float, _ upper: Float
        ) -> Int
    /// See `firstOutsideEach`.
    public typealias FirstOutsideEach =
        @Sendable (
            _ x: UnsafeRawPointer, _ count: Int, _ lower: UnsafePointer<Float>,
            _ upper: UnsafePointer<Float>
        ) -> Int

    /// "plain", "portable", "x86-64-v3" or "x86-64-v4".
    public let name: String

    /// FF: y[j] = bias[j] + Σᵢ W[j,i] x[i].
    ///
    /// Sixteen lanes; lane l takes acc[l] = fma(W[j,16c+l], x[16c+l], acc[l]) for chunks c
    /// ascending; the lanes are added by halves (16 → 8 → 4 → 2 → 1); the bias is added last.
    /// - w: [outputs][rowStride], rowStride a multiple of 16 and at least the number of inputs.
    /// - x: rowStride floats. - y: writes `outputs` floats and leaves the pads alone.
    public let feedforward: Feedforward

    /// BP and UP fused; each weight is read once and written once.
    ///
    /// With s = −(η δ[j]) and keep = 1 − η · decay (each operation rounded by itself):
    /// e[i] = Σⱼ W[j,i] δ[j] over the old W, by fma from zero, j ascending;
    /// W[j,i] ← fma(s, x[i], W[j,i]), or fma(s, x[i], keep · W[j,i]) where keep ≠ 1;
    /// bias[j] ← bias[j] + s.
    /// Where keep = 1, a row with δ[j] = 0 is passed over: there is nothing to add to it, and
    /// with ReLU that is half of the work or more.
    /// - e: rowStride floats, overwritten; nil for the first junction (update only).
    public let backpropUpdate: BackpropUpdate

    /// BP and UP fused with momentum (the form of PyTorch's SGD, dampening 0).
    ///
    /// v ← fma(μ, v, fma(δ[j], x[i], decay · W)); W ← fma(−η, v, W); e as in `backpropUpdate`
    /// but with every row; for the bias v ← fma(μ, v, δ[j]) and bias ← fma(−η, v, bias): the
    /// bias has a velocity and no decay.
    /// - velocity: shaped as w. - biasVelocity: `outputs` floats.
    public let backpropUpdateMomentum: BackpropUpdateMomentum

    /// y ← max(y, 0): y > 0 stays, all else (NaN excepted, which stays) becomes +0.
    public let relu: InPlace
    /// y ← 1 / (1 + e⁻ʸ) as `sigmoidFMA` defines it.
    public let sigmoid: InPlace
    /// y ← tanh y as `tanhFMA` defines it.
    public let tanh: InPlace
    /// e ← e where y > 0, else +0. y: the output of relu.
    public let reluDelta: Derivative
    /// y ← y where y > 0, else 0.01 · y
    public let leakyRelu: InPlace
    /// e ← e where y > 0, else 0.01 · e. y: the output of leakyRelu.
    public let leakyReluDelta: Derivative
    /// e ← e · (y · (1 − y)). y: the output of sigmoid.
    public let sigmoidDelta: Derivative
    /// e ← e · fma(−y, y, 1). y: the output of tanh.
    public let tanhDelta: Derivative
    /// y ← eʸ as `expFMA` defines it.
    public let exp: InPlace
    /// y ← ln y as `logFMA` defines it.
    public let log: InPlace

    /// y[i] ← exp(y[i] − max y) / Σ exp(y − max y); the sum in sixteen lanes, then by halves.
    /// - count: real entries, at least 1; memory up to the next multiple of 16.
    public let softmax: InPlace

    /// Cross-entropy of probabilities (of `softmax`) against a class, and its error at the
    /// logits: delta = p, less 1 at the label. Returns −ln(max(p[label], 2⁻¹²⁶)).
    /// - label: 0 ..< count. - delta: may be `probabilities`; the pads become zero.
    public let crossEntropy: CrossEntropy

    /// Squared error: delta = (y − target) · scale. Returns Σ (y − target)² by fma in sixteen
    /// lanes, then by halves. - delta: may be `y`; the pads become zero.
    public let squaredError: SquaredError

    /// x[i] = (Float(raw[i]) + offset) · scale for unsigned bytes, any alignment; the pads of x
    /// become zero.
    public let convertU8: Conversion
    /// The same for 16-bit signed integers in the machine's byte order, any alignment.
    public let convertI16: Conversion
    /// The same for float32, any alignment.
    public let convertF32: Conversion

    /// One sample through the running normaliser, in Double.
    ///
    /// With d = x − mean, σ = √variance, floor = max(2⁻²⁰ |mean|, 2⁻⁴⁰):
    /// out = d / σ held to ± clip, or 0 where σ ≤ floor (a column that has been constant).
    /// Then, if `learn`, with d held to ± 10 max(σ, floor):
    /// mean ← fma(weight, d, mean); variance ← (1 − weight) · fma(weight · d, d, variance),
    /// which is the population variance where weight = 1/n. A value of 10⁸ therefore moves
    /// the statistics no more than one of 10 σ does, and a constant column that comes alive is
    /// followed, since the floor lets its σ grow from nothing.
    /// - paddedCount: a multiple of 16; pads of all arrays zero. - out: may be x.
    public let normalise: Normaliser

    /// Admission: the index of the first value that is not within lower ... upper (NaN never
    /// is), or −1. x: float32, any alignment.
    public let firstOutside: FirstOutside
    /// The same with bounds per feature.
    public let firstOutsideEach: FirstOutsideEach

    /// Pre-defined sparse junctions, edge by edge.
    public let edge: EdgeKernels
    /// Lane-aligned clash-free junctions.
    public let laneAligned: LaneAlignedKernels
    /// Block-circulant junctions.
    public let circulant: CirculantKernels
    /// N:M junctions.
    public let pruned: PrunedKernels
    /// Fixed point.
    public let fixed: FixedKernels
    /// The stochastic outer product.
    public let stochastic: StochasticKernels
    /// Steps of recurrent layers.
    public let recurrent: RecurrentKernels
    /// Normalisation inside of a network.
    public let norm: NormKernels
    /// Junctions that all positions of a sample share.
    public let shared: SharedKernels

    /// A set of these kernels, which must mean the same bytes as the definitions.
    init(
        name: String,
        feedforward: @escaping Feedforward,
        backpropUpdate: @escaping BackpropUpdate,
        backpropUpdateMomentum: @escaping BackpropUpdateMomentum,
        relu: @escaping InPlace,
        sigmoid: @escaping InPlace,
        tanh: @escaping InPlace,
        reluDelta: @escaping Derivative,
        leakyRelu: @escaping InPlace,
        leakyReluDelta: @escaping Derivative,
        sigmoidDelta: @escaping Derivative,
        tanhDelta: @escaping Derivative,
        exp: @escaping InPlace,
        log: @escaping InPlace,
        softmax: @escaping InPlace,
        crossEntropy: @escaping CrossEntropy,
        squaredError: @escaping SquaredError,
        convertU8: @escaping Conversion,
        convertI16: @escaping Conversion,
        convertF32: @escaping Conversion,
        normalise: @escaping Normaliser,
        firstOutside: @escaping FirstOutside,
        firstOutsideEach: @escaping FirstOutsideEach,
        edge: EdgeKernels,
        laneAligned: LaneAlignedKernels,
        circulant: CirculantKernels,
        pruned: PrunedKernels,
        fixed: FixedKernels,
        stochastic: StochasticKernels,
        recurrent: RecurrentKernels,
        norm: NormKernels,
        shared: SharedKernels
    ) {
        self.name = name
        self.feedforward = feedforward
        self.backpropUpdate = backpropUpdate
        self.backpropUpdateMomentum = backpropUpdateMomentum
        self.relu = relu
        self.sigmoid = sigmoid
        self.tanh = tanh
        self.reluDelta = reluDelta
        self.leakyRelu = leakyRelu
        self.leakyReluDelta = leakyReluDelta
        self.sigmoidDelta = sigmoidDelta
        self.tanhDelta = tanhDelta
        self.exp = exp
        self.log = log
        self.softmax = softmax
        self.crossEntropy = crossEntropy
        self.squaredError = squaredError
        self.convertU8 = convertU8
        self.convertI16 = convertI16
        self.convertF32 = convertF32
        self.normalise = normalise
        self.firstOutside = firstOutside
        self.firstOutsideEach = firstOutsideEach
        self.edge = edge
        self.laneAligned = laneAligned
        self.circulant = circulant
        self.pruned = pruned
        self.fixed = fixed
        self.stochastic = stochastic
        self.recurrent = recurrent
        self.norm = norm
        self.shared = shared
    }
}

extension KernelSet {
    /// The sets that this processor runs, the definition first.
    public static let all: [KernelSet] = available(instructionSet: machine_instruction_set())

    /// The fastest set for this processor, chosen once.
    public static let best: KernelSet = fastest(instructionSet: machine_instruction_set())
}
