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
        while j &+ 8 <= outputs {
            eightRows(w + j &* rowStride, bias + j, x, y + j, rowStride)
            j &+= 8
        }
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

    /// Eight rows, whose sums are added up side by side. Rows are at one, two and four times the
    /// stride and odd multiples of it, which an address is made of without sums.
    @_transparent
    private static func eightRows(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ rowStride: Int
    ) {
        let one = 4 &* rowStride
        let (three, five, seven) = (3 &* one, 5 &* one, 7 &* one)
        var row = UnsafeRawPointer(w)
        var a0 = Lanes.zero
        var a1 = Lanes.zero
        var a2 = Lanes.zero
        var a3 = Lanes.zero
        var a4 = Lanes.zero
        var a5 = Lanes.zero
        var a6 = Lanes.zero
        var a7 = Lanes.zero
        var i = 0
        while i < rowStride {
            let xs = load(x, i)
            a0 = fma(row.loadUnaligned(as: Lanes.self), xs, a0)
            a1 = fma((row + one).loadUnaligned(as: Lanes.self), xs, a1)
            a2 = fma((row + 2 &* one).loadUnaligned(as: Lanes.self), xs, a2)
            a3 = fma((row + three).loadUnaligned(as: Lanes.self), xs, a3)
            a4 = fma((row + 4 &* one).loadUnaligned(as: Lanes.self), xs, a4)
            a5 = fma((row + five).loadUnaligned(as: Lanes.self), xs, a5)
            a6 = fma((row + 2 &* three).loadUnaligned(as: Lanes.self), xs, a6)
            a7 = fma((row + seven).loadUnaligned(as: Lanes.self), xs, a7)
            row += 64
            i &+= 16
        }
        let sums = lanes_sums_of_eight(a0, a1, a2, a3, a4, a5, a6, a7)
        let biases = UnsafeRawPointer(bias).loadUnaligned(as: SIMD8<Float>.self)
        UnsafeMutableRawPointer(y).storeBytes(of: sums + biases, as: SIMD8<Float>.self)
    }
}
