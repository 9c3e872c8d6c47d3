// Kernels of the stochastic outer product (Joshi et al., arXiv 2003.11256).
//
// All left neurons compare with the same u₁ … u_L, so that the set of bits of a neuron is known
// from its *rank*, the number of u that lie below its share |x| / S: in ascending order of u the
// bits of rank r are the first r of L. The same holds for right neurons and v₁ … v_L. How many
// bits a left neuron of rank r and a right neuron of rank q have in common therefore stands in
// one table of (L+1)² counts, made once per call; a row of W needs one line of that table, and
// for L ≤ 15 the line is one vector: looking up sixteen weights is one permutation.
//
// Legend: t threshold u · S; *code* of a neuron: its rank in bits 0 to 6, and in bit 31 the sign of
// its value where the rank is not 0 (a code of 0 says that nothing is to be done).

/// Bits from numbers, and the update from bits.
public struct StochasticKernels: Sendable {
    /// See `largest`.
    public typealias Largest =
        @Sendable (_ values: UnsafePointer<Float>, _ paddedCount: Int) -> UInt32
    /// See `codes`.
    public typealias Codes =
        @Sendable (
            _ values: UnsafePointer<Float>, _ paddedCount: Int,
            _ thresholds: UnsafePointer<Float>, _ bitCount: Int,
            _ codes: UnsafeMutablePointer<Int32>
        ) -> Void
    /// See `table`.
    public typealias Table =
        @Sendable (
            _ order: UnsafePointer<Int32>, _ bitCount: Int, _ step: Float,
            _ table: UnsafeMutablePointer<Float>
        ) -> Void
    /// See `update`.
    public typealias Update =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
            _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
            _ left: UnsafePointer<Int32>, _ right: UnsafePointer<Int32>,
            _ table: UnsafePointer<Float>, _ bitCount: Int, _ chunks: UnsafePointer<Int32>,
            _ chunkCount: Int, _ outputs: Int, _ rowStride: Int, _ learningRate: Float
        ) -> Void

    /// See `updateEdges`.
    public typealias UpdateEdges =
        @Sendable (
            _ weights: UnsafeMutablePointer<Float>, _ edges: UnsafePointer<UInt32>, _ count: Int,
            _ left: UnsafePointer<Int32>, _ right: Int32, _ table: UnsafePointer<Float>,
            _ bitCount: Int
        ) -> Void
    /// See `updateBlocks`.
    public typealias UpdateBlocks =
        @Sendable (
            _ weights: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>, _ count: Int,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ leftWords: UnsafePointer<Int32>, _ leftCount: Int,
            _ rightWords: UnsafePointer<Int32>, _ rightCount: Int, _ planeCount: Int,
            _ step: Float
        ) -> Void

    /// The bits of the largest |v| (those of infinity and NaN lie above all others).
    /// - paddedCount: a multiple of 16
    public let largest: Largest

    /// codes[i] = #{l : t[l] < |v[i]|}, with the sign bit of v[i] where that is not 0.
    /// - thresholds: bitCount values ≥ 0, in any order. - paddedCount: a multiple of 16
    public let codes: Codes

    /// Line q of the table, 0 ≤ q ≤ L: at r the value −(step · c), c = #{k < q : order[k] < r} for
    /// 0 ≤ r ≤ L, rounded once; −0 where c = 0 and in the rest of the line. What a right
    /// neuron of rank q whose error is positive adds to the weight of a left neuron of
    /// rank r whose activation is positive.
    /// - order: for each v in ascending order the place of its partner u: how many u are smaller
    /// - table: L + 1 lines of `lineStride(L)` floats
    public let table: Table

    /// BP exactly, UP stochastically, fused; the bias learns exactly.
    ///
    /// e[i] = Σⱼ W[j,i] δ[j] over the old W, by fma from zero, j ascending, rows with δ[j] = 0
    /// passed over (the same bytes as `KernelSet.backpropUpdate`); with a = table[q][r] for a row
    /// of rank q and a column of rank r: W[j,i] ← W[j,i] + a, or W[j,i] − a where the signs of
    /// left[i] and right[j] differ, nothing where a = 0; bias[j] ← bias[j] − η δ[j] where
    /// δ[j] ≠ 0.
    /// - left: rowStride codes. - right: `outputs` codes, not 0 only where δ[j] ≠ 0.
    /// - chunks: the multiples of 16, ascending, from which at least one of sixteen left codes
    ///   is not 0. - e: rowStride floats, overwritten; nil for the first junction, where rows
    ///   and chunks without codes cost nothing.
    public let update: Update

    /// UP of the listed edges of one right neuron: edge k starts at left neuron edges[k], and its
    /// weight learns as in `update`.
    /// - right: the code of the right neuron, not 0. - left, table: as in `update`
    public let updateEdges: UpdateEdges

    /// UP of blocks of sixteen edges: lane l of block k joins left neuron 16 r + (l xor s), for
    /// blocks[k] = 64 r + s, s < 16, to the l-th of sixteen right neurons; its weight learns by
    /// −sign · (step · c), c the number of bits that both words have; nothing where c = 0.
    /// - weights: [count][16]. - x: leftCount activations. - delta: sixteen errors
    /// - leftWords: [planeCount][leftCount], leftCount a multiple of 16
    /// - rightWords: [planeCount][rightCount], starting at the first of the sixteen
    public let updateBlocks: UpdateBlocks

    /// Floats from line to line of the table for streams of `bitCount` bits: 16, 32 or 80, room for
    /// L + 1 in whole vectors.
    public static func lineStride(_ bitCount: Int) -> Int {
        bitCount < 16 ? 16 : bitCount < 32 ? 32 : 80
    }
}

extension StochasticKernels {
    /// The definitions.
    static let plain = StochasticKernels(
        largest: PlainKernels.stochasticLargest,
        codes: PlainKernels.stochasticCodes,
        table: PlainKernels.stochasticTable,
        update: PlainKernels.stochasticUpdate,
        updateEdges: PlainKernels.stochasticUpdateEdges,
        updateBlocks: PlainKernels.stochasticUpdateBlocks)
    /// The vector source as built for every machine of this architecture.
    static let portable = StochasticKernels(
        largest: VectorKernels.stochasticLargest,
        codes: VectorKernels.stochasticCodes,
        table: VectorKernels.stochasticTable,
        update: VectorKernels.stochasticUpdate,
        updateEdges: VectorKernels.stochasticUpdateEdges,
        updateBlocks: VectorKernels.stochasticUpdateBlocks)
}

#if arch(x86_64)
    import KernelsV3
    import KernelsV4

    extension StochasticKernels {
        static let v3 = StochasticKernels(
            largest: KernelsV3.VectorKernels.stochasticLargest,
            codes: KernelsV3.VectorKernels.stochasticCodes,
            table: KernelsV3.VectorKernels.stochasticTable,
            update: KernelsV3.VectorKernels.stochasticUpdate,
            updateEdges: KernelsV3.VectorKernels.stochasticUpdateEdges,
            updateBlocks: KernelsV3.VectorKernels.stochasticUpdateBlocks)
        static let v4 = StochasticKernels(
            largest: KernelsV4.VectorKernels.stochasticLargest,
            codes: KernelsV4.VectorKernels.stochasticCodes,
            table: KernelsV4.VectorKernels.stochasticTable,
            update: KernelsV4.VectorKernels.stochasticUpdate,
            updateEdges: KernelsV4.VectorKernels.stochasticUpdateEdges,
            updateBlocks: KernelsV4.VectorKernels.stochasticUpdateBlocks)
    }
#endif
