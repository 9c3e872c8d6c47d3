// The detectors of one learner over its section: takes the loss of every scored sample, overall
// and for its producer, and keeps count of the alarms. What the learner then does is
// OnlineLearner+Drift.swift.
//
// Invariants: nothing is kept outside the section; allocates nothing; the detectors of producers
// only report.

/// A view of the detectors in one section.
struct DriftWatch {
    /// The number that stands for every detector's row: all producers.
    private static let overall = 0

    private let settings: DriftSettings
    private let unit: Double
    private let counts: UnsafeMutablePointer<UInt64>
    private let levels: UnsafeMutablePointer<Double>
    private let response: UnsafeMutablePointer<UInt64>
    private let values: UnsafeMutablePointer<Double>
    private let used: UnsafeMutablePointer<UInt64>?
    private let buckets: UnsafeMutablePointer<Double>?

    /// Nil without a detector.
    init?(_ layout: LearnerLayout, _ section: UnsafeMutableRawPointer) {
        guard let fields = layout.drift else { return nil }
        settings = layout.configuration.drift
        unit = layout.configuration.driftUnit
        counts = (section + fields.counts.offset).assumingMemoryBound(to: UInt64.self)
        levels = (section + fields.levels.offset).assumingMemoryBound(to: Double.self)
        response = (section + fields.response.offset).assumingMemoryBound(to: UInt64.self)
        values = (section + fields.values.offset).assumingMemoryBound(to: Double.self)
        used = fields.used.map { (section + $0.offset).assumingMemoryBound(to: UInt64.self) }
        buckets = fields.buckets.map { (section + $0.offset).assumingMemoryBound(to: Double.self) }
    }

    /// Takes the loss of a scored sample; nil unless that is an alarm.
    func observe(_ producer: Int, _ loss: Double) -> RaisedAlarms? {
        // Not a number compares as nothing, and so counts as the limit.
        let x = loss / unit < settings.limit ? loss / unit : settings.limit
        let isOverall = observe(row: Self.overall, x)
        let isOwn = observe(row: producer + 1, x)
        guard isOverall || isOwn else { return nil }
        return RaisedAlarms(isOverall: isOverall, producer: isOwn ? producer : nil)
    }

    private func observe(row: Int, _ x: Double) -> Bool {
        let counts = counts + row * DriftCount.count
        counts[DriftCount.observed] &+= 1
        guard let change = change(row, x) else { return false }
        counts[DriftCount.alarms] &+= 1
        counts[DriftCount.alarmedAt] = counts[DriftCount.observed]
        counts[DriftCount.samplesAfter] = UInt64(change.samplesAfter)
        levels[2 * row] = change.before
        levels[2 * row + 1] = change.after
        return true
    }

    /// A rise that the detector of a row sees, in units. ADWIN cuts its window where the loss
    /// fell, too: that is a learner that learns.
    private func change(_ row: Int, _ x: Double) -> LevelChange? {
        switch settings.detector {
        case .none: return nil
        case .pageHinkley(let settings): return pageHinkley(settings, row).add(x)
        case .adwin(let adwin):
            guard let change = window(adwin, row)?.add(x / settings.limit),
                change.after > change.before
            else { return nil }
            return LevelChange(
                before: change.before * settings.limit, after: change.after * settings.limit,
                samplesAfter: change.samplesAfter)
        }
    }

    private func pageHinkley(_ settings: PageHinkleySettings, _ row: Int) -> PageHinkley {
        PageHinkley(settings, values + row * PageHinkley.valueCount)
    }

    private func window(_ settings: AdaptiveWindowSettings, _ row: Int) -> AdaptiveWindow? {
        guard let used, let buckets else { return nil }
        return AdaptiveWindow(
            settings, values: values + row * AdaptiveWindow.valueCount,
            used: used + row * settings.rowCount,
            buckets: buckets + row * AdaptiveWindow.bucketValues(settings))
    }

    /// The alarms so far, in loss.
    func figures(producer: Int?) -> DriftFigures {
        let row = producer.map { $0 + 1 } ?? Self.overall
        let counts = counts + row * DriftCount.count
        let alarms = counts[DriftCount.alarms]
        let newest = DriftAlarm(
            number: alarms, sample: counts[DriftCount.alarmedAt], before: levels[2 * row] * unit,
            after: levels[2 * row + 1] * unit, samplesAfter: counts[DriftCount.samplesAfter])
        let level: Double =
            switch settings.detector {
            case .none: 0
            case .pageHinkley(let settings): pageHinkley(settings, row).mean
            case .adwin(let adwin): (window(adwin, row)?.mean ?? 0) * settings.limit
            }
        return DriftFigures(
            // Sums that went up and down may come to less than nothing.
            alarms: alarms, newest: alarms > 0 ? newest : nil, level: max(0, level * unit),
            raisedSamples: response[0])
    }

    /// The next samples are learned with the raised rate.
    func raise(_ samples: Int) { response[0] = UInt64(samples) }

    /// Whether the sample that is learned now is one of those; counts it.
    func takeRaised() -> Bool {
        guard response[0] > 0 else { return false }
        response[0] &-= 1
        return true
    }
}
