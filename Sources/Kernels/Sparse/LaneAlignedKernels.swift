// Lane-aligned junctions, FF: a load, a shift of lanes and a fused multiply-add per sixteen edges.
//
// Legend as in LaneAlignedKernelSet.swift.
// Invariant: every lane takes its slots in ascending order. Four groups are worked side by side,
// because one group alone would wait for its own sum at every slot.

import CLanes

/// What the sixteen right neurons of a block read, in their order.
@_transparent func laneAlignedRead(_ x: UnsafePointer<Float>, _ block: UInt32) -> Lanes {
    let bytes = UnsafeRawPointer(x) + Int(truncatingIfNeeded: block & ~63)
    let row = bytes.assumingMemoryBound(to: Float.self)
    return lanes_shifted(load(row, 0), row, block)
}

/// Adds what sixteen edges bring to the left neurons where they start.
@_transparent func laneAlignedAdd(
    _ products: Lanes, to e: UnsafeMutablePointer<Float>, _ block: UInt32
) {
    let row = UnsafeMutableRawPointer(e) + Int(truncatingIfNeeded: block & ~63)
    lanes_add_to_shifted_row(row.assumingMemoryBound(to: Float.self), block, products)
}

extension VectorKernels {
    /// y = W x + b. See `LaneAlignedKernels.feedforward`.
    @inline(never)
    package static func laneAlignedFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>,
        _ outputs: Int, _ slots: Int
    ) {
        let groups = padded(outputs) &>> 4
        var g = 0
        while g &+ 4 <= groups {
            laneAlignedSums4(
                w + g &* slots &* 16, bias + g &* 16, x, y + g &* 16, blocks + g &* slots, slots)
            g &+= 4
        }
        while g < groups {
            let first = g &* slots
            var a = Lanes.zero
            var k = first
            while k < first &+ slots {
                a = fma(load(w, k &* 16), laneAlignedRead(x, blocks[k]), a)
                k &+= 1
            }
            store(a + load(bias, g &* 16), y, g &* 16)
            g &+= 1
        }
        if outputs & 15 != 0 {
            let last = outputs & ~15
            store(
                Lanes.zero.replacing(with: load(y, last), where: firstLanes(outputs & 15)), y,
                last)
        }
    }

    /// Four groups; pointers are those of the first.
    @_transparent
    private static func laneAlignedSums4(
        _ w0: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ b0: UnsafePointer<UInt32>, _ slots: Int
    ) {
        let (b1, w1) = (b0 + slots, w0 + slots &* 16)
        let (b2, w2) = (b1 + slots, w1 + slots &* 16)
        let (b3, w3) = (b2 + slots, w2 + slots &* 16)
        var a0 = Lanes.zero
        var a1 = Lanes.zero
        var a2 = Lanes.zero
        var a3 = Lanes.zero
        var k = 0
        while k < slots {
            a0 = fma(load(w0, k &* 16), laneAlignedRead(x, b0[k]), a0)
            a1 = fma(load(w1, k &* 16), laneAlignedRead(x, b1[k]), a1)
            a2 = fma(load(w2, k &* 16), laneAlignedRead(x, b2[k]), a2)
            a3 = fma(load(w3, k &* 16), laneAlignedRead(x, b3[k]), a3)
            k &+= 1
        }
        store(a0 + load(bias, 0), y, 0)
        store(a1 + load(bias, 16), y, 16)
        store(a2 + load(bias, 32), y, 32)
        store(a3 + load(bias, 48), y, 48)
    }
}
