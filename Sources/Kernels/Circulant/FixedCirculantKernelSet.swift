// Kernels of block-circulant junctions in 16-bit fixed point. The definition is spectral: what is
// rounded and saturated are spectra, not weights of a matrix.
//
// Legend and layouts as in CirculantKernelSet.swift, with 16-bit numbers and P a multiple of 32;
// b_f fraction bits of the format; L = log₂ k, a = ⌈L/2⌉.
//
// Scaling is spread over the stages, so that 16 bits are enough: forwards, stages with even
// log₂ h halve (a of them: what is kept is X̂ · 2^−a); backwards, those with odd log₂ h halve (L − a
// of them, 2^−L in all). Spectra of weights are not scaled. Every stage ends with
// R(v) = sat((v + 2^(n−1)) >> n), round half up, with n = 14 (15 where the stage halves) behind a
// turn by cosines in Q14, saturated to ±32767, which −v never leaves.
//
// Sums over blocks are as wide as they need (64 bits) and rounded once.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// Transforms and spectral products in 16 bits. Those that return a number return how many
/// results they saturated.
public struct FixedCirculantKernels: Sendable {
    /// See `transform`.
    public typealias Transform =
        @Sendable (
            _ x: UnsafePointer<Int16>, _ count: Int, _ blocks: Int, _ blockSize: Int,
            _ cosines: UnsafePointer<Int16>, _ spectra: UnsafeMutablePointer<Int16>
        ) -> Int
    /// See `invert`.
    public typealias Inverse =
        @Sendable (
            _ spectra: UnsafeMutablePointer<Int16>, _ blocks: Int, _ blockSize: Int,
            _ cosines: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ count: Int
        ) -> Int
    /// See `multiply`.
    public typealias Multiply =
        @Sendable (
            _ w: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
            _ inputBlocks: Int, _ rowStride: Int, _ blockSize: Int, _ fractionBits: Int
        ) -> Int
    /// See `backpropUpdate`.
    public typealias BackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
            _ delta: UnsafePointer<Int16>, _ e: UnsafeMutablePointer<Int16>?,
            _ inputBlocks: Int, _ rowStride: Int, _ blockSize: Int, _ fractionBits: Int,
            _ updateShift: Int, _ saturations: UnsafeMutablePointer<UInt64>
        ) -> Void

    /// Spectra of blocks of x, times 2^−a. Stage by stage as `CirculantKernels.transform`, with
    /// E · 2^14 beside tr = c·Or + s·Oi, ti = c·Oi − s·Or and R at the end of every stage.
    /// - x: `count` values; those up to blocks · k count as zeros.
    /// - cosines: see `CirculantTwiddles.fillFixed`. - spectra: blocks rounded up to 32.
    public let transform: Transform

    /// The way back, times 2^−(L−a): stages as `CirculantKernels.invert`, where bin h/2 doubles
    /// and Or = c·dr − s·di, Oi = c·di + s·dr. - y: written up to `count`. - spectra: destroyed.
    public let invert: Inverse

    /// Â_i = R(Σⱼ Ŵ_ij X̂_j), n = b_f.
    public let multiply: Multiply

    /// Ê_j = R(Σᵢ conj(Ŵ_ij) Ĝ_i), n = b_f, over the old Ŵ; then
    /// Ŵ_ij ← sat(Ŵ_ij − ((conj(X̂_j) Ĝ_i + 2^(n−1)) >> n)), n = updateShift, to ±32767.
    /// - e: spectra, blocks rounded up to 32, those beyond inputBlocks zero; or nil.
    /// - updateShift: b_f + s − 2a for η = 2^−s, at least 1, at most 31
    /// - saturations: [0] grows by those of Ê, [1] by those of Ŵ.
    public let backpropUpdate: BackpropUpdate
}

extension FixedCirculantKernels {
    /// The definitions.
    static let plain = FixedCirculantKernels(
        transform: PlainKernels.fixedCirculantTransform,
        invert: PlainKernels.fixedCirculantInvert,
        multiply: PlainKernels.fixedCirculantMultiply,
        backpropUpdate: PlainKernels.fixedCirculantBackpropUpdate)

    /// The vector source as built for every machine of this architecture.
    static let portable = FixedCirculantKernels(
        transform: VectorKernels.fixedCirculantTransform,
        invert: VectorKernels.fixedCirculantInvert,
        multiply: VectorKernels.fixedCirculantMultiply,
        backpropUpdate: VectorKernels.fixedCirculantBackpropUpdate)
}

#if arch(x86_64)
    extension FixedCirculantKernels {
        static let v3 = FixedCirculantKernels(
            transform: KernelsV3.VectorKernels.fixedCirculantTransform,
            invert: KernelsV3.VectorKernels.fixedCirculantInvert,
            multiply: KernelsV3.VectorKernels.fixedCirculantMultiply,
            backpropUpdate: KernelsV3.VectorKernels.fixedCirculantBackpropUpdate)
        static let v4 = FixedCirculantKernels(
            transform: KernelsV4.VectorKernels.fixedCirculantTransform,
            invert: KernelsV4.VectorKernels.fixedCirculantInvert,
            multiply: KernelsV4.VectorKernels.fixedCirculantMultiply,
            backpropUpdate: KernelsV4.VectorKernels.fixedCirculantBackpropUpdate)
    }
#endif
