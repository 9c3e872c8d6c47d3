// Goal: counts from outside that are no counts, and entries of the pending table that are in no
// table, are found before they are used.

import Learning
import Testing
import WeightStore

@Suite struct CountFindingTests {
    private func trained(_ configuration: LearnerConfiguration) throws -> LearnerHarness {
        let harness = try LearnerHarness(configuration)
        for step in 0..<200 {
            SameBytesTests.step(harness, step, seed: 5)
            #expect(harness.layout.firstFinding(harness.section) == nil, "\(step)")
        }
        return harness
    }

    private func finding(
        _ harness: LearnerHarness, _ name: String, _ place: Int, _ value: UInt64
    ) throws -> String {
        let field = try #require(harness.layout.section[name])
        let target = harness.section + field.offset + field.element.bytes * place
        if field.element == .u64 {
            target.storeBytes(of: value, as: UInt64.self)
        } else if field.element == .u8 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        } else {
            target.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        }
        return try #require(harness.layout.firstFinding(harness.section), "\(name) = \(value)")
    }

    @Test(arguments: [
        "learner.counters", "metrics.counts", "metrics.classes", "normaliser.count",
    ])
    func aCountIsSmallerThanAnyThatOverflows(_ name: String) throws {
        let harness = try trained(.classifier(features: 9, classes: 4, producers: 3))
        for value in [1 << 62, UInt64.max] {
            #expect(try finding(harness, name, 1, value).hasPrefix(name))
        }
    }

    @Test func countsOfOtherTasksToo() throws {
        let steps = try trained(
            StepForecastTests.configuration(features: 5, steps: 7, producers: 3))
        #expect(try finding(steps, "history.count", 2, .max).hasPrefix("history.count"))
        let targets = try trained(.real(features: 6, targets: 2, pending: 5, producers: 2))
        #expect(try finding(targets, "target.count", 0, .max).hasPrefix("target.count"))
    }

    /// Cursor: first, entries, waiting. Seven places, three producers, four classes.
    @Test(arguments: [
        ("pending.cursor", 0, 7), ("pending.cursor", 0, UInt64.max), ("pending.cursor", 1, 8),
        ("pending.cursor", 1, UInt64.max), ("pending.cursor", 2, 8), ("pending.cursor", 2, 0),
        ("pending.waiting", -1, 0), ("pending.producer", -1, 3), ("pending.classes", -1, 4),
        ("pending.classes", -1, UInt64(UInt32.max) - 1),
    ])
    func anEntryThatIsInNoTableIsFound(_ name: String, _ place: Int, _ value: UInt64) throws {
        let harness = try trained(
            .classifier(features: 9, classes: 4, pending: 7, producers: 3))
        #expect(harness.learner.pendingCount > 1)
        let cursor = try #require(harness.layout.section["pending.cursor"])
        let first = Int(harness.section.load(fromByteOffset: cursor.offset, as: UInt64.self))
        let own = name == "pending.classes" ? 2 * first : first
        #expect(try finding(harness, name, place < 0 ? own : place, value).hasPrefix("pending."))
    }
}
