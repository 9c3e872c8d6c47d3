// The warm-up of one feature: its first 100 values, kept sorted, and two figures of them that
// one outlier cannot move: the median, and a scale.
//
// Invariant: `sorted[0..<count]` ascends; what lies behind is zero.

/// Statistics of a short sorted list.
enum WarmUp {
    /// Values that make a warm-up.
    static let length = 100
    /// Quartile distance of a normal distribution, in σ.
    static let quartileDistance = 1.349

    /// Puts `value` into its place among `count` (< length) sorted values.
    static func insert(_ value: Float, into sorted: UnsafeMutablePointer<Float>, count: Int) {
        precondition(count < length, "a warm-up holds \(length) values")
        var index = count
        while index > 0 && sorted[index - 1] > value {
            sorted[index] = sorted[index - 1]
            index -= 1
        }
        sorted[index] = value
    }

    /// The middle value, or the mean of the middle two; `count` ≥ 1.
    static func median(_ sorted: UnsafePointer<Float>, count: Int) -> Double {
        let upper = count / 2
        if count % 2 == 1 { return Double(sorted[upper]) }
        return 0.5 * (Double(sorted[upper - 1]) + Double(sorted[upper]))
    }

    /// σ as far as `count` values tell: the distance of the quartiles / 1.349, and where that is
    /// 0 the deviation about the median without the smallest and the largest value. Below four
    /// values nothing is known and the scale is 0.
    ///
    /// The quartiles are values count/4 from each end (rounded down), so from four values on
    /// they never are the smallest or the largest.
    static func scale(_ sorted: UnsafePointer<Float>, count: Int, median: Double) -> Double {
        guard count >= 4 else { return 0 }
        let quarter = count / 4
        let distance = Double(sorted[count - 1 - quarter]) - Double(sorted[quarter])
        if distance > 0 { return distance / quartileDistance }
        var sum = 0.0
        for index in 1..<(count - 1) {
            let difference = Double(sorted[index]) - median
            sum += difference * difference
        }
        return (sum / Double(count - 2)).squareRoot()
    }
}
