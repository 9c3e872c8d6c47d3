// Goal: with every cell of the catalogue, in both arithmetics and across their borders, the pipeline
// is what its definition says: `DelayedCopies`, which keeps whole copies of the parameters. Also
// where samples are not learned, and where the learning rate changes while samples are under way.

import Arithmetic
import Junctions
import Kernels
import Learning
import Testing

@Suite struct DelayedCopiesTests {
    /// Networks without a normaliser, so that the inputs are the features.
    static let configurations: [(String, LearnerConfiguration)] = {
        var list = LearnerConfiguration.cells
        for depth in 0...4 {
            var float = LearnerConfiguration.classifier(
                features: 9, hidden: Array([11, 18, 7, 16].prefix(depth)), classes: 4)
            list.append(("float32, J = \(depth + 1)", float))
            float.hiddenActivation = .tanh
            float.outputActivation = .sigmoid
            float.loss = .squaredError
            list.append(("tanh, J = \(depth + 1)", float))
        }
        return list.map { name, configuration in
            var pipelined = configuration
            pipelined.schedule = .pipeline
            pipelined.normaliser = .none
            return (name, pipelined)
        }
    }()

    static func configuration(_ name: String) throws -> LearnerConfiguration {
        try #require(configurations.first { $0.0 == name }?.1)
    }

    @Test(arguments: configurations.map(\.0)) func theLearnerIsItsDefinition(_ name: String) throws
    {
        try check(Self.configuration(name), samples: 260)
    }

    /// Features so large that a float network diverges: some samples are not learned at all, others
    /// by the last junctions only.
    @Test func notLearnedIsNotLearned() throws {
        var configuration = LearnerConfiguration.classifier(
            features: 9, hidden: [12, 12], classes: 4)
        configuration.schedule = .pipeline
        configuration.normaliser = .none
        configuration.hiddenActivation = .identity
        let skipped = try check(configuration, samples: 300, scale: 1e6)
        #expect(skipped > 0 && skipped < 300)
    }

    /// η travels with the sample.
    @Test(arguments: ["float32, J = 1", "float32, J = 3", "float32, J = 5", "fixed throughout"])
    func aRateCountsFromEntry(_ name: String) throws {
        let slow = try Self.configuration(name)
        var fast = slow
        fast.learningRate *= 4
        let harnesses = try [LearnerHarness(slow), LearnerHarness(fast)]
        let reference = try DelayedCopies(harnesses[0])
        var stream = CloudStream(features: 9, classes: 4, seed: 31)
        for step in 0..<90 {
            let turn = step / 30 % 2
            if step > 0, step % 30 == 0 { harnesses[turn].takeState(of: harnesses[1 - turn]) }
            let (features, label) = stream.next()
            harnesses[turn].sample(features, .classIndex(label), sequence: UInt64(step))
            reference.learn(
                features, target: Self.target(label, slow),
                rate: turn == 0 ? slow.learningRate : fast.learningRate)
        }
        Self.compareWeights(harnesses[0], reference, samples: 90)
    }

    /// Learns a stream with both; returns how many samples were not learned.
    @discardableResult
    private func check(
        _ configuration: LearnerConfiguration, samples: Int, scale: Float = 1
    ) throws -> Int {
        let harness = try LearnerHarness(configuration)
        let reference = try DelayedCopies(harness)
        let junctionCount = configuration.hidden.count + 1
        let classes = configuration.outputCount
        var stream = CloudStream(features: 9, classes: classes, seed: 21)
        var labels: [Int32] = []
        for step in 0..<samples {
            let (cloud, label) = stream.next()
            let features = cloud.map { $0 * scale }
            labels.append(label)
            reference.learn(
                features, target: Self.target(label, configuration),
                rate: configuration.learningRate)
            let outcome = harness.sample(features, .classIndex(label), sequence: UInt64(step))
            #expect(outcome.decision == .learned && outcome.loss.isNaN)
            let sample = step - junctionCount + 1
            #expect((outcome.completed == nil) == (sample < 0))
            if let completed = outcome.completed {
                let y = reference.outputs[sample]
                let best = (1..<classes).reduce(0) { y[$1] > y[$0] ? $1 : $0 }
                #expect(completed.name.sequence == UInt64(sample))
                #expect(completed.predictedClass == Int32(best), "sample \(sample)")
                let loss = Float(reference.losses[sample])
                #expect(completed.loss.bitPattern == loss.bitPattern || loss.isNaN)
            }
            if step % 5 == 0 || step == samples - 1 {
                Self.compareWeights(harness, reference, samples: step + 1)
            }
        }
        let inFlight = 2 * junctionCount - 1
        let notLearned = harness.learner.skippedUpdateCount
        #expect(Int(harness.learner.updateCount + notLearned) <= samples)
        #expect(Int(harness.learner.updateCount + notLearned) >= samples - inFlight)
        return Int(notLearned)
    }

    /// V_i[samples − 2J + i] is what the learner holds after so many samples.
    private static func compareWeights(
        _ harness: LearnerHarness, _ reference: DelayedCopies, samples: Int
    ) {
        let junctionCount = harness.layout.network.layers.count
        for index in 0..<junctionCount {
            let updates = max(0, samples - 2 * junctionCount + index + 1)
            let bytes = reference.copies[updates]
            for range in reference.junction(index) {
                let isEqual = bytes[range].withUnsafeBytes {
                    $0.elementsEqual(
                        UnsafeRawBufferPointer(
                            start: harness.section + range.lowerBound, count: range.count))
                }
                #expect(isEqual, "junction \(index + 1) after \(samples) samples")
            }
        }
    }

    private static func target(_ label: Int32, _ c: LearnerConfiguration) -> [Float] {
        (0..<(c.widths.last ?? 0)).map { $0 == Int(label) ? 1 : 0 }
    }
}
