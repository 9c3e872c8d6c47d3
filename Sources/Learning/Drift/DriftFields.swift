// Where the detectors' state lies in the learner section: one row for all producers and one for
// each, as metrics have. Without a detector there is no field, and a section is what it was.

import WeightStore

/// Where detectors, their alarms and the response lie in the section.
struct DriftFields: Sendable {
    /// One of `DriftCount` per row.
    let counts: SectionField
    /// Loss means before and after the newest alarm, one pair per row, in units.
    let levels: SectionField
    /// Samples that are still to be learned with the raised rate.
    let response: SectionField
    /// `PageHinkley` or `AdaptiveWindow` values, row by row.
    let values: SectionField
    /// Buckets in use, by row of buckets; ADWIN only.
    let used: SectionField?
    /// The buckets; ADWIN only.
    let buckets: SectionField?

    init?(_ c: LearnerConfiguration, _ section: inout SectionLayout) {
        let rows = c.producerCapacity + 1
        if case .none = c.drift.detector { return nil }
        counts = section.add("drift.counts", .u64, shape: [rows, DriftCount.count])
        levels = section.add("drift.levels", .f64, shape: [rows, 2])
        response = section.add("drift.response", .u64, shape: [1])
        guard case .adwin(let settings) = c.drift.detector else {
            values = section.add("drift.page-hinkley", .f64, shape: [rows, PageHinkley.valueCount])
            (used, buckets) = (nil, nil)
            return
        }
        values = section.add("drift.adwin", .f64, shape: [rows, AdaptiveWindow.valueCount])
        used = section.add("drift.used", .u64, shape: [rows, settings.rowCount])
        buckets = section.add(
            "drift.buckets", .f64,
            shape: [rows, settings.rowCount, settings.bucketsPerRow + 1, 2])
    }
}

/// What a row of `drift.counts` holds.
enum DriftCount {
    /// Losses seen.
    static let observed = 0
    static let alarms = 1
    /// `observed` at the newest alarm.
    static let alarmedAt = 2
    /// `LevelChange.samplesAfter` of the newest alarm.
    static let samplesAfter = 3
    static let count = 4
}
