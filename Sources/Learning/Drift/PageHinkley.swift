// The test of Page with a running mean (E. S. Page, Continuous inspection schemes, Biometrika 41,
// 1954; D. V. Hinkley, Inference about the change-point from cumulative sum tests, Biometrika 58,
// 1971), for a mean that rises:
//
//     x̄ ← x̄ + (x − x̄) · max(1/n, 1 − α)
//     g ← max(0, α g + x − x̄ − δ),      alarm ⇔ g > λ and n ≥ minimum
//
// With α = 1 this is m − min m of the usual form, m the sum of all x − x̄ − δ. With α < 1 it is not
// what River and MOA do, by design: they fade m itself, which while a learner learns (x below x̄ for
// long) lies far below 0; fading lifts it back to 0 with nothing having risen, and is an alarm. Here
// the distance is faded, which can only make it smaller, and the mean forgets what the learner has
// left behind.
//
// Since g was last 0 the loss is above its mean: the samples since then are what the alarm is about
// (Hinkley's estimate of the change-point).
//
// Invariants: g ≥ 0; after an alarm all is as at the start; every number is finite if x is.

/// A view of one detector's state.
package struct PageHinkley {
    /// Values of the state.
    package static let valueCount = 6

    fileprivate enum Value {
        static let count = 0
        static let mean = 1
        static let sum = 2
        /// Samples since g was 0, and their sum.
        static let riseCount = 3
        static let riseSum = 4
        /// x̄ when g was last 0.
        static let level = 5
    }

    private let settings: PageHinkleySettings
    private let values: UnsafeMutablePointer<Double>

    /// - values: `valueCount` values; all 0 at the start
    package init(_ settings: PageHinkleySettings, _ values: UnsafeMutablePointer<Double>) {
        self.settings = settings
        self.values = values
    }

    /// x̄ at present.
    package var mean: Double { values[Value.mean] }

    /// g at present.
    package var sum: Double { values[Value.sum] }

    /// Samples since the start, or the last alarm.
    package var count: Int { Int(values[Value.count]) }

    /// Takes x, a finite number; what rose, if that is an alarm.
    package func add(_ x: Double) -> LevelChange? {
        let count = values[Value.count] + 1
        values[Value.count] = count
        let mean = values[Value.mean]
        let newMean = mean + (x - mean) * max(1 / count, 1 - settings.forgetting)
        values[Value.mean] = newMean
        let sum = settings.forgetting * values[Value.sum] + (x - newMean - settings.delta)
        guard sum > 0 else {
            values[Value.sum] = 0
            values[Value.riseCount] = 0
            values[Value.riseSum] = 0
            values[Value.level] = newMean
            return nil
        }
        values[Value.sum] = sum
        values[Value.riseCount] += 1
        values[Value.riseSum] += x
        guard sum > settings.threshold, Int(count) >= settings.minimumCount else { return nil }
        let change = LevelChange(
            before: values[Value.level], after: values[Value.riseSum] / values[Value.riseCount],
            samplesAfter: Int(values[Value.riseCount]))
        values.update(repeating: 0, count: Self.valueCount)
        return change
    }
}

/// The numbers of a detector's state, as they lie in memory.
struct PageHinkleyState {
    /// Samples since the start, or the last alarm.
    let count: Double
    /// Samples since g was 0.
    let riseCount: Double
    /// g.
    let sum: Double
    /// Means and sums.
    let others: [Double]

    /// - values: `PageHinkley.valueCount` values
    init(_ values: UnsafePointer<Double>) {
        count = values[PageHinkley.Value.count]
        riseCount = values[PageHinkley.Value.riseCount]
        sum = values[PageHinkley.Value.sum]
        others = [
            values[PageHinkley.Value.mean], sum, values[PageHinkley.Value.riseSum],
            values[PageHinkley.Value.level],
        ]
    }
}

/// A mean that became another.
package struct LevelChange: Equatable, Sendable {
    /// The mean before.
    package let before: Double
    /// The mean of the samples after.
    package let after: Double
    /// How many those are, the newest included.
    package let samplesAfter: Int
}
