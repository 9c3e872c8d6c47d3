// What can be wrong with drift detectors that came from outside: counts of buckets are indices, and
// counts of samples become integers. A detector that was fed with losses never has any of it.

extension LearnerLayout {
    /// Doubles below it count one by one.
    private static let countLimit = 0x1p53
    /// The most samples that a rate can be raised for.
    private static let raisedMaximum: UInt64 = 1_000_000_000

    /// The first thing that is wrong with the detectors of a section, or nil.
    func driftFinding(_ section: UnsafeRawPointer) -> String? {
        guard let drift else { return nil }
        let raised = section.load(fromByteOffset: drift.response.offset, as: UInt64.self)
        guard raised <= Self.raisedMaximum else {
            return "drift.response: \(raised) samples are no more than \(Self.raisedMaximum)"
        }
        for row in 0...configuration.producerCapacity {
            let finding =
                levelFinding(drift, section, row)
                ?? (drift.used == nil
                    ? pageHinkleyFinding(drift, section, row) : windowFinding(drift, section, row))
            if let finding { return finding }
        }
        return nil
    }

    /// Losses before and after an alarm.
    private func levelFinding(
        _ drift: DriftFields, _ section: UnsafeRawPointer, _ row: Int
    ) -> String? {
        for index in 0..<2 {
            let level = section.load(
                fromByteOffset: drift.levels.offset + 8 * (2 * row + index), as: Double.self)
            guard (level * configuration.driftUnit).isFinite else {
                return "drift.levels[\(row)]: \(level) is no loss"
            }
        }
        return nil
    }

    private func pageHinkleyFinding(
        _ drift: DriftFields, _ section: UnsafeRawPointer, _ row: Int
    ) -> String? {
        let start = (section + drift.values.offset).assumingMemoryBound(to: Double.self)
        let state = PageHinkleyState(start + row * PageHinkley.valueCount)
        guard Self.isCount(state.count) else {
            return "drift.page-hinkley[\(row)]: \(state.count) is no count of samples"
        }
        guard Self.isCount(state.riseCount), state.riseCount <= state.count else {
            return "drift.page-hinkley[\(row)]: \(state.riseCount) of \(state.count) samples "
                + "cannot have risen"
        }
        guard state.others.allSatisfy({ ($0 * configuration.driftUnit).isFinite }), state.sum >= 0
        else { return "drift.page-hinkley[\(row)]: its sums are no sums of losses" }
        return nil
    }

    /// x lies in [0, 1], so a bucket's sum and its squares are at most its size; twice that leaves
    /// room for rounding.
    private func windowFinding(
        _ drift: DriftFields, _ section: UnsafeRawPointer, _ row: Int
    ) -> String? {
        guard case .adwin(let settings) = configuration.drift.detector, let used = drift.used,
            let buckets = drift.buckets
        else { return nil }
        let counts =
            (section + used.offset).assumingMemoryBound(to: UInt64.self) + row * settings.rowCount
        let sums =
            (section + buckets.offset).assumingMemoryBound(to: Double.self)
            + row * AdaptiveWindow.bucketValues(settings)
        let rowValues = 2 * (settings.bucketsPerRow + 1)
        var width = 0
        for size in 0..<settings.rowCount {
            guard counts[size] <= UInt64(settings.bucketsPerRow) else {
                return "drift.used[\(row)]: \(counts[size]) buckets, but at most "
                    + "\(settings.bucketsPerRow) can be"
            }
            width += Int(counts[size]) << size
            for value in 0..<rowValues {
                let sum = sums[size * rowValues + value]
                guard sum.magnitude <= Double(2 << size) else {
                    return "drift.buckets[\(row)]: \(sum) is no sum of \(1 << size) losses"
                }
            }
        }
        let values = (section + drift.values.offset).assumingMemoryBound(to: Double.self)
        return AdaptiveWindowState(values + row * AdaptiveWindow.valueCount)
            .finding(width: width).map { "drift.adwin[\(row)]: \($0)" }
    }

    fileprivate static func isCount(_ value: Double) -> Bool { value >= 0 && value < countLimit }
}

extension AdaptiveWindowState {
    /// - width: values in the buckets
    fileprivate func finding(width: Int) -> String? {
        guard self.width == Double(width) else {
            return "\(self.width) values, but its buckets hold \(width)"
        }
        let limit = Double(2 * width + 2)
        guard total.magnitude <= limit, squares >= 0, squares <= limit else {
            return "\(total) and \(squares) are no sums of \(width) losses"
        }
        guard LearnerLayout.isCount(tick), LearnerLayout.isCount(cuts) else {
            return "\(tick) values since a look or \(cuts) cuts are no counts"
        }
        return nil
    }
}
