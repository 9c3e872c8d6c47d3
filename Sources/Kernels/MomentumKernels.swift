// BP and UP fused, with momentum: each weight and each velocity is read once and written once.
//
// Legend as in DenseKernels.swift; v velocity, μ momentum.
// Invariant: e[i] takes its terms with j ascending, whatever the grouping of rows.

extension VectorKernels {
    /// e = Wᵀ δ; v ← μ v + δ xᵀ + decay W; W ← W − η v. See `KernelSet.backpropUpdateMomentum`.
    @inline(never)
    package static func backpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
        _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        if let e { clear(e, rowStride) }
        var j = 0
        while j &+ 2 <= outputs {
            let w0 = w + j &* rowStride
            let v0 = velocity + j &* rowStride
            if let e {
                momentumRows2(
                    w0, v0, x, delta[j], delta[j &+ 1], e, rowStride, learningRate, momentum,
                    decay)
            } else {
                momentumRows2(
                    w0, v0, x, delta[j], delta[j &+ 1], nil, rowStride, learningRate, momentum,
                    decay)
            }
            j &+= 2
        }
        if j < outputs {
            momentumRow(
                w + j &* rowStride, velocity + j &* rowStride, x, delta[j], e, rowStride,
                learningRate, momentum, decay)
        }
        j = 0
        while j < outputs {
            let v = fma(momentum, biasVelocity[j], delta[j])
            biasVelocity[j] = v
            bias[j] = fma(-learningRate, v, bias[j])
            j &+= 1
        }
    }

    /// Two adjacent rows.
    @_transparent
    private static func momentumRows2(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta0: Float, _ delta1: Float,
        _ e: UnsafeMutablePointer<Float>?, _ rowStride: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        var i = 0
        while i < rowStride {
            let xs = load(x, i)
            let w0 = load(w, i)
            let w1 = load(w, i &+ rowStride)
            if let e {
                store(fma(w1, every(delta1), fma(w0, every(delta0), load(e, i))), e, i)
            }
            let increment0 = fma(every(delta0), xs, every(decay) * w0)
            let increment1 = fma(every(delta1), xs, every(decay) * w1)
            let v0 = fma(every(momentum), load(velocity, i), increment0)
            let v1 = fma(every(momentum), load(velocity, i &+ rowStride), increment1)
            store(v0, velocity, i)
            store(v1, velocity, i &+ rowStride)
            store(fma(every(-learningRate), v0, w0), w, i)
            store(fma(every(-learningRate), v1, w1), w, i &+ rowStride)
            i &+= 16
        }
    }

    /// One row: the last of an odd number.
    @_transparent
    private static func momentumRow(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: Float, _ e: UnsafeMutablePointer<Float>?,
        _ rowStride: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        var i = 0
        while i < rowStride {
            let ws = load(w, i)
            if let e { store(fma(ws, every(delta), load(e, i)), e, i) }
            let increment = fma(every(delta), load(x, i), every(decay) * ws)
            let v = fma(every(momentum), load(velocity, i), increment)
            store(v, velocity, i)
            store(fma(every(-learningRate), v, ws), w, i)
            i &+= 16
        }
    }
}
