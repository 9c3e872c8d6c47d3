// ADWIN2 (A. Bifet, R. Gavaldà, Learning from time-changing data with adaptive windowing, SIAM
// SDM 2007): a window of the newest values that loses its oldest part whenever two parts of it have
// means that are too different for one distribution.
//
// The window is kept as an exponential histogram: row r has buckets of 2ʳ values, their sum and the
// sum of squares about their mean, at most M of them; one more, and the oldest two become a bucket
// of the next row. Cuts are tried between buckets, from the oldest on. With n₀ and n₁ values in the two
// parts, n = n₀ + n₁, 1/m = 1/n₀ + 1/n₁, σ² the variance of the whole window and δ′ = δ / ln n,
//
//     cut ⇔ |mean₀ − mean₁| > √(2/m · σ² · ln(2/δ′)) + 2/(3m) · ln(2/δ′),    x in [0, 1]
//
// and then the oldest bucket goes and all cuts are tried again. River's `AdaptiveWindowing` is the
// same with n₀ − shortest + 1 for n₀ in m (and n₁ so), so equal for shortest = 1; its `ADWIN`
// begins with an empty window after a cut, where this one keeps what is left, as the paper does.
//
// Invariants: memory is fixed; in a row the oldest bucket is first and all rows below are newer;
// `used[r]` ≤ M between two values; where the last row would overflow, the oldest bucket goes.

import Arithmetic

/// A view of one window.
package struct AdaptiveWindow {
    /// Values of `values`.
    package static let valueCount = 5
    /// Values before which no cut is tried.
    static let least = 10.0

    fileprivate enum Value {
        static let width = 0
        static let total = 1
        static let squares = 2
        static let tick = 3
        static let cuts = 4
    }

    private let settings: AdaptiveWindowSettings
    private let values: UnsafeMutablePointer<Double>
    private let used: UnsafeMutablePointer<UInt64>
    private let buckets: UnsafeMutablePointer<Double>

    /// Values of `buckets`: sum and squares of M + 1 buckets in every row.
    package static func bucketValues(_ settings: AdaptiveWindowSettings) -> Int {
        settings.rowCount * (settings.bucketsPerRow + 1) * 2
    }

    /// Memory is all 0 at the start.
    ///
    /// - values: `valueCount`. - used: one count for every row. - buckets: `bucketValues`
    package init(
        _ settings: AdaptiveWindowSettings, values: UnsafeMutablePointer<Double>,
        used: UnsafeMutablePointer<UInt64>, buckets: UnsafeMutablePointer<Double>
    ) {
        self.settings = settings
        self.values = values
        self.used = used
        self.buckets = buckets
    }

    /// Values in the window.
    package var width: Int { Int(values[Value.width]) }
    /// Their sum.
    package var total: Double { values[Value.total] }
    /// Their mean; 0 without any.
    package var mean: Double { total / max(values[Value.width], 1) }
    /// Their variance; 0 without any.
    package var variance: Double { values[Value.squares] / max(values[Value.width], 1) }
    /// Looks that cut something off, in either direction.
    package var cutCount: Int { Int(values[Value.cuts]) }

    /// Takes x in [0, 1]; what changed, if the window was cut: the means of the two parts that
    /// differ most.
    package func add(_ x: Double) -> LevelChange? {
        insert(x)
        values[Value.tick] += 1
        guard values[Value.tick] >= Double(settings.checkInterval) else { return nil }
        values[Value.tick] = 0
        return values[Value.width] > Self.least ? cut() : nil
    }

    private func insert(_ x: Double) {
        append(0, total: x, squares: 0)
        let width = values[Value.width]
        if width > 0 {
            let difference = x - values[Value.total] / width
            values[Value.squares] += width * difference * difference / (width + 1)
        }
        values[Value.width] = width + 1
        values[Value.total] += x
        var row = 0
        while used[row] > UInt64(settings.bucketsPerRow) {
            guard row + 1 < settings.rowCount else { return dropOldest() }
            merge(row)
            row += 1
        }
    }

    private func bucket(_ row: Int, _ index: Int) -> UnsafeMutablePointer<Double> {
        buckets + (row * (settings.bucketsPerRow + 1) + index) * 2
    }

    private func append(_ row: Int, total: Double, squares: Double) {
        let place = bucket(row, Int(used[row]))
        place[0] = total
        place[1] = squares
        used[row] += 1
    }

    /// Takes the oldest `count` buckets out of a row; what is behind the others is 0.
    private func remove(_ count: Int, from row: Int) {
        let left = Int(used[row]) - count
        let first = bucket(row, 0)
        first.update(from: bucket(row, count), count: 2 * left)
        bucket(row, left).update(repeating: 0, count: 2 * count)
        used[row] = UInt64(left)
    }

    /// The oldest two buckets of a row become one of the next.
    private func merge(_ row: Int) {
        let size = Self.size(row)
        let (a, b) = (bucket(row, 0), bucket(row, 1))
        let difference = a[0] / size - b[0] / size
        append(
            row + 1, total: a[0] + b[0],
            squares: a[1] + b[1] + size * difference * difference / 2)
        remove(2, from: row)
    }

    private static func size(_ row: Int) -> Double { Double(1 &<< row) }

    /// The row of the oldest bucket.
    private var oldestRow: Int {
        var row = settings.rowCount - 1
        while row > 0, used[row] == 0 { row -= 1 }
        return row
    }

    private func dropOldest() {
        let row = oldestRow
        let oldest = bucket(row, 0)
        let size = Self.size(row)
        let width = values[Value.width] - size
        values[Value.width] = width
        values[Value.total] -= oldest[0]
        let difference = oldest[0] / size - values[Value.total] / width
        values[Value.squares] -=
            oldest[1] + size * width * difference * difference / (size + width)
        // Rounding may leave less than nothing of a window that is constant.
        values[Value.squares] = max(0, values[Value.squares])
        remove(1, from: row)
    }

    /// Drops the oldest bucket while any cut tells two parts apart. What is told is the first of
    /// these looks: the buckets that go are but the beginning of the older part.
    private func cut() -> LevelChange? {
        var change: LevelChange?
        while let clearest = clearestCut {
            change = change ?? clearest
            dropOldest()
        }
        if change != nil { values[Value.cuts] += 1 }
        return change
    }

    /// The cut whose parts differ most beyond the bound; nil where none does.
    private var clearestCut: LevelChange? {
        let (width, total) = (values[Value.width], values[Value.total])
        let shortest = Double(settings.shortest)
        guard width >= 2 * shortest, width > 1 else { return nil }
        let logWidth = Double(logFMA(Float(width)))
        let evidence = Double(logFMA(Float(2 * logWidth / settings.delta)))
        let spread = 2 * variance * evidence
        var clearest: LevelChange?
        var most = 0.0
        var count = 0.0
        var sum = 0.0
        for row in stride(from: oldestRow, through: 0, by: -1) {
            for index in 0..<Int(used[row]) {
                count += Self.size(row)
                sum += bucket(row, index)[0]
                let rest = width - count
                if rest < shortest { return clearest }
                guard count >= shortest else { continue }
                let share = 1 / count + 1 / rest
                let bound = (share * spread).squareRoot() + 2 / 3 * evidence * share
                let (before, after) = (sum / count, (total - sum) / rest)
                let excess = (before - after).magnitude - bound
                guard excess > most else { continue }
                most = excess
                clearest = LevelChange(before: before, after: after, samplesAfter: Int(rest))
            }
        }
        return clearest
    }
}

/// The numbers of a window's state but its buckets, as they lie in memory.
struct AdaptiveWindowState {
    let width: Double
    let total: Double
    let squares: Double
    /// Values since the last look.
    let tick: Double
    let cuts: Double

    /// - values: `AdaptiveWindow.valueCount` values
    init(_ values: UnsafePointer<Double>) {
        width = values[AdaptiveWindow.Value.width]
        total = values[AdaptiveWindow.Value.total]
        squares = values[AdaptiveWindow.Value.squares]
        tick = values[AdaptiveWindow.Value.tick]
        cuts = values[AdaptiveWindow.Value.cuts]
    }
}
