// One vector through a dense matrix whose terms are its rows: BP of a junction, and FF where its
// weights lie turned over.
//
// Legend: a term t is a row of m. Terms come in four quarters, of which two are under way at once: eight
// sums of sixteen columns, so that none waits for itself.
// Invariant: a quarter's sum takes its terms ascending, and the four are added in one order,
// whichever half of the rows was read first.

extension VectorKernels {
    /// y = Σ x[t] m[t]. See `SharedKernels.combineRows`.
    @inline(never)
    package static func combineRows(
        _ m: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ terms: Int, _ rowStride: Int, _ isReversed: Bool
    ) {
        let quarter = (terms &+ 3) &>> 2
        let first = isReversed ? quarter : 0
        let second = quarter &- first
        halfOfRows(m, x, y, first, first &+ 2 &* quarter, quarter, terms, rowStride, adds: false)
        halfOfRows(m, x, y, second, second &+ 2 &* quarter, quarter, terms, rowStride, adds: true)
        guard let bias else { return }
        var c = 0
        while c < rowStride {
            store(load(y, c) + load(bias, c), y, c)
            c &+= 16
        }
    }

    /// The sums of the quarters that begin at `a` and at `b`, added up; to y, or added to it.
    @_transparent
    private static func halfOfRows(
        _ m: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ a: Int, _ b: Int, _ quarter: Int, _ terms: Int, _ rowStride: Int, adds: Bool
    ) {
        // The last quarters may be shorter, or empty.
        let inA = terms &- a < quarter ? (terms < a ? 0 : terms &- a) : quarter
        let inB = terms &- b < quarter ? (terms < b ? 0 : terms &- b) : quarter
        var c = 0
        while c &+ 64 <= rowStride {
            var (sums, others) = (FourLanes(), FourLanes())
            var (row, other) = (m + (a &* rowStride &+ c), m + (b &* rowStride &+ c))
            var t = 0
            while t < inB {
                sums.add(every(x[a &+ t]), row)
                others.add(every(x[b &+ t]), other)
                row += rowStride
                other += rowStride
                t &+= 1
            }
            while t < inA {
                sums.add(every(x[a &+ t]), row)
                row += rowStride
                t &+= 1
            }
            sums.add(others)
            if adds { sums.add(FourLanes(y + c)) }
            sums.store(y + c)
            c &+= 64
        }
        while c < rowStride {
            var (sum, other) = (Lanes.zero, Lanes.zero)
            var t = 0
            while t < inA {
                sum = fma(load(m, (a &+ t) &* rowStride &+ c), every(x[a &+ t]), sum)
                if t < inB {
                    other = fma(load(m, (b &+ t) &* rowStride &+ c), every(x[b &+ t]), other)
                }
                t &+= 1
            }
            let both = sum + other
            store(adds ? both + load(y, c) : both, y, c)
            c &+= 16
        }
    }
}
