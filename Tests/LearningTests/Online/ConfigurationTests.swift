// Goal: a configuration that validates can run; every other one is refused with its reason.

import Learning
import Testing
import WeightStore

@Suite struct LearnerConfigurationTests {
    typealias Failure = LearnerConfigurationError

    static let wrong: [(@Sendable (inout LearnerConfiguration) -> Void, Failure)] = [
        (
            { $0.featureCount = 0 },
            .countOutOfRange(key: "features", value: 0, lowest: 1, highest: 65_536)
        ),
        ({ $0.elementType = .f64 }, .elementTypeUnsupported(.f64)),
        (
            { $0.task = .classification(classCount: 1) },
            .countOutOfRange(key: "classes", value: 1, lowest: 2, highest: 65_536)
        ),
        (
            { $0.task = .regression(targetCount: 0) },
            .countOutOfRange(key: "targets", value: 0, lowest: 1, highest: 65_536)
        ),
        (
            { $0.hidden = [4, 0] },
            .countOutOfRange(key: "hidden", value: 0, lowest: 1, highest: 65_536)
        ),
        ({ $0.hiddenActivation = .softmax }, .softmaxUnsuitable(key: "hidden activation")),
        (
            { $0.outputActivation = .relu },
            .crossEntropyUnsuitable(
                outputActivation: .relu, task: .classification(classCount: 3))
        ),
        ({ $0.task = .forecast(steps: 1) }, .softmaxUnsuitable(key: "output activation")),
        (
            {
                $0.task = .forecast(steps: 1)
                $0.outputActivation = .sigmoid
            }, .crossEntropyUnsuitable(outputActivation: .sigmoid, task: .forecast(steps: 1))
        ),
        (
            { $0.learningRate = 0 },
            .valueOutOfRange(key: "learning rate", value: 0, range: "finite and above 0")
        ),
        (
            { $0.momentum = 1 },
            .valueOutOfRange(key: "momentum", value: 1, range: "at least 0 and below 1")
        ),
        (
            { $0.weightDecay = -1 },
            .valueOutOfRange(key: "weight decay", value: -1, range: "finite and at least 0")
        ),
        (
            { $0.inputScale = 0 },
            .valueOutOfRange(key: "scale", value: 0, range: "finite and not 0")
        ),
        (
            { $0.normaliser = .running(clip: 0, horizon: 0) },
            .valueOutOfRange(key: "normaliser clip", value: 0, range: "finite and above 0")
        ),
        (
            { $0.producerCapacity = 0 },
            .countOutOfRange(key: "producers", value: 0, lowest: 1, highest: 65_536)
        ),
    ]

    @Test(arguments: wrong.indices) func everyMistakeHasItsReason(_ index: Int) {
        var configuration = LearnerConfiguration.classifier(features: 4, classes: 3)
        Self.wrong[index].0(&configuration)
        #expect(throws: Self.wrong[index].1) { try configuration.validate() }
    }

    @Test func notANumberIsRefused() {
        var configuration = LearnerConfiguration.classifier(features: 4, classes: 3)
        configuration.learningRate = .nan
        #expect(throws: LearnerConfigurationError.self) { try configuration.validate() }
    }

    @Test func theSectionIsTheSumOfItsLines() throws {
        for configuration in [
            LearnerConfiguration.classifier(
                features: 20, classes: 3, momentum: 0.9, pending: 8, producers: 4),
            .real(features: 5, targets: 2, pending: 3), .real(features: 5, targets: nil),
        ] {
            try configuration.validate()
            let layout = LearnerLayout(configuration)
            #expect(layout.sectionLines.reduce(0) { $0 + $1.bytes } == layout.section.byteCount)
            #expect(layout.section == LearnerLayout(configuration).section)
        }
        let owners = LearnerLayout(
            .classifier(features: 20, classes: 3, momentum: 0.9, pending: 8)
        ).sectionLines.map(\.owner)
        #expect(
            owners == [
                "learner counters", "weights", "optimiser", "normaliser", "previous samples",
                "metrics", "pending labels", "device charges",
            ])
    }
}
