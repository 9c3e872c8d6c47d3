// Group normalisation (Wu & He, arXiv 1803.08494): each group of channels to mean 0 and variance 1
// over its channels and positions, then γ·x̂ + β by channel, then the activation function.
//
// x̂ = (x − μ) / √(v + 10⁻⁵), with the population variance v. The gradient is the full one, through
// μ and v too: with N values in a group, A = Σ γ·δ and B = Σ γ·δ·x̂ over them,
//
//     e = (γ·δ − (A + B·x̂) / N) / √(v + 10⁻⁵)
//
// Order of rounding: per channel sixteen partial sums in Float (`NormKernels`), channels of a group
// added up in Double, ascending; μ and 1/√(v + 10⁻⁵) are Floats.

import Junctions
import Kernels

/// Group normalisation; see the top of the file.
package struct GroupNormForm: BlockForm {
    package let inputShape: BlockShape
    package let parts: BlockParts
    package let keptBytes: Int
    package let scratchBytes: Int
    private let groups: Int
    private let norm: NormParameters
    private let activation: Activation
    private let learns: Bool

    /// Normalises `groups` groups of that input's channels.
    ///
    /// - Throws: `StructureError` if the input has no channels or the groups do not divide them
    package init(
        groups: Int, activation: Activation, _ input: BlockShape, _ purpose: BlockPurpose
    ) throws(StructureError) {
        _ = try BlockSpecification.groupNorm(groups: groups, activation: activation)
            .outputShape([input])
        norm = try NormParameters(input)
        self.groups = groups
        inputShape = input
        self.activation = activation
        learns = purpose.learns
        parts = BlockParts(fields: norm.fields)
        let statisticBytes = (groups * 8 + 63) & ~63
        keptBytes = learns ? statisticBytes : 0
        scratchBytes = learns ? (2 * norm.channelBytes + 63) & ~63 : statisticBytes
    }

    package var outputShape: BlockShape { inputShape }

    package func prepare(_ tables: UnsafeMutableRawPointer) {}
    package func refresh(_ memory: BlockMemory) {}

    package func initialiseFields(_ parameters: UnsafeMutableRawPointer) {
        norm.initialise(parameters + parts.fieldOffsets[0])
    }

    /// μ and 1/√(v + ε) of every group.
    private func statistics(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (learns ? memory.kept : memory.scratch).assumingMemoryBound(to: Float.self)
    }

    private var channelsPerGroup: Int { norm.channels / groups }
    private var valuesPerGroup: Double { Double(channelsPerGroup * norm.positions) }

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        let base = memory.parameters + parts.fieldOffsets[0]
        let (gamma, beta) = (norm.gamma(base), norm.beta(base))
        let statistics = statistics(memory)
        for group in 0..<groups {
            let channels = (group * channelsPerGroup)..<((group + 1) * channelsPerGroup)
            var sum = 0.0
            for channel in channels {
                sum += Double(kernels.norm.sum(x + channel * norm.stride, norm.positions))
            }
            let mean = Float(sum / valuesPerGroup)
            var squares = 0.0
            for channel in channels {
                squares += Double(
                    kernels.norm.squares(x + channel * norm.stride, mean, norm.positions))
            }
            let scale = NormParameters.scale(squares / valuesPerGroup)
            statistics[2 * group] = mean
            statistics[2 * group + 1] = scale
            for channel in channels {
                kernels.norm.apply(
                    x + channel * norm.stride, y + channel * norm.stride, mean, scale,
                    gamma[channel], beta[channel], norm.positions)
            }
        }
        activation.apply(y, outputShape, kernels)
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        activation.multiplyByDerivative(y, delta, outputShape.paddedCount, kernels)
        let base = memory.parameters + parts.fieldOffsets[0]
        let gradients = memory.scratch.assumingMemoryBound(to: Float.self)
        let betaGradients = gradients + norm.channelBytes / 4
        let statistics = statistics(memory)
        for channel in 0..<norm.channels {
            let group = channel / channelsPerGroup
            let (own, errors) = (x + channel * norm.stride, delta + channel * norm.stride)
            gradients[channel] = kernels.norm.products(
                own, errors, statistics[2 * group], statistics[2 * group + 1], norm.positions)
            betaGradients[channel] = kernels.norm.sum(errors, norm.positions)
        }
        guard kernels.firstOutside(gradients, norm.channels, -1e30, 1e30) < 0,
            kernels.firstOutside(betaGradients, norm.channels, -1e30, 1e30) < 0
        else { return false }
        if let e { backprop(memory, norm.gamma(base), x, delta, e, kernels) }
        norm.learn(
            base, velocity: memory.velocity.map { $0 + parts.velocityOffsets[0] }, gradients,
            rule)
        return true
    }

    /// e of every channel, from the gradients in the scratch memory.
    private func backprop(
        _ memory: BlockMemory, _ gamma: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ kernels: KernelSet
    ) {
        let gradients = memory.scratch.assumingMemoryBound(to: Float.self)
        let betaGradients = gradients + norm.channelBytes / 4
        let statistics = statistics(memory)
        for group in 0..<groups {
            let channels = (group * channelsPerGroup)..<((group + 1) * channelsPerGroup)
            let (mean, scale) = (statistics[2 * group], statistics[2 * group + 1])
            var (sum, products) = (0.0, 0.0)
            for channel in channels {
                sum += Double(gamma[channel]) * Double(betaGradients[channel])
                products += Double(gamma[channel]) * Double(gradients[channel])
            }
            let share = Double(scale) / valuesPerGroup
            for channel in channels {
                let offset = channel * norm.stride
                kernels.norm.errors(
                    x + offset, delta + offset, e + offset, mean, scale, gamma[channel] * scale,
                    Float(products * share), Float(sum * share), norm.positions)
            }
        }
    }
}
