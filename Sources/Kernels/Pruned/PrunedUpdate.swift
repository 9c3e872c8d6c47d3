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
        _ steps: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ forwardMasks: UnsafePointer<UInt16>?, _ forwardThresholds: UnsafePointer<Int32>?,
        _ backwardMasks: UnsafePointer<UInt16>?, _ backwardThresholds: UnsafePointer<Int32>?,
        _ changes: UnsafeMutablePointer<UInt16>
    ) {
        if let forwardMasks, let forwardThresholds {
            let forward = Side(masks: forwardMasks, thresholds: forwardThresholds)
            if let backwardMasks, let backwardThresholds {
                let backward = Side(masks: backwardMasks, thresholds: backwardThresholds)
                sweepGroups(
                    w, rowStride, rows, group, x, delta, steps, e, forward, backward,
                    changes, sides: .both)
            } else {
                sweepGroups(
                    w, rowStride, rows, group, x, delta, steps, e, forward, forward,
                    changes, sides: .forward)
            }
        } else if let backwardMasks, let backwardThresholds {
            let backward = Side(masks: backwardMasks, thresholds: backwardThresholds)
            sweepGroups(
                w, rowStride, rows, group, x, delta, steps, e, backward, backward, changes,
                sides: .backward)
        }
    }

    /// One copy of the loop per size of groups.
    @_transparent
    private static func sweepGroups(
        _ w: UnsafeMutablePointer<Float>, _ rowStride: Int, _ rows: Int, _ group: Int,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?, _ forward: Side,
        _ backward: Side, _ changes: UnsafeMutablePointer<UInt16>, sides: Sides
    ) {
        switch group {
        case 4:
            sweepBlock(
                w, rowStride, rows, x, delta, steps, e, forward, backward, changes,
                group: 4, sides: sides)
        case 8:
            sweepBlock(
                w, rowStride, rows, x, delta, steps, e, forward, backward, changes,
                group: 8, sides: sides)
        default:
            sweepBlock(
                w, rowStride, rows, x, delta, steps, e, forward, backward, changes,
                group: 16, sides: sides)
        }
    }

    /// Rows with an error, four at a time.
    @_transparent
    private static func sweepBlock(
        _ w: UnsafeMutablePointer<Float>, _ rowStride: Int, _ rows: Int,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?, _ forward: Side,
        _ backward: Side, _ changes: UnsafeMutablePointer<UInt16>, group: Int, sides: Sides
    ) {
        var busy = 0
        var j = 0
        while j < rows {
            busy |= (delta[j] != 0 ? 1 : 0) &<< j
            j &+= 1
        }
        let chunks = rowStride &>> 4
        j = 0
        while j < 2 &* chunks {
            changes[j] = 0
            j &+= 1
        }
        while busy.nonzeroBitCount >= 4 {
            let r0 = Row(w, rowStride, takeRow(&busy), delta, steps, forward, backward, group)
            let r1 = Row(w, rowStride, takeRow(&busy), delta, steps, forward, backward, group)
            let r2 = Row(w, rowStride, takeRow(&busy), delta, steps, forward, backward, group)
            let r3 = Row(w, rowStride, takeRow(&busy), delta, steps, forward, backward, group)
            let visited = r0.bit | r1.bit | r2.bit | r3.bit
            var c = 0
            while c < chunks {
                let xs = load(x, c &* 16)
                var es = Lanes.zero
                if let e { es = load(e, c &* 16) }
                var tile = Tile(forward, backward, c)
                visit(r0, c, xs, &es, &tile, group: group, sides: sides)
                visit(r1, c, xs, &es, &tile, group: group, sides: sides)
                visit(r2, c, xs, &es, &tile, group: group, sides: sides)
                visit(r3, c, xs, &es, &tile, group: group, sides: sides)
                if let e { store(es, e, c &* 16) }
                note(tile, c, chunks, visited, changes, sides: sides)
                c &+= 1
            }
        }
        while busy != 0 {
            let row = Row(w, rowStride, takeRow(&busy), delta, steps, forward, backward, group)
            var c = 0
            while c < chunks {
                var es = Lanes.zero
                if let e { es = load(e, c &* 16) }
                var tile = Tile(forward, backward, c)
                visit(row, c, load(x, c &* 16), &es, &tile, group: group, sides: sides)
                if let e { store(es, e, c &* 16) }
                note(tile, c, chunks, row.bit, changes, sides: sides)
                c &+= 1
            }
        }
    }

    @_transparent
    private static func takeRow(_ bits: inout Int) -> Int {
        let first = bits.trailingZeroBitCount
        bits &= bits &- 1
        return first
    }

    /// One row of one tile: BP by the old weights, UP, and whether the new ones are still on
    /// their side of the thresholds.
    @_transparent
    private static func visit(
        _ row: Row, _ c: Int, _ xs: Lanes, _ es: inout Lanes, _ tile: inout Tile, group: Int,
        sides: Sides
    ) {
        let old = load(row.w, c &* 16)
        let new = fma(row.step, xs, old)
        store(new, row.w, c &* 16)
        let keys = lanes_magnitude(new)
        let groups = 16 / group
        if sides != .backward {
            let t = lanes_of_groups(row.forward + c &* groups &* 16, group)
            tile.newForward = lanes_mark_greater(keys, t, tile.newForward, row.bit)
        }
        if sides != .forward {
            let t = UnsafeRawPointer(row.backward + c &* groups &* 16)
                .loadUnaligned(as: SIMD16<Int32>.self)
            tile.newBackward = lanes_mark_greater(keys, t, tile.newBackward, row.bit)
        }
        es = lanes_where_bit(tile.oldBackward, row.bit, fma(old, row.delta, es), es)
    }

    /// Whether rows that were visited keep other weights than before.
    @_transparent
    private static func note(
        _ tile: Tile, _ c: Int, _ chunks: Int, _ visited: SIMD16<Int32>,
        _ changes: UnsafeMutablePointer<UInt16>, sides: Sides
    ) {
        if sides != .backward {
            changes[c] |= lanes_differ(tile.newForward, tile.oldForward & visited)
        }
        if sides != .forward {
            changes[chunks &+ c] |= lanes_differ(tile.newBackward, tile.oldBackward & visited)
        }
    }
}

/// One row at work: its weights and thresholds from the first chunk on.
private struct Row {
    let w: UnsafeMutablePointer<Float>
    let forward, backward: UnsafePointer<Int32>
    let delta, step: Lanes
    let bit: SIMD16<Int32>

    @_transparent
    init(
        _ w: UnsafeMutablePointer<Float>, _ rowStride: Int, _ j: Int,
        _ delta: UnsafePointer<Float>, _ steps: UnsafePointer<Float>, _ forward: Side,
        _ backward: Side, _ group: Int
    ) {
        self.w = w + j &* rowStride
        self.forward = forward.thresholds + j &* (16 / group)
        self.backward = backward.thresholds + j / group &* 16
        bit = rowBit(j)
        self.delta = every(delta[j])
        step = every(steps[j])
    }
}

/// Which directions have groups of their own.
private enum Sides {
    case both, forward, backward
}

/// What is known of one direction's groups.
private struct Side {
    let masks: UnsafePointer<UInt16>
    let thresholds: UnsafePointer<Int32>

    @_transparent
    init(masks: UnsafePointer<UInt16>, thresholds: UnsafePointer<Int32>) {
        self.masks = masks
        self.thresholds = thresholds
    }
}

/// Masks of one tile: as they were, and as the rows that were visited would have them.
private struct Tile {
    let oldForward, oldBackward: SIMD16<Int32>
    var newForward = SIMD16<Int32>.zero
    var newBackward = SIMD16<Int32>.zero

    @_transparent
    init(_ forward: Side, _ backward: Side, _ c: Int) {
        oldForward = maskWords(forward.masks, c &* 16)
        oldBackward = maskWords(backward.masks, c &* 16)
    }
}
