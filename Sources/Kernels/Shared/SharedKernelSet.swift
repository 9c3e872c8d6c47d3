// Kernels of junctions that all positions of one sample share (a convolution's places, a
// sequence's steps), and of one vector that changes no weight.
//
// Legend: S (`stride`) positions, a multiple of 16; X, Y, Δ and E are [neurons][S]. Lanes are
// positions, so nothing is shuffled: what differs from lane to lane is never a weight.
// A strip is sixteen positions. Spectra of circulant blocks: component c of block b at
// ((strip · blocks + b) · k + c) · 16, so that a block's spectrum in a strip is what
// `CirculantKernels` transforms, and the spectra of one strip lie together.
// Increments of positions are summed first (lane l takes p = l, l + 16 … ascending from zero by
// fma, then lanes are added by halves) and applied once, by `step`.

import CLanes

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// Many positions, one set of weights.
public struct SharedKernels: Sendable {
    /// See `combineRows`.
    public typealias CombineRows =
        @Sendable (
            _ m: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
            _ y: UnsafeMutablePointer<Float>, _ terms: Int, _ rowStride: Int,
            _ isReversed: Bool
        ) -> Void
    /// See `circulantBackprop`.
    public typealias CirculantBackprop =
        @Sendable (
            _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>, _ partial: UnsafeMutablePointer<Float>,
            _ inputBlocks: Int, _ rowStride: Int, _ blockSize: Int
        ) -> Void
    /// See `transform`.
    public typealias Transform =
        @Sendable (
            _ x: UnsafePointer<Float>, _ rows: Int, _ blocks: Int, _ blockSize: Int,
            _ stride: Int, _ cosines: UnsafePointer<Float>,
            _ spectra: UnsafeMutablePointer<Float>
        ) -> Void
    /// See `invert`.
    public typealias Inverse =
        @Sendable (
            _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, _ blockSize: Int,
            _ stride: Int, _ cosines: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
            _ y: UnsafeMutablePointer<Float>, _ rows: Int
        ) -> Void
    /// See `multiply`.
    public typealias Multiply =
        @Sendable (
            _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
            _ inputBlocks: Int, _ outputBlocks: Int, _ rowStride: Int, _ blockSize: Int,
            _ strips: Int
        ) -> Void
    /// See `edgeProduct`.
    public typealias EdgeProduct =
        @Sendable (
            _ w: UnsafePointer<Float>, _ edges: SharedEdges, _ bias: UnsafePointer<Float>?,
            _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int
        ) -> Void
    /// See `edgeSums`.
    public typealias EdgeSums =
        @Sendable (
            _ delta: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ edges: SharedEdges,
            _ sums: UnsafeMutablePointer<Float>, _ stride: Int
        ) -> Void
    /// See `edgeProductOne`.
    public typealias EdgeProductOne =
        @Sendable (
            _ w: UnsafePointer<Float>, _ edges: SharedEdges, _ x: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>
        ) -> Void
    /// See `rowSums`.
    public typealias RowSums =
        @Sendable (
            _ rows: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ count: Int,
            _ stride: Int
        ) -> Void
    /// See `step`.
    public typealias Step =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
            _ sums: UnsafePointer<Float>, _ paddedCount: Int, _ learningRate: Float,
            _ momentum: Float, _ decay: Float
        ) -> Void

    /// One vector through a matrix, whose terms are its rows: y = Σₜ x[t] m[t], the bias last, where
    /// there is one. With q = ⌈terms / 4⌉ rows n q ..< (n + 1) q go to sum n, by fma from zero, t
    /// ascending; then (s₀ + s₂) + (s₁ + s₃).
    /// - m: [terms][rowStride], rowStride a multiple of 16. - bias, y: rowStride floats
    /// - isReversed: which half of the rows is read first. The bytes are the same; of a matrix larger
    ///   than the first cache that is read again and again from alternating halves, one is found there.
    public let combineRows: CombineRows

    /// BP of one vector between the transforms of a circulant junction: e as in
    /// `CirculantKernels.backpropUpdate`.
    public let circulantBackprop: CirculantBackprop

    /// Spectra of blocks of rows at every position, as `CirculantKernels.transform` has them.
    /// - x: [rows][stride]; rows up to blocks · blockSize count as zeros.
    public let transform: Transform

    /// The way back, as `CirculantKernels.invert`: y[r] = addend[r] + inverse / k at every
    /// position, r < rows. - spectra: destroyed. - y: [rows][stride], written.
    public let invert: Inverse

    /// FF in the frequency domain at every position: Â_i = Σⱼ Ŵ_ij X̂_j, in the order of
    /// `CirculantKernels.multiply`. - w: [inputBlocks][blockSize][rowStride].
    public let multiply: Multiply

    /// BP in the frequency domain: Ê_j = Σᵢ conj(Ŵ_ij) Ĝ_i, i ascending from zero; real bins
    /// a = fma(w, g, a); else er = fma(wr, gr, er), er = fma(wi, gi, er), ei = fma(wr, gi, ei),
    /// ei = fma(−wi, gr, ei). - x: Ĝ. - y: Ê
    public let multiplyConjugate: Multiply

    /// UP in the frequency domain: sums [inputBlocks][blockSize][rowStride] of conj(X̂_j) Ĝ_i:
    /// real bins s = fma(x, g, s); else sr = fma(xr, gr, sr), sr = fma(xi, gi, sr),
    /// si = fma(xr, gi, si), si = fma(−xi, gr, si). Padding is written with zeros.
    /// - w: X̂. - x: Ĝ. - y: the sums
    public let spectralSums: Multiply

    /// Y[r] = Σ over the edges of r of w[weight] · X[other] by fma from zero, edges ascending, and
    /// the bias last, where there is one.
    public let edgeProduct: EdgeProduct
    /// sums[weight] = Σ over positions of Δ[row] · X[other] for every edge of every row.
    public let edgeSums: EdgeSums
    /// y[r] = Σ over the edges of r of w[weight] · x[other]: edge n of a row goes to sum n mod 4, by
    /// fma from zero, ascending; then (s₀ + s₂) + (s₁ + s₃).
    public let edgeProductOne: EdgeProductOne

    /// sums[r] = Σ over positions of rows[r].
    public let rowSums: RowSums

    /// Weights learn sums of increments: W ← fma(−η, s, keep · W) with keep = 1 − η · decay (W
    /// itself where keep = 1). With a velocity v ← fma(μ, v, fma(decay, W, s)) (s itself where
    /// decay = 0), W ← fma(−η, v, W).
    /// - paddedCount: a multiple of 16
    public let step: Step
}

/// Edges, neuron by neuron of one side; `shared_lanes.h` describes the members.
public typealias SharedEdges = shared_edges

extension SharedKernels {
    /// The definitions.
    static let plain = SharedKernels(
        combineRows: PlainKernels.combineRows,
        circulantBackprop: PlainKernels.circulantBackpropAlone,
        transform: PlainKernels.sharedTransform,
        invert: PlainKernels.sharedInvert,
        multiply: PlainKernels.sharedMultiply,
        multiplyConjugate: PlainKernels.sharedMultiplyConjugate,
        spectralSums: PlainKernels.sharedSpectralSums,
        edgeProduct: PlainKernels.sharedEdgeProduct,
        edgeSums: PlainKernels.sharedEdgeSums,
        edgeProductOne: PlainKernels.sharedEdgeProductOne,
        rowSums: PlainKernels.sharedRowSums,
        step: PlainKernels.sharedStep)
    /// The vector source as built for every machine of this architecture.
    static let portable = SharedKernels(
        combineRows: VectorKernels.combineRows,
        circulantBackprop: VectorKernels.circulantBackpropAlone,
        transform: VectorKernels.sharedTransform,
        invert: VectorKernels.sharedInvert,
        multiply: VectorKernels.sharedMultiply,
        multiplyConjugate: VectorKernels.sharedMultiplyConjugate,
        spectralSums: VectorKernels.sharedSpectralSums,
        edgeProduct: VectorKernels.sharedEdgeProduct,
        edgeSums: VectorKernels.sharedEdgeSums,
        edgeProductOne: VectorKernels.sharedEdgeProductOne,
        rowSums: VectorKernels.sharedRowSums,
        step: VectorKernels.sharedStep)
}

#if arch(x86_64)
    extension SharedKernels {
        static let v3 = SharedKernels(
            combineRows: KernelsV3.VectorKernels.combineRows,
            circulantBackprop: KernelsV3.VectorKernels.circulantBackpropAlone,
            transform: KernelsV3.VectorKernels.sharedTransform,
            invert: KernelsV3.VectorKernels.sharedInvert,
            multiply: KernelsV3.VectorKernels.sharedMultiply,
            multiplyConjugate: KernelsV3.VectorKernels.sharedMultiplyConjugate,
            spectralSums: KernelsV3.VectorKernels.sharedSpectralSums,
            edgeProduct: KernelsV3.VectorKernels.sharedEdgeProduct,
            edgeSums: KernelsV3.VectorKernels.sharedEdgeSums,
            edgeProductOne: KernelsV3.VectorKernels.sharedEdgeProductOne,
            rowSums: KernelsV3.VectorKernels.sharedRowSums,
            step: KernelsV3.VectorKernels.sharedStep)
        static let v4 = SharedKernels(
            combineRows: KernelsV4.VectorKernels.combineRows,
            circulantBackprop: KernelsV4.VectorKernels.circulantBackpropAlone,
            transform: KernelsV4.VectorKernels.sharedTransform,
            invert: KernelsV4.VectorKernels.sharedInvert,
            multiply: KernelsV4.VectorKernels.sharedMultiply,
            multiplyConjugate: KernelsV4.VectorKernels.sharedMultiplyConjugate,
            spectralSums: KernelsV4.VectorKernels.sharedSpectralSums,
            edgeProduct: KernelsV4.VectorKernels.sharedEdgeProduct,
            edgeSums: KernelsV4.VectorKernels.sharedEdgeSums,
            edgeProductOne: KernelsV4.VectorKernels.sharedEdgeProductOne,
            rowSums: KernelsV4.VectorKernels.sharedRowSums,
            step: KernelsV4.VectorKernels.sharedStep)
    }
#endif
