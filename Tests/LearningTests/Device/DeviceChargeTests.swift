// Goal: charges are counts times constants, exactly: over every task, through late labels, a
// restart and a rollback; and nothing else changes.

import Accelerator
import Arithmetic
import Learning
import Testing
import WeightStore

@Suite struct DeviceChargeTests {
    private static let classifier = LearnerConfiguration.classifier(
        features: 5, hidden: [7], classes: 3, pending: 4, producers: 2)

    /// Samples `steps` of a stream in which every third has no label; returns how many were
    /// learned, and how many were predicted only.
    private static func run(
        _ harness: LearnerHarness, _ steps: Range<UInt64>
    ) -> (learned: UInt64, inferred: UInt64) {
        var learned: UInt64 = 0
        var inferred: UInt64 = 0
        for step in steps {
            var generator = Xoshiro256StarStar(seed: step)
            let features = (0..<5).map { _ in generator.normal() }
            let label = Int32(step % 3)
            let isLabelled = step % 3 != 0
            harness.sample(
                features, isLabelled ? .classIndex(label) : .none, sequence: step)
            if isLabelled { learned += 1 } else { inferred += 1 }
            // Some of the waiting ones get their label, others are pushed out.
            guard step % 6 == 5 else { continue }
            let outcome = harness.learner.label(
                producer: 0, epoch: 1, sequence: step - 2, label: .classIndex(label))
            if outcome != .unknownSample { learned += 1 }
        }
        return (learned, inferred)
    }

    @Test func chargesAreCountsTimesConstants() throws {
        let harness = try LearnerHarness(Self.classifier.on(.edge()))
        #expect(harness.charges.allSatisfy { $0 == 0 })
        let (learned, inferred) = Self.run(harness, 1..<1_000)
        #expect(learned > 600 && inferred > 300)
        #expect(
            harness.charges == harness.expectedCharges(learned: learned, inferred: inferred))
        let total = harness.layout.deviceSums(UnsafeRawPointer(harness.section)).total
        let device = try #require(harness.layout.device)
        #expect(total.clocks > 0)
        #expect(
            total.clocks == UInt64(device.plan.clocksPerSample) * learned
                + UInt64(device.plan.clocksPerInference) * inferred)
        #expect(
            total.energy == device.charge.learnedTotal.multiplied(by: learned).energy
                + device.charge.inferredTotal.multiplied(by: inferred).energy)
    }

    @Test func everyTaskIsCharged() throws {
        let regression = try LearnerHarness(
            LearnerConfiguration.real(features: 4, targets: 2).on(.edge()))
        let forecast = try LearnerHarness(
            LearnerConfiguration.real(features: 4, targets: nil).on(.edge()))
        for step in 0..<50 {
            let features = (0..<4).map { Float($0 + step) * 0.1 }
            regression.sample(features, targets: [1, 2])
            forecast.sample(features, .none)
        }
        regression.sample([1, 2, 3, 4], .none)
        #expect(regression.charges == regression.expectedCharges(learned: 50, inferred: 1))
        // The first sample of a forecast has none before it, and nothing is asked of the network.
        #expect(forecast.charges == forecast.expectedCharges(learned: 49, inferred: 0))
    }

    @Test func aRowHasThePlansCosts() throws {
        for schedule in Schedule.allCases {
            var configuration = Self.classifier.on(.edge())
            configuration.schedule = schedule
            let device = try #require(LearnerLayout(configuration).device)
            #expect(device.charge.learned[0] == UInt64(device.plan.clocksPerSample))
            #expect(device.charge.inferred[0] == UInt64(device.plan.clocksPerInference))
            for (index, junction) in device.plan.junctions.enumerated() {
                for operation in Operation.allCases {
                    let first = DeviceChargeLayout.index(junction: index, operation)
                    let cost = junction[operation] ?? OperationCost()
                    let figures = [cost.clocks, cost.actions.accesses, cost.clashes].map {
                        UInt64($0)
                    }
                    #expect(Array(device.charge.learned[first..<first + 3]) == figures)
                    let isFeedforward = operation == .feedforward
                    #expect(
                        Array(device.charge.inferred[first..<first + 3])
                            == (isFeedforward ? figures : [0, 0, 0]))
                }
            }
        }
    }

    @Test func aDeviceChangesNothingThatIsLearned() throws {
        let with = try LearnerHarness(Self.classifier.on(.edge()))
        let without = try LearnerHarness(Self.classifier)
        #expect(with.layout.section == without.layout.section)
        _ = Self.run(with, 1..<300)
        _ = Self.run(without, 1..<300)
        let first = try #require(with.layout.section["device.costs"]).offset
        #expect(with.bytes[..<first] == without.bytes[..<first])
        #expect(without.bytes[first...].allSatisfy { $0 == 0 })
        #expect(with.bytes[first...].contains { $0 != 0 })
    }

    @Test func aRestartGoesOnAndARollbackGoesBack() throws {
        let whole = try LearnerHarness(Self.classifier.on(.edge()))
        _ = Self.run(whole, 1..<600)
        let before = try LearnerHarness(Self.classifier.on(.edge()))
        _ = Self.run(before, 1..<300)
        let after = try LearnerHarness(Self.classifier.on(.edge()))
        after.takeState(of: before)
        _ = Self.run(after, 300..<600)
        #expect(after.bytes == whole.bytes)
        after.takeState(of: before)
        #expect(after.charges == before.charges)
        #expect(after.charges != whole.charges)
    }

    @Test func anotherDeviceStartsAtNothing() throws {
        let old = try LearnerHarness(Self.classifier.on(.edge()))
        _ = Self.run(old, 1..<100)
        let identity = old.layout.deviceIdentity(UnsafeRawPointer(old.section))
        #expect(identity.name == "edge" && identity.digest != 0)

        func start(_ device: DeviceDescription?) throws -> (LearnerHarness, DeviceChange?) {
            let harness = try LearnerHarness(Self.classifier.on(device))
            harness.section.copyMemory(
                from: old.section, byteCount: old.layout.section.byteCount)
            return (harness, harness.learner.stateWasReplaced())
        }
        let (same, noChange) = try start(.edge())
        #expect(noChange == nil)
        #expect(same.charges == old.charges)

        let (faster, change) = try start(.edge(name: "faster", clockHertz: 100e6))
        #expect(change?.before == identity)
        #expect(change?.after.name == "faster")
        #expect(faster.charges.allSatisfy { $0 == 0 })
        #expect(faster.learner.stateWasReplaced() == nil)

        let (none, gone) = try start(nil)
        #expect(gone?.after == DeviceIdentity.none)
        let first = try #require(none.layout.section["device.costs"]).offset
        #expect(none.bytes[first...].allSatisfy { $0 == 0 })
    }

    @Test func anIdentityIsEverythingThatChargesDependOn() throws {
        func identity(
            _ device: DeviceDescription, _ schedule: Schedule = .sequential
        ) throws -> UInt64 {
            var configuration = Self.classifier.on(device)
            configuration.schedule = schedule
            return try #require(LearnerLayout(configuration).device).identity.digest
        }
        let digests = [
            try identity(.edge()), try identity(.edge(name: "other")),
            try identity(.edge(clockHertz: 1e6)), try identity(.edge(energy: nil)),
            try identity(.edge(), .pipeline),
        ]
        #expect(Set(digests).count == digests.count)
        #expect(try identity(.edge()) == digests[0])
    }

    @Test func aLongNameIsCutBetweenCharacters() throws {
        let name = String(repeating: "ä", count: 40)
        let harness = try LearnerHarness(Self.classifier.on(.edge(name: name)))
        let kept = harness.layout.deviceIdentity(UnsafeRawPointer(harness.section)).name
        #expect(kept == String(repeating: "ä", count: 28))
    }

    @Test func aReportSaysWhatWasCharged() throws {
        let harness = try LearnerHarness(Self.classifier.on(.edge()))
        _ = Self.run(harness, 1..<100)
        let section = UnsafeRawPointer(harness.section)
        let status = try #require(harness.layout.deviceStatus(section))
        let sums = harness.layout.deviceSums(section)
        #expect(status.total.clocks == sums.total.clocks)
        #expect(status.seconds == Double(sums.total.clocks) / 15e6)
        #expect(status.junctions.map(\.operations.count) == [2, 3])
        #expect(
            status.junctions[1].operations[1].total.clocks
                == sums.operation(1, .backprop).clocks)
        #expect(try LearnerHarness(Self.classifier).layout.deviceStatus(section) == nil)
    }
}
