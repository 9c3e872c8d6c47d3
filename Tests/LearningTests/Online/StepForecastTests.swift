// Goal: a forecast of several steps is scored as it was fixed, learns the changes to the samples that
// came, and is one of one step where one is asked for.

import Accelerator
import Arithmetic
import Learning
import Testing
import WeightStore

@Suite struct StepForecastTests {
    static func configuration(
        features: Int = 3, steps: Int, producers: Int = 1, rate: Float = 0.01
    ) -> LearnerConfiguration {
        var configuration = LearnerConfiguration.real(
            features: features, targets: nil, producers: producers, learningRate: rate)
        configuration.task = .forecast(steps: steps)
        return configuration
    }

    /// Means and σ of the features, as the section has them now.
    static func statistics(_ harness: LearnerHarness) throws -> [(mean: Double, sigma: Double)] {
        let mean = try #require(harness.layout.section["normaliser.mean"])
        let variance = try #require(harness.layout.section["normaliser.variance"])
        return (0..<mean.rowElements).map { index in
            (
                harness.section.load(fromByteOffset: mean.offset + 8 * index, as: Double.self),
                harness.section.load(fromByteOffset: variance.offset + 8 * index, as: Double.self)
                    .squareRoot()
            )
        }
    }

    /// Three readings that turn, and a little noise.
    static func reading(_ step: Int, _ generator: inout Xoshiro256StarStar) -> [Float] {
        let angle = Float(step) * 0.2
        return [
            10 + 3 * sine(angle) + 0.1 * generator.normal(),
            -500 + 40 * sine(angle + 1) + generator.normal(), 2 + 0.3 * generator.normal(),
        ]
    }

    private static func sine(_ angle: Float) -> Float {
        var x = Double(angle)
        x -= (x / (2 * .pi)).rounded() * 2 * .pi
        var term = x
        var sum = x
        for index in 1...12 {
            term *= -x * x / Double(2 * index * (2 * index + 1))
            sum += term
        }
        return Float(sum)
    }

    /// The definition: ask right after a sample, keep the answer, and compare it with what comes, in
    /// units of σ as known before the last of it came.
    @Test(arguments: [2, 5]) func itIsScoredAsItWasAnswered(_ steps: Int) throws {
        let harness = try LearnerHarness(Self.configuration(steps: steps))
        var generator = Xoshiro256StarStar(seed: 81)
        var samples: [[Float]] = []
        var answers: [[Float]] = []
        var absolute = [Double](repeating: 0, count: steps)
        var unchanged = absolute
        var squared = 0.0
        var scored = 0.0
        for index in 0..<400 {
            let sample = Self.reading(index, &generator)
            let units = try Self.statistics(harness)
            samples.append(sample)
            var loss = 0.0
            if index >= steps {
                scored += 1
                for step in 0..<steps {
                    for feature in 0..<3 {
                        let (mean, sigma) = units[feature]
                        func z(_ value: Float) -> Double {
                            sigma == 0 ? 0 : max(-5, min(5, (Double(value) - mean) / sigma))
                        }
                        let start = z(samples[index - steps][feature])
                        let target = z(samples[index - steps + 1 + step][feature])
                        let said = z(answers[index - steps][step * 3 + feature])
                        absolute[step] += abs(said - target) / 3
                        unchanged[step] += abs(start - target) / 3
                        squared += (said - target) * (said - target) / Double(3 * steps)
                        loss += 0.5 * (said - target) * (said - target)
                    }
                }
            }
            let outcome = harness.sample(sample, .none)
            #expect(outcome.decision == .learned && outcome.loss.isNaN == (index < steps))
            if index >= steps { #expect(abs(Double(outcome.loss) - loss) <= 1e-4 * (1 + loss)) }
            answers.append(harness.predict(sample).outputs)
        }
        let figures = harness.learner.metrics(producer: nil)
        #expect(figures.scored == 400 - steps)
        let errors = try #require(figures.errors?.overall)
        func close(_ found: Double, _ expected: Double) -> Bool {
            abs(found - expected) <= 1e-5 * (1 + expected)
        }
        #expect(close(errors.meanAbsoluteError, absolute.reduce(0, +) / scored / Double(steps)))
        #expect(close(errors.rootMeanSquareError, (squared / scored).squareRoot()))
        #expect(figures.steps.count == steps)
        for (step, found) in figures.steps.enumerated() {
            #expect(close(found.meanAbsoluteError, absolute[step] / scored))
            #expect(close(found.noChangeMeanAbsoluteError, unchanged[step] / scored))
        }
        #expect(figures == harness.learner.metrics(producer: 0))
    }

    /// The definition in doubles, of a network without hidden layer over raw values: sample n − H
    /// learns the changes to n − H + 1 … n.
    @Test func itLearnsTheChanges() throws {
        let (features, steps, rate) = (2, 3, 0.02)
        var configuration = Self.configuration(
            features: features, steps: steps, rate: Float(rate))
        configuration.normaliser = .none
        configuration.hidden = []
        let harness = try LearnerHarness(configuration)
        let outputs = features * steps
        var weights = [[Double]](
            repeating: [Double](repeating: 0, count: features), count: outputs)
        var biases = [Double](repeating: 0, count: outputs)
        var samples: [[Double]] = []
        var generator = Xoshiro256StarStar(seed: 82)
        for index in 0..<300 {
            let raw = (0..<features).map { _ in generator.normal() }
            samples.append(raw.map(Double.init))
            harness.sample(raw, .none)
            guard index >= steps else { continue }
            let start = samples[index - steps]
            for output in 0..<outputs {
                let (step, feature) = output.quotientAndRemainder(dividingBy: features)
                let target = samples[index - steps + 1 + step][feature] - start[feature]
                let said = zip(weights[output], start).reduce(biases[output]) { $0 + $1.0 * $1.1 }
                for place in 0..<features {
                    weights[output][place] -= rate * (said - target) * start[place]
                }
                biases[output] -= rate * (said - target)
            }
        }
        let found = try harness.floats("junction.0.weights")
        for (found, expected) in zip(found, weights.flatMap(\.self)) {
            #expect(abs(Double(found) - expected) < 1e-5)
        }
        for (found, expected) in zip(try harness.floats("junction.0.bias"), biases) {
            #expect(abs(Double(found) - expected) < 1e-5)
        }
    }

    @Test func farStepsAreHarderAndAllBeatNoChange() throws {
        let harness = try LearnerHarness(Self.configuration(steps: 8, rate: 0.02))
        var generator = Xoshiro256StarStar(seed: 83)
        var usual: [Float] = []
        for index in 0..<6_000 {
            let outcome = harness.sample(Self.reading(index, &generator), .none)
            if index > 3_000 { usual.append(outcome.anomalyScore) }
        }
        let figures = harness.learner.metrics(producer: nil)
        let steps = figures.steps
        #expect(steps.count == 8)
        #expect(try #require(figures.errors?.last1000.skill) > 0.3)
        #expect(steps[7].noChangeMeanAbsoluteError > 2 * steps[0].noChangeMeanAbsoluteError)
        #expect(
            steps.dropFirst().allSatisfy { $0.meanAbsoluteError < $0.noChangeMeanAbsoluteError })
        #expect(abs(usual.reduce(0, +) / Float(usual.count)) < 0.5)
        let next = Self.reading(6_000, &generator)
        let wild = harness.sample([next[0], next[1] + 4_000, next[2]], .none)
        #expect(wild.anomalyScore > 4, "the first step is judged at once, not eight samples later")
    }

    @Test func producersHaveTheirOwnHistories() throws {
        let harness = try LearnerHarness(
            Self.configuration(features: 1, steps: 4, producers: 2))
        for step in 0..<2_000 {
            harness.sample([step % 2 == 0 ? 10 : 20], .none, producer: step % 2)
        }
        let errors = try #require(harness.learner.metrics(producer: nil).errors)
        #expect(errors.overall.noChangeMeanAbsoluteError == 0)
        #expect(harness.learner.metrics(producer: 1).scored == 996)
        harness.learner.openEpoch(producer: 1, epoch: 2)
        for step in 0..<4 {
            #expect(harness.sample([500], .none, producer: 1).loss.isNaN, "\(step) before it")
        }
        #expect(!harness.sample([500], .none, producer: 1).loss.isNaN)
        #expect(!harness.sample([10], .none, producer: 0).loss.isNaN)
    }

    @Test(arguments: Schedule.allCases) func aFixedForecastCostsAnInference(_ schedule: Schedule)
        throws
    {
        var configuration = Self.configuration(steps: 3).on(.edge())
        configuration.schedule = schedule
        let harness = try LearnerHarness(configuration)
        var generator = Xoshiro256StarStar(seed: 84)
        for index in 0..<50 { harness.sample(Self.reading(index, &generator), .none) }
        #expect(harness.charges == harness.expectedCharges(learned: 47, inferred: 50))
        #expect(harness.learner.metrics(producer: nil).scored == 47)
        #expect(harness.layout.learnedCount(UnsafeRawPointer(harness.section)) == 47)
    }

    @Test func pipelinedStepsLearn() throws {
        var configuration = Self.configuration(steps: 4, rate: 0.02)
        configuration.schedule = .pipeline
        let harness = try LearnerHarness(configuration)
        var generator = Xoshiro256StarStar(seed: 85)
        for index in 0..<5_000 { harness.sample(Self.reading(index, &generator), .none) }
        let skill = harness.learner.metrics(producer: nil).errors?.last1000.skill
        #expect(try #require(skill) > 0.25)
    }

    @Test func whatCannotBeIsRefused() throws {
        let problem = LearnerConfigurationError.countOutOfRange(
            key: "forecast steps", value: 0, lowest: 1, highest: 65_536)
        #expect(throws: problem) { try Self.configuration(steps: 0).validate() }
        #expect(throws: LearnerConfigurationError.self) {
            try Self.configuration(features: 100, steps: 1_000).validate()
        }
    }

    /// While the first sample is all that is known, it is the mean: the forecast that is fixed then
    /// says an outlier for every step. What is scored has a limit, in several steps as in one.
    @Test(arguments: [1, 2, 5], Schedule.allCases)
    func anOutlierInTheFirstSampleDoesNotRuinTheFigures(_ steps: Int, _ schedule: Schedule)
        throws
    {
        func learned(outlierAt place: Int) throws -> ErrorFigures {
            var configuration = Self.configuration(steps: steps)
            configuration.schedule = schedule
            let harness = try LearnerHarness(configuration)
            var generator = Xoshiro256StarStar(seed: 87)
            for index in 0..<1_000 {
                var sample = Self.reading(index, &generator)
                if index == place { sample[1] = 1e6 }
                harness.sample(sample, .none)
            }
            return try #require(harness.learner.metrics(producer: nil).errors?.overall)
        }
        let (first, tenth) = (try learned(outlierAt: 0), try learned(outlierAt: 9))
        #expect(first.meanAbsoluteError < 1.1 * tenth.meanAbsoluteError)
        #expect(first.rootMeanSquareError < 1.1 * tenth.rootMeanSquareError)
        #expect(first.meanAbsoluteError < 1.5 && first.rootMeanSquareError < 2)
    }

    /// A state of one step is what it was before there were more.
    @Test func oneStepIsAsItWas() throws {
        let harness = try LearnerHarness(Self.configuration(steps: 1, producers: 2))
        var generator = Xoshiro256StarStar(seed: 86)
        for index in 0..<500 {
            harness.sample(Self.reading(index, &generator), .none, producer: index % 2)
        }
        #expect(harness.layout.section["history.count"] == nil)
        #expect(harness.layout.section["percentile.state"] == nil)
        let digest = harness.bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        #expect(digest == 9_347_845_037_592_763_755)
    }
}
