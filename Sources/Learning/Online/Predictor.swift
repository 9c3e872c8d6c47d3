// The predictor: answers queries from a section that somebody else keeps, usually a pinned slot
// of the ring. It reads the section and never writes it.

import Kernels

/// Predictions from any section of one layout; used by one thread at a time.
public struct Predictor {
    /// Where everything lies.
    public let layout: LearnerLayout
    private let workspace: UnsafeMutableRawPointer
    private let kernels: KernelSet
    private let input: InputStage

    /// A predictor with its own scratch memory.
    ///
    /// - workspace: `layout.predictorWorkspaceBytes` bytes, 64-byte aligned; cleared here
    public init(layout: LearnerLayout, workspace: UnsafeMutableRawPointer, kernels: KernelSet) {
        precondition(UInt(bitPattern: workspace) % 64 == 0, "the workspace is 64-byte aligned")
        self.layout = layout
        self.workspace = workspace
        self.kernels = kernels
        input = InputStage(layout.configuration, kernels)
        workspace.initializeMemory(
            as: UInt8.self, repeating: 0, count: layout.predictorWorkspaceBytes)
        layout.predictorNetwork.prepare(workspace)
    }

    /// The same, laid out here; the configuration must be valid.
    public init(
        configuration: LearnerConfiguration, workspace: UnsafeMutableRawPointer, kernels: KernelSet
    ) {
        self.init(
            layout: LearnerLayout(configuration), workspace: workspace, kernels: kernels)
    }

    /// Predicts one sample with the weights and statistics of a section.
    ///
    /// - section: a learner section of this layout; only read
    /// - features: featureCount raw values, any alignment
    /// - outputs: outputCount values, written: what the output neurons say of each class
    ///   (probabilities with softmax), the targets in their units, or the next sample in raw units
    /// - Returns: the class, or −1 unless classifying
    public func predict(
        section: UnsafeRawPointer, features: UnsafeRawPointer,
        outputs: UnsafeMutablePointer<Float>
    ) -> Int32 {
        let network = layout.predictorNetwork
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
            for index in 0..<network.outputCount {
                outputs[index] = input.rawValue(index, sample[index] + y[index], normaliser)
            }
        }
        return -1
    }
}
