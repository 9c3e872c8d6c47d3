// BP and UP fused: each weight is read once and written once.
//
// Legend as in DenseKernels.swift; s = −(η δ[j]) is what a row's update multiplies x by.
// Invariant: e[i] takes its terms with j ascending, whatever the grouping of rows.

extension VectorKernels {
    /// e = Wᵀ δ, then W ← W − η δ xᵀ. See `KernelSet.backpropUpdate`.
    @inline(never)
    package static func backpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        if let e {
            clear(e, rowStride)
            if keep == 1 {
                sweep(w, bias, x, delta, outputs, rowStride, learningRate, keep) {
                    rows4($0, x, $1, $2, rowStride, error: e, keep: nil)
                } single: {
                    row1($0, x, $1, $2, rowStride, error: e, keep: nil)
                }
            } else {
                sweep(w, bias, x, delta, outputs, rowStride, learningRate, keep) {
                    rows4($0, x, $1, $2, rowStride, error: e, keep: keep)
                } single: {
                    row1($0, x, $1, $2, rowStride, error: e, keep: keep)
                }
            }
        } else if keep == 1 {
            sweep(w, bias, x, delta, outputs, rowStride, learningRate, keep) {
                rows4($0, x, $1, $2, rowStride, error: nil, keep: nil)
            } single: {
                row1($0, x, $1, $2, rowStride, error: nil, keep: nil)
            }
        } else {
            sweep(w, bias, x, delta, outputs, rowStride, learningRate, keep) {
                rows4($0, x, $1, $2, rowStride, error: nil, keep: keep)
            } single: {
                row1($0, x, $1, $2, rowStride, error: nil, keep: keep)
            }
        }
    }

    /// Four rows at a time through `group`, the rest through `single`; always inlined, so the
    /// closures are no calls. Sixty-four rows share one word of "has something to do".
    @inline(__always)
    private static func sweep(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ outputs: Int,
        _ rowStride: Int, _ learningRate: Float, _ keep: Float,
        group: (_ rows: Rows4, _ delta: SIMD4<Float>, _ step: SIMD4<Float>) -> Void,
        single: (_ row: UnsafeMutablePointer<Float>, _ delta: Float, _ step: Float) -> Void
    ) {
        var base = 0
        while base < outputs {
            let count = outputs &- base < 64 ? outputs &- base : 64
            var busy: UInt64 = 0
            var bit = 0
            while bit < count {
                let works = delta[base &+ bit] != 0 || keep != 1
                busy |= (works ? 1 : 0) &<< UInt64(truncatingIfNeeded: bit)
                bit &+= 1
            }
            while busy != 0 {
                let j0 = base &+ takeFirst(&busy)
                guard busy.nonzeroBitCount >= 3 else {
                    let step = -(learningRate * delta[j0])
                    single(w + j0 &* rowStride, delta[j0], step)
                    bias[j0] += step
                    continue
                }
                let j1 = base &+ takeFirst(&busy)
                let j2 = base &+ takeFirst(&busy)
                let j3 = base &+ takeFirst(&busy)
                let deltas = SIMD4(delta[j0], delta[j1], delta[j2], delta[j3])
                let steps = -(learningRate * deltas)
                group(
                    (
                        w + j0 &* rowStride, w + j1 &* rowStride, w + j2 &* rowStride,
                        w + j3 &* rowStride
                    ), deltas, steps)
                bias[j0] += steps[0]
                bias[j1] += steps[1]
                bias[j2] += steps[2]
                bias[j3] += steps[3]
            }
            base &+= 64
        }
    }

    private typealias Rows4 = (
        UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
        UnsafeMutablePointer<Float>
    )

    @inline(__always)
    private static func takeFirst(_ bits: inout UInt64) -> Int {
        let first = bits.trailingZeroBitCount
        bits &= bits &- 1
        return first
    }

    @inline(__always)
    private static func rows4(
        _ rows: Rows4, _ x: UnsafePointer<Float>, _ delta: SIMD4<Float>, _ step: SIMD4<Float>,
        _ rowStride: Int, error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        let d0 = every(delta[0])
        let d1 = every(delta[1])
        let d2 = every(delta[2])
        let d3 = every(delta[3])
        let s0 = every(step[0])
        let s1 = every(step[1])
        let s2 = every(step[2])
        let s3 = every(step[3])
        var i = 0
        while i < rowStride {
            let xs = load(x, i)
            let w0 = load(rows.0, i)
            let w1 = load(rows.1, i)
            let w2 = load(rows.2, i)
            let w3 = load(rows.3, i)
            if let error {
                store(fma(w3, d3, fma(w2, d2, fma(w1, d1, fma(w0, d0, load(error, i))))), error, i)
            }
            store(fma(s0, xs, kept(w0, keep)), rows.0, i)
            store(fma(s1, xs, kept(w1, keep)), rows.1, i)
            store(fma(s2, xs, kept(w2, keep)), rows.2, i)
            store(fma(s3, xs, kept(w3, keep)), rows.3, i)
            i &+= 16
        }
    }

    @inline(__always)
    private static func row1(
        _ row: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ delta: Float,
        _ step: Float, _ rowStride: Int, error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        let d = every(delta)
        let s = every(step)
        var i = 0
        while i < rowStride {
            let ws = load(row, i)
            if let error { store(fma(ws, d, load(error, i)), error, i) }
            store(fma(s, load(x, i), kept(ws, keep)), row, i)
            i &+= 16
        }
    }

    @inline(__always)
    private static func kept(_ w: Lanes, _ keep: Float?) -> Lanes {
        if let keep { every(keep) * w } else { w }
    }
}
