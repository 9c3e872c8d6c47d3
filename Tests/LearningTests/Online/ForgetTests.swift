// After `forget` the next owner of a producer's row begins like a new one, and nobody else notices.

import Learning
import Testing
import WeightStore

@Suite struct ForgetTests {
    /// Such that no other extent of these learners is it, or one more.
    private static let producers = 13

    private static let configurations: [(String, LearnerConfiguration)] = {
        var adwin = LearnerConfiguration.classifier(features: 9, classes: 4, producers: producers)
        adwin.drift.detector = .adwin(
            AdaptiveWindowSettings(
                delta: 0.99, bucketsPerRow: 2, checkInterval: 1, rowCount: 5, shortest: 1))
        var steps = StepForecastTests.configuration(features: 5, steps: 3, producers: producers)
        steps.ranksErrors = true
        steps.drift.detector = .pageHinkley(
            PageHinkleySettings(delta: 0, threshold: 1, minimumCount: 9))
        return [
            ("classifier, ADWIN", adwin), ("steps, Page-Hinkley, percentiles", steps),
            ("regression", .real(features: 6, targets: 2, producers: producers)),
            ("autoencoder", ReconstructionTests.configuration(features: 9, producers: producers)),
        ]
    }()

    /// Rows of a field, by producer; nil where it has none by producer. Row 0 of fields with one
    /// more is of all.
    private func rows(_ field: SectionField, _ bytes: [UInt8]) -> [ArraySlice<UInt8>]? {
        let extra = (field.shape.first ?? 0) - Self.producers
        guard (0...1).contains(extra), field.shape.count > 1 else { return nil }
        let rowBytes = field.byteCount / field.shape[0]
        return (0..<Self.producers).map { producer in
            let begin = field.offset + (producer + extra) * rowBytes
            return bytes[begin..<begin + rowBytes]
        }
    }

    @Test(arguments: configurations) func theRowIsThatOfANewProducer(
        _ name: String, _ configuration: LearnerConfiguration
    ) throws {
        let harness = try LearnerHarness(configuration)
        for step in 0..<3_000 { SameBytesTests.step(harness, step, seed: 5) }
        let before = harness.bytes
        #expect(harness.learner.metrics(producer: 1).scored > 50)
        harness.learner.forget(producer: 1, epoch: 2)
        #expect(harness.learner.metrics(producer: 1).scored == 0)

        let after = harness.bytes
        var cleared: Set<String> = []
        var owned = Array(repeating: false, count: after.count)
        for field in harness.layout.section.fields {
            guard let old = rows(field, before), let new = rows(field, after) else { continue }
            for index in new[1].indices { owned[index] = true }
            // What `openEpoch` says is unknown need not be zero.
            let isMarked = field.name.hasPrefix("previous.") || field.name.hasPrefix("history.")
            guard !isMarked else { continue }
            #expect(new[1].allSatisfy { $0 == 0 }, "\(field.name)")
            if old[1] != new[1] { cleared.insert(field.name) }
        }
        #expect(cleared.count >= 3, "\(cleared)")
        // Beside the row only its marks of one byte or count per producer have changed.
        let changed = after.indices.filter { !owned[$0] && before[$0] != after[$0] }
        let marks = harness.layout.section.fields.filter { $0.shape == [Self.producers] }
        #expect(
            changed.allSatisfy { index in
                marks.contains { ($0.offset..<$0.offset + $0.byteCount).contains(index) }
            })
    }
}
