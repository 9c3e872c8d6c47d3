// Normalisation of one channel: sums over its positions, and the channel scaled.
//
// Invariant: lane l of a sum takes positions 16 c + l, chunks c ascending; padding adds nothing.

extension VectorKernels {
    /// Zero where lanes are padding.
    @_transparent
    private static func real(_ value: Lanes, _ left: Int) -> Lanes {
        left >= 16 ? value : select(firstLanes(left), value, Lanes.zero)
    }

    /// Σ x. See `NormKernels.sum`.
    @inline(never)
    package static func channelSum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
        var sum = Lanes.zero
        var i = 0
        while i < count {
            sum += real(load(x, i), count &- i)
            i &+= 16
        }
        return sumByHalves(sum)
    }

    /// Σ (x − mean)². See `NormKernels.squares`.
    @inline(never)
    package static func channelSquares(
        _ x: UnsafePointer<Float>, _ mean: Float, _ count: Int
    ) -> Float {
        let m = every(mean)
        var sum = Lanes.zero
        var i = 0
        while i < count {
            let d = real(load(x, i) - m, count &- i)
            sum = fma(d, d, sum)
            i &+= 16
        }
        return sumByHalves(sum)
    }

    /// y = γ x̂ + β. See `NormKernels.apply`.
    @inline(never)
    package static func channelApply(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ mean: Float,
        _ scale: Float, _ gamma: Float, _ beta: Float, _ count: Int
    ) {
        let (m, s, g, b) = (every(mean), every(scale), every(gamma), every(beta))
        var i = 0
        while i < count {
            store(real(fma(g, (load(x, i) - m) * s, b), count &- i), y, i)
            i &+= 16
        }
    }

    /// Σ δ x̂. See `NormKernels.products`.
    @inline(never)
    package static func channelProducts(
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ mean: Float,
        _ scale: Float, _ count: Int
    ) -> Float {
        let (m, s) = (every(mean), every(scale))
        var sum = Lanes.zero
        var i = 0
        while i < count {
            // Both factors: padding less an extreme mean may be infinite, and 0 · ∞ is no number.
            let d = real(load(delta, i), count &- i)
            sum = fma(d, real((load(x, i) - m) * s, count &- i), sum)
            i &+= 16
        }
        return sumByHalves(sum)
    }

    /// e = factor δ − (slope x̂ + offset). See `NormKernels.errors`.
    @inline(never)
    package static func channelErrors(
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ mean: Float, _ scale: Float, _ factor: Float,
        _ slope: Float, _ offset: Float, _ count: Int
    ) {
        let (m, s) = (every(mean), every(scale))
        let (f, a, b) = (every(factor), every(slope), every(offset))
        var i = 0
        while i < count {
            let line = fma(a, (load(x, i) - m) * s, b)
            store(real(fma(f, load(delta, i), -line), count &- i), e, i)
            i &+= 16
        }
    }
}
