// Goal: prequential figures equal an independent naive computation over all that happened.

import Arithmetic
import Kernels
import Learning
import Testing

@Suite struct PrequentialTests {
    /// What happened to one producer, kept in full.
    struct Log {
        var labels: [Int32] = []
        var predicted: [Int32] = []
        var baselines: [Int32] = []

        func accuracy(last: Int) -> Double {
            let pairs = zip(labels, predicted).suffix(last)
            return Double(pairs.count { $0.0 == $0.1 }) / Double(pairs.count)
        }

        func noChange(last: Int) -> Double {
            let pairs = zip(labels, baselines).suffix(last)
            return Double(pairs.count { $0.0 == $0.1 }) / Double(pairs.count)
        }
    }

    @Test(arguments: [1, 7, 999, 1_000, 1_001, 3_456]) func agreementEqualsNaive(_ count: Int)
        throws
    {
        let harness = try LearnerHarness(.classifier(features: 5, classes: 3, producers: 2))
        var stream = CloudStream(features: 5, classes: 3, seed: 21)
        var generator = Xoshiro256StarStar(seed: 22)
        var logs = [Log(), Log(), Log()]
        var previous: [Int32] = [-1, -1]
        for _ in 0..<count {
            let (features, label) = stream.next()
            let producer = count == 1 ? 0 : generator.index(below: 2)
            let outcome = harness.sample(features, .classIndex(label), producer: producer)
            for row in [0, producer + 1] {
                logs[row].labels.append(label)
                logs[row].predicted.append(outcome.predictedClass)
                logs[row].baselines.append(previous[producer])
            }
            previous[producer] = label
        }
        for (row, log) in logs.enumerated() where !log.labels.isEmpty {
            let figures = harness.learner.metrics(producer: row == 0 ? nil : row - 1)
            #expect(figures.scored == log.labels.count)
            let agreement = try #require(figures.agreement)
            let pairs = [(agreement.overall, Int.max), (agreement.last1000, 1_000)]
            for (found, last) in pairs {
                let accuracy = log.accuracy(last: last)
                let noChange = log.noChange(last: last)
                #expect(found.count == min(log.labels.count, last))
                #expect(abs(found.accuracy - accuracy) < 1e-12)
                #expect(abs(found.noChange - noChange) < 1e-12)
                let kappa = try #require(found.kappaTemporal)
                #expect(abs(kappa - (accuracy - noChange) / (1 - noChange)) < 1e-12)
            }
            for (classIndex, recall) in figures.recalls.enumerated() {
                let mine = zip(log.labels, log.predicted).filter { $0.0 == Int32(classIndex) }
                #expect(recall.count == mine.count)
                #expect(recall.correct == mine.count { $0.0 == $0.1 })
            }
        }
    }

    @Test func aBaselineThatIsAlwaysRightHasNoKappa() throws {
        let harness = try LearnerHarness(.classifier(features: 2, classes: 2))
        for _ in 0..<1_500 { harness.sample([1, 2], .classIndex(1)) }
        let agreement = try #require(harness.learner.metrics(producer: nil).agreement)
        #expect(agreement.last1000.noChange == 1)
        #expect(agreement.last1000.kappaTemporal == nil)
        #expect(agreement.overall.kappaTemporal != nil, "the first sample had no previous label")
    }

    @Test func nothingScoredIsNothingKnown() throws {
        for configuration in [
            LearnerConfiguration.classifier(features: 2, classes: 2),
            .real(features: 2, targets: nil),
        ] {
            let harness = try LearnerHarness(configuration)
            let figures = harness.learner.metrics(producer: nil)
            // The memory is the harness's, which nothing else keeps until here.
            withExtendedLifetime(harness) {}
            #expect(figures.scored == 0)
            #expect(figures.meanLoss == nil)
            #expect(figures.agreement == nil && figures.errors == nil)
        }
    }

    @Test func regressionErrorsEqualNaive() throws {
        let harness = try LearnerHarness(.real(features: 3, targets: 2))
        var generator = Xoshiro256StarStar(seed: 23)
        var absolute: [Double] = []
        var squared: [Double] = []
        var baseline: [Double] = []
        var previous: [Float]?
        for _ in 0..<1_700 {
            let x = (0..<3).map { _ in generator.normal() }
            let targets = [1_000 + 50 * x[0] - 20 * x[1], 900 + 30 * x[2] + generator.normal()]
            // A query before the sample is the prediction that the sample is scored with.
            let predicted = harness.predict(x).outputs
            harness.sample(x, targets: targets)
            let errors = zip(predicted, targets).map { abs(Double($0) - Double($1)) }
            absolute.append((errors[0] + errors[1]) / 2)
            squared.append((errors[0] * errors[0] + errors[1] * errors[1]) / 2)
            if let previous {
                let changes = zip(previous, targets).map { abs(Double($0) - Double($1)) }
                baseline.append((changes[0] + changes[1]) / 2)
            }
            previous = targets
        }
        func mean(_ values: ArraySlice<Double>) -> Double {
            values.reduce(0, +) / Double(values.count)
        }
        let errors = try #require(harness.learner.metrics(producer: nil).errors)
        for (found, last) in [(errors.overall, 1_700), (errors.last1000, 1_000)] {
            let mae = mean(absolute.suffix(last))
            let noChange = mean(baseline.suffix(last))
            #expect(found.count == last)
            #expect(abs(found.meanAbsoluteError / mae - 1) < 1e-6)
            #expect(
                abs(found.rootMeanSquareError / mean(squared.suffix(last)).squareRoot() - 1) < 1e-6)
            let foundNoChange = try #require(found.noChangeMeanAbsoluteError)
            #expect(abs(foundNoChange / noChange - 1) < 1e-6)
            let skill = try #require(found.skill)
            #expect(abs(skill - (1 - mae / noChange)) < 1e-6)
        }
        #expect(errors.last1000.meanAbsoluteError < 5, "it learns: σ of a target is about 40")
    }
}
