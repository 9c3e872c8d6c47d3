// Goal: the section is all there is. Same section bytes and same samples give the same section
// bytes: on every kernel set, after a copy at any moment, and in every task.

import Arithmetic
import Glibc
import Kernels
import Learning
import Platform
import Testing
import WeightStore

@Suite struct SameBytesTests {
    /// What a stream does to a learner at step `step`: the same for the same step, whatever came
    /// before. Late labels, unlabelled samples, new epochs and a poisoned value included.
    static func step(_ harness: LearnerHarness, _ step: Int, seed: UInt64) {
        let c = harness.layout.configuration
        var generator = Xoshiro256StarStar(seed: seed &+ UInt64(step) &* 1_000_003)
        var features = (0..<c.featureCount).map { index in
            generator.normal() * Float(index + 1) + (index == 1 ? 0 : Float(step) * 0.01)
        }
        if c.featureCount > 3 { features[3] = step < 150 ? 4 : generator.normal() }
        // Without a normaliser 1e8 is for the daemon's bounds to refuse.
        if c.normaliser != .none, step == 60 || step == 333 { features[0] = 1e8 }
        let producer = generator.index(below: c.producerCapacity)
        let isUnlabelled = c.pendingCapacity > 0 && generator.index(below: 3) == 0
        switch c.task {
        case .classification(let count):
            let label = Int32(generator.index(below: count))
            harness.sample(
                features, isUnlabelled ? .none : .classIndex(label), producer: producer,
                sequence: UInt64(step))
            if step % 5 == 4 {
                _ = harness.learner.label(
                    producer: producer, epoch: 1, sequence: UInt64(step - 3),
                    label: .classIndex(label))
            }
        case .regression(let count):
            let targets = (0..<count).map { features[$0] * 2 + 100 }
            if isUnlabelled {
                harness.sample(features, .none, producer: producer, sequence: UInt64(step))
            } else {
                harness.sample(features, targets: targets, producer: producer)
            }
        case .forecast, .autoencoder:
            harness.sample(features, .none, producer: producer)
        }
        if step % 97 == 96 { harness.learner.openEpoch(producer: producer, epoch: 1) }
    }

    /// Sigmoid and tanh neurons, whose padding must not come alive; widths that are no multiple
    /// of 16.
    static let sigmoids: LearnerConfiguration = {
        var configuration = LearnerConfiguration.classifier(
            features: 5, hidden: [7, 19], classes: 3)
        configuration.hiddenActivation = .sigmoid
        configuration.outputActivation = .sigmoid
        configuration.initialisation = .lecunUniform
        return configuration
    }()

    static let configurations: [(String, LearnerConfiguration)] =
        [
            ("sigmoids", sigmoids),
            ("classifier", .classifier(features: 9, classes: 4, pending: 7, producers: 3)),
            (
                "momentum",
                .classifier(
                    features: 21, hidden: [18, 5], classes: 3, momentum: 0.9, weightDecay: 1e-3)
            ),
            ("raw input", .classifier(features: 9, classes: 2, normaliser: .none)),
            ("regression", .real(features: 6, targets: 2, pending: 5, producers: 2)),
            ("forecast", .real(features: 8, targets: nil, producers: 3)),
            ("steps", StepForecastTests.configuration(features: 5, steps: 7, producers: 3)),
            ("autoencoder", ReconstructionTests.configuration(features: 9, producers: 3)),
            (
                "autoencoder of raw values",
                ReconstructionTests.configuration(features: 9, hidden: [4], normaliser: .none)
            ),
        ] + drifting + LearnerConfiguration.cells

    /// With thresholds so low that Page-Hinkley raises alarms within 500 random labels; ADWIN's are in
    /// DriftLearnerTests.
    static let drifting: [(String, LearnerConfiguration)] = [
        (
            "Page-Hinkley, rate raised",
            drifting(
                .classifier(features: 9, classes: 4, pending: 7, producers: 3),
                .pageHinkley(PageHinkleySettings(delta: 0, threshold: 1, minimumCount: 9)),
                .raiseRate(factor: 3, samples: 20))
        ),
        (
            "Page-Hinkley, pipelined",
            drifting(
                .classifier(features: 9, hidden: [12, 8], classes: 4, producers: 3),
                .pageHinkley(PageHinkleySettings(delta: 0, threshold: 1, minimumCount: 9)),
                .raiseRate(factor: 3, samples: 20), isPipelined: true)
        ),
        (
            "ADWIN, warmed up again",
            drifting(
                .classifier(features: 9, classes: 4, pending: 7, producers: 3),
                .adwin(
                    AdaptiveWindowSettings(
                        delta: 0.99, bucketsPerRow: 2, checkInterval: 1, rowCount: 5, shortest: 1)),
                .reWarm(count: 100))
        ),
    ]

    private static func drifting(
        _ base: LearnerConfiguration, _ detector: DriftDetector, _ response: DriftResponse,
        isPipelined: Bool = false
    ) -> LearnerConfiguration {
        var configuration = base
        configuration.drift = DriftSettings(detector: detector, response: response)
        if isPipelined { configuration.schedule = .pipeline }
        return configuration
    }

    @Test(arguments: drifting.prefix(2).map(\.0)) func thereAreAlarms(_ name: String) throws {
        let harness = try LearnerHarness(Self.configuration(name))
        for step in 0..<500 { Self.step(harness, step, seed: 11) }
        #expect(try #require(harness.learner.driftFigures(producer: nil)).alarms > 0)
    }

    @Test(arguments: configurations.map(\.0))
    func everyKernelSetLearnsTheSameBytes(_ name: String) throws {
        let configuration = try Self.configuration(name)
        var reference: [UInt8]?
        for kernels in KernelSet.all {
            let harness = try LearnerHarness(configuration, kernels: kernels)
            for step in 0..<500 { Self.step(harness, step, seed: 11) }
            #expect(
                OnlineLearner.allWeightsFinite(
                    layout: harness.layout, section: harness.section, kernels: kernels))
            if let reference {
                #expect(harness.bytes == reference, "\(kernels.name) differs from plain")
            } else {
                reference = harness.bytes
            }
        }
    }

    @Test(arguments: configurations.map(\.0), [0, 1, 59, 101, 250, 499])
    func resumeIsContinue(_ name: String, _ cut: Int) throws {
        let configuration = try Self.configuration(name)
        let whole = try LearnerHarness(configuration)
        for step in 0..<500 { Self.step(whole, step, seed: 5) }
        let first = try LearnerHarness(configuration)
        for step in 0..<cut { Self.step(first, step, seed: 5) }
        let second = try LearnerHarness(configuration)
        second.takeState(of: first)
        for step in cut..<500 { Self.step(second, step, seed: 5) }
        #expect(second.bytes == whole.bytes)
        #expect(second.learner.metrics(producer: nil) == whole.learner.metrics(producer: nil))
    }

    @Test(arguments: configurations.map(\.0)) func paddingStaysZero(_ name: String) throws {
        let harness = try LearnerHarness(Self.configuration(name))
        for step in 0..<300 { Self.step(harness, step, seed: 3) }
        var owned = [Bool](repeating: false, count: harness.layout.section.byteCount)
        for field in harness.layout.section.fields {
            for row in 0..<field.rowCount {
                let start = field.offset + row * field.rowStride * field.element.bytes
                for byte in 0..<(field.rowElements * field.element.bytes) {
                    owned[start + byte] = true
                }
            }
        }
        let bytes = harness.bytes
        let stray = owned.indices.filter { !owned[$0] && bytes[$0] != 0 }
        #expect(stray.isEmpty, "bytes of no element are not zero: \(stray.prefix(5))")
    }

    @Test(arguments: configurations.map(\.0)) func predictionOnlyReads(_ name: String) throws {
        let harness = try LearnerHarness(Self.configuration(name))
        for step in 0..<200 { Self.step(harness, step, seed: 3) }
        let before = harness.bytes
        let features = [Float](repeating: 0.5, count: harness.layout.configuration.featureCount)
        let prediction = harness.predict(features)
        #expect(harness.bytes == before)
        #expect(prediction.outputs.allSatisfy { $0.isFinite })
    }

    /// Queries read slots that other threads write to disk, so the pages are made read-only here.
    @Test func predictionNeverWritesTheSection() async {
        await #expect(processExitsWith: .success) {
            for (_, configuration) in Self.configurations {
                let harness = try LearnerHarness(configuration)
                for step in 0..<200 { Self.step(harness, step, seed: 3) }
                let region = try MemoryRegion(byteCount: harness.layout.section.byteCount)
                region.bytes.copyBytes(from: harness.bytes)
                let base = try #require(region.bytes.baseAddress)
                #expect(mprotect(base, region.bytes.count, PROT_READ) == 0)
                let features = [Float](repeating: 0.5, count: configuration.featureCount)
                _ = harness.predict(features, from: base)
            }
        }
    }

    @Test func seedsGiveDifferentWeights() throws {
        let one = try LearnerHarness(.classifier(features: 4, classes: 2, seed: 1))
        let again = try LearnerHarness(.classifier(features: 4, classes: 2, seed: 1))
        let two = try LearnerHarness(.classifier(features: 4, classes: 2, seed: 2))
        #expect(one.bytes == again.bytes)
        #expect(one.bytes != two.bytes)
    }

    static func configuration(_ name: String) throws -> LearnerConfiguration {
        try #require(configurations.first { $0.0 == name }?.1)
    }
}
