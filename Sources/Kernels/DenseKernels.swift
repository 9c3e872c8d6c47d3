// Dense junctions in float32: FF, and BP with UP fused, several rows at a time.
//
// Legend: j right neuron (row), i left neuron (column), x activation, δ error, η learning rate.
// W is [outputs][rowStride], rowStride a multiple of 16, pads zero; x and e have rowStride floats.
// Invariants: the order of rounding is that of the plain definitions (PlainDense.swift), bit by
// bit; BP and UP together read each weight once and write it once. Rows are worked in groups so
// that several additions and several streams of memory are under way at once; a group never
// changes what a single row computes.

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
        while j &+ 4 <= outputs {
            let row0 = w + j &* rowStride
            let row1 = row0 + rowStride
            let row2 = row1 + rowStride
            let row3 = row2 + rowStride
            var a0 = Lanes.zero
            var a1 = Lanes.zero
            var a2 = Lanes.zero
            var a3 = Lanes.zero
            var i = 0
            while i < rowStride {
                let xs = load(x, i)
                a0 = fma(load(row0, i), xs, a0)
                a1 = fma(load(row1, i), xs, a1)
                a2 = fma(load(row2, i), xs, a2)
                a3 = fma(load(row3, i), xs, a3)
                i &+= 16
            }
            y[j] = sumByHalves(a0) + bias[j]
            y[j &+ 1] = sumByHalves(a1) + bias[j &+ 1]
            y[j &+ 2] = sumByHalves(a2) + bias[j &+ 2]
            y[j &+ 3] = sumByHalves(a3) + bias[j &+ 3]
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
}
