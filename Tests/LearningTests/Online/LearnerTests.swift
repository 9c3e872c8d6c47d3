// Goal: the learner learns what it should, in every task, and one wild sample does not end that.

import Arithmetic
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct LearnerTests {
    @Test(arguments: InitialisationRule.allCases) func everyInitialisationLearns(
        _ rule: InitialisationRule
    ) throws {
        var configuration = LearnerConfiguration.classifier(features: 6, classes: 4)
        configuration.initialisation = rule
        let harness = try LearnerHarness(configuration)
        var stream = CloudStream(features: 6, classes: 4, seed: 41)
        for _ in 0..<4_000 {
            let (features, label) = stream.next()
            harness.sample(features, .classIndex(label))
        }
        let figures = try #require(harness.learner.metrics(producer: nil).agreement)
        #expect(figures.last1000.accuracy > 0.95)
        #expect(harness.learner.sampleCount == 4_000)
        #expect(harness.learner.updateCount == 4_000)
    }

    @Test(arguments: InitialisationRule.allCases) func freshWeightsHaveTheirSpread(
        _ rule: InitialisationRule
    ) throws {
        var configuration = LearnerConfiguration.classifier(
            features: 100, hidden: [60], classes: 2)
        configuration.initialisation = rule
        let harness = try LearnerHarness(configuration)
        let weights = try harness.floats("junction.0.weights")
        let variance =
            switch rule {
            case .heUniform, .heNormal: 2.0 / 100
            case .glorotUniform, .glorotNormal: 2.0 / 160
            case .lecunUniform: 1.0 / 300
            }
        let mean = weights.reduce(0.0) { $0 + Double($1) } / 6_000
        let found = weights.reduce(0.0) { $0 + Double($1 * $1) } / 6_000
        #expect(abs(mean) < 5 * (variance / 6_000).squareRoot())
        #expect(abs(found / variance - 1) < 0.1)
        let biases = try harness.floats("junction.0.bias")
        #expect(biases.allSatisfy { $0 == 0 } == (rule != .lecunUniform))
    }

    @Test(arguments: [0, 1, 3, 50, 99, 100, 101, 1_000])
    func oneWildSampleDoesNoLastingHarm(_ position: Int) throws {
        let clean = try LearnerHarness(.classifier(features: 6, classes: 4))
        let poisoned = try LearnerHarness(.classifier(features: 6, classes: 4))
        var stream = CloudStream(features: 6, classes: 4, seed: 42)
        for index in 0..<4_000 {
            let (features, label) = stream.next()
            clean.sample(features, .classIndex(label))
            let wild = [Float](repeating: index % 2 == 0 ? 1e8 : -1e8, count: 6)
            poisoned.sample(index == position ? wild : features, .classIndex(label))
        }
        let expected = try #require(clean.learner.metrics(producer: nil).agreement)
        let found = try #require(poisoned.learner.metrics(producer: nil).agreement)
        #expect(found.last1000.accuracy > expected.last1000.accuracy - 0.01)
    }

    @Test func queriesAnswerWithTheLearnersPrediction() throws {
        let harness = try LearnerHarness(.classifier(features: 6, classes: 4))
        var stream = CloudStream(features: 6, classes: 4, seed: 43)
        for _ in 0..<500 {
            let (features, label) = stream.next()
            let query = harness.predict(features)
            let outcome = harness.sample(features, .classIndex(label))
            #expect(query.classIndex == outcome.predictedClass)
            #expect(abs(query.outputs.reduce(0, +) - 1) < 1e-5)
        }
    }

    @Test func regressionAnswersInTheUnitsOfTheData() throws {
        let harness = try LearnerHarness(.real(features: 2, targets: 1))
        var generator = Xoshiro256StarStar(seed: 44)
        for _ in 0..<6_000 {
            let x = [generator.normal() * 10 + 300, generator.normal()]
            harness.sample(x, targets: [x[0] * 100 + x[1] * 500])
        }
        for x in [[Float(295), -1], [300, 0], [310, 1]] {
            let expected = x[0] * 100 + x[1] * 500
            #expect(abs(harness.predict(x).outputs[0] - expected) < 150, "σ is about 1,100")
        }
        let skill = harness.learner.metrics(producer: nil).errors?.last1000.skill
        #expect(try #require(skill) > 0.9)
    }

    /// Readings of a slow machine: two that turn around each other, one constant, one noisy.
    struct Telemetry {
        var generator: Xoshiro256StarStar
        var state: (Float, Float) = (1, 0)

        mutating func next() -> [Float] {
            let (x, y) = state
            state = (0.955_336_5 * x - 0.295_520_2 * y, 0.295_520_2 * x + 0.955_336_5 * y)
            return [
                50 + 20 * x + 0.2 * generator.normal(), 5e5 + 1_000 * y, 7,
                100 + 3 * generator.normal(),
            ]
        }
    }

    @Test func forecastsBeatNoChangeAndNoticeAnomalies() throws {
        let harness = try LearnerHarness(.real(features: 4, targets: nil, learningRate: 0.02))
        var telemetry = Telemetry(generator: Xoshiro256StarStar(seed: 45))
        #expect(harness.predict([1, 2, 3, 4]).outputs == [0, 0, 0, 0], "nothing known: the means")
        var usual: [Float] = []
        for step in 0..<8_000 {
            let outcome = harness.sample(telemetry.next(), .none)
            #expect(outcome.decision == .learned)
            #expect(outcome.loss.isNaN == (step == 0))
            if step > 4_000 { usual.append(outcome.anomalyScore) }
        }
        let errors = try #require(harness.learner.metrics(producer: nil).errors)
        #expect(errors.overall.count == 7_999)
        #expect(try #require(errors.last1000.skill) > 0.3)
        let forecast = harness.predict([70, 5e5, 7, 100]).outputs
        #expect(abs(forecast[0] - 69.1) < 1.5, "in the units of the data")
        #expect(abs(forecast[1] - 500_295) < 100)
        #expect(forecast[2] == 7, "a constant column is forecast as it is")
        let mean = usual.reduce(0, +) / Float(usual.count)
        #expect(abs(mean) < 0.5, "usual errors are usual")
        let wild = harness.sample([5_000, 0, 7, 0], .none)
        #expect(wild.anomalyScore > 4)
        let wilder = harness.sample([1e8, 0, 7, 0], .none)
        #expect(wilder.anomalyScore > wild.anomalyScore)
    }

    @Test func aDivergedForecasterHasFiniteFigures() throws {
        var configuration = LearnerConfiguration.real(features: 2, targets: nil)
        configuration.normaliser = .none
        configuration.learningRate = 1
        let harness = try LearnerHarness(configuration)
        for step in 0..<300 {
            let outcome = harness.sample([Float(step % 3) * 1e9, Float(step % 5) * -1e9], .none)
            #expect(outcome.anomalyScore.isFinite)
        }
        let errors = try #require(harness.learner.metrics(producer: nil).errors)
        #expect(errors.overall.meanAbsoluteError > 1e9)
        #expect(errors.overall.rootMeanSquareError.isFinite)
        #expect(errors.last1000.rootMeanSquareError.isFinite)
    }

    @Test func producersForecastTheirOwnNext() throws {
        let harness = try LearnerHarness(.real(features: 1, targets: nil, producers: 2))
        for step in 0..<2_000 {
            // Producer 0 stays at 10, producer 1 at 20: only mixing them up would be an error.
            harness.sample([step % 2 == 0 ? 10 : 20], .none, producer: step % 2)
        }
        let errors = try #require(harness.learner.metrics(producer: nil).errors)
        #expect(errors.overall.noChangeMeanAbsoluteError == 0)
        #expect(harness.learner.metrics(producer: 1).scored == 999)
        harness.learner.openEpoch(producer: 1, epoch: 2)
        #expect(harness.sample([500], .none, producer: 1).loss.isNaN, "no previous sample")
    }

    @Test(arguments: [ElementType.u8, .i16, .f32]) func rawTypesMeanTheSame(_ type: ElementType)
        throws
    {
        func configuration(_ type: ElementType) -> LearnerConfiguration {
            LearnerConfiguration(
                featureCount: 3, elementType: type, inputScale: 0.5, inputOffset: -7,
                normaliser: .none, task: .classification(classCount: 2), hidden: [4],
                hiddenActivation: .relu, outputActivation: .softmax, loss: .crossEntropy,
                initialisation: .heUniform, seed: 9, learningRate: 0.01)
        }
        let reference = try LearnerHarness(configuration(.f32))
        let harness = try LearnerHarness(configuration(type))
        for step in 0..<50 {
            let values = [step % 5, step % 7, 100 + step]
            let label = SampleLabel.classIndex(Int32(step % 2))
            reference.sample(values.map(Float.init), label)
            func feed<T: BitwiseCopyable>(_ raw: [T]) {
                raw.withUnsafeBytes { bytes in
                    guard let base = bytes.baseAddress else { return }
                    _ = harness.learner.sample(
                        producer: 0, epoch: 1, sequence: 0, features: base, label: label)
                }
            }
            switch type {
            case .u8: feed(values.map(UInt8.init))
            case .i16: feed(values.map(Int16.init))
            default: feed(values.map(Float.init))
            }
        }
        #expect(
            try harness.floats("junction.0.weights") == reference.floats("junction.0.weights"))
    }

    @Test func aLossThatIsNotFiniteTeachesNothing() throws {
        let harness = try LearnerHarness(
            .classifier(features: 2, hidden: [], classes: 2, normaliser: .none))
        harness.sample([1, 2], .classIndex(0))
        let weights = try harness.floats("junction.0.weights")
        // Inside the network these are infinities of both signs, whose sum is not a number.
        let outcome = harness.sample([.greatestFiniteMagnitude, -.infinity], .classIndex(1))
        #expect(!outcome.loss.isFinite)
        #expect(try harness.floats("junction.0.weights") == weights)
        #expect(harness.learner.skippedUpdateCount == 1)
        #expect(harness.learner.updateCount == 1)
        let figures = harness.learner.metrics(producer: nil)
        #expect(figures.scored == 2)
        #expect(try #require(figures.meanLoss).isFinite)
    }

    @Test func aWeightThatIsNotFiniteIsSeen() throws {
        let harness = try LearnerHarness(.classifier(features: 3, classes: 2))
        let layout = harness.layout
        func isFinite() -> Bool {
            OnlineLearner.allWeightsFinite(
                layout: layout, section: harness.section, kernels: .best)
        }
        #expect(isFinite())
        for name in ["junction.0.weights", "junction.1.bias"] {
            let field = try #require(layout.section[name])
            for value in [Float.nan, .infinity, -.infinity] {
                harness.section.storeBytes(
                    of: value, toByteOffset: field.offset + 4, as: Float.self)
                #expect(!isFinite(), "\(value) in \(name)")
                harness.section.storeBytes(of: 0, toByteOffset: field.offset + 4, as: Float.self)
            }
        }
        #expect(isFinite())
    }
}
