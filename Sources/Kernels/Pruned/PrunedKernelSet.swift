// Kernels of N:M junctions: compressed views of a dense master.
//
// Legend: N (`kept`) of M (`group`) weights are kept; S = 16·N/M slots per chunk of 16; W the
// master, [outputs][rowStride], rowStride a multiple of 16, pads zero; x activation, δ error.
//
// A view is W, or Wᵀ, in compressed form: 16 right neurons of the product side by side (the
// lanes of a block), their left neurons in chunks of 16, and per chunk S slots:
//   values   f32 [blocks][chunks][S][16 lanes]
//   indices  words of 4·S bits, little-endian, [blocks][chunks][16 lanes]; bits 4s ..< 4s + 4 say
//            which left neuron of the chunk slot s multiplies by
// Slots ascend by left neuron. An index has four bits, so no view reads outside of a chunk.
// The forward view has right neurons in its lanes and groups along inputs; the backward view has
// left neurons in its lanes and groups along outputs.
//
// What is kept: the N of each M with the largest magnitude; of equal ones the lower index. The
// magnitude is the pattern of bits without the sign, so that −0 equals 0 and NaN is the largest.
// Pads count as weights of 0.
//
// Masks and thresholds repeat for whole rows what the views know, for those who update:
//   masks       u16 [blocks of 16 rows][chunks][16 columns]; bit r: row r of the block keeps the
//               column, pads never
//   thresholds  i32, forward [blocks][chunks][16 rows][16/M groups], backward
//               [blocks][chunks][16/M groups][16 columns]: midway between the smallest kept and the
//               largest other magnitude of a group. While the kept of a group, and no others, are
//               greater, its mask is right.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// FF and BP over views; UP of the master and the views.
public struct PrunedKernels: Sendable {
    /// See `product`.
    public typealias Product =
        @Sendable (
            _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
            _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, _ slots: Int
        ) -> Void
    /// See `productMany`.
    public typealias ProductMany =
        @Sendable (
            _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
            _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, _ slots: Int,
            _ count: Int
        ) -> Void
    /// See `scatterMany`.
    public typealias ScatterMany =
        @Sendable (
            _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
            _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ outputs: Int,
            _ chunks: Int, _ slots: Int, _ count: Int
        ) -> Void
    /// See `prepareForward`.
    public typealias PrepareForward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int,
            _ inputs: Int, _ kept: Int, _ group: Int, _ values: UnsafeMutablePointer<Float>,
            _ indices: UnsafeMutablePointer<UInt8>, _ masks: UnsafeMutablePointer<UInt16>?,
            _ thresholds: UnsafeMutablePointer<Int32>?
        ) -> Void
    /// See `prepareBackward`.
    public typealias PrepareBackward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int,
            _ inputs: Int, _ kept: Int, _ group: Int, _ masks: UnsafeMutablePointer<UInt16>,
            _ thresholds: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>?,
            _ indices: UnsafeMutablePointer<UInt8>?, _ viewChunks: Int
        ) -> Void
    /// See `update`.
    public typealias Update =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ rowStride: Int, _ rows: Int, _ group: Int,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ steps: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
            _ forwardMasks: UnsafePointer<UInt16>?, _ forwardThresholds: UnsafePointer<Int32>?,
            _ backwardMasks: UnsafePointer<UInt16>?,
            _ backwardThresholds: UnsafePointer<Int32>?,
            _ changes: UnsafeMutablePointer<UInt16>
        ) -> Void
    /// See `follow`.
    public typealias Follow =
        @Sendable (
            _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ inputs: Int, _ kept: Int,
            _ group: Int, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ steps: UnsafePointer<Float>, _ changes: UnsafePointer<UInt16>,
            _ values: UnsafeMutablePointer<Float>?, _ indices: UnsafeMutablePointer<UInt8>?,
            _ forwardMasks: UnsafeMutablePointer<UInt16>?,
            _ forwardThresholds: UnsafeMutablePointer<Int32>?,
            _ backwardMasks: UnsafeMutablePointer<UInt16>?,
            _ backwardThresholds: UnsafeMutablePointer<Int32>?
        ) -> Void
    /// See `backpropMasked`.
    public typealias BackpropMasked =
        @Sendable (
            _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int,
            _ masks: UnsafePointer<UInt16>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>
        ) -> Void
    /// See `scaleRows`.
    public typealias ScaleRows =
        @Sendable (
            _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int,
            _ masks: UnsafePointer<UInt16>, _ keptFactor: Float, _ otherFactor: Float,
            _ start: UnsafeMutablePointer<Float>
        ) -> Void
    /// See `finishRows`.
    public typealias FinishRows =
        @Sendable (
            _ start: UnsafePointer<Float>, _ sum: UnsafePointer<Float>, _ rowStride: Int,
            _ rows: Int, _ masks: UnsafePointer<UInt16>, _ isMasked: Bool,
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
            _ learningRate: Float, _ momentum: Float
        ) -> Void

    /// y = view · x + bias: FF over the forward view, BP over the backward view.
    ///
    /// Lane by lane: acc = fma(value, x[16 c + index], acc) from zero, chunks c ascending, slots
    /// ascending; the bias is added last, where there is one.
    /// - x: 16·chunks floats. - y: writes `outputs` floats and leaves the pads alone.
    /// - slots: 2, 4 or 8
    public let product: Product

    /// The same for many vectors: Y = view · X + bias, each column in the order of `product`.
    /// - x: [16·chunks][count], count a multiple of 16. - y: [outputs][count].
    public let productMany: ProductMany

    /// E = viewᵀ · Δ for many vectors: BP over the forward view. E is cleared; then every
    /// E[i] = fma(value, Δ[j], E[i]), j ascending.
    /// - delta: [outputs][count]. - e: [16·chunks][count], all of it written.
    public let scatterMany: ScatterMany

    /// Selects, for some chunks of one block of 16 rows, what FF keeps, and writes their part of
    /// the view. All pointers are those of the first chunk.
    /// - w: `rows` rows, 1 to 16; the rest of the block counts as 0. - inputs: columns from there
    ///   on that are not padding. - masks, thresholds: nil where nobody updates
    public let prepareForward: PrepareForward

    /// Selects, for some chunks of one block of 16 rows, what BP keeps, and writes masks and
    /// thresholds, and its part of the backward view, where that is wanted. A chunk of columns is
    /// a block of that view, and the block of rows is one of its chunks.
    /// - values, indices: the view's, for the first chunk. - viewChunks: chunks of a view's block
    public let prepareBackward: PrepareBackward

    /// BP and UP fused for one block of 16 rows, by plain SGD, and what changed sides by it.
    ///
    /// For rows j ascending with δ[j] ≠ 0: e[i] ← fma(W[j,i], δ[j], e[i]) where BP keeps (old W),
    /// W[j,i] ← fma(s[j], x[i], W[j,i]).
    /// BP keeps what `backwardMasks` say, or, without these, `forwardMasks`.
    /// - delta: 16 values. - steps: s[j] = −(η δ[j]), 16 values.
    /// - e: rowStride floats, added to; or nil
    /// - forwardMasks, forwardThresholds: of the block, or nil where FF is dense;
    ///   backwardMasks, backwardThresholds: or nil where BP uses the forward masks
    /// - changes: [2][rowStride/16], forward then backward: not zero where the masks of a tile
    ///   may have become wrong
    public let update: Update

    /// Prepares views and masks of one block after `update`, only where something changed: what
    /// the prepare kernels would write, except that thresholds may be others that are right.
    /// - x, delta, steps, changes: as `update` had or gave them
    /// - values, indices: of the block, or nil where FF is dense
    public let follow: Follow

    /// BP of one block of 16 rows: e[i] ← fma(W[j,i], δ[j], e[i]) where the mask keeps, j
    /// ascending, every row.
    public let backpropMasked: BackpropMasked

    /// start = f·W over `rows` rows, f one factor where the mask keeps and another elsewhere.
    public let scaleRows: ScaleRows

    /// Ends an update that went through scratch memory. g = sum, or where `isMasked` and the
    /// mask does not keep, start. Without velocity W ← g; with it v ← fma(μ, v, g) and
    /// W ← fma(−η, v, W). All are [rows][rowStride].
    public let finishRows: FinishRows

    /// Dense junctions for many vectors at a time, which N:M is measured against, and its UP.
    public let dense: DenseManyKernels
}

extension PrunedKernels {
    /// The definitions.
    static let plain = PrunedKernels(
        product: PlainKernels.prunedProduct,
        productMany: PlainKernels.prunedProductMany,
        scatterMany: PlainKernels.prunedScatterMany,
        prepareForward: PlainKernels.prepareForward,
        prepareBackward: PlainKernels.prepareBackward,
        update: PlainKernels.prunedUpdate,
        follow: PlainKernels.prunedFollow,
        backpropMasked: PlainKernels.backpropMasked,
        scaleRows: PlainKernels.scaleRows,
        finishRows: PlainKernels.finishRows,
        dense: .plain)
    /// The vector source as built for every machine of this architecture.
    static let portable = PrunedKernels(
        product: VectorKernels.prunedProduct,
        productMany: VectorKernels.prunedProductMany,
        scatterMany: VectorKernels.prunedScatterMany,
        prepareForward: VectorKernels.prepareForward,
        prepareBackward: VectorKernels.prepareBackward,
        update: VectorKernels.prunedUpdate,
        follow: VectorKernels.prunedFollow,
        backpropMasked: VectorKernels.backpropMasked,
        scaleRows: VectorKernels.scaleRows,
        finishRows: VectorKernels.finishRows,
        dense: .portable)
}

#if arch(x86_64)
    extension PrunedKernels {
        static let v3 = PrunedKernels(
            product: KernelsV3.VectorKernels.prunedProduct,
            productMany: KernelsV3.VectorKernels.prunedProductMany,
            scatterMany: KernelsV3.VectorKernels.prunedScatterMany,
            prepareForward: KernelsV3.VectorKernels.prepareForward,
            prepareBackward: KernelsV3.VectorKernels.prepareBackward,
            update: KernelsV3.VectorKernels.prunedUpdate,
            follow: KernelsV3.VectorKernels.prunedFollow,
            backpropMasked: KernelsV3.VectorKernels.backpropMasked,
            scaleRows: KernelsV3.VectorKernels.scaleRows,
            finishRows: KernelsV3.VectorKernels.finishRows,
            dense: .v3)
        static let v4 = PrunedKernels(
            product: KernelsV4.VectorKernels.prunedProduct,
            productMany: KernelsV4.VectorKernels.prunedProductMany,
            scatterMany: KernelsV4.VectorKernels.prunedScatterMany,
            prepareForward: KernelsV4.VectorKernels.prepareForward,
            prepareBackward: KernelsV4.VectorKernels.prepareBackward,
            update: KernelsV4.VectorKernels.prunedUpdate,
            follow: KernelsV4.VectorKernels.prunedFollow,
            backpropMasked: KernelsV4.VectorKernels.backpropMasked,
            scaleRows: KernelsV4.VectorKernels.scaleRows,
            finishRows: KernelsV4.VectorKernels.finishRows,
            dense: .v4)
    }
#endif
