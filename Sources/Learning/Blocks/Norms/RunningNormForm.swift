// Normalisation by running statistics: each channel by a mean and a variance of the samples so far,
// then γ·x̂ + β, then the activation function. It is what batch normalisation does when it predicts,
// for learners that see one sample at a time.
//
// x̂ = (x − μ) / √(v + 10⁻⁵). μ and v are constants for the gradient: e = γ·δ / √(v + 10⁻⁵).
// A sample is normalised, learned and, if computed again, recomputed with statistics from before it;
// they take it in afterwards (`advance`), whether it has a label or not. With the mean m and the
// population variance s of the sample's positions, d = m − μ and w = max(rate, 1/n) for sample n:
//
//     μ ← μ + w·d        v ← (1 − w)·(v + w·d²) + w·s
//
// which is the population mean and variance of all positions so far where w = 1/n. Before the first
// sample μ = 0 and v = 1. A sample whose statistics are beyond 10¹⁵, or not numbers, is left out.
//
// Once 100 positions were seen, d is held to ± 10 √(v + 10⁻⁵) and s to its square, as the normaliser of
// the input holds its deviations: one 10¹⁴ moves μ by a fraction of σ and does not silence the channel. A
// lasting change of scale still gets through, by a factor per sample. Before that σ is not known.

import Junctions
import Kernels

/// Normalisation by running statistics; see the top of the file.
package struct RunningNormForm: BlockForm {
    package let inputShape: BlockShape
    package let parts: BlockParts
    package let outcomeBytes: Int
    package let scratchBytes: Int
    private let rate: Float
    private let norm: NormParameters
    private let activation: Activation
    private let learns: Bool

    /// Normalises the channels of that input.
    ///
    /// - Throws: `StructureError` if the input has no channels, or of the rate
    package init(
        rate: Float, activation: Activation, _ input: BlockShape, _ purpose: BlockPurpose
    ) throws(StructureError) {
        _ = try BlockSpecification.runningNorm(rate: rate, activation: activation)
            .outputShape([input])
        norm = try NormParameters(input)
        self.rate = rate
        inputShape = input
        self.activation = activation
        learns = purpose.learns
        let padded = DenseJunction.paddedCount(norm.channels)
        parts = BlockParts(
            fields: norm.fields + [
                JunctionField(
                    "mean", .f32, shape: [norm.channels], rowStride: padded, isLearned: false),
                JunctionField(
                    "variance", .f32, shape: [norm.channels], rowStride: padded,
                    isLearned: false),
                JunctionField("samples", .u64, shape: [1], isLearned: false),
            ])
        outcomeBytes = learns ? (2 * norm.channelBytes + 63) & ~63 : 0
        scratchBytes = learns ? (2 * norm.channelBytes + 63) & ~63 : 0
    }

    package var outputShape: BlockShape { inputShape }

    package func prepare(_ tables: UnsafeMutableRawPointer) {}
    package func refresh(_ memory: BlockMemory) {}

    package func initialiseFields(_ parameters: UnsafeMutableRawPointer) {
        norm.initialise(parameters + parts.fieldOffsets[0])
        floats(parameters, 3).update(repeating: 1, count: norm.channels)
    }

    private func floats(
        _ parameters: UnsafeMutableRawPointer, _ field: Int
    ) -> UnsafeMutablePointer<Float> {
        (parameters + parts.fieldOffsets[field]).assumingMemoryBound(to: Float.self)
    }

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        let base = memory.parameters + parts.fieldOffsets[0]
        let (gamma, beta) = (norm.gamma(base), norm.beta(base))
        let (means, variances) = (floats(memory.parameters, 2), floats(memory.parameters, 3))
        for channel in 0..<norm.channels {
            let offset = channel * norm.stride
            kernels.norm.apply(
                x + offset, y + offset, means[channel],
                NormParameters.scale(Double(variances[channel])), gamma[channel], beta[channel],
                norm.positions)
        }
        activation.apply(y, outputShape, kernels)
        if learns { measure(memory, x, kernels) }
    }

    /// Mean and variance of the sample's positions, for `advance`.
    private func measure(
        _ memory: BlockMemory, _ x: UnsafePointer<Float>, _ kernels: KernelSet
    ) {
        let means = memory.outcome.assumingMemoryBound(to: Float.self)
        let variances = means + norm.channelBytes / 4
        let share = 1 / Double(norm.positions)
        for channel in 0..<norm.channels {
            let own = x + channel * norm.stride
            let mean = Float(Double(kernels.norm.sum(own, norm.positions)) * share)
            means[channel] = mean
            variances[channel] = Float(
                Double(kernels.norm.squares(own, mean, norm.positions)) * share)
        }
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        activation.multiplyByDerivative(y, delta, outputShape.paddedCount, kernels)
        let base = memory.parameters + parts.fieldOffsets[0]
        let (means, variances) = (floats(memory.parameters, 2), floats(memory.parameters, 3))
        let gradients = memory.scratch.assumingMemoryBound(to: Float.self)
        let betaGradients = gradients + norm.channelBytes / 4
        for channel in 0..<norm.channels {
            let (own, errors) = (x + channel * norm.stride, delta + channel * norm.stride)
            gradients[channel] = kernels.norm.products(
                own, errors, means[channel], NormParameters.scale(Double(variances[channel])),
                norm.positions)
            betaGradients[channel] = kernels.norm.sum(errors, norm.positions)
        }
        guard kernels.firstOutside(gradients, norm.channels, -1e30, 1e30) < 0,
            kernels.firstOutside(betaGradients, norm.channels, -1e30, 1e30) < 0
        else { return false }
        if let e {
            let gamma = norm.gamma(base)
            for channel in 0..<norm.channels {
                let offset = channel * norm.stride
                let scale = NormParameters.scale(Double(variances[channel]))
                kernels.norm.errors(
                    x + offset, delta + offset, e + offset, means[channel], scale,
                    gamma[channel] * scale, 0, 0, norm.positions)
            }
        }
        norm.learn(
            base, velocity: memory.velocity.map { $0 + parts.velocityOffsets[0] }, gradients,
            rule)
        return true
    }

    package func advance(_ memory: BlockMemory, kernels: KernelSet) {
        let own = memory.outcome.assumingMemoryBound(to: Float.self)
        let ownVariances = own + norm.channelBytes / 4
        guard kernels.firstOutside(own, norm.channels, -1e15, 1e15) < 0,
            kernels.firstOutside(ownVariances, norm.channels, 0, 1e30) < 0
        else { return }
        let (means, variances) = (floats(memory.parameters, 2), floats(memory.parameters, 3))
        let samples = (memory.parameters + parts.fieldOffsets[4])
            .assumingMemoryBound(to: UInt64.self)
        // Before the sample, and rounded up so that nothing is multiplied.
        let isKnown = samples.pointee >= UInt64((WarmUp.length - 1) / norm.positions + 1)
        samples.pointee &+= 1
        let weight = max(Double(rate), 1 / Double(samples.pointee))
        for channel in 0..<norm.channels {
            let variance = Double(variances[channel])
            var difference = Double(own[channel]) - Double(means[channel])
            var ownVariance = Double(ownVariances[channel])
            if isKnown { Self.hold(&difference, &ownVariance, to: variance) }
            let spread = variance + weight * difference * difference
            means[channel] = Float(Double(means[channel]) + weight * difference)
            variances[channel] = Float((1 - weight) * spread + weight * ownVariance)
        }
    }

    /// At most ten times what the channel is divided by.
    private static func hold(
        _ difference: inout Double, _ ownVariance: inout Double, to variance: Double
    ) {
        let pull = RunningNormaliser.pullLimit
        let limit = pull * pull * (variance + NormParameters.epsilon)
        if difference * difference > limit {
            difference = difference < 0 ? -limit.squareRoot() : limit.squareRoot()
        }
        ownVariance = min(ownVariance, limit)
    }

    package func fieldFindings(_ parameters: UnsafeRawPointer) -> [String] {
        let variances = (parameters + parts.fieldOffsets[3]).assumingMemoryBound(to: Float.self)
        let count = (0..<norm.channels).count { !(variances[$0] >= 0 && variances[$0].isFinite) }
        if count > 0 { return ["variance: \(count) numbers are negative or not finite"] }
        let samples = (parameters + parts.fieldOffsets[4]).load(as: UInt64.self)
        // The next ones would make it 0, and 1/n infinite.
        return samples < 1 << 62 ? [] : ["samples: \(samples) is no count of samples"]
    }
}
