// Goal: a learner with a detector learns what it learns without one, until an alarm; then it does
// what the setting says and nothing else.

import Accelerator
import Arithmetic
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct DriftLearnerTests {
    static let detectors: [DriftDetector] = [
        .pageHinkley(PageHinkleySettings(delta: 0.1, threshold: 12, minimumCount: 50)),
        .adwin(AdaptiveWindowSettings(delta: 0.01, checkInterval: 8)),
    ]

    static func configuration(
        _ detector: DriftDetector, _ response: DriftResponse = .nothing,
        _ schedule: Schedule = .sequential, producers: Int = 1
    ) -> LearnerConfiguration {
        var configuration = LearnerConfiguration.classifier(
            features: 6, hidden: [12], classes: 4, producers: producers)
        configuration.schedule = schedule
        configuration.drift = DriftSettings(detector: detector, response: response)
        return configuration
    }

    /// Clouds that get other labels at sample 1,000, or only samples `range` of them; calls `seen`
    /// after every sample.
    static func stream(
        _ harness: LearnerHarness, _ range: Range<Int> = 0..<1_400,
        seen: (Int) -> Void = { _ in }
    ) {
        var clouds = CloudStream(features: 6, classes: 4, seed: 3)
        let producers = harness.layout.configuration.producerCapacity
        for index in 0..<range.upperBound {
            let (features, label) = clouds.next()
            guard index >= range.lowerBound else { continue }
            let isOther = index >= 1_000 && (producers == 1 || index % producers == 1)
            harness.sample(
                features, .classIndex(isOther ? (label + 1) % 4 : label),
                producer: index % producers, sequence: UInt64(index))
            seen(index)
        }
    }

    @Test(arguments: detectors, [Schedule.sequential, .pipeline])
    func theAlarmIsAboutTheChange(_ detector: DriftDetector, _ schedule: Schedule) throws {
        let harness = try LearnerHarness(Self.configuration(detector, .nothing, schedule))
        var alarms: [Int] = []
        Self.stream(harness) { index in
            guard let raised = harness.learner.takeRaisedAlarms() else { return }
            #expect(raised.isOverall && raised.producer == 0)
            #expect(harness.learner.takeRaisedAlarms() == nil)
            alarms.append(index)
        }
        let first = try #require(alarms.first)
        #expect((1_000..<1_100).contains(first), "\(alarms)")
        let figures = try #require(harness.learner.driftFigures(producer: nil))
        #expect(figures == harness.learner.driftFigures(producer: 0))
        #expect(figures.alarms == UInt64(alarms.count))
        let newest = try #require(figures.newest)
        #expect(newest.number == figures.alarms && newest.after > newest.before)
        let delay = schedule == .pipeline ? 1 : 0
        #expect(Int(newest.sample) == (alarms.last ?? 0) + 1 - delay)
    }

    /// What is not the detector's is byte for byte what it is without one.
    @Test(arguments: detectors) func watchingChangesNothing(_ detector: DriftDetector) throws {
        let plain = try LearnerHarness(Self.configuration(.none))
        let watched = try LearnerHarness(Self.configuration(detector))
        Self.stream(plain)
        Self.stream(watched)
        #expect(plain.learner.driftFigures(producer: nil) == nil)
        #expect(!plain.layout.section.fields.contains { $0.name.hasPrefix("drift") })
        #expect(watched.layout.section.fields.contains { $0.name.hasPrefix("drift") })
        #expect(try #require(watched.learner.driftFigures(producer: nil)).alarms > 0)
        #expect(Self.differing(plain, watched) == [])
    }

    /// A learner of every task over six readings, one producer.
    static let tasks: [(String, LearnerConfiguration)] = [
        ("classification", configuration(.none)), ("regression", .real(features: 6, targets: 2)),
        ("forecast", .real(features: 6, targets: nil)),
        ("steps", StepForecastTests.configuration(features: 6, steps: 3)),
        ("autoencoder", ReconstructionTests.configuration(features: 6, hidden: [8, 3, 8])),
    ]

    static func configuration(
        task: String, _ response: DriftResponse, _ schedule: Schedule
    ) throws -> LearnerConfiguration {
        var configuration = try #require(tasks.first { $0.0 == task }?.1)
        configuration.schedule = schedule
        configuration.drift = DriftSettings(detector: detectors[0], response: response)
        return configuration
    }

    /// `stream` for the other tasks: from sample 1,000 on readings are five times as far apart, and
    /// targets have the other sign.
    static func stream(
        task: String, _ harness: LearnerHarness, seen: (Int) -> Void = { _ in }
    ) {
        guard task != "classification" else { return stream(harness, seen: seen) }
        var generator = Xoshiro256StarStar(seed: 31)
        for index in 0..<1_400 {
            let isOther = index >= 1_000
            let features = (0..<6).map { _ in generator.normal() * (isOther ? 5 : 1) }
            if task == "regression" {
                let sign: Float = isOther ? -1 : 1
                harness.sample(
                    features,
                    targets: [sign * (features[0] + features[1]), sign * features[2]])
            } else {
                harness.sample(features, .none)
            }
            seen(index)
        }
    }

    /// The same learner with `setLearningRate` at the alarm and back after `samples`.
    @Test(arguments: tasks.map(\.0), [Schedule.sequential, .pipeline])
    func aRaisedRateIsARaisedRate(_ task: String, _ schedule: Schedule) throws {
        let watched = try LearnerHarness(
            Self.configuration(task: task, .raiseRate(factor: 4, samples: 70), schedule))
        let still = try Self.configuration(task: task, .nothing, schedule)
        let plain = try LearnerHarness(still)
        let rate = still.learningRate
        var raisedAt: [Int] = []
        Self.stream(task: task, watched) { index in
            guard watched.learner.takeRaisedAlarms() != nil else { return }
            raisedAt.append(index)
            #expect(watched.learner.driftFigures(producer: nil)?.raisedSamples == 70)
        }
        #expect(!raisedAt.isEmpty)
        Self.stream(task: task, plain) { index in
            let since = raisedAt.last { $0 <= index }.map { index - $0 } ?? .max
            plain.learner.setLearningRate(since < 70 ? rate * 4 : rate)
        }
        let left = Self.differing(plain, watched)
        #expect(left == [] || left == ["drift.response"], "\(left)")
        let calm = try LearnerHarness(still)
        Self.stream(task: task, calm)
        #expect(Self.differing(calm, watched).contains("junction.0.weights"))
    }

    @Test(arguments: ["classification", "steps", "autoencoder"], [Schedule.sequential, .pipeline])
    func reWarmingForgetsTheCountAndKeepsTheStatistics(
        _ task: String, _ schedule: Schedule
    ) throws {
        let harness = try LearnerHarness(
            Self.configuration(task: task, .reWarm(count: 150), schedule))
        let field = try #require(harness.layout.section["normaliser.count"])
        let counts = (harness.section + field.offset).assumingMemoryBound(to: UInt64.self)
        var isSeen = false
        Self.stream(task: task, harness) { index in
            if index == 999 { #expect(counts[0] == 1_000) }
            guard harness.learner.takeRaisedAlarms() != nil else { return }
            isSeen = true
            // The features of the alarm's own sample are the first that are taken in.
            for feature in 0..<6 { #expect(counts[feature] == 151) }
        }
        #expect(isSeen)
    }

    static let responses: [DriftResponse] = [
        .nothing, .raiseRate(factor: 4, samples: 70), .reWarm(count: 100),
    ]

    /// Stopped before the change, between the change and the alarm, and within the response.
    @Test(arguments: detectors, responses)
    func resumeIsContinueOnEveryKernelSet(
        _ detector: DriftDetector, _ response: DriftResponse
    ) throws {
        for schedule in [Schedule.sequential, .pipeline] {
            let configuration = Self.configuration(detector, response, schedule)
            let whole = try LearnerHarness(configuration)
            Self.stream(whole)
            #expect(try #require(whole.learner.driftFigures(producer: nil)).alarms > 0)
            for cut in [990, 1_004, 1_030, 1_200] {
                let first = try LearnerHarness(configuration)
                Self.stream(first, 0..<cut)
                let second = try LearnerHarness(configuration)
                second.takeState(of: first)
                Self.stream(second, cut..<1_400)
                #expect(second.bytes == whole.bytes, "\(cut)")
            }
            for kernels in KernelSet.all {
                let other = try LearnerHarness(configuration, kernels: kernels)
                Self.stream(other)
                #expect(other.bytes == whole.bytes, "\(kernels.name)")
            }
        }
    }

    /// One producer of three goes wrong: its own detector says so.
    @Test func aProducerHasItsOwnDetector() throws {
        let harness = try LearnerHarness(
            Self.configuration(Self.detectors[0], producers: 3))
        Self.stream(harness)
        let alarms = try (0..<3).map {
            try #require(harness.learner.driftFigures(producer: $0)).alarms
        }
        #expect(alarms[1] > 0 && alarms[0] == 0, "\(alarms)")
    }

    /// A loss that is no number, or no finite one, counts as the limit.
    @Test(arguments: detectors) func aLossWithoutValueCountsAsTheLimit(
        _ detector: DriftDetector
    ) throws {
        var configuration = LearnerConfiguration.real(features: 3, targets: 1)
        configuration.normaliser = .none
        configuration.drift = DriftSettings(detector: detector, limit: 3, unit: 2)
        let harness = try LearnerHarness(configuration)
        for _ in 0..<40 { harness.sample([1, 1, 1], targets: [3e38]) }
        let level = try #require(harness.learner.driftFigures(producer: nil)).level
        #expect((level - 6).magnitude < 1e-9)
    }

    @Test func settingsThatMakeNoSenseAreRefused() throws {
        func refuses(_ change: (inout LearnerConfiguration) -> Void) -> Bool {
            var configuration = Self.configuration(Self.detectors[0])
            change(&configuration)
            return (try? configuration.validate()) == nil
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.drift.limit = 0 })
        #expect(refuses { $0.drift.unit = -.infinity })
        #expect(refuses { $0.drift.detector = .adwin(AdaptiveWindowSettings(delta: 1)) })
        #expect(refuses { $0.drift.detector = .adwin(AdaptiveWindowSettings(bucketsPerRow: 1)) })
        #expect(
            refuses { $0.drift.detector = .pageHinkley(PageHinkleySettings(forgetting: 0)) })
        #expect(refuses { $0.drift.response = .raiseRate(factor: 1, samples: 5) })
        #expect(refuses { $0.drift.response = .raiseRate(factor: .infinity, samples: 5) })
        #expect(refuses { $0.drift.response = .reWarm(count: 99) })
        #expect(
            refuses {
                $0.drift.response = .reWarm(count: 100)
                $0.normaliser = .none
            })
        #expect(
            refuses {
                $0.drift.detector = .none
                $0.drift.response = .askGuard
            })
    }

    /// Fields of `first` that have other bytes in `second`.
    private static func differing(_ first: LearnerHarness, _ second: LearnerHarness) -> [String] {
        first.layout.section.fields.compactMap { field in
            guard let other = second.layout.section[field.name] else { return field.name }
            let a = UnsafeRawBufferPointer(
                start: first.section + field.offset, count: field.byteCount)
            let b = UnsafeRawBufferPointer(
                start: second.section + other.offset, count: other.byteCount)
            return a.elementsEqual(b) ? nil : field.name
        }
    }
}
