// Products of 16-bit spectra, sixteen output blocks at a time.
//
// Legend as in CirculantProducts.swift. Invariants: the numbers are those of
// PlainFixedCirculant.swift; sums over blocks have 64 bits. Two products of 16-bit numbers fit into
// 32 bits together, since one side of each lies within ±32767.

import CLanes

extension VectorKernels {
    /// Sixteen sums of 64 bits.
    private typealias Sums = SIMD16<Int64>

    /// See `FixedCirculantKernels.multiply`.
    @inline(never)
    package static func fixedCirculantMultiply(
        _ w: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int, _ fractionBits: Int
    ) -> Int {
        let n = Int32(truncatingIfNeeded: fractionBits)
        var saturations = 0
        var i = 0
        while i < rowStride {
            let sums = y + i &* k
            realSum(w + i, x, sums, inputBlocks, rowStride, k, n, 0, &saturations)
            realSum(w + i, x, sums, inputBlocks, rowStride, k, n, k &>> 1, &saturations)
            var c = 1
            while c < k &>> 1 {
                complexSum(w + i, x, sums, inputBlocks, rowStride, k, n, c, &saturations)
                c &+= 1
            }
            i &+= 16
        }
        return saturations
    }

    @_transparent
    private static func realSum(
        _ w: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int, _ n: Int32, _ c: Int,
        _ saturations: inout Int
    ) {
        var a = Sums.zero
        var row = w + c &* rowStride
        var j = 0
        while j < inputBlocks {
            let xs = everyWhole(x[place(j, k) &+ 16 &* c])
            a = add(a, circulant_widen(row) &* xs)
            row += k &* rowStride
            j &+= 1
        }
        saturations &+= circulant_finish(a, n, y + 16 &* c)
    }

    @_transparent
    private static func complexSum(
        _ w: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int, _ n: Int32, _ c: Int,
        _ saturations: inout Int
    ) {
        var ar = Sums.zero
        var ai = Sums.zero
        var real = w + c &* rowStride
        var imaginary = w + (k &- c) &* rowStride
        var j = 0
        while j < inputBlocks {
            let xr = everyWhole(x[place(j, k) &+ 16 &* c])
            let xi = everyWhole(x[place(j, k) &+ 16 &* (k &- c)])
            let wr = circulant_widen(real)
            let wi = circulant_widen(imaginary)
            ar = add(ar, wr &* xr &- wi &* xi)
            ai = add(ai, wr &* xi &+ wi &* xr)
            real += k &* rowStride
            imaginary += k &* rowStride
            j &+= 1
        }
        saturations &+= circulant_finish(ar, n, y + 16 &* c)
        saturations &+= circulant_finish(ai, n, y + 16 &* (k &- c))
    }

    /// Component 0 of block `j` in lanes.
    @_transparent
    private static func place(_ j: Int, _ k: Int) -> Int { (j &>> 4) &* 16 &* k &+ (j & 15) }

    @_transparent
    private static func everyWhole(_ number: Int16) -> Whole { Whole(repeating: Int32(number)) }

    @_transparent
    private static func add(_ sums: Sums, _ v: Whole) -> Sums { sums &+ circulant_widest(v) }
}

extension VectorKernels {
    /// What UP does to every weight, and how often it saturated.
    private struct FixedStep {
        /// updateShift − 1
        let shift: Whole
        var saturations = Whole.zero
    }

    /// See `FixedCirculantKernels.backpropUpdate`.
    @inline(never)
    package static func fixedCirculantBackpropUpdate(
        _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ e: UnsafeMutablePointer<Int16>?, _ inputBlocks: Int,
        _ rowStride: Int, _ k: Int, _ fractionBits: Int, _ updateShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>
    ) {
        let shift = Int32(truncatingIfNeeded: updateShift &- 1)
        var step = FixedStep(shift: Whole(repeating: shift))
        var inErrors = 0
        if let e {
            var index = 0
            while index < (inputBlocks &+ 31) / 32 &* 32 &* k {
                circulant_narrow(Whole.zero, e + index)
                index &+= 16
            }
        }
        var j = 0
        while j < inputBlocks {
            let block = w + j &* k &* rowStride
            let spectrum = x + place(j, k)
            var c = 0
            while c <= k &>> 1 {
                if c == 0 || c == k &>> 1 {
                    let sum = realErrors(block, spectrum, delta, rowStride, k, c, &step)
                    if let e {
                        inErrors &+= finishOne(sum, fractionBits, e + (place(j, k) &+ 16 &* c))
                    }
                } else {
                    let (re, im) = complexErrors(block, spectrum, delta, rowStride, k, c, &step)
                    if let e {
                        let sums = e + place(j, k)
                        inErrors &+= finishOne(re, fractionBits, sums + 16 &* c)
                        inErrors &+= finishOne(im, fractionBits, sums + 16 &* (k &- c))
                    }
                }
                c &+= 1
            }
            j &+= 1
        }
        saturations[0] &+= UInt64(truncatingIfNeeded: inErrors)
        saturations[1] &+= UInt64(
            truncatingIfNeeded: circulant_total(circulant_widest(step.saturations)))
    }

    /// One component of one input block: learns, and gives Σᵢ w·g over the old weights.
    @_transparent
    private static func realErrors(
        _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ rowStride: Int, _ k: Int, _ c: Int,
        _ step: inout FixedStep
    ) -> Int64 {
        let row = w + c &* rowStride
        let xs = everyWhole(x[16 &* c])
        var sums = Sums.zero
        var errors = delta + 16 &* c
        var i = 0
        while i < rowStride {
            let g = circulant_widen(errors)
            let old = circulant_widen(row + i)
            sums = add(sums, old &* g)
            subtract(xs &* g, old, row + i, &step)
            errors += 16 &* k
            i &+= 16
        }
        return circulant_total(sums)
    }

    /// One bin of one input block: learns, and gives Σᵢ conj(w)·g over the old weights.
    @_transparent
    private static func complexErrors(
        _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ rowStride: Int, _ k: Int, _ c: Int,
        _ step: inout FixedStep
    ) -> (real: Int64, imaginary: Int64) {
        let real = w + c &* rowStride
        let imaginary = w + (k &- c) &* rowStride
        let xr = everyWhole(x[16 &* c])
        let xi = everyWhole(x[16 &* (k &- c)])
        var er = Sums.zero
        var ei = Sums.zero
        var errors = delta + 16 &* c
        var i = 0
        while i < rowStride {
            let gr = circulant_widen(errors)
            let gi = circulant_widen(errors + 16 &* (k &- 2 &* c))
            let wr = circulant_widen(real + i)
            let wi = circulant_widen(imaginary + i)
            er = add(er, wr &* gr &+ wi &* gi)
            ei = add(ei, wr &* gi &- wi &* gr)
            subtract(xr &* gr &+ xi &* gi, wr, real + i, &step)
            subtract(xr &* gi &- xi &* gr, wi, imaginary + i, &step)
            errors += 16 &* k
            i &+= 16
        }
        return (circulant_total(er), circulant_total(ei))
    }

    /// w ← w − round(increment · 2^−updateShift), held.
    @_transparent
    private static func subtract(
        _ increment: Whole, _ w: Whole, _ p: UnsafeMutablePointer<Int16>,
        _ step: inout FixedStep
    ) {
        // The half is added behind the shift: before it, 32 bits might be too few.
        let one = Whole(repeating: 1)
        let moved = w &- ((increment &>> step.shift &+ one) &>> one)
        let held = circulant_held(moved)
        step.saturations = step.saturations &- circulant_differs(moved, held)
        circulant_narrow(held, p)
    }

    /// R of one sum, and 1 where it saturated.
    @_transparent
    private static func finishOne(
        _ sum: Int64, _ n: Int, _ p: UnsafeMutablePointer<Int16>
    ) -> Int {
        let bits = Int64(truncatingIfNeeded: n)
        let rounded = (sum &+ (1 &<< (bits &- 1))) &>> bits
        let low = rounded > -32767 ? rounded : -32767
        let held = low < 32767 ? low : 32767
        p[0] = Int16(truncatingIfNeeded: held)
        return held == rounded ? 0 : 1
    }
}
