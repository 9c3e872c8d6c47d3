// Products of spectra at many positions: FF, BP and the sums of UP.
//
// Legend: a term is what is summed over (input blocks in FF, output blocks in BP), a result what
// there is a sum for; q, p input and output blocks. Weights are broadcast, lanes are positions.
// Four results by 32 positions are under way at once: 16 sums in registers, 12 loads for 32
// products. UP has two input blocks by four output blocks under way, and adds lanes 16 sums at
// a time.
// Invariant: per sum terms ascend, and positions of a lane ascend.

import CLanes

extension VectorKernels {
    /// Ŷ = Ŵ X̂. See `SharedKernels.multiply`.
    @inline(never)
    package static func sharedMultiply(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int
    ) {
        spectralProduct(
            w, x, y, terms: q, results: p, termStep: k &* rowStride, resultStep: 1, rowStride, k,
            strips, isConjugate: false)
    }

    /// Ê = Ŵᴴ Ĝ. See `SharedKernels.multiplyConjugate`.
    @inline(never)
    package static func sharedMultiplyConjugate(
        _ w: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int
    ) {
        spectralProduct(
            w, g, e, terms: p, results: q, termStep: 1, resultStep: k &* rowStride, rowStride, k,
            strips, isConjugate: true)
    }

    /// Complex sums of one result in two strips.
    private struct Sums {
        var r0 = Lanes.zero
        var r1 = Lanes.zero
        var i0 = Lanes.zero
        var i1 = Lanes.zero

        @_transparent init() {}
    }

    /// Where things are in one bin.
    private struct Bin {
        let termStep, resultStep: Int
        /// Floats from the real weight to the imaginary one, and from real components to
        /// imaginary ones.
        let weight, component: Int
        /// Floats from block to block, and from strip to strip of x.
        let block, strip: Int
        let isReal, isConjugate: Bool
    }

    @_transparent
    private static func spectralProduct(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        terms: Int, results: Int, termStep: Int, resultStep: Int, _ rowStride: Int, _ k: Int,
        _ strips: Int, isConjugate: Bool
    ) {
        var strip = 0
        while strip < strips {
            let isPair = strip &+ 2 <= strips
            let from = x + strip &* terms &* k &* 16
            let to = y + strip &* results &* k &* 16
            var c = 0
            while c <= k &>> 1 {
                let isReal = c == 0 || c == k &>> 1
                let bin = Bin(
                    termStep: termStep, resultStep: resultStep,
                    weight: (k &- 2 &* c) &* rowStride, component: (k &- 2 &* c) &* 16,
                    block: k &* 16, strip: isPair ? terms &* k &* 16 : 0, isReal: isReal,
                    isConjugate: isConjugate)
                let weights = w + c &* rowStride
                let own = from + c &* 16
                let target = to + c &* 16
                let apart = isPair ? results &* k &* 16 : 0
                if isReal {
                    results4(weights, own, target, terms, results, apart, bin, isReal: true)
                } else {
                    results4(weights, own, target, terms, results, apart, bin, isReal: false)
                }
                c &+= 1
            }
            strip &+= isPair ? 2 : 1
        }
    }

    /// All results of one bin in two strips (or one, which is then worked on twice).
    @_transparent
    private static func results4(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ terms: Int, _ results: Int, _ apart: Int, _ bin: Bin, isReal: Bool
    ) {
        var result = 0
        while result &+ 4 <= results {
            var (s0, s1, s2, s3) = (Sums(), Sums(), Sums(), Sums())
            var weight = w + result &* bin.resultStep
            var own = x
            var term = 0
            while term < terms {
                let (r0, r1) = (load(own, 0), load(own, bin.strip))
                if isReal {
                    addReal(&s0, weight[0], r0, r1)
                    addReal(&s1, weight[bin.resultStep], r0, r1)
                    addReal(&s2, weight[2 &* bin.resultStep], r0, r1)
                    addReal(&s3, weight[3 &* bin.resultStep], r0, r1)
                } else {
                    let i0 = load(own, bin.component)
                    let i1 = load(own, bin.component &+ bin.strip)
                    add(&s0, weight, r0, r1, i0, i1, bin)
                    add(&s1, weight + bin.resultStep, r0, r1, i0, i1, bin)
                    add(&s2, weight + 2 &* bin.resultStep, r0, r1, i0, i1, bin)
                    add(&s3, weight + 3 &* bin.resultStep, r0, r1, i0, i1, bin)
                }
                weight += bin.termStep
                own += bin.block
                term &+= 1
            }
            let to = y + result &* bin.block
            write(s0, to, apart, bin, isReal: isReal)
            write(s1, to + bin.block, apart, bin, isReal: isReal)
            write(s2, to + 2 &* bin.block, apart, bin, isReal: isReal)
            write(s3, to + 3 &* bin.block, apart, bin, isReal: isReal)
            result &+= 4
        }
        while result < results {
            var sums = Sums()
            var weight = w + result &* bin.resultStep
            var own = x
            var term = 0
            while term < terms {
                let (r0, r1) = (load(own, 0), load(own, bin.strip))
                if isReal {
                    addReal(&sums, weight[0], r0, r1)
                } else {
                    let i0 = load(own, bin.component)
                    let i1 = load(own, bin.component &+ bin.strip)
                    add(&sums, weight, r0, r1, i0, i1, bin)
                }
                weight += bin.termStep
                own += bin.block
                term &+= 1
            }
            write(sums, y + result &* bin.block, apart, bin, isReal: isReal)
            result &+= 1
        }
    }

    @_transparent
    private static func addReal(_ sums: inout Sums, _ w: Float, _ r0: Lanes, _ r1: Lanes) {
        sums.r0 = fma(every(w), r0, sums.r0)
        sums.r1 = fma(every(w), r1, sums.r1)
    }

    @_transparent
    private static func add(
        _ sums: inout Sums, _ w: UnsafePointer<Float>, _ r0: Lanes, _ r1: Lanes, _ i0: Lanes,
        _ i1: Lanes, _ bin: Bin
    ) {
        let wr = every(w[0])
        let wi = every(w[bin.weight])
        let minus = circulant_negated(wi)
        sums.r0 = fma(wr, r0, sums.r0)
        sums.r1 = fma(wr, r1, sums.r1)
        sums.i0 = fma(wr, i0, sums.i0)
        sums.i1 = fma(wr, i1, sums.i1)
        if bin.isConjugate {
            sums.r0 = fma(wi, i0, sums.r0)
            sums.r1 = fma(wi, i1, sums.r1)
            sums.i0 = fma(minus, r0, sums.i0)
            sums.i1 = fma(minus, r1, sums.i1)
        } else {
            sums.r0 = fma(minus, i0, sums.r0)
            sums.r1 = fma(minus, i1, sums.r1)
            sums.i0 = fma(wi, r0, sums.i0)
            sums.i1 = fma(wi, r1, sums.i1)
        }
    }

    @_transparent
    private static func write(
        _ sums: Sums, _ y: UnsafeMutablePointer<Float>, _ apart: Int, _ bin: Bin, isReal: Bool
    ) {
        store(sums.r0, y, 0)
        store(sums.r1, y, apart)
        if isReal { return }
        store(sums.i0, y, bin.component)
        store(sums.i1, y, bin.component &+ apart)
    }
}

extension VectorKernels {
    /// Sums of conj(X̂) Ĝ over positions. See `SharedKernels.spectralSums`.
    @inline(never)
    package static func sharedSpectralSums(
        _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int
    ) {
        clear(sums, q &* k &* rowStride)
        var sixteen = SixteenLanes()
        // By address and not by a closure, which would become a function of its own.
        sumSpectra(x, g, sums, q, p, rowStride, k, strips, &sixteen)
    }

    /// - memory: of sixteen vectors
    @_transparent
    private static func sumSpectra(
        _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int,
        _ memory: UnsafeMutableRawPointer
    ) {
        let partial = memory.assumingMemoryBound(to: Float.self)
        var pair = 0
        while pair < k &>> 1 {
            let first = pair
            let second = pair == 0 ? k &>> 1 : k &- pair
            var j = 0
            while j < q {
                let next = j &+ 1 < q ? j &+ 1 : j
                var i = 0
                while i < p {
                    let lefts = (x + j &* k &* 16, x + next &* k &* 16)
                    if pair == 0 {
                        tile(
                            lefts.0, lefts.1, g, i, first, second, q, p, k, strips, partial,
                            isReal: true)
                    } else {
                        tile(
                            lefts.0, lefts.1, g, i, first, second, q, p, k, strips, partial,
                            isReal: false)
                    }
                    circulant_sums(partial, partial)
                    let here = p &- i < 4 ? p &- i : 4
                    var n = 0
                    while n < here {
                        let at = sums + (j &* k &* rowStride &+ i &+ n)
                        at[first &* rowStride] = partial[n]
                        at[second &* rowStride] = partial[4 &+ n]
                        if next > j {
                            at[(k &+ first) &* rowStride] = partial[8 &+ n]
                            at[(k &+ second) &* rowStride] = partial[12 &+ n]
                        }
                        n &+= 1
                    }
                    i &+= 4
                }
                j &+= 2
            }
            pair &+= 1
        }
    }

    /// Four output blocks' sums with one input block: real parts and imaginary ones, or of two
    /// real bins.
    private struct FourSums {
        var first = FourLanes()
        var second = FourLanes()

        @_transparent init() {}
    }

    /// Two input blocks by four output blocks from `i` on; beyond the last block, of that.
    @_transparent
    private static func tile(
        _ x0: UnsafePointer<Float>, _ x1: UnsafePointer<Float>, _ g: UnsafePointer<Float>,
        _ i: Int, _ first: Int, _ second: Int, _ q: Int, _ p: Int, _ k: Int, _ strips: Int,
        _ partial: UnsafeMutablePointer<Float>, isReal: Bool
    ) {
        let (a, b) = (first &* 16, second &* 16)
        let last = p &- 1
        let i1 = (i &+ 1 < last ? i &+ 1 : last) &* k &* 16
        let i2 = (i &+ 2 < last ? i &+ 2 : last) &* k &* 16
        let i3 = (i &+ 3 < last ? i &+ 3 : last) &* k &* 16
        let i0 = i &* k &* 16
        var (s0, s1) = (FourSums(), FourSums())
        var strip = 0
        var left = 0
        var right = g
        while strip < strips {
            let (xa0, xb0) = (load(x0, left &+ a), load(x0, left &+ b))
            let (xa1, xb1) = (load(x1, left &+ a), load(x1, left &+ b))
            let (m0, m1) = (circulant_negated(xb0), circulant_negated(xb1))
            var (ga, gb) = (load(right, i0 &+ a), load(right, i0 &+ b))
            add(&s0.first.a, &s0.second.a, xa0, xb0, m0, ga, gb, isReal: isReal)
            add(&s1.first.a, &s1.second.a, xa1, xb1, m1, ga, gb, isReal: isReal)
            (ga, gb) = (load(right, i1 &+ a), load(right, i1 &+ b))
            add(&s0.first.b, &s0.second.b, xa0, xb0, m0, ga, gb, isReal: isReal)
            add(&s1.first.b, &s1.second.b, xa1, xb1, m1, ga, gb, isReal: isReal)
            (ga, gb) = (load(right, i2 &+ a), load(right, i2 &+ b))
            add(&s0.first.c, &s0.second.c, xa0, xb0, m0, ga, gb, isReal: isReal)
            add(&s1.first.c, &s1.second.c, xa1, xb1, m1, ga, gb, isReal: isReal)
            (ga, gb) = (load(right, i3 &+ a), load(right, i3 &+ b))
            add(&s0.first.d, &s0.second.d, xa0, xb0, m0, ga, gb, isReal: isReal)
            add(&s1.first.d, &s1.second.d, xa1, xb1, m1, ga, gb, isReal: isReal)
            left &+= q &* k &* 16
            right += p &* k &* 16
            strip &+= 1
        }
        s0.first.store(partial)
        s0.second.store(partial + 64)
        s1.first.store(partial + 128)
        s1.second.store(partial + 192)
    }

    @_transparent
    private static func add(
        _ first: inout Lanes, _ second: inout Lanes, _ xa: Lanes, _ xb: Lanes, _ minus: Lanes,
        _ ga: Lanes, _ gb: Lanes, isReal: Bool
    ) {
        first = fma(xa, ga, first)
        if isReal {
            second = fma(xb, gb, second)
        } else {
            first = fma(xb, gb, first)
            second = fma(xa, gb, second)
            second = fma(minus, ga, second)
        }
    }
}
