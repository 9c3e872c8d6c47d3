// A learner with memory of its own, for tests: section and workspace are taken once and given
// back with the harness.

import Glibc
import Kernels
import Learning
import Testing

final class LearnerHarness {
    let layout: LearnerLayout
    let section: UnsafeMutableRawPointer
    let learner: OnlineLearner
    private let workspace: UnsafeMutableRawPointer

    /// A fresh learner.
    init(_ configuration: LearnerConfiguration, kernels: KernelSet = .best) throws {
        try configuration.validate()
        layout = LearnerLayout(configuration)
        section = .allocate(byteCount: layout.section.byteCount, alignment: 64)
        workspace = .allocate(byteCount: layout.workspaceBytes, alignment: 64)
        learner = OnlineLearner(
            layout: layout, section: section, workspace: workspace, kernels: kernels)
        learner.initialise()
    }

    deinit {
        section.deallocate()
        workspace.deallocate()
    }

    /// The section's bytes.
    var bytes: [UInt8] {
        Array(UnsafeRawBufferPointer(start: section, count: layout.section.byteCount))
    }

    /// Makes this learner's state a copy of another's.
    func takeState(of other: LearnerHarness) {
        section.copyMemory(from: other.section, byteCount: layout.section.byteCount)
        learner.stateWasReplaced()
    }

    /// Elements of a field, without row padding.
    func floats(_ field: String) throws -> [Float] {
        let field = try #require(layout.section[field])
        let base = (section + field.offset).assumingMemoryBound(to: Float.self)
        return (0..<field.rowCount).flatMap { row in
            (0..<field.rowElements).map { base[row * field.rowStride + $0] }
        }
    }

    /// Learns one sample of floats.
    @discardableResult
    func sample(
        _ features: [Float], _ label: SampleLabel, producer: Int = 0, epoch: UInt32 = 1,
        sequence: UInt64 = 0
    ) -> SampleOutcome {
        features.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { preconditionFailure("features exist") }
            return learner.sample(
                producer: producer, epoch: epoch, sequence: sequence, features: base,
                label: label)
        }
    }

    /// Learns one sample of floats with real-valued targets.
    @discardableResult
    func sample(_ features: [Float], targets: [Float], producer: Int = 0) -> SampleOutcome {
        targets.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("targets exist") }
            return sample(features, .values(base), producer: producer)
        }
    }

    /// Predicts from this learner's section, or a copy of it, as a query would.
    func predict(
        _ features: [Float], from copy: UnsafeRawPointer? = nil
    ) -> (classIndex: Int32, outputs: [Float]) {
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: layout.predictorWorkspaceBytes, alignment: 64)
        defer { scratch.deallocate() }
        let predictor = Predictor(layout: layout, workspace: scratch, kernels: .best)
        var outputs = [Float](repeating: .nan, count: layout.configuration.predictionCount)
        let classIndex = outputs.withUnsafeMutableBufferPointer { buffer in
            features.withUnsafeBytes { raw in
                guard let target = buffer.baseAddress, let source = raw.baseAddress else {
                    preconditionFailure("memory exists")
                }
                return predictor.predict(
                    section: copy ?? UnsafeRawPointer(section), features: source, outputs: target)
            }
        }
        return (classIndex, outputs)
    }
}
