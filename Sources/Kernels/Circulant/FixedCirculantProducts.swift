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
        var saturations = 0
        let column = k &* rowStride
        var c = 0
        while c <= k &>> 1 {
            let isReal = c == 0 || c == k &>> 1
            let toImaginary = isReal ? 0 : k &- 2 &* c
            var i = 0
            while i < rowStride {
                var ar = Sums.zero
                var ai = Sums.zero
                var real = w + c &* rowStride + i
                var j = 0
                while j < inputBlocks {
                    let spectrum = x + (j &>> 4) &* 16 &* k + 16 &* c + (j & 15)
                    let wr = circulant_widen(real)
                    let xr = every(spectrum[0])
                    if isReal {
                        ar = add(ar, wr &* xr)
                    } else {
                        let wi = circulant_widen(real + toImaginary &* rowStride)
                        let xi = every(spectrum[16 &* toImaginary])
                        ar = add(ar, wr &* xr &- wi &* xi)
                        ai = add(ai, wr &* xi &+ wi &* xr)
                    }
                    real += column
                    j &+= 1
                }
                let sums = y + (i &* k &+ 16 &* c)
                saturations &+= finish(ar, fractionBits, sums)
                if !isReal { saturations &+= finish(ai, fractionBits, sums + 16 &* toImaginary) }
                i &+= 16
            }
            c &+= 1
        }
        return saturations
    }

    /// See `FixedCirculantKernels.backpropUpdate`.
    @inline(never)
    package static func fixedCirculantBackpropUpdate(
        _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ e: UnsafeMutablePointer<Int16>?, _ inputBlocks: Int,
        _ rowStride: Int, _ k: Int, _ fractionBits: Int, _ updateShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>
    ) {
        var inErrors = 0
        var inWeights = Whole.zero
        let shift = Int32(truncatingIfNeeded: updateShift &- 1)
        if let e {
            var index = 0
            while index < (inputBlocks &+ 31) / 32 &* 32 &* k {
                circulant_narrow(Whole.zero, e + index)
                index &+= 16
            }
        }
        var j = 0
        while j < inputBlocks {
            let place = (j &>> 4) &* 16 &* k &+ (j & 15)
            var c = 0
            while c <= k &>> 1 {
                let isReal = c == 0 || c == k &>> 1
                let toImaginary = isReal ? 0 : k &- 2 &* c
                let xr = every(x[place &+ 16 &* c])
                // A real bin has no imaginary part: nothing is taken from it twice.
                let xi = isReal ? Whole.zero : every(x[place &+ 16 &* (k &- c)])
                let real = w + (j &* k &+ c) &* rowStride
                let imaginary = real + toImaginary &* rowStride
                var er = Sums.zero
                var ei = Sums.zero
                var i = 0
                while i < rowStride {
                    let errors = delta + (i &* k &+ 16 &* c)
                    let gr = circulant_widen(errors)
                    let wr = circulant_widen(real + i)
                    if isReal {
                        er = add(er, wr &* gr)
                        subtract(xr &* gr, shift, wr, real + i, &inWeights)
                    } else {
                        let gi = circulant_widen(errors + 16 &* toImaginary)
                        let wi = circulant_widen(imaginary + i)
                        er = add(er, wr &* gr &+ wi &* gi)
                        ei = add(ei, wr &* gi &- wi &* gr)
                        subtract(xr &* gr &+ xi &* gi, shift, wr, real + i, &inWeights)
                        subtract(xr &* gi &- xi &* gr, shift, wi, imaginary + i, &inWeights)
                    }
                    i &+= 16
                }
                if let e {
                    let sum = e + (place &+ 16 &* c)
                    inErrors &+= finish(er.wrappedSum(), fractionBits, sum)
                    if !isReal {
                        inErrors &+= finish(ei.wrappedSum(), fractionBits, sum + 16 &* toImaginary)
                    }
                }
                c &+= 1
            }
            j &+= 1
        }
        saturations[0] &+= UInt64(truncatingIfNeeded: inErrors)
        var lane = 0
        while lane < 16 {
            saturations[1] &+= UInt64(truncatingIfNeeded: inWeights[lane])
            lane &+= 1
        }
    }

    @_transparent
    private static func every(_ number: Int16) -> Whole { Whole(repeating: Int32(number)) }

    @_transparent
    private static func add(_ sums: Sums, _ v: Whole) -> Sums {
        sums &+ circulant_widest(v)
    }

    /// w ← w − round(increment · 2^−(shift + 1)), held.
    @_transparent
    private static func subtract(
        _ increment: Whole, _ shift: Int32, _ w: Whole, _ p: UnsafeMutablePointer<Int16>,
        _ saturations: inout Whole
    ) {
        // The half is added behind the shift: before it, 32 bits might be too few.
        let one = Whole(repeating: 1)
        let step = (increment &>> Whole(repeating: shift) &+ one) &>> one
        let moved = w &- step
        let held = circulant_held(moved)
        saturations = saturations &- circulant_differs(moved, held)
        circulant_narrow(held, p)
    }

    /// R of sixteen sums, and how many it saturated.
    @_transparent
    private static func finish(
        _ sums: Sums, _ n: Int, _ p: UnsafeMutablePointer<Int16>
    ) -> Int {
        var saturations = 0
        var lane = 0
        while lane < 16 {
            saturations &+= finish(sums[lane], n, p + lane)
            lane &+= 1
        }
        return saturations
    }

    /// R of one sum, and 1 where it saturated.
    @_transparent
    private static func finish(
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
