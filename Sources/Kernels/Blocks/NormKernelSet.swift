// Kernels of normalisation: sums over the positions of one channel, and a channel scaled.
//
// Legend: x a channel's values, δ (`delta`) its errors, x̂ = (x − mean) · scale, each operation
// rounded by itself; `count` positions, padded to whole chunks with zeros. Sums run in sixteen
// lanes, chunks ascending, and then by halves; padding takes no part.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// One channel at a time.
public struct NormKernels: Sendable {
    /// See `sum`.
    public typealias Sum = @Sendable (_ x: UnsafePointer<Float>, _ count: Int) -> Float
    /// See `squares`.
    public typealias Squares =
        @Sendable (_ x: UnsafePointer<Float>, _ mean: Float, _ count: Int) -> Float
    /// See `apply`.
    public typealias Apply =
        @Sendable (
            _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ mean: Float,
            _ scale: Float, _ gamma: Float, _ beta: Float, _ count: Int
        ) -> Void
    /// See `products`.
    public typealias Products =
        @Sendable (
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ mean: Float,
            _ scale: Float, _ count: Int
        ) -> Float
    /// See `errors`.
    public typealias Errors =
        @Sendable (
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>, _ mean: Float, _ scale: Float, _ factor: Float,
            _ slope: Float, _ offset: Float, _ count: Int
        ) -> Void

    /// Σ x
    public let sum: Sum
    /// Σ (x − mean)², by fma.
    public let squares: Squares
    /// y = fma(gamma, x̂, beta); pads become zero. - y: may be x
    public let apply: Apply
    /// Σ δ · x̂, by fma.
    public let products: Products
    /// e = fma(factor, δ, −fma(slope, x̂, offset)); pads become zero. - e: may be delta
    public let errors: Errors
}

extension NormKernels {
    /// The definitions.
    static let plain = NormKernels(
        sum: PlainKernels.channelSum, squares: PlainKernels.channelSquares,
        apply: PlainKernels.channelApply, products: PlainKernels.channelProducts,
        errors: PlainKernels.channelErrors)
    /// The vector source as built for every machine of this architecture.
    static let portable = NormKernels(
        sum: VectorKernels.channelSum, squares: VectorKernels.channelSquares,
        apply: VectorKernels.channelApply, products: VectorKernels.channelProducts,
        errors: VectorKernels.channelErrors)
}

#if arch(x86_64)
    extension NormKernels {
        static let v3 = NormKernels(
            sum: KernelsV3.VectorKernels.channelSum,
            squares: KernelsV3.VectorKernels.channelSquares,
            apply: KernelsV3.VectorKernels.channelApply,
            products: KernelsV3.VectorKernels.channelProducts,
            errors: KernelsV3.VectorKernels.channelErrors)
        static let v4 = NormKernels(
            sum: KernelsV4.VectorKernels.channelSum,
            squares: KernelsV4.VectorKernels.channelSquares,
            apply: KernelsV4.VectorKernels.channelApply,
            products: KernelsV4.VectorKernels.channelProducts,
            errors: KernelsV4.VectorKernels.channelErrors)
    }
#endif
