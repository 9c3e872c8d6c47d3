// BP and UP of circulant junctions between the transforms: each weight is read once and written
// once.
//
// Legend as in CirculantProducts.swift; a pair is what shares a turn of the loop: components 0
// and k/2 (pair 0), or the real and the imaginary part of bin c (pair c).
// Invariants: lane l of a sum takes i = l, l + 16 … ascending; lanes are added by halves, sixteen
// sums at once. Sixteen input blocks and at most eight pairs leave their partial sums side by
// side: [component][input block][lane], 16 KiB.

import CLanes

extension VectorKernels {
    /// Ê = Σ conj(Ŵ) Ĝ, then Ŵ ← Ŵ − η conj(X̂) Ĝ. See `CirculantKernels.backpropUpdate`.
    @inline(never)
    package static func circulantBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ partial: UnsafeMutablePointer<Float>, _ inputBlocks: Int, _ rowStride: Int, _ k: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        let plain = Step(rate: learningRate, keep: nil)
        let decaying = Step(rate: learningRate, keep: keep)
        // Four copies of one loop, so that nothing is asked inside it.
        if let e {
            if keep == 1 {
                sweep(w, x, delta, e, partial, inputBlocks, rowStride, k, plain)
            } else {
                sweep(w, x, delta, e, partial, inputBlocks, rowStride, k, decaying)
            }
        } else if keep == 1 {
            sweep(w, x, delta, nil, partial, inputBlocks, rowStride, k, plain)
        } else {
            sweep(w, x, delta, nil, partial, inputBlocks, rowStride, k, decaying)
        }
    }

    /// Ê = Σ conj(Ŵ) Ĝ alone. See `SharedKernels.circulantBackprop`.
    @inline(never)
    package static func circulantBackpropAlone(
        _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ partial: UnsafeMutablePointer<Float>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int
    ) {
        // Nothing is written to the weights, and no spectrum of x is looked at.
        sweep(
            UnsafeMutablePointer(mutating: w), delta, delta, e, partial, inputBlocks, rowStride, k,
            Step(rate: 0, keep: nil, learns: false))
    }

    /// What all blocks have in common.
    private struct Step {
        let rate: Float
        let keep: Float?
        var learns = true
    }

    @_transparent
    private static func sweep(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ partial: UnsafeMutablePointer<Float>, _ inputBlocks: Int, _ rowStride: Int, _ k: Int,
        _ step: Step
    ) {
        let column = k &* rowStride
        var first = 0
        while first < inputBlocks {
            let spectrum = x + first &* k
            var here = inputBlocks &- first
            here = here < 16 ? here : 16
            if e != nil, here < 16 { clear(partial, 4096) }
            var pair = 0
            while pair < k &>> 1 {
                var end = pair &+ 8
                end = end < k &>> 1 ? end : k &>> 1
                var j = 0
                while j < here {
                    let block = w + (first &+ j) &* column
                    visit(
                        block, spectrum + j, delta, e == nil ? nil : partial + 16 &* j, pair, end,
                        rowStride, k, step)
                    j &+= 1
                }
                if let e { collect(partial, e + first &* k, pair, end, k) }
                pair = end
            }
            first &+= 16
        }
    }

    /// The partial sums of sixteen blocks become components of their spectra.
    @_transparent
    private static func collect(
        _ partial: UnsafeMutablePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ start: Int,
        _ end: Int, _ k: Int
    ) {
        var pair = start
        var sums = UnsafePointer(partial)
        while pair < end {
            let second = pair == 0 ? k &>> 1 : k &- pair
            circulant_sums(sums, e + 16 &* pair)
            circulant_sums(sums + 256, e + 16 &* second)
            sums += 512
            pair &+= 1
        }
    }

    /// Pairs start ..< end of one input block.
    @_transparent
    private static func visit(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ partial: UnsafeMutablePointer<Float>?, _ start: Int,
        _ end: Int, _ rowStride: Int, _ k: Int, _ step: Step
    ) {
        var pair = start
        if pair == 0 {
            realRow(w, x, delta, partial, rowStride, k, step, component: 0)
            realRow(
                w, x, delta, partial.map { $0 + 256 }, rowStride, k, step, component: k &>> 1)
            pair = 1
        }
        while pair < end {
            let sums = partial.map { $0 + (pair &- start) &* 512 }
            complexRow(w, x, delta, sums, rowStride, k, step, pair)
            pair &+= 1
        }
    }

    @_transparent
    private static func realRow(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ partial: UnsafeMutablePointer<Float>?,
        _ rowStride: Int, _ k: Int, _ step: Step, component c: Int
    ) {
        let row = w + c &* rowStride
        let s = step.learns ? every(x[16 &* c] * -step.rate) : Lanes.zero
        var error = Lanes.zero
        var i = 0
        var errors = delta + 16 &* c
        while i < rowStride {
            let g = load(errors, 0)
            let value = load(row, i)
            if partial != nil { error = fma(value, g, error) }
            if step.learns { store(fma(s, g, kept(value, step)), row, i) }
            i &+= 16
            errors += 16 &* k
        }
        if let partial { store(error, partial, 0) }
    }

    @_transparent
    private static func complexRow(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ partial: UnsafeMutablePointer<Float>?,
        _ rowStride: Int, _ k: Int, _ step: Step, _ c: Int
    ) {
        let real = w + c &* rowStride
        let imaginary = w + (k &- c) &* rowStride
        let sr = step.learns ? every(x[16 &* c] * -step.rate) : Lanes.zero
        let imaginaryStep = step.learns ? x[16 &* (k &- c)] * -step.rate : 0
        let si = every(imaginaryStep)
        let minusSi = every(-imaginaryStep)
        var er = Lanes.zero
        var ei = Lanes.zero
        var i = 0
        var errors = delta + 16 &* c
        let toImaginary = 16 &* (k &- 2 &* c)
        while i < rowStride {
            let gr = load(errors, 0)
            let gi = load(errors, toImaginary)
            let wr = load(real, i)
            let wi = load(imaginary, i)
            if partial != nil {
                er = fma(wr, gr, er)
                er = fma(wi, gi, er)
                ei = fma(wr, gi, ei)
                ei = fma(circulant_negated(wi), gr, ei)
            }
            if step.learns {
                store(fma(si, gi, fma(sr, gr, kept(wr, step))), real, i)
                store(fma(minusSi, gr, fma(sr, gi, kept(wi, step))), imaginary, i)
            }
            i &+= 16
            errors += 16 &* k
        }
        if let partial {
            store(er, partial, 0)
            store(ei, partial, 256)
        }
    }

    @_transparent
    private static func kept(_ w: Lanes, _ step: Step) -> Lanes {
        if let keep = step.keep { every(keep) * w } else { w }
    }
}
