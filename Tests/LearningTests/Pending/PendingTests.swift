// Goal: a sample without a label waits, is found by its name, expires in order, and is scored
// with the prediction that was fixed when it came.

import Arithmetic
import Kernels
import Learning
import Testing

@Suite struct PendingTests {
    static func classifier(pending: Int, producers: Int = 2) -> LearnerConfiguration {
        .classifier(features: 4, classes: 3, pending: pending, producers: producers)
    }

    @Test func withoutATableUnlabelledSamplesExpire() throws {
        let harness = try LearnerHarness(Self.classifier(pending: 0))
        let outcome = harness.sample([1, 2, 3, 4], .none, sequence: 1)
        #expect(outcome.decision == .expired)
        #expect(outcome.expired == nil)
        #expect(outcome.loss.isNaN)
        #expect(outcome.predictedClass >= 0)
        let late = harness.learner.label(
            producer: 0, epoch: 1, sequence: 1, label: .classIndex(0))
        #expect(late == .unknownSample)
    }

    @Test func theOldestExpiresFirst() throws {
        let harness = try LearnerHarness(Self.classifier(pending: 3))
        for sequence in UInt64(1)...3 {
            let outcome = harness.sample([1, 2, 3, 4], .none, producer: 1, sequence: sequence)
            #expect(outcome.decision == .pending)
            #expect(outcome.expired == nil)
        }
        let outcome = harness.sample([1, 2, 3, 4], .none, producer: 0, epoch: 9, sequence: 4)
        #expect(outcome.expired == SampleName(producer: 1, epoch: 1, sequence: 1))
        #expect(harness.learner.pendingCount == 3)
    }

    @Test func namesAreProducerEpochAndSequence() throws {
        let harness = try LearnerHarness(Self.classifier(pending: 8))
        harness.sample([1, 2, 3, 4], .none, producer: 1, epoch: 2, sequence: 3)
        let label = SampleLabel.classIndex(1)
        let learner = harness.learner
        #expect(learner.label(producer: 0, epoch: 2, sequence: 3, label: label) == .unknownSample)
        #expect(learner.label(producer: 1, epoch: 1, sequence: 3, label: label) == .unknownSample)
        #expect(learner.label(producer: 1, epoch: 2, sequence: 2, label: label) == .unknownSample)
        #expect(learner.label(producer: 1, epoch: 2, sequence: 3, label: label) != .unknownSample)
        #expect(learner.label(producer: 1, epoch: 2, sequence: 3, label: label) == .unknownSample)
        #expect(learner.pendingCount == 0)
    }

    @Test func aNewEpochDropsWhatWaits() throws {
        let harness = try LearnerHarness(Self.classifier(pending: 8))
        for sequence in UInt64(1)...6 {
            harness.sample([1, 2, 3, 4], .none, producer: Int(sequence % 2), sequence: sequence)
        }
        #expect(harness.learner.openEpoch(producer: 1, epoch: 2) == 3)
        #expect(harness.learner.pendingCount == 3)
        #expect(harness.learner.openEpoch(producer: 1, epoch: 3) == 0)
        let label = SampleLabel.classIndex(0)
        let mine = harness.learner.label(producer: 1, epoch: 1, sequence: 5, label: label)
        let other = harness.learner.label(producer: 0, epoch: 1, sequence: 4, label: label)
        #expect(mine == .unknownSample)
        #expect(other != .unknownSample)
    }

    /// The table against a plain list, under random pushes, labels and epochs.
    @Test(arguments: [1, 2, 5, 16], [UInt64(1), 2, 3]) func tableEqualsAList(
        _ capacity: Int, _ seed: UInt64
    ) throws {
        struct Entry {
            let name: SampleName
            var isWaiting: Bool
            let predicted: Int32
        }
        let harness = try LearnerHarness(Self.classifier(pending: capacity))
        var generator = Xoshiro256StarStar(seed: seed)
        var list: [Entry] = []
        for sequence in UInt64(1)...2_000 {
            let producer = generator.index(below: 2)
            switch generator.index(below: 20) {
            case 0:
                let expected = list.count { $0.isWaiting && $0.name.producer == producer }
                #expect(harness.learner.openEpoch(producer: producer, epoch: 1) == expected)
                for index in list.indices where list[index].name.producer == producer {
                    list[index].isWaiting = false
                }
            case 1...9:
                let wanted =
                    sequence - UInt64(generator.index(below: 2 * capacity + 2) % Int(sequence))
                let label = Int32(generator.index(below: 3))
                let outcome = harness.learner.label(
                    producer: producer, epoch: 1, sequence: wanted, label: .classIndex(label))
                let name = SampleName(producer: producer, epoch: 1, sequence: wanted)
                if let index = list.firstIndex(where: { $0.isWaiting && $0.name == name }) {
                    guard case .learned(let predicted, _, _) = outcome else {
                        Issue.record("\(name) waits, but was not found (seed \(seed))")
                        return
                    }
                    #expect(predicted == list[index].predicted, "the prediction was fixed")
                    list[index].isWaiting = false
                } else {
                    #expect(outcome == .unknownSample)
                }
            default:
                let features = (0..<4).map { _ in generator.normal() }
                let outcome = harness.sample(
                    features, .none, producer: producer, sequence: sequence)
                while let first = list.first, !first.isWaiting { list.removeFirst() }
                let expired = list.count == capacity ? list.removeFirst().name : nil
                #expect(outcome.expired == expired)
                let name = SampleName(producer: producer, epoch: 1, sequence: sequence)
                list.append(
                    Entry(name: name, isWaiting: true, predicted: outcome.predictedClass))
            }
            while let first = list.first, !first.isWaiting { list.removeFirst() }
            #expect(harness.learner.pendingCount == list.count { $0.isWaiting })
        }
    }

    @Test func lateLabelsTeachAsMuch() throws {
        let harness = try LearnerHarness(Self.classifier(pending: 64))
        var stream = CloudStream(features: 4, classes: 3, seed: 31)
        var waiting: [(UInt64, Int32)] = []
        for sequence in UInt64(1)...3_000 {
            let (features, label) = stream.next()
            harness.sample(features, .none, sequence: sequence)
            waiting.append((sequence, label))
            if waiting.count > 50 {
                let (sequence, label) = waiting.removeFirst()
                _ = harness.learner.label(
                    producer: 0, epoch: 1, sequence: sequence, label: .classIndex(label))
            }
        }
        let figures = try #require(harness.learner.metrics(producer: nil).agreement)
        #expect(figures.overall.count == 2_950)
        #expect(figures.last1000.accuracy > 0.85)
    }

    @Test func lateTargetsAreScoredWithTheFixedPrediction() throws {
        let harness = try LearnerHarness(.real(features: 2, targets: 1, pending: 4))
        for step in 0..<200 {
            harness.sample([Float(step % 7), Float(step % 3)], targets: [Float(step % 7) * 10])
        }
        let before = try #require(harness.learner.metrics(producer: nil).errors)
        let fixed = harness.predict([3, 1]).outputs[0]
        harness.sample([3, 1], .none, sequence: 77)
        for step in 0..<50 {
            harness.sample([Float(step % 5), 0], targets: [Float(step % 5) * -3])
        }
        let middle = try #require(harness.learner.metrics(producer: nil).errors)
        let target = UnsafeMutablePointer<Float>.allocate(capacity: 1)
        defer { target.deallocate() }
        target.pointee = 1_000
        let outcome = harness.learner.label(
            producer: 0, epoch: 1, sequence: 77, label: .values(target))
        #expect(outcome != .unknownSample)
        let after = try #require(harness.learner.metrics(producer: nil).errors)
        let error =
            after.overall.meanAbsoluteError * Double(after.overall.count)
            - middle.overall.meanAbsoluteError * Double(middle.overall.count)
        #expect(after.overall.count == before.overall.count + 51)
        #expect(abs(error - Double(1_000 - fixed)) < 1e-3)
    }
}
