// What is left of a producer that is forgotten: nothing that names it. What it taught stays in the
// weights, and its samples in the figures of all.

import WeightStore

extension OnlineLearner {
    /// Forgets a producer: what `openEpoch` forgets, and its own figures, detectors and scales, so
    /// that who has its row next begins like a new one.
    public func forget(producer: Int, epoch: UInt32) {
        openEpoch(producer: producer, epoch: epoch)
        for (field, first) in layout.producerFigures {
            let rowBytes = field.byteCount / field.shape[0]
            (section + field.offset + (first + producer) * rowBytes).initializeMemory(
                as: UInt8.self, repeating: 0, count: rowBytes)
        }
    }
}

extension LearnerLayout {
    /// Fields with one row per producer that `openEpoch` leaves as they are, all zero in a fresh
    /// learner; and which row is that of the first producer: row 0 is mostly of all of them.
    package var producerFigures: [(field: SectionField, firstRow: Int)] {
        let besideOverall = [
            metrics.counts, metrics.sums, metrics.window, metrics.classes, metrics.steps,
            metrics.means, percentile?.histogram, percentile?.state, drift?.counts, drift?.levels,
            drift?.values, drift?.used, drift?.buckets,
        ]
        return besideOverall.compactMap { $0 }.map { ($0, 1) } + (anomaly.map { [($0, 0)] } ?? [])
    }
}
