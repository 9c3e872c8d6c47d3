// Dense junctions in float32: FF, and BP with UP fused, several rows at a time.
//
// Legend: j right neuron (row), i left neuron (column), x activation, δ error, η learning rate.
// W is [outputs][rowStride], rowStride a multiple of 16, pads zero; x and e have rowStride floats.
// Invariants: the order of rounding is that of the plain definitions (PlainDense.swift), bit by
// bit; BP and UP together read each weight once and write it once. Rows are worked in groups so
// that several additions and several streams of memory are under way at once; a group never
// changes what a single row computes.

import CLanes

/// The vector kernels of this build.
package enum VectorKernels {}

extension VectorKernels {
    /// y[j] = bias[j] + Σᵢ W[j,i] x[i]. See `KernelSet.feedforward`.
    @inline(never)
    package static func feedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ rowStride: Int
    ) {
        var j = 0
        var sixteen = SixteenLanes()
        withUnsafeMutableBytes(of: &sixteen) { memory in
            guard let base = memory.baseAddress else { return }
            let sums = base.assumingMemoryBound(to: Float.self)
            // Sixteen rows' lanes are added at once, by the same halves.
            while j &+ 16 <= outputs {
                var r = 0
                while r < 16 {
                    rows4(w + (j &+ r) &* rowStride, x, rowStride).store(sums + r &* 16)
                    r &+= 4
                }
                circulant_sums(sums, sums)
                store(load(sums, 0) + load(bias, j), y, j)
                j &+= 16
            }
        }
        while j &+ 4 <= outputs {
            let four = rows4(w + j &* rowStride, x, rowStride)
            y[j] = sumByHalves(four.a) + bias[j]
            y[j &+ 1] = sumByHalves(four.b) + bias[j &+ 1]
            y[j &+ 2] = sumByHalves(four.c) + bias[j &+ 2]
            y[j &+ 3] = sumByHalves(four.d) + bias[j &+ 3]
            j &+= 4
        }
        while j < outputs {
            let row = w + j &* rowStride
            var a = Lanes.zero
            var i = 0
            while i < rowStride {
                a = fma(load(row, i), load(x, i), a)
                i &+= 16
            }
            y[j] = sumByHalves(a) + bias[j]
            j &+= 1
        }
    }

    /// Sums in lanes of four rows.
    @_transparent
    private static func rows4(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rowStride: Int
    ) -> FourLanes {
        let row1 = w + rowStride
        let row2 = row1 + rowStride
        let row3 = row2 + rowStride
        var sums = FourLanes()
        var i = 0
        while i < rowStride {
            let xs = load(x, i)
            sums.a = fma(load(w, i), xs, sums.a)
            sums.b = fma(load(row1, i), xs, sums.b)
            sums.c = fma(load(row2, i), xs, sums.c)
            sums.d = fma(load(row3, i), xs, sums.d)
            i &+= 16
        }
        return sums
    }
}
