// Small made-up streams from a seed, for tests.

import Arithmetic
import Learning
import WeightStore

/// A stream of classified samples: noisy clouds around random centres.
struct CloudStream {
    private var generator: Xoshiro256StarStar
    private let centres: [[Float]]

    init(features: Int, classes: Int, seed: UInt64) {
        var generator = Xoshiro256StarStar(seed: seed)
        centres = (0..<classes).map { _ in (0..<features).map { _ in 2 * generator.normal() } }
        self.generator = generator
    }

    mutating func next() -> (features: [Float], label: Int32) {
        let label = generator.index(below: centres.count)
        return (centres[label].map { $0 + generator.normal() }, Int32(label))
    }
}

extension LearnerConfiguration {
    /// A small classifier of floats.
    static func classifier(
        features: Int, hidden: [Int] = [12], classes: Int,
        normaliser: NormaliserRule = .running(clip: 5, horizon: 0), seed: UInt64 = 1,
        momentum: Float = 0, weightDecay: Float = 0, pending: Int = 0, producers: Int = 1
    ) -> LearnerConfiguration {
        LearnerConfiguration(
            featureCount: features, elementType: .f32, normaliser: normaliser,
            task: .classification(classCount: classes), hidden: hidden, hiddenActivation: .relu,
            outputActivation: .softmax, loss: .crossEntropy, initialisation: .heUniform,
            seed: seed, learningRate: 0.02, momentum: momentum, weightDecay: weightDecay,
            pendingCapacity: pending, producerCapacity: producers)
    }

    /// A small learner of real values: regression, or forecast without `targets`.
    static func real(
        features: Int, targets: Int?, pending: Int = 0, producers: Int = 1, seed: UInt64 = 1,
        learningRate: Float = 0.01
    ) -> LearnerConfiguration {
        LearnerConfiguration(
            featureCount: features, elementType: .f32,
            normaliser: .running(clip: 5, horizon: 2_000),
            task: targets.map { .regression(targetCount: $0) } ?? .forecast(steps: 1), hidden: [16],
            hiddenActivation: .tanh, outputActivation: .identity, loss: .squaredError,
            initialisation: .glorotUniform, seed: seed, learningRate: learningRate,
            pendingCapacity: pending, producerCapacity: producers)
    }
}
