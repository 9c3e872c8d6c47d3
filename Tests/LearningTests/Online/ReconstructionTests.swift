// Goal: an autoencoder learns to repeat its input through a narrow layer, is scored beside the
// running mean and the previous sample, and says of every sample how many were easier.

import Accelerator
import Arithmetic
import Learning
import Testing
import WeightStore

@Suite struct ReconstructionTests {
    static func configuration(
        features: Int = 6, hidden: [Int] = [8, 2, 8], producers: Int = 1,
        normaliser: NormaliserRule = .running(clip: 5, horizon: 2_000)
    ) -> LearnerConfiguration {
        var configuration = LearnerConfiguration.real(
            features: features, targets: nil, producers: producers, learningRate: 0.02)
        configuration.task = .autoencoder
        configuration.hidden = hidden
        configuration.normaliser = normaliser
        return configuration
    }

    /// Six readings that two hidden ones make, and a little noise.
    static func reading(_ generator: inout Xoshiro256StarStar) -> [Float] {
        let (a, b) = (generator.normal(), generator.normal())
        return [a, b, a + b, a - b, 2 * a, 0.5 * b + 1].map {
            100 + 5 * $0 + 0.1 * generator.normal()
        }
    }

    /// The definition: ask for the reconstruction before the sample is learned, and compare it with
    /// the sample in units of σ as known before it.
    @Test func itIsScoredAsItWasAnswered() throws {
        let harness = try LearnerHarness(Self.configuration())
        let ranks = PercentileScaleTests.Memory()
        var generator = Xoshiro256StarStar(seed: 91)
        var previous: [Float]?
        var (absolute, squared, unchanged, means, count) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for index in 0..<600 {
            var sample = Self.reading(&generator)
            if index % 50 == 49 { sample[2] += 400 }
            let units = try StepForecastTests.statistics(harness)
            let answer = harness.predict(sample).outputs
            #expect(answer.count == 8)
            var unlimited = 0.0
            for feature in 0..<6 {
                let (mean, sigma) = units[feature]
                func z(_ value: Float, limit: Double = 5) -> Double {
                    sigma == 0 ? 0 : max(-limit, min(limit, (Double(value) - mean) / sigma))
                }
                let said = z(answer[feature], limit: 1e30)
                let target = z(sample[feature])
                absolute += abs(said - target) / 6
                squared += (said - target) * (said - target) / 6
                means += abs(target) / 6
                let distance = said - z(sample[feature], limit: 1e30)
                unlimited += distance * distance / 6
                if let previous { unchanged += abs(z(previous[feature]) - target) / 6 }
            }
            let error = unlimited.squareRoot()
            #expect(abs(Double(answer[6]) - error) < 1e-3 * (1 + error))
            let outcome = harness.sample(sample, .none)
            let expected = ranks.scale.judge(Double(answer[6]))
            #expect((outcome.anomalyPercentile == nil) == (index < 100))
            #expect(answer[7] == outcome.anomalyPercentile ?? -1, "one producer is all of them")
            if let expected, let found = outcome.anomalyPercentile {
                #expect(abs(found - expected) < 0.01)
            }
            #expect(outcome.decision == .learned && outcome.loss.isFinite)
            previous = sample
            count += 1
        }
        let figures = harness.learner.metrics(producer: nil)
        let errors = try #require(figures.errors?.overall)
        func close(_ found: Double?, _ expected: Double) -> Bool {
            found.map { abs($0 - expected) <= 1e-4 * (1 + expected) } ?? false
        }
        #expect(errors.count == 600)
        #expect(close(errors.meanAbsoluteError, absolute / count))
        #expect(close(errors.rootMeanSquareError, (squared / count).squareRoot()))
        #expect(close(errors.noChangeMeanAbsoluteError, unchanged / (count - 1)))
        #expect(close(figures.meanPredictorError, means / count))
    }

    @Test(arguments: Schedule.allCases) func whatIsLikeNoOtherStandsOut(_ schedule: Schedule)
        throws
    {
        var configuration = Self.configuration()
        configuration.schedule = schedule
        let harness = try LearnerHarness(configuration)
        var generator = Xoshiro256StarStar(seed: 92)
        var percentiles: [Float] = []
        func percentile(_ outcome: SampleOutcome) -> Float? {
            schedule == .sequential
                ? outcome.anomalyPercentile : outcome.completed?.anomalyPercentile
        }
        for index in 0..<12_000 {
            let outcome = harness.sample(Self.reading(&generator), .none)
            if index >= 7_000, let found = percentile(outcome) { percentiles.append(found) }
        }
        let figures = harness.learner.metrics(producer: nil)
        let last = try #require(figures.errors?.last1000)
        #expect(last.meanAbsoluteError < 0.5 * (try #require(figures.meanPredictorError)))
        #expect(PercentileScaleTests.distance(percentiles) < 0.05, "calibrated while it learns on")
        // Every reading is a usual one; that they do not belong together is not.
        #expect(try #require(harness.predict([108, 92, 110, 92, 92, 110]).outputs.last) > 0.99)
        #expect(try #require(harness.predict([103, 102, 105, 101, 106, 106]).outputs.last) < 0.99)
    }

    /// Without a normaliser the mean is kept as it should be: over the samples before this one.
    @Test func rawValuesHaveARunningMean() throws {
        var configuration = Self.configuration(features: 2, hidden: [1], normaliser: .none)
        configuration.learningRate = 0.001
        let harness = try LearnerHarness(configuration)
        var generator = Xoshiro256StarStar(seed: 93)
        var mean = [0.0, 0.0]
        var sum = 0.0
        for index in 0..<1_500 {
            let sample = [3 + generator.normal(), generator.normal()]
            let weight = 1 / Double(min(index + 1, 1_000))
            for feature in 0..<2 {
                let difference = Double(sample[feature]) - mean[feature]
                if index > 0 { sum += abs(difference) / 2 }
                mean[feature] += weight * difference
            }
            harness.sample(sample, .none)
        }
        let found = try #require(harness.learner.metrics(producer: nil).meanPredictorError)
        #expect(abs(found - sum / 1_499) < 1e-9)
    }

    @Test func aWildSampleIsTheMostUnusualAndDoesNoHarm() throws {
        let harness = try LearnerHarness(Self.configuration(producers: 2))
        var generator = Xoshiro256StarStar(seed: 94)
        for _ in 0..<3_000 { harness.sample(Self.reading(&generator), .none) }
        let wild = harness.sample([Float](repeating: 1e8, count: 6), .none)
        #expect(wild.anomalyPercentile == 1 && wild.anomalyScore > 4)
        let layout = harness.layout
        let section = UnsafeRawPointer(harness.section)
        func newest(_ producer: Int?) -> Double? {
            PrequentialFigures.anomalyPercentile(
                layout: layout, section: section, producer: producer)
        }
        #expect(newest(0) == 1 && newest(nil) == 1 && newest(1) == nil)
        let after = harness.sample(Self.reading(&generator), .none)
        #expect(try #require(after.anomalyPercentile) < 1)
        for _ in 0..<100 { harness.sample(Self.reading(&generator), .none, producer: 1) }
        #expect(newest(1) == nil, "its own first hundred")
        harness.sample(Self.reading(&generator), .none, producer: 1)
        #expect(newest(1) != nil)
    }

    @Test func rankingChangesNothingThatIsLearned() throws {
        var ranked = LearnerConfiguration.real(features: 3, targets: 1)
        ranked.ranksErrors = true
        let one = try LearnerHarness(.real(features: 3, targets: 1))
        let other = try LearnerHarness(ranked)
        var generator = Xoshiro256StarStar(seed: 95)
        for step in 0..<300 {
            let x = (0..<3).map { _ in generator.normal() }
            let first = one.sample(x, targets: [x[0] - x[1]])
            let second = other.sample(x, targets: [x[0] - x[1]])
            #expect(first.loss == second.loss && first.anomalyScore == second.anomalyScore)
            #expect(first.anomalyPercentile == nil)
            #expect((second.anomalyPercentile == nil) == (step < 100))
        }
        #expect(
            try one.floats("junction.0.weights") == other.floats("junction.0.weights"))
    }

    @Test func eachSampleCostsALearnedOne() throws {
        let harness = try LearnerHarness(Self.configuration().on(.edge()))
        var generator = Xoshiro256StarStar(seed: 96)
        for _ in 0..<50 { harness.sample(Self.reading(&generator), .none) }
        #expect(harness.charges == harness.expectedCharges(learned: 50, inferred: 0))
    }
}
