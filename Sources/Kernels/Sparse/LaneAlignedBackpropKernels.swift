// Lane-aligned junctions, BP and UP fused: each weight is read once and written once. BP's
// scatter is the same shift of lanes: sixteen products go to sixteen lanes of one row of e.
//
// Legend as in LaneAlignedKernelSet.swift; d δ of a group, t = −(η δ).
// Invariant: an entry of e takes its products by four groups, then by pass, then by group. Where
// a pass is whole, that is also row by row: then a row of x and of e is fetched once for four
// groups. Otherwise a group's rows follow each other, and none waits for its last sum.

import CLanes

extension VectorKernels {
    /// e = Wᵀ δ, then W ← W − η δ xᵀ. See `LaneAlignedKernels.backpropUpdate`.
    @inline(never)
    package static func laneAlignedBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
        _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        // Four copies of one loop, so that nothing is asked inside it.
        if let e {
            clear(e, rows &* 16)
            if keep == 1 {
                laneAlignedSweep(
                    w, bias, x, delta, e, blocks, rows, outputs, slots, learningRate, keep: nil)
            } else {
                laneAlignedSweep(
                    w, bias, x, delta, e, blocks, rows, outputs, slots, learningRate, keep: keep)
            }
        } else if keep == 1 {
            laneAlignedSweep(
                w, bias, x, delta, nil, blocks, rows, outputs, slots, learningRate, keep: nil)
        } else {
            laneAlignedSweep(
                w, bias, x, delta, nil, blocks, rows, outputs, slots, learningRate, keep: keep)
        }
    }

    /// All groups, by fours.
    @_transparent
    private static func laneAlignedSweep(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
        _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float, keep: Float?
    ) {
        let groups = padded(outputs) &>> 4
        var first = 0
        while first < groups {
            let (own, errors) = (bias + first &* 16, delta + first &* 16)
            let (weights, words) = (w + first &* slots &* 16, blocks + first &* slots)
            let count = groups &- first < 4 ? groups &- first : 4
            let busy = laneAlignedBusy(own, errors, count, learningRate, all: keep != nil)
            var start = 0
            while start < slots {
                let length = slots &- start < rows ? slots &- start : rows
                if lanes_are_one_register(), busy == 15, length == rows {
                    laneAlignedPass4(
                        weights + start &* 16, x, errors, e, words + start, rows, slots,
                        learningRate, keep: keep)
                } else {
                    laneAlignedPass(
                        weights + start &* 16, x, errors, e, words + start, busy, length, slots,
                        learningRate, keep: keep)
                }
                start &+= length
            }
            first &+= 4
        }
    }

    /// Moves the biases of at most four groups, and gives a bit for each with something to do.
    @_transparent
    private static func laneAlignedBusy(
        _ bias: UnsafeMutablePointer<Float>, _ delta: UnsafePointer<Float>, _ count: Int,
        _ learningRate: Float, all: Bool
    ) -> UInt32 {
        var busy: UInt32 = 0
        var g = 0
        while g < count {
            let d = load(delta, g &* 16)
            if all || lanes_any(d) {
                busy |= 1 &<< UInt32(truncatingIfNeeded: g)
                store(load(bias, g &* 16) + d * every(-learningRate), bias, g &* 16)
            }
            g &+= 1
        }
        return busy
    }

    /// One pass, whole or not, group by group.
    @_transparent
    private static func laneAlignedPass(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ blocks: UnsafePointer<UInt32>, _ busy: UInt32, _ length: Int, _ slots: Int,
        _ learningRate: Float, keep: Float?
    ) {
        var rest = busy
        while rest != 0 {
            let g = rest.trailingZeroBitCount
            rest &= rest &- 1
            let d = load(delta, g &* 16)
            let t = d * every(-learningRate)
            let (weights, words) = (w + g &* slots &* 16, blocks + g &* slots)
            var k = 0
            while k < length {
                laneAlignedVisit(weights + k &* 16, x, d, t, e, words[k], keep)
                k &+= 1
            }
        }
    }

    /// One block by itself.
    @_transparent
    private static func laneAlignedVisit(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ d: Lanes, _ t: Lanes,
        _ e: UnsafeMutablePointer<Float>?, _ block: UInt32, _ keep: Float?
    ) {
        let ws = load(w, 0)
        if let e { laneAlignedAdd(ws * d, to: e, block) }
        let kept = if let keep { every(keep) * ws } else { ws }
        store(fma(t, laneAlignedRead(x, block), kept), w, 0)
    }

    /// One whole pass of four groups, row by row.
    @_transparent
    private static func laneAlignedPass4(
        _ w0: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ b0: UnsafePointer<UInt32>, _ rows: Int, _ slots: Int, _ learningRate: Float,
        keep: Float?
    ) {
        let (b1, w1) = (b0 + slots, w0 + slots &* 16)
        let (b2, w2) = (b1 + slots, w1 + slots &* 16)
        let (b3, w3) = (b2 + slots, w2 + slots &* 16)
        let (d0, d1, d2, d3) = (load(delta, 0), load(delta, 16), load(delta, 32), load(delta, 48))
        let down = every(-learningRate)
        let (t0, t1, t2, t3) = (d0 * down, d1 * down, d2 * down, d3 * down)
        var k = 0
        while k < rows {
            let at = k &* 16
            let xs = load(x, at)
            var es = Lanes.zero
            if let e { es = load(e, at) }
            laneAlignedVisit(w0 + at, x + at, xs, d0, t0, &es, b0[k], e == nil, keep)
            laneAlignedVisit(w1 + at, x + at, xs, d1, t1, &es, b1[k], e == nil, keep)
            laneAlignedVisit(w2 + at, x + at, xs, d2, t2, &es, b2[k], e == nil, keep)
            laneAlignedVisit(w3 + at, x + at, xs, d3, t3, &es, b3[k], e == nil, keep)
            if let e { store(es, e, at) }
            k &+= 1
        }
    }

    /// One block whose rows of x and of e are in registers.
    @_transparent
    private static func laneAlignedVisit(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ xs: Lanes, _ d: Lanes,
        _ t: Lanes, _ es: inout Lanes, _ block: UInt32, _ isFirst: Bool, _ keep: Float?
    ) {
        let ws = load(w, 0)
        if !isFirst { es += lanes_shifted(ws * d, w, block) }
        let kept = if let keep { every(keep) * ws } else { ws }
        store(fma(t, lanes_shifted(xs, x, block), kept), w, 0)
    }

    /// e = Wᵀ δ; v ← μ v + δ xᵀ + decay W; W ← W − η v. See
    /// `LaneAlignedKernels.backpropUpdateMomentum`.
    @inline(never)
    package static func laneAlignedBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
        _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        let groups = padded(outputs) &>> 4
        let down = every(-learningRate)
        let inertia = every(momentum)
        if let e { clear(e, rows &* 16) }
        var first = 0
        while first < groups {
            let end = groups &- first < 4 ? groups : first &+ 4
            var start = 0
            while start < slots {
                let length = slots &- start < rows ? slots &- start : rows
                var g = first
                while g < end {
                    let d = load(delta, g &* 16)
                    var k = g &* slots &+ start
                    let last = k &+ length
                    while k < last {
                        laneAlignedMomentum(
                            w + k &* 16, velocity + k &* 16, x, d, e, blocks[k], down, inertia,
                            decay)
                        k &+= 1
                    }
                    g &+= 1
                }
                start &+= length
            }
            first &+= 4
        }
        var j = 0
        while j < padded(outputs) {
            let v = fma(inertia, load(biasVelocity, j), load(delta, j))
            store(v, biasVelocity, j)
            store(fma(down, v, load(bias, j)), bias, j)
            j &+= 16
        }
    }

    /// One block with its velocity.
    @_transparent
    private static func laneAlignedMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ d: Lanes, _ e: UnsafeMutablePointer<Float>?,
        _ block: UInt32, _ down: Lanes, _ inertia: Lanes, _ decay: Float
    ) {
        let ws = load(w, 0)
        if let e { laneAlignedAdd(ws * d, to: e, block) }
        let increment = fma(d, laneAlignedRead(x, block), every(decay) * ws)
        let v = fma(inertia, load(velocity, 0), increment)
        store(v, velocity, 0)
        store(fma(down, v, ws), w, 0)
    }
}
