// Which of many points are worth a look: those that no other beats.
//
// Point a dominates point b if and only if a is at most b in every dimension and below it in at
// least one. Dimensions are costs: less is better. Equal points do not dominate each other.

/// The points that no other dominates.
public enum ParetoFront {
    /// Indices of the points that no point dominates, ascending.
    ///
    /// - points: each with the same number of dimensions; no value is NaN
    public static func indices(of points: [[Double]]) -> [Int] {
        precondition(
            points.allSatisfy { $0.count == points[0].count && !$0.contains { $0.isNaN } },
            "points of one space")
        // Whatever dominates a point stands before it in lexicographic order, and is itself
        // dominated by a point of the front at most: comparing with the front so far is enough.
        let order = points.indices.sorted {
            let (left, right) = (points[$0], points[$1])
            return left.lexicographicallyPrecedes(right) || (left == right && $0 < $1)
        }
        var front: [Int] = []
        for index in order
        where !front.contains(where: { dominates(points[$0], points[index]) }) {
            front.append(index)
        }
        return front.sorted()
    }

    /// Whether `left` is at most `right` everywhere and below it somewhere.
    public static func dominates(_ left: [Double], _ right: [Double]) -> Bool {
        precondition(left.count == right.count, "points of one space")
        var isBelow = false
        for (a, b) in zip(left, right) {
            if a > b { return false }
            if a < b { isBelow = true }
        }
        return isBelow
    }
}
