// Lane-aligned junctions, BP and UP fused: each weight is read once and written once. BP's
// scatter is the same shift of lanes: sixteen products go to sixteen lanes of one row of e.
//
// Legend as in LaneAlignedKernelSet.swift; d δ of a group, t = −(η δ).
// Invariant: an entry of e takes its products by group, then by slot. A group's slots go
// through the rows in order, so no row waits for its last sum.

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
        let groups = padded(outputs) &>> 4
        if let e { clear(e, rows &* 16) }
        var g = 0
        while g < groups {
            let d = load(delta, g &* 16)
            if keep != 1 || lanes_any(d) {
                let t = d * every(-learningRate)
                let weights = w + g &* slots &* 16
                let words = blocks + g &* slots
                // Four copies of one loop, so that nothing is asked inside it.
                if let e {
                    if keep == 1 {
                        laneAlignedGroup(
                            weights, words, x, d, t, e, slots, keep: nil)
                    } else {
                        laneAlignedGroup(
                            weights, words, x, d, t, e, slots, keep: keep)
                    }
                } else if keep == 1 {
                    laneAlignedGroup(
                        weights, words, x, d, t, nil, slots, keep: nil)
                } else {
                    laneAlignedGroup(
                        weights, words, x, d, t, nil, slots, keep: keep)
                }
                store(load(bias, g &* 16) + t, bias, g &* 16)
            }
            g &+= 1
        }
    }

    /// All slots of one group.
    @_transparent
    private static func laneAlignedGroup(
        _ w: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>,
        _ x: UnsafePointer<Float>, _ d: Lanes, _ t: Lanes, _ e: UnsafeMutablePointer<Float>?,
        _ slots: Int, keep: Float?
    ) {
        var k = 0
        while k < slots {
            let block = blocks[k]
            let ws = load(w, k &* 16)
            if let e { laneAlignedAdd(ws * d, to: e, block) }
            let kept = if let keep { every(keep) * ws } else { ws }
            store(fma(t, laneAlignedRead(x, block), kept), w, k &* 16)
            k &+= 1
        }
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
        var g = 0
        while g < groups {
            let d = load(delta, g &* 16)
            var k = g &* slots
            while k < (g &+ 1) &* slots {
                let block = blocks[k]
                let ws = load(w, k &* 16)
                if let e { laneAlignedAdd(ws * d, to: e, block) }
                let xs = laneAlignedRead(x, block)
                let increment = fma(d, xs, every(decay) * ws)
                let v = fma(inertia, load(velocity, k &* 16), increment)
                store(v, velocity, k &* 16)
                store(fma(down, v, ws), w, k &* 16)
                k &+= 1
            }
            let v = fma(inertia, load(biasVelocity, g &* 16), d)
            store(v, biasVelocity, g &* 16)
            store(fma(down, v, load(bias, g &* 16)), bias, g &* 16)
            g &+= 1
        }
    }
}
