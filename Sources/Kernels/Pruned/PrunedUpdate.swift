// BP and UP of N:M junctions, and what changed sides by it.
//
// Legend: j right neuron (row), i left neuron (column), s = −(η δ[j]). A block is 16 rows. Bits of a
// mask and thresholds are explained in PrunedKernelSet.swift.
// Invariant: e[i] takes its terms with j ascending.

import CLanes

extension VectorKernels {
    /// BP and UP of one block. See `PrunedKernels.update`.
    @inline(never)
    package static func prunedUpdate(
        _ w: UnsafeMutablePointer<Float>, _ rowStride: Int, _ rows: Int, _ group: Int,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ learningRate: Float,
        _ forwardMasks: UnsafePointer<UInt16>?, _ forwardThresholds: UnsafePointer<Int32>?,
        _ backwardMasks: UnsafePointer<UInt16>?, _ backwardThresholds: UnsafePointer<Int32>?,
        _ changes: UnsafeMutablePointer<UInt16>
    ) {
        var busy = 0
        var row = 0
        while row < rows {
            busy |= (delta[row] != 0 ? 1 : 0) &<< row
            row &+= 1
        }
        if busy == 0 { return }
        let chunks = rowStride &>> 4
        let groups = 16 / group
        let forwardChanges = changes
        let backwardChanges = changes + chunks
        row = 0
        while row < chunks {
            forwardChanges[row] = 0
            backwardChanges[row] = 0
            row &+= 1
        }
        var left = busy
        while left != 0 {
            let j = left.trailingZeroBitCount
            left &= left &- 1
            let d = delta[j]
            let step = d * (-learningRate)
            sweepRow(
                w + j &* rowStride, x, e, d, step, chunks, j, group, groups, forwardMasks,
                forwardThresholds, backwardMasks, backwardThresholds, forwardChanges,
                backwardChanges)
        }
    }

    /// One row: BP by the old weights, UP, and whether the new ones are still on their side of
    /// the thresholds.
    @_transparent
    private static func sweepRow(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ d: Float, _ step: Float, _ chunks: Int, _ j: Int,
        _ group: Int, _ groups: Int, _ forwardMasks: UnsafePointer<UInt16>?,
        _ forwardThresholds: UnsafePointer<Int32>?,
        _ backwardMasks: UnsafePointer<UInt16>?, _ backwardThresholds: UnsafePointer<Int32>?,
        _ forwardChanges: UnsafeMutablePointer<UInt16>,
        _ backwardChanges: UnsafeMutablePointer<UInt16>
    ) {
        let ds = every(d)
        let ss = every(step)
        let g = j / group
        var c = 0
        while c < chunks {
            let i = c &* 16
            let old = load(w, i)
            let new = fma(ss, load(x, i), old)
            store(new, w, i)
            let keys = lanes_magnitude(new)
            if let forwardMasks, let forwardThresholds {
                let mask = forwardMasks[i &+ j]
                let t = rowThresholds(forwardThresholds + (i &* groups &+ j), group)
                forwardChanges[c] |= lanes_greater_bits(keys, t) ^ mask
                if let e, backwardMasks == nil {
                    let es = load(e, i)
                    store(lanes_choose(mask, fma(old, ds, es), es), e, i)
                }
            }
            if let backwardMasks, let backwardThresholds {
                let mask = backwardMasks[i &+ j]
                let t = UnsafeRawPointer(backwardThresholds + (c &* groups &+ g) &* 16)
                    .loadUnaligned(as: SIMD16<Int32>.self)
                backwardChanges[c] |= lanes_greater_bits(keys, t) ^ mask
                if let e {
                    let es = load(e, i)
                    store(lanes_choose(mask, fma(old, ds, es), es), e, i)
                }
            }
            c &+= 1
        }
    }

    /// A row's thresholds, each in the lanes of its group; they are 16 apart.
    @_transparent
    private static func rowThresholds(
        _ t: UnsafePointer<Int32>, _ group: Int
    ) -> SIMD16<Int32> {
        switch group {
        case 4: lanes_groups_of_4(t[0], t[16], t[32], t[48])
        case 8: lanes_groups_of_8(t[0], t[16])
        default: SIMD16<Int32>(repeating: t[0])
        }
    }
}
