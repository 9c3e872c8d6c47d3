// FF of circulant junctions between the transforms: products of spectra, sixteen output blocks at
// a time, with no reduction: what is summed over, j, is never a lane.
//
// Legend: j input block, c component, i output block (lane), q input blocks, P row stride.
// Invariants: Â takes its terms with j ascending (PlainCirculant.swift), whatever the grouping.
// Four input blocks share one load and one store of Â, and their x̂ stay in registers for a
// whole row; weights are read in the order in which they lie.

import CLanes

extension VectorKernels {
    /// Â_i = Σⱼ Ŵ_ij X̂_j. See `CirculantKernels.multiply`.
    @inline(never)
    package static func circulantMultiply(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int
    ) {
        clear(y, rowStride &* k)
        let column = k &* rowStride
        var j = 0
        while j &+ 4 <= inputBlocks {
            let block = w + j &* column
            // Four blocks never straddle a group of sixteen.
            let spectrum = x + (j &>> 4) &* 16 &* k + (j & 15)
            real4(block, spectrum, y, rowStride, k, component: 0)
            real4(block, spectrum, y, rowStride, k, component: k &>> 1)
            var c = 1
            while c < k &>> 1 {
                complex4(block, spectrum, y, rowStride, k, c)
                c &+= 1
            }
            j &+= 4
        }
        while j < inputBlocks {
            let block = w + j &* column
            let spectrum = x + (j &>> 4) &* 16 &* k + (j & 15)
            real1(block, spectrum, y, rowStride, k, component: 0)
            real1(block, spectrum, y, rowStride, k, component: k &>> 1)
            var c = 1
            while c < k &>> 1 {
                complex1(block, spectrum, y, rowStride, k, c)
                c &+= 1
            }
            j &+= 1
        }
    }

    @_transparent
    private static func real4(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ rowStride: Int, _ k: Int, component c: Int
    ) {
        let column = k &* rowStride
        let w0 = w + c &* rowStride
        let w1 = w0 + column
        let w2 = w1 + column
        let w3 = w2 + column
        let x0 = every(x[16 &* c])
        let x1 = every(x[16 &* c &+ 1])
        let x2 = every(x[16 &* c &+ 2])
        let x3 = every(x[16 &* c &+ 3])
        var i = 0
        var sum = y + 16 &* c
        while i < rowStride {
            var a = load(sum, 0)
            a = fma(load(w0, i), x0, a)
            a = fma(load(w1, i), x1, a)
            a = fma(load(w2, i), x2, a)
            a = fma(load(w3, i), x3, a)
            store(a, sum, 0)
            i &+= 16
            sum += 16 &* k
        }
    }

    @_transparent
    private static func complex4(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ rowStride: Int, _ k: Int, _ c: Int
    ) {
        let column = k &* rowStride
        let real = w + c &* rowStride
        let imaginary = w + (k &- c) &* rowStride
        let xr = x + 16 &* c
        let xi = x + 16 &* (k &- c)
        let (xr0, xi0) = (every(xr[0]), every(xi[0]))
        let (xr1, xi1) = (every(xr[1]), every(xi[1]))
        let (xr2, xi2) = (every(xr[2]), every(xi[2]))
        let (xr3, xi3) = (every(xr[3]), every(xi[3]))
        var i = 0
        var sumReal = y + 16 &* c
        var sumImaginary = y + 16 &* (k &- c)
        while i < rowStride {
            var ar = load(sumReal, 0)
            var ai = load(sumImaginary, 0)
            product(load(real, i), load(imaginary, i), xr0, xi0, &ar, &ai)
            product(load(real + column, i), load(imaginary + column, i), xr1, xi1, &ar, &ai)
            product(
                load(real + 2 &* column, i), load(imaginary + 2 &* column, i), xr2, xi2, &ar, &ai)
            product(
                load(real + 3 &* column, i), load(imaginary + 3 &* column, i), xr3, xi3, &ar, &ai)
            store(ar, sumReal, 0)
            store(ai, sumImaginary, 0)
            i &+= 16
            sumReal += 16 &* k
            sumImaginary += 16 &* k
        }
    }

    @_transparent
    private static func real1(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ rowStride: Int, _ k: Int, component c: Int
    ) {
        let row = w + c &* rowStride
        let x0 = every(x[16 &* c])
        var i = 0
        var sum = y + 16 &* c
        while i < rowStride {
            store(fma(load(row, i), x0, load(sum, 0)), sum, 0)
            i &+= 16
            sum += 16 &* k
        }
    }

    @_transparent
    private static func complex1(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ rowStride: Int, _ k: Int, _ c: Int
    ) {
        let real = w + c &* rowStride
        let imaginary = w + (k &- c) &* rowStride
        let xr = every(x[16 &* c])
        let xi = every(x[16 &* (k &- c)])
        var i = 0
        var sumReal = y + 16 &* c
        var sumImaginary = y + 16 &* (k &- c)
        while i < rowStride {
            var ar = load(sumReal, 0)
            var ai = load(sumImaginary, 0)
            product(load(real, i), load(imaginary, i), xr, xi, &ar, &ai)
            store(ar, sumReal, 0)
            store(ai, sumImaginary, 0)
            i &+= 16
            sumReal += 16 &* k
            sumImaginary += 16 &* k
        }
    }

    /// a ← a + w x, complex.
    @_transparent
    private static func product(
        _ wr: Lanes, _ wi: Lanes, _ xr: Lanes, _ xi: Lanes, _ ar: inout Lanes, _ ai: inout Lanes
    ) {
        ar = fma(wr, xr, ar)
        ar = fma(circulant_negated(wi), xi, ar)
        ai = fma(wr, xi, ai)
        ai = fma(wi, xr, ai)
    }
}
