// Transforms of sixteen blocks at once in 16 bits, one block per lane, 32 bits in registers.
//
// Legend as in CirculantTransforms.swift. Invariant: the numbers are those of
// PlainFixedCirculant.swift. What a stage rounds fits into 32 bits: 2^14 · 2^15 + 2 · 2^14 · 2^15
// at most forwards, 2^14 · √2 · 2^16 backwards.

import CLanes

typealias Whole = SIMD16<Int32>

extension VectorKernels {
    /// See `FixedCirculantKernels.transform`.
    @inline(never)
    package static func fixedCirculantTransform(
        _ x: UnsafePointer<Int16>, _ count: Int, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Int16>, _ spectra: UnsafeMutablePointer<Int16>
    ) -> Int {
        var saturations = Whole.zero
        let last = (blocks &+ 31) / 32 &* 32 &* k
        var base = 0
        while base < last {
            let v = spectra + base
            var t = 0
            var reversed = 0
            while t < k {
                var lane = 0
                while lane < 16 {
                    let index = base &+ lane &* k &+ t
                    v[reversed &* 16 &+ lane] = index < count ? x[index] : 0
                    lane &+= 1
                }
                t &+= 1
                reversed ^= k &- k &>> (t.trailingZeroBitCount &+ 1)
            }
            forward(v, k, cosines, &saturations)
            base &+= 16 &* k
        }
        return total(saturations)
    }

    /// See `FixedCirculantKernels.invert`.
    @inline(never)
    package static func fixedCirculantInvert(
        _ spectra: UnsafeMutablePointer<Int16>, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ count: Int
    ) -> Int {
        var saturations = Whole.zero
        let last = (blocks &+ 31) / 32 &* 32 &* k
        var base = 0
        while base < last {
            let v = spectra + base
            backward(v, k, cosines, &saturations)
            var t = 0
            var reversed = 0
            while t < k {
                var lane = 0
                while lane < 16 {
                    let index = base &+ lane &* k &+ t
                    if index < count { y[index] = v[reversed &* 16 &+ lane] }
                    lane &+= 1
                }
                t &+= 1
                reversed ^= k &- k &>> (t.trailingZeroBitCount &+ 1)
            }
            base &+= 16 &* k
        }
        return total(saturations)
    }

    @_transparent
    private static func forward(
        _ v: UnsafeMutablePointer<Int16>, _ k: Int, _ cosines: UnsafePointer<Int16>,
        _ saturations: inout Whole
    ) {
        var h = 1
        var n: Int32 = 15
        while h < k {
            var base = v
            while base < v + 16 &* k {
                join(base, h, n, cosines, &saturations)
                base += 32 &* h
            }
            h &<<= 1
            n ^= 1
        }
    }

    @_transparent
    private static func backward(
        _ v: UnsafeMutablePointer<Int16>, _ k: Int, _ cosines: UnsafePointer<Int16>,
        _ saturations: inout Whole
    ) {
        var h = k &>> 1
        while h >= 1 {
            let n: Int32 = h.trailingZeroBitCount & 1 == 0 ? 14 : 15
            var base = v
            while base < v + 16 &* k {
                part(base, h, n, cosines, &saturations)
                base += 32 &* h
            }
            h &>>= 1
        }
    }

    @_transparent
    private static func join(
        _ v: UnsafeMutablePointer<Int16>, _ h: Int, _ n: Int32, _ cosines: UnsafePointer<Int16>,
        _ saturations: inout Whole
    ) {
        let rows = 16 &* h
        let even = circulant_widen(v)
        let odd = circulant_widen(v + rows)
        finish(scaled(even &+ odd), n, v, &saturations)
        finish(scaled(even &- odd), n, v + rows, &saturations)
        if h == 1 { return }
        let middle = v + rows / 2
        finish(scaled(circulant_widen(middle)), n, middle, &saturations)
        finish(
            scaled(Whole.zero &- circulant_widen(middle + rows)), n, middle + rows, &saturations)
        var f = 1
        while f < h &>> 1 {
            let c = whole(cosines[f &* 128 / h])
            let s = whole(cosines[64 &- f &* 128 / h])
            let low = v + 16 &* f
            let high = v + (rows &- 16 &* f)
            let er = scaled(circulant_widen(low))
            let ei = scaled(circulant_widen(high))
            let or = circulant_widen(low + rows)
            let oi = circulant_widen(high + rows)
            let tr = c &* or &+ s &* oi
            let ti = c &* oi &- s &* or
            finish(er &+ tr, n, low, &saturations)
            finish(ei &+ ti, n, high + rows, &saturations)
            finish(er &- tr, n, high, &saturations)
            finish(ti &- ei, n, low + rows, &saturations)
            f &+= 1
        }
    }

    @_transparent
    private static func part(
        _ v: UnsafeMutablePointer<Int16>, _ h: Int, _ n: Int32, _ cosines: UnsafePointer<Int16>,
        _ saturations: inout Whole
    ) {
        let rows = 16 &* h
        let first = circulant_widen(v)
        let second = circulant_widen(v + rows)
        finish(scaled(first &+ second), n, v, &saturations)
        finish(scaled(first &- second), n, v + rows, &saturations)
        if h == 1 { return }
        let middle = v + rows / 2
        let re = circulant_widen(middle)
        let im = circulant_widen(middle + rows)
        finish(scaled(re &+ re), n, middle, &saturations)
        finish(scaled(Whole.zero &- im &- im), n, middle + rows, &saturations)
        var f = 1
        while f < h &>> 1 {
            let c = whole(cosines[f &* 128 / h])
            let s = whole(cosines[64 &- f &* 128 / h])
            let low = v + 16 &* f
            let high = v + (rows &- 16 &* f)
            let xr = circulant_widen(low)
            let xi = circulant_widen(high + rows)
            let yr = circulant_widen(high)
            let yi = circulant_widen(low + rows)
            let dr = xr &- yr
            let di = xi &+ yi
            finish(scaled(xr &+ yr), n, low, &saturations)
            finish(scaled(xi &- yi), n, high, &saturations)
            finish(c &* dr &- s &* di, n, low + rows, &saturations)
            finish(c &* di &+ s &* dr, n, high + rows, &saturations)
            f &+= 1
        }
    }

    /// v · 2^14
    @_transparent
    private static func scaled(_ v: Whole) -> Whole { v &<< Whole(repeating: 14) }

    @_transparent
    private static func whole(_ number: Int16) -> Whole { Whole(repeating: Int32(number)) }

    /// R of FixedCirculantKernelSet.swift, to memory.
    @_transparent
    private static func finish(
        _ v: Whole, _ n: Int32, _ p: UnsafeMutablePointer<Int16>, _ saturations: inout Whole
    ) {
        let half = Whole(repeating: 1 &<< (n &- 1))
        let rounded = (v &+ half) &>> Whole(repeating: n)
        let held = circulant_held(rounded)
        saturations = saturations &- circulant_differs(rounded, held)
        circulant_narrow(held, p)
    }

    /// The sum of the lanes.
    @_transparent
    private static func total(_ counts: Whole) -> Int {
        var sum = 0
        var lane = 0
        while lane < 16 {
            sum &+= Int(counts[lane])
            lane &+= 1
        }
        return sum
    }
}
