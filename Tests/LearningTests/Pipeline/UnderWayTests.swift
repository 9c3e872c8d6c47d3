// Goal: what is under way in the pipeline is state like any other. It survives a stop at every
// position, a rollback and a new epoch, on every kernel set; late labels are scored with the
// prediction that was fixed when the sample came.

import Arithmetic
import Junctions
import Kernels
import Learning
import Testing

@Suite struct UnderWayTests {
    static let configurations: [(String, LearnerConfiguration)] =
        [
            ("classifier", .classifier(features: 9, classes: 4, pending: 7, producers: 3)),
            ("deep", .classifier(features: 9, hidden: [8, 8, 8, 8], classes: 3, pending: 3)),
            ("flat", .classifier(features: 9, hidden: [], classes: 4, producers: 2)),
            ("regression", .real(features: 6, targets: 2, pending: 5, producers: 2)),
            ("forecast", .real(features: 8, targets: nil, producers: 3)),
            ("steps", StepForecastTests.configuration(features: 5, steps: 7, producers: 3)),
            ("autoencoder", ReconstructionTests.configuration(features: 9, producers: 3)),
            ("fixed throughout", LearnerConfiguration.cells.last?.1),
            (
                "borders",
                LearnerConfiguration.cells.first { $0.1.junction(1).arithmetic != .float32 }?.1
            ),
            (
                "stochastic",
                LearnerConfiguration.cells.first { $0.1.junction(1).increment != .exact }?.1
            ),
        ].compactMap { name, configuration in
            guard var configuration else { return nil }
            configuration.schedule = .pipeline
            return (name, configuration)
        }

    static func configuration(_ name: String) throws -> LearnerConfiguration {
        try #require(configurations.first { $0.0 == name }?.1)
    }

    @Test(arguments: configurations.map(\.0)) func resumeIsContinue(_ name: String) throws {
        let configuration = try Self.configuration(name)
        let junctionCount = configuration.hidden.count + 1
        let last = 120
        let whole = try LearnerHarness(configuration)
        for step in 0..<last { SameBytesTests.step(whole, step, seed: 5) }
        for cut in Array(0...3 * junctionCount) + [60, 97, 119] {
            let first = try LearnerHarness(configuration)
            for step in 0..<cut { SameBytesTests.step(first, step, seed: 5) }
            let second = try LearnerHarness(configuration)
            second.takeState(of: first)
            for step in cut..<last { SameBytesTests.step(second, step, seed: 5) }
            #expect(second.bytes == whole.bytes, "cut at \(cut)")
        }
    }

    @Test(arguments: configurations.map(\.0)) func aRollbackIsAsIfNothingCame(_ name: String) throws
    {
        let configuration = try Self.configuration(name)
        let harness = try LearnerHarness(configuration)
        let kept = try LearnerHarness(configuration)
        for step in 0..<50 { SameBytesTests.step(harness, step, seed: 5) }
        kept.takeState(of: harness)
        for step in 50..<75 { SameBytesTests.step(harness, step, seed: 6) }
        harness.takeState(of: kept)
        for step in 50..<90 {
            SameBytesTests.step(harness, step, seed: 7)
            SameBytesTests.step(kept, step, seed: 7)
        }
        #expect(harness.bytes == kept.bytes)
    }

    @Test(arguments: configurations.map(\.0))
    func everyKernelSetLearnsTheSameBytes(_ name: String) throws {
        let configuration = try Self.configuration(name)
        var reference: [UInt8]?
        for kernels in KernelSet.all {
            let harness = try LearnerHarness(configuration, kernels: kernels)
            for step in 0..<300 { SameBytesTests.step(harness, step, seed: 11) }
            #expect(reference == nil || harness.bytes == reference, "\(kernels.name)")
            reference = harness.bytes
        }
    }

    @Test(arguments: configurations.map(\.0)) func paddingStaysZero(_ name: String) throws {
        let harness = try LearnerHarness(Self.configuration(name))
        for step in 0..<200 { SameBytesTests.step(harness, step, seed: 3) }
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
        #expect(owned.indices.allSatisfy { owned[$0] || bytes[$0] == 0 })
    }

    /// The score of a late label is that of its arrival, and comes J − 1 labelled samples after it.
    @Test func aLateLabelIsScoredWithWhatWasFixed() throws {
        let harness = try LearnerHarness(Self.configuration("classifier"))
        var stream = CloudStream(features: 9, classes: 4, seed: 4)
        for step in 0..<40 {
            let (features, label) = stream.next()
            harness.sample(features, .classIndex(label), sequence: UInt64(step))
        }
        let (features, label) = stream.next()
        let waiting = harness.sample(features, .none, producer: 2, epoch: 6, sequence: 100)
        #expect(waiting.decision == .pending && waiting.predictedClass >= 0)
        #expect(waiting.completed == nil)
        let before = harness.learner.metrics(producer: 2).scored
        let late = harness.learner.label(
            producer: 2, epoch: 6, sequence: 100, label: .classIndex(label))
        guard case .learned(let predicted, let loss, let other) = late else {
            Issue.record("the sample waits")
            return
        }
        #expect(predicted == waiting.predictedClass && loss.isNaN)
        #expect(other?.name.sequence == 39)
        #expect(harness.learner.metrics(producer: 2).scored == before)
        let next = harness.sample(stream.next().features, .classIndex(0), sequence: 41)
        let completed = try #require(next.completed)
        #expect(completed.name == SampleName(producer: 2, epoch: 6, sequence: 100))
        #expect(completed.predictedClass == waiting.predictedClass)
        #expect(harness.learner.metrics(producer: 2).scored == before + 1)
    }

    /// A new epoch forgets the producer's previous label, and not what is under way.
    @Test func samplesUnderWayKeepTheirEpoch() throws {
        let harness = try LearnerHarness(Self.configuration("deep"))
        var stream = CloudStream(features: 9, classes: 3, seed: 4)
        for step in 0..<20 {
            let (features, label) = stream.next()
            harness.sample(features, .classIndex(label), epoch: 1, sequence: UInt64(step))
        }
        harness.learner.openEpoch(producer: 0, epoch: 2)
        for step in 0..<8 {
            let (features, label) = stream.next()
            let outcome = harness.sample(
                features, .classIndex(label), epoch: 2, sequence: UInt64(step))
            let name = try #require(outcome.completed?.name)
            #expect(name.epoch == (step < 4 ? 1 : 2))
            #expect(name.sequence == UInt64(step < 4 ? step + 16 : step - 4))
        }
    }

    /// The no-change baseline and the order of regression targets are those of the sequential
    /// schedule: figures that do not depend on the network are equal, only later.
    @Test func baselinesAreThoseOfTheArrival() throws {
        for name in ["classifier", "regression", "forecast"] {
            let pipelined = try Self.configuration(name)
            var sequential = pipelined
            sequential.schedule = .sequential
            let late = try LearnerHarness(pipelined)
            let early = try LearnerHarness(sequential)
            for step in 0..<160 { SameBytesTests.step(early, step, seed: 9) }
            let wanted = early.learner.metrics(producer: nil)
            var step = 0
            while late.learner.metrics(producer: nil).scored < wanted.scored {
                SameBytesTests.step(late, step, seed: 9)
                step += 1
            }
            let found = late.learner.metrics(producer: nil)
            #expect(
                found.agreement?.overall.noChange == wanted.agreement?.overall.noChange, "\(name)")
            #expect(
                found.errors?.overall.noChangeMeanAbsoluteError
                    == wanted.errors?.overall.noChangeMeanAbsoluteError, "\(name)")
            #expect(step > 160)
        }
    }

    @Test func onlyPlainDescentIsPipelined() {
        for change: (inout LearnerConfiguration) -> Void in [
            { $0.momentum = 0.5 }, { $0.weightDecay = 0.1 },
        ] {
            var configuration = LearnerConfiguration.classifier(features: 4, classes: 2)
            configuration.schedule = .pipeline
            change(&configuration)
            #expect(throws: LearnerConfigurationError.self) { try configuration.validate() }
        }
    }

    /// Banks as `PipelineFields` counts them, and a line for them in the plan.
    @Test func theRegistersAreInThePlan() throws {
        let layout = LearnerLayout(try Self.configuration("deep"))
        let banks = (0..<5).map {
            layout.section["pipeline.layer.\($0).values"]?.shape.first
        }
        #expect(banks == [10, 9, 7, 5, 3])
        #expect(layout.sectionLines.contains { $0.owner == "pipeline registers" })
        #expect(layout.sectionLines.reduce(0) { $0 + $1.bytes } == layout.section.byteCount)
    }
}
