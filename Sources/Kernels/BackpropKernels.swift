// BP and UP fused: each weight is read once and written once.
//
// Legend as in DenseKernels.swift; s = −(η δ[j]) is what a row's update multiplies x by.
// Invariant: e[i] takes its terms with j ascending, whatever the grouping of rows.

extension VectorKernels {
    /// e = Wᵀ δ, then W ← W − η δ xᵀ. See `KernelSet.backpropUpdate`.
    @inline(never)
    package static func backpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        // Four copies of one loop, so that nothing is asked inside it.
        if let e {
            clear(e, rowStride)
            if keep == 1 {
                sweep(w, bias, x, delta, e, outputs, rowStride, learningRate, keep: nil)
            } else {
                sweep(w, bias, x, delta, e, outputs, rowStride, learningRate, keep: keep)
            }
        } else if keep == 1 {
            sweep(w, bias, x, delta, nil, outputs, rowStride, learningRate, keep: nil)
        } else {
            sweep(w, bias, x, delta, nil, outputs, rowStride, learningRate, keep: keep)
        }
    }

    /// Rows with something to do, four at a time. Sixty-four rows share one word that says
    /// which they are.
    @_transparent
    private static func sweep(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
        _ learningRate: Float, keep: Float?
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsToVisit(delta + base, outputs &- base, all: keep != nil)
            while busy.nonzeroBitCount >= 4 {
                let j0 = base &+ takeFirst(&busy)
                let j1 = base &+ takeFirst(&busy)
                let j2 = base &+ takeFirst(&busy)
                let j3 = base &+ takeFirst(&busy)
                let deltas = SIMD4(delta[j0], delta[j1], delta[j2], delta[j3])
                // Not the negation of a vector: Swift takes that from zero, and loses −0.
                let steps = deltas * (-learningRate)
                rows4(
                    w + j0 &* rowStride, w + j1 &* rowStride, w + j2 &* rowStride,
                    w + j3 &* rowStride, x, deltas, steps, rowStride, error: e, keep: keep)
                bias[j0] += steps[0]
                bias[j1] += steps[1]
                bias[j2] += steps[2]
                bias[j3] += steps[3]
            }
            while busy != 0 {
                let j = base &+ takeFirst(&busy)
                let step = delta[j] * (-learningRate)
                row1(w + j &* rowStride, x, delta[j], step, rowStride, error: e, keep: keep)
                bias[j] += step
            }
            base &+= 64
        }
    }

    /// Bit r is set where row r of the next (at most 64) must be visited.
    @_transparent
    private static func rowsToVisit(
        _ delta: UnsafePointer<Float>, _ remaining: Int, all: Bool
    ) -> UInt64 {
        let count = remaining < 64 ? remaining : 64
        if all { return UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- count) }
        var busy: UInt64 = 0
        var r = 0
        while r < count {
            busy |= (delta[r] != 0 ? 1 : 0) &<< UInt64(truncatingIfNeeded: r)
            r &+= 1
        }
        return busy
    }

    @_transparent
    private static func takeFirst(_ bits: inout UInt64) -> Int {
        let first = bits.trailingZeroBitCount
        bits &= bits &- 1
        return first
    }

    @_transparent
    private static func rows4(
        _ row0: UnsafeMutablePointer<Float>, _ row1: UnsafeMutablePointer<Float>,
        _ row2: UnsafeMutablePointer<Float>, _ row3: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: SIMD4<Float>, _ step: SIMD4<Float>,
        _ rowStride: Int, error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        let d0 = every(delta[0])
        let d1 = every(delta[1])
        let d2 = every(delta[2])
        let d3 = every(delta[3])
        let s0 = every(step[0])
        let s1 = every(step[1])
        let s2 = every(step[2])
        let s3 = every(step[3])
        var i = 0
        while i < rowStride {
            // Row by row, load to store: what is alive at once fits sixteen registers.
            let xs = load(x, i)
            var es = Lanes.zero
            if let error { es = load(error, i) }
            visit(row0, i, xs, d0, s0, &es, keep)
            visit(row1, i, xs, d1, s1, &es, keep)
            visit(row2, i, xs, d2, s2, &es, keep)
            visit(row3, i, xs, d3, s3, &es, keep)
            if let error { store(es, error, i) }
            i &+= 16
        }
    }

    @_transparent
    private static func visit(
        _ row: UnsafeMutablePointer<Float>, _ i: Int, _ xs: Lanes, _ d: Lanes, _ s: Lanes,
        _ es: inout Lanes, _ keep: Float?
    ) {
        let ws = load(row, i)
        es = fma(ws, d, es)
        store(fma(s, xs, kept(ws, keep)), row, i)
    }

    @_transparent
    private static func row1(
        _ row: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ delta: Float,
        _ step: Float, _ rowStride: Int, error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        let d = every(delta)
        let s = every(step)
        var i = 0
        while i < rowStride {
            let ws = load(row, i)
            if let error { store(fma(ws, d, load(error, i)), error, i) }
            store(fma(s, load(x, i), kept(ws, keep)), row, i)
            i &+= 16
        }
    }

    @_transparent
    private static func kept(_ w: Lanes, _ keep: Float?) -> Lanes {
        if let keep { every(keep) * w } else { w }
    }
}
