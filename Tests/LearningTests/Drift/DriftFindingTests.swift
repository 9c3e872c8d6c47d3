// Goal: detectors from outside that would write past their rows, or whose numbers become no integer,
// are found before they are used; and no detector that was fed with losses is ever found.

import Learning
import Testing
import WeightStore

@Suite struct DriftFindingTests {
    /// One forged number, 8 bytes, of a section.
    struct Forgery: CustomTestStringConvertible, Sendable {
        let detector: Int
        let field: String
        let place: Int
        let bits: UInt64
        var testDescription: String { "\(field)[\(place)] = \(bits)" }

        init(_ detector: Int, _ field: String, _ place: Int, bits: UInt64) {
            self.detector = detector
            self.field = field
            self.place = place
            self.bits = bits
        }

        init(_ detector: Int, _ field: String, _ place: Int, _ value: Double) {
            self.init(detector, field, place, bits: value.bitPattern)
        }
    }

    /// 0: Page-Hinkley, six values a row. 1: ADWIN, 24 sizes and 5 values a row.
    static let forgeries: [Forgery] = [
        Forgery(0, "drift.page-hinkley", 0, 1e300), Forgery(0, "drift.page-hinkley", 0, -1),
        Forgery(0, "drift.page-hinkley", 6, Double.nan),
        Forgery(0, "drift.page-hinkley", 3, 1e300), Forgery(0, "drift.page-hinkley", 3, 1e9),
        Forgery(0, "drift.page-hinkley", 3, -1), Forgery(0, "drift.page-hinkley", 1, Double.nan),
        Forgery(0, "drift.page-hinkley", 2, -1),
        Forgery(0, "drift.page-hinkley", 4, Double.infinity),
        Forgery(0, "drift.page-hinkley", 11, -Double.infinity),
        Forgery(0, "drift.levels", 1, Double.nan), Forgery(0, "drift.response", 0, bits: 1 << 60),
        Forgery(0, "drift.counts", 1, bits: .max),
        Forgery(1, "drift.used", 0, bits: 1_000_000), Forgery(1, "drift.used", 0, bits: .max),
        Forgery(1, "drift.used", 47, bits: 1 << 63), Forgery(1, "drift.used", 23, bits: 1),
        Forgery(1, "drift.used", 0, bits: 6), Forgery(1, "drift.adwin", 0, 1e6),
        Forgery(1, "drift.adwin", 0, Double.nan), Forgery(1, "drift.adwin", 1, 1e300),
        Forgery(1, "drift.adwin", 2, -1), Forgery(1, "drift.adwin", 3, 1e300),
        Forgery(1, "drift.adwin", 4, -1), Forgery(1, "drift.adwin", 5, 0.5),
        Forgery(1, "drift.buckets", 0, 1e300), Forgery(1, "drift.buckets", 300, Double.infinity),
        Forgery(1, "drift.levels", 2, Double.infinity),
    ]

    @Test(arguments: forgeries) func aForgedNumberIsFound(_ forgery: Forgery) throws {
        let detector = DriftLearnerTests.detectors[forgery.detector]
        let harness = try LearnerHarness(
            DriftLearnerTests.configuration(detector, .raiseRate(factor: 2, samples: 9)))
        DriftLearnerTests.stream(harness, 0..<300)
        #expect(harness.layout.firstFinding(harness.section) == nil)
        let field = try #require(harness.layout.section[forgery.field])
        try #require(forgery.place < field.elementCount)
        (harness.section + field.offset + 8 * forgery.place)
            .storeBytes(of: forgery.bits, as: UInt64.self)
        let finding = try #require(harness.layout.firstFinding(harness.section))
        // A bucket more is also a window of another width.
        #expect(finding.hasPrefix(forgery.field) || finding.hasPrefix("drift.adwin"), "\(finding)")
    }

    /// Buckets taken out of every row leave a width that nothing holds.
    @Test func aWindowWithoutBucketsIsFound() throws {
        let harness = try LearnerHarness(
            DriftLearnerTests.configuration(DriftLearnerTests.detectors[1]))
        DriftLearnerTests.stream(harness, 0..<300)
        let used = try #require(harness.layout.section["drift.used"])
        (harness.section + used.offset)
            .initializeMemory(as: UInt8.self, repeating: 0, count: used.byteCount)
        let finding = try #require(harness.layout.firstFinding(harness.section))
        #expect(finding.hasPrefix("drift.adwin[0]: "), "\(finding)")
        #expect(finding.hasSuffix(" values, but its buckets hold 0"), "\(finding)")
    }

    /// Through alarms, cuts, windows that are full, and losses that are none.
    @Test(arguments: 0..<3) func whatADetectorLeavesIsSound(_ index: Int) throws {
        let small = DriftDetector.adwin(
            AdaptiveWindowSettings(bucketsPerRow: 2, checkInterval: 7, rowCount: 4))
        let detector = (DriftLearnerTests.detectors + [small])[index]
        for producers in [1, 3] {
            let harness = try LearnerHarness(
                DriftLearnerTests.configuration(
                    detector, .raiseRate(factor: 4, samples: 70), producers: producers))
            DriftLearnerTests.stream(harness) { step in
                guard step % 50 == 0 || step > 1_000 else { return }
                #expect(harness.layout.firstFinding(harness.section) == nil, "\(step)")
            }
            let figures = try #require(harness.learner.driftFigures(producer: nil))
            #expect(figures.alarms > 0 || index == 2)
        }
    }
}
