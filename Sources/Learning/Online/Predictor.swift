// The predictor: answers queries from a section that somebody else keeps, usually a pinned slot
// of the ring. It reads the section and never writes it.

import Kernels

/// Predictions from any section of one layout; used by one thread at a time.
public final class Predictor {
    /// Where everything lies.
    public let layout: LearnerLayout
    private let workspace: UnsafeMutableRawPointer
    private let kernels: KernelSet
    private let input: InputStage
    /// The layout's, which would be copied with all of that for every question.
    private let network: Network

    /// A predictor with its own scratch memory.
    ///
    /// - workspace: `layout.predictorWorkspaceBytes` bytes, 64-byte aligned; cleared here
    public init(layout: LearnerLayout, workspace: UnsafeMutableRawPointer, kernels: KernelSet) {
        precondition(UInt(bitPattern: workspace) % 64 == 0, "the workspace is 64-byte aligned")
        self.layout = layout
        self.workspace = workspace
        self.kernels = kernels
        input = InputStage(layout.configuration, kernels)
        network = layout.predictorNetwork
        workspace.initializeMemory(
            as: UInt8.self, repeating: 0, count: layout.predictorWorkspaceBytes)
        network.prepare(workspace)
    }

    /// The same, laid out here; the configuration must be valid.
    public convenience init(
        configuration: LearnerConfiguration, workspace: UnsafeMutableRawPointer, kernels: KernelSet
    ) {
        self.init(
            layout: LearnerLayout(configuration), workspace: workspace, kernels: kernels)
    }

    /// Predicts one sample with the weights and statistics of a section.
    ///
    /// - section: a learner section of this layout; only read
    /// - features: featureCount raw values, any alignment
    /// - outputs: predictionCount values, written: what the output neurons say of each class
    ///   (probabilities with softmax), the targets in their units, the next samples in raw units,
    ///   or the sample as it was reconstructed, in raw units, followed by the RMS error of that in
    ///   network units and its percentile among the errors of all producers (−1: too few are known)
    /// - Returns: the class, or −1 unless classifying
    public func predict(
        section: UnsafeRawPointer, features: UnsafeRawPointer,
        outputs: UnsafeMutablePointer<Float>
    ) -> Int32 {
        // The views take mutable memory because the learner updates through them; here they are
        // only asked for figures.
        let readable = UnsafeMutableRawPointer(mutating: section)
        let normaliser = layout.normaliserView(readable)
        if let numbers = network.fixedInputs {
            numbers.convert(
                features, network.boundaries[0].bank(workspace).consumed, workspace, kernels)
            network.feedforwardNarrowed(section, workspace, kernels, counting: nil)
        } else {
            input.prepare(features, network, workspace, normaliser, kernels)
            network.feedforward(section, workspace, kernels)
        }
        let y = network.output(workspace)
        switch layout.configuration.task {
        case .classification:
            outputs.update(from: y, count: network.outputCount)
            return network.predictedClass(workspace)
        case .regression:
            let targets = layout.targetNormaliserView(readable)
            for index in 0..<network.outputCount {
                outputs[index] = targets?.original(index, y[index]) ?? y[index]
            }
        case .forecast:
            let sample = network.input(workspace)
            let count = network.inputCount
            for start in stride(from: 0, to: network.outputCount, by: count) {
                for index in 0..<count {
                    outputs[start + index] = input.rawValue(
                        index, sample[index] + y[start + index], normaliser)
                }
            }
        case .autoencoder:
            reconstruct(readable, normaliser, outputs)
        }
        return -1
    }

    /// The reconstruction in raw units, its error and the percentile of that.
    private func reconstruct(
        _ section: UnsafeMutableRawPointer, _ normaliser: RunningNormaliser?,
        _ outputs: UnsafeMutablePointer<Float>
    ) {
        let y = network.output(workspace)
        let count = network.outputCount
        let sample = network.target(workspace)
        if let normaliser {
            normaliser.normaliseUnlimited(network.raw(workspace), sample, kernels)
        } else {
            sample.update(from: network.input(workspace), count: network.inputCount)
        }
        let error = OnlineLearner.reconstructionError(y, sample, count)
        for index in 0..<count { outputs[index] = input.rawValue(index, y[index], normaliser) }
        outputs[count] = Float(min(error, ErrorScore.limit))
        let percentile = layout.percentile.flatMap {
            PercentileScale($0, section, row: 0).rank(error)
        }
        outputs[count + 1] = percentile ?? -1
    }
}
