// Kernels of block-circulant junctions, in the spectral domain (CirCNN, C-LSTM and SWM,
// arXiv 1804.11239). A block of k × k weights is C[r][c] = w[(r − c) mod k], its first column w;
// what is kept is the spectrum of w, and nothing here multiplies by C.
//
// Legend: k block size, a power of two from 2 to 256; i output block (of p), j input block (of
// q), c component, X̂ Ĝ Â Ê spectra of x, δ, y and e, Ŵ spectra of weights; P is p rounded up to
// a multiple of 16.
//
// A spectrum is k real numbers: component c with 0 ≤ c ≤ k/2 is the real part of bin c, and
// component k − c with 0 < c < k/2 its imaginary part. Bins 0 and k/2 are real. Transforms
// forwards are not scaled, those backwards are by 1/k.
//
// Spectra of vectors ("lanes"): component c of block b at [b / 16][c][b mod 16], sixteen blocks
// side by side, so that a transform works on sixteen blocks and shuffles nothing. Spectra of
// weights: [q][k][P], the row of component c of the blocks of column j.
//
// Invariants: lanes beyond p or q are zeros (of either sign), padding of weights is +0; nothing
// depends on how many blocks are worked on at once.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// Transforms and spectral products.
public struct CirculantKernels: Sendable {
    /// See `transform`.
    public typealias Transform =
        @Sendable (
            _ x: UnsafePointer<Float>, _ count: Int, _ blocks: Int, _ blockSize: Int,
            _ cosines: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
            _ spectra: UnsafeMutablePointer<Float>
        ) -> Void
    /// See `invert`.
    public typealias Inverse =
        @Sendable (
            _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, _ blockSize: Int,
            _ cosines: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
            _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ count: Int
        ) -> Void
    /// See `multiply`.
    public typealias Multiply =
        @Sendable (
            _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
            _ inputBlocks: Int, _ rowStride: Int, _ blockSize: Int
        ) -> Void
    /// See `backpropUpdate`.
    public typealias BackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
            _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
            _ partial: UnsafeMutablePointer<Float>, _ inputBlocks: Int, _ rowStride: Int,
            _ blockSize: Int, _ learningRate: Float, _ decay: Float
        ) -> Void
    /// See `backpropUpdateMomentum`.
    public typealias BackpropUpdateMomentum =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ partial: UnsafeMutablePointer<Float>,
            _ inputBlocks: Int, _ rowStride: Int, _ blockSize: Int, _ learningRate: Float,
            _ momentum: Float, _ decay: Float
        ) -> Void
    /// See `updateBias`.
    public typealias UpdateBias =
        @Sendable (
            _ bias: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
            _ delta: UnsafePointer<Float>, _ paddedCount: Int, _ learningRate: Float,
            _ momentum: Float
        ) -> Void

    /// Real transforms of blocks of x, one per block, in lanes.
    ///
    /// Decimation in time: the values in bit-reversed order; then for h = 1, 2, 4 … k/2 pairs of
    /// spectra E, O of size h become one of size n = 2h in place. With c = cos(2πf/n) and
    /// s = sin(2πf/n) from the table:
    /// bin 0: E₀ + O₀, bin h: E₀ − O₀; bin h/2 (h ≥ 2): real E, imaginary −O;
    /// bins 0 < f < h/2: tr = fma(s, Oi, c·Or), ti = fma(−s, Or, c·Oi);
    /// bin f: Er + tr, Ei + ti; bin h − f: Er − tr, ti − Ei.
    /// - x: `count` values, readable to the next multiple of 16; those from `count` up to
    ///   blocks · k count as zeros. - cosines: see `CirculantTwiddles`.
    /// - staging: 16 k + 16 floats. - spectra: written, blocks rounded up to a multiple of 16.
    public let transform: Transform

    /// The way back: y[t] = addend[t] + (inverse transform)[t] / k for t < count.
    ///
    /// The stages in reverse, h = k/2 … 2, 1; from one spectrum X of size n = 2h:
    /// E₀ = X₀ + X_h, O₀ = X₀ − X_h; bin h/2 (h ≥ 2): E = 2 Re X, O = −2 Im X;
    /// bins 0 < f < h/2 with X of bin f and Y of bin h − f: Er = Xr + Yr, Ei = Xi − Yi,
    /// dr = Xr − Yr, di = Xi + Yi, Or = fma(−s, di, c·dr), Oi = fma(s, dr, c·di).
    /// At the end fma(v, 1/k, addend), or v · 1/k where there is none.
    /// - spectra: destroyed. - staging: 16 k + 16 floats.
    /// - y: written up to `count`; without an addend its padding too, with zeros.
    public let invert: Inverse

    /// FF in the frequency domain: Â_i = Σⱼ Ŵ_ij X̂_j, j ascending from zero.
    ///
    /// Real bins a = fma(w, x, a); else ar = fma(wr, xr, ar), ar = fma(−wi, xi, ar),
    /// ai = fma(wr, xi, ai), ai = fma(wi, xr, ai).
    /// Actions: 2 real and k/2 − 1 complex products per block.
    /// - w: [inputBlocks][blockSize][rowStride]. - x, y: in lanes; y is written.
    public let multiply: Multiply

    /// BP and UP in the frequency domain, each weight read once and written once:
    /// Ê_j = Σᵢ conj(Ŵ_ij) Ĝ_i over the old Ŵ, and Ŵ_ij ← keep · Ŵ_ij − η conj(X̂_j) Ĝ_i.
    ///
    /// e: lane l takes i = l, l + 16 … ascending from zero: real bins a = fma(w, g, a); else
    /// er = fma(wr, gr, er), er = fma(wi, gi, er), ei = fma(wr, gi, ei), ei = fma(−wi, gr, ei);
    /// lanes are then added by halves. With sr = −(η·xr), si = −(η·xi), keep = 1 − η · decay and
    /// v = wr or wi, or keep · v where keep ≠ 1: real bins fma(sr, g, v); else
    /// wr ← fma(si, gi, fma(sr, gr, v)), wi ← fma(−si, gr, fma(sr, gi, v)).
    /// - x, delta: in lanes. - e: in lanes, overwritten, lanes beyond inputBlocks with zeros; nil
    ///   for the first junction. - partial: 4096 floats.
    public let backpropUpdate: BackpropUpdate

    /// The same with momentum: v ← fma(μ, v, Δ), Ŵ ← fma(−η, v, Ŵ), where with d = decay · w
    /// Δ = fma(x, g, d) for real bins, else Δr = fma(xi, gi, fma(xr, gr, d)),
    /// Δi = fma(−xi, gr, fma(xr, gi, d)). - velocity: shaped as w.
    public let backpropUpdateMomentum: BackpropUpdateMomentum

    /// b ← b − η δ, rounded twice; with a velocity v ← fma(μ, v, δ), b ← fma(−η, v, b).
    /// - paddedCount: a multiple of 16; padding of all arrays zero.
    public let updateBias: UpdateBias

    /// The same junctions in 16-bit fixed point.
    public let fixed: FixedCirculantKernels
}

extension CirculantKernels {
    /// The definitions.
    static let plain = CirculantKernels(
        transform: PlainKernels.circulantTransform,
        invert: PlainKernels.circulantInvert,
        multiply: PlainKernels.circulantMultiply,
        backpropUpdate: PlainKernels.circulantBackpropUpdate,
        backpropUpdateMomentum: PlainKernels.circulantBackpropUpdateMomentum,
        updateBias: PlainKernels.circulantUpdateBias,
        fixed: .plain)

    /// The vector source as built for every machine of this architecture.
    static let portable = CirculantKernels(
        transform: VectorKernels.circulantTransform,
        invert: VectorKernels.circulantInvert,
        multiply: VectorKernels.circulantMultiply,
        backpropUpdate: VectorKernels.circulantBackpropUpdate,
        backpropUpdateMomentum: VectorKernels.circulantBackpropUpdateMomentum,
        updateBias: VectorKernels.circulantUpdateBias,
        fixed: .portable)
}

#if arch(x86_64)
    extension CirculantKernels {
        static let v3 = CirculantKernels(
            transform: KernelsV3.VectorKernels.circulantTransform,
            invert: KernelsV3.VectorKernels.circulantInvert,
            multiply: KernelsV3.VectorKernels.circulantMultiply,
            backpropUpdate: KernelsV3.VectorKernels.circulantBackpropUpdate,
            backpropUpdateMomentum: KernelsV3.VectorKernels.circulantBackpropUpdateMomentum,
            updateBias: KernelsV3.VectorKernels.circulantUpdateBias,
            fixed: .v3)

        static let v4 = CirculantKernels(
            transform: KernelsV4.VectorKernels.circulantTransform,
            invert: KernelsV4.VectorKernels.circulantInvert,
            multiply: KernelsV4.VectorKernels.circulantMultiply,
            backpropUpdate: KernelsV4.VectorKernels.circulantBackpropUpdate,
            backpropUpdateMomentum: KernelsV4.VectorKernels.circulantBackpropUpdateMomentum,
            updateBias: KernelsV4.VectorKernels.circulantUpdateBias,
            fixed: .v4)
    }
#endif
