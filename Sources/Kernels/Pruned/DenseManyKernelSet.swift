// Dense junctions for many vectors at a time: products of matrices.
//
// Legend: B (`count`) vectors, a multiple of 16; X [inputs][B], Y and Δ [outputs][B]: a neuron is a
// row, its values in all samples side by side. Rows up to the next multiple of 16 exist and are zero.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// FF, BP and UP of a dense matrix with many vectors.
public struct DenseManyKernels: Sendable {
    /// See `feedforward`.
    public typealias Feedforward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int, _ rowStride: Int,
            _ count: Int
        ) -> Void
    /// See `backprop`.
    public typealias Backprop =
        @Sendable (
            _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int, _ rowStride: Int,
            _ count: Int
        ) -> Void
    /// See `outerSum`.
    public typealias OuterSum =
        @Sendable (
            _ start: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
            _ steps: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rows: Int,
            _ rowStride: Int, _ count: Int
        ) -> Void
    /// See `turnOver`.
    public typealias TurnOver =
        @Sendable (
            _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ rows: Int,
            _ count: Int, _ factor: Float
        ) -> Void
    /// See `chunkVectors`.
    public typealias ChunkVectors =
        @Sendable (
            _ from: UnsafePointer<Float>, _ stride: Int, _ to: UnsafeMutablePointer<Float>,
            _ rows: Int, _ real: Int, _ count: Int, _ factor: Float
        ) -> Void

    /// Y[j] = Σᵢ W[j,i] X[i] + bias[j]: by fma from zero, i ascending over inputs, the bias
    /// last. The order is not that of one vector at a time, which has sixteen partial sums.
    /// - x: [inputs][count]. - y: [outputs][count].
    public let feedforward: Feedforward
    /// E[i] = Σⱼ W[j,i] Δ[j] by fma from zero, j ascending: the order of one vector at a time.
    /// - delta: [outputs][count]. - e: [inputs][count], all of it written.
    public let backprop: Backprop
    /// sum[j,i] = start[j,i] + Σ_b steps[b,j]·x[b,i] for the rows of a block, by fma from start,
    /// b ascending.
    /// - rows: 1 to 16. - steps: [count][16 rows]. - sum: may be `start`
    /// - x: [chunks][count][16 columns] (which for one vector is the vector)
    public let outerSum: OuterSum
    /// to[r / 16, b, r mod 16] = from[b,r]·factor for b below `real`, 0 above: what `turnOver` gives, of
    /// vectors that lie one after the other.
    /// - from: [real][stride]. - to: [rows / 16][count][16], rows a multiple of 16.
    public let chunkVectors: ChunkVectors
    /// to[r / 16, b, r mod 16] = from[r,b]·factor: sixteen neurons of a sample side by side.
    /// - from: [rows][count], rows a multiple of 16. - to: [rows / 16][count][16].
    public let turnOver: TurnOver
}

extension DenseManyKernels {
    /// The definitions.
    static let plain = DenseManyKernels(
        feedforward: PlainKernels.feedforwardMany,
        backprop: PlainKernels.backpropMany,
        outerSum: PlainKernels.outerSum,
        chunkVectors: PlainKernels.chunkVectors,
        turnOver: PlainKernels.turnOver)
    /// The vector source as built for every machine of this architecture.
    static let portable = DenseManyKernels(
        feedforward: VectorKernels.feedforwardMany,
        backprop: VectorKernels.backpropMany,
        outerSum: VectorKernels.outerSum,
        chunkVectors: VectorKernels.chunkVectors,
        turnOver: VectorKernels.turnOver)
}

#if arch(x86_64)
    extension DenseManyKernels {
        static let v3 = DenseManyKernels(
            feedforward: KernelsV3.VectorKernels.feedforwardMany,
            backprop: KernelsV3.VectorKernels.backpropMany,
            outerSum: KernelsV3.VectorKernels.outerSum,
            chunkVectors: KernelsV3.VectorKernels.chunkVectors,
            turnOver: KernelsV3.VectorKernels.turnOver)
        static let v4 = DenseManyKernels(
            feedforward: KernelsV4.VectorKernels.feedforwardMany,
            backprop: KernelsV4.VectorKernels.backpropMany,
            outerSum: KernelsV4.VectorKernels.outerSum,
            chunkVectors: KernelsV4.VectorKernels.chunkVectors,
            turnOver: KernelsV4.VectorKernels.turnOver)
    }
#endif
