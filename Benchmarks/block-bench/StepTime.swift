// The time of one learned sample: the median of batches, with memory warm, as it is in a stream.

import Arithmetic
import Junctions
import Kernels
import Learning
import Platform

/// Samples that are learned in turn.
private let sampleCount = 64

/// Median microseconds of one learned sample.
func median(_ network: BlockNetwork, _ structure: WeightStructure) throws -> Double {
    let configuration = network.configuration(structure)
    try configuration.validate()
    let layout = LearnerLayout(configuration)
    let section = UnsafeMutableRawPointer.allocate(
        byteCount: layout.section.byteCount, alignment: 64)
    let workspace = UnsafeMutableRawPointer.allocate(
        byteCount: layout.workspaceBytes, alignment: 64)
    let features = UnsafeMutablePointer<Float>.allocate(
        capacity: configuration.featureCount * sampleCount)
    defer {
        section.deallocate()
        workspace.deallocate()
        features.deallocate()
    }
    var random = Xoshiro256StarStar(seed: 1)
    for index in 0..<(configuration.featureCount * sampleCount) {
        features[index] = random.normal()
    }
    let learner = OnlineLearner(
        layout: layout, section: section, workspace: workspace, kernels: .best)
    learner.initialise()
    var sequence: UInt64 = 0
    return medianMicroseconds {
        let index = Int(sequence) % sampleCount
        _ = learner.sample(
            producer: 0, epoch: 1, sequence: sequence,
            features: features + index * configuration.featureCount,
            label: .classIndex(Int32(index % network.classCount)))
        sequence += 1
    }
}

/// Median over batches of the time of one call.
private func medianMicroseconds(_ body: () -> Void) -> Double {
    let clock = MachineClock()
    func microseconds(_ repetitions: Int) -> Double {
        let start = clock.nowNanoseconds
        for _ in 0..<repetitions { body() }
        return Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions)
    }
    let repetitions = max(1, Int(2000 / max(microseconds(20), 1e-3)))
    return (0..<51).map { _ in microseconds(repetitions) }.sorted()[25]
}
