// BP and UP of circulant junctions with momentum, and the biases of both.
//
// Legend as in CirculantUpdate.swift. One input block and one pair at a time; each weight and
// each velocity is read once and written once.

import CLanes

extension VectorKernels {
    /// See `CirculantKernels.backpropUpdateMomentum`.
    @inline(never)
    package static func circulantBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ partial: UnsafeMutablePointer<Float>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        let rule = Rule(rate: every(-learningRate), momentum: every(momentum), decay: every(decay))
        let column = k &* rowStride
        var first = 0
        while first < inputBlocks {
            var here = inputBlocks &- first
            here = here < 16 ? here : 16
            if here < 16 { clear(partial, 512) }
            var pair = 0
            while pair < k &>> 1 {
                let a = pair
                let b = pair == 0 ? k &>> 1 : k &- pair
                var j = 0
                while j < here {
                    let start = (first &+ j) &* column
                    let spectrum = x + first &* k + j
                    if pair == 0 {
                        realRow(
                            w + start, velocity + start, spectrum, delta, partial + 16 &* j,
                            rowStride, k, rule, component: a)
                        realRow(
                            w + start, velocity + start, spectrum, delta,
                            partial + 16 &* j + 256, rowStride, k, rule, component: b)
                    } else {
                        complexRow(
                            w + start, velocity + start, spectrum, delta, partial + 16 &* j,
                            rowStride, k, rule, a)
                    }
                    j &+= 1
                }
                if let e {
                    circulant_sums(partial, e + first &* k + 16 &* a)
                    circulant_sums(partial + 256, e + first &* k + 16 &* b)
                }
                pair &+= 1
            }
            first &+= 16
        }
    }

    private struct Rule {
        let rate, momentum, decay: Lanes
    }

    @_transparent
    private static func realRow(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ partial: UnsafeMutablePointer<Float>, _ rowStride: Int, _ k: Int, _ rule: Rule,
        component c: Int
    ) {
        let xs = every(x[16 &* c])
        var error = Lanes.zero
        var i = 0
        var errors = delta + 16 &* c
        while i < rowStride {
            let g = load(errors, 0)
            let value = load(w, c &* rowStride &+ i)
            error = fma(value, g, error)
            move(w, velocity, c &* rowStride &+ i, value, fma(xs, g, rule.decay * value), rule)
            i &+= 16
            errors += 16 &* k
        }
        store(error, partial, 0)
    }

    @_transparent
    private static func complexRow(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ partial: UnsafeMutablePointer<Float>, _ rowStride: Int, _ k: Int, _ rule: Rule, _ c: Int
    ) {
        let real = c &* rowStride
        let imaginary = (k &- c) &* rowStride
        let xr = every(x[16 &* c])
        let xi = every(x[16 &* (k &- c)])
        let minusXi = every(-x[16 &* (k &- c)])
        var er = Lanes.zero
        var ei = Lanes.zero
        var i = 0
        var errors = delta + 16 &* c
        while i < rowStride {
            let gr = load(errors, 0)
            let gi = load(errors, 16 &* (k &- 2 &* c))
            let wr = load(w, real &+ i)
            let wi = load(w, imaginary &+ i)
            er = fma(wr, gr, er)
            er = fma(wi, gi, er)
            ei = fma(wr, gi, ei)
            ei = fma(circulant_negated(wi), gr, ei)
            let realIncrement = fma(xi, gi, fma(xr, gr, rule.decay * wr))
            let imaginaryIncrement = fma(minusXi, gr, fma(xr, gi, rule.decay * wi))
            move(w, velocity, real &+ i, wr, realIncrement, rule)
            move(w, velocity, imaginary &+ i, wi, imaginaryIncrement, rule)
            i &+= 16
            errors += 16 &* k
        }
        store(er, partial, 0)
        store(ei, partial, 256)
    }

    /// v ← μ v + Δ, w ← w − η v.
    @_transparent
    private static func move(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>, _ index: Int,
        _ value: Lanes, _ increment: Lanes, _ rule: Rule
    ) {
        let moved = fma(rule.momentum, load(velocity, index), increment)
        store(moved, velocity, index)
        store(fma(rule.rate, moved, value), w, index)
    }

    /// See `CirculantKernels.updateBias`.
    @inline(never)
    package static func circulantUpdateBias(
        _ bias: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
        _ delta: UnsafePointer<Float>, _ paddedCount: Int, _ learningRate: Float,
        _ momentum: Float
    ) {
        let rate = every(-learningRate)
        var i = 0
        while i < paddedCount {
            if let velocity {
                let moved = fma(every(momentum), load(velocity, i), load(delta, i))
                store(moved, velocity, i)
                store(fma(rate, moved, load(bias, i)), bias, i)
            } else {
                store(load(bias, i) + load(delta, i) * rate, bias, i)
            }
            i &+= 16
        }
    }
}
