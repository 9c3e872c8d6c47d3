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
    /// - order: for each v in ascending order the place of its partner u in ascending order
    /// - table: L + 1 lines of `lineStride(L)` floats
    public let table: Table

    /// BP exactly, UP stochastically, fused; the bias learns exactly.
    ///
    /// e[i] = Σⱼ W[j,i] δ[j] over the old W, by fma from zero, j ascending, rows with δ[j] = 0
    /// passed over (the same bytes as `KernelSet.backpropUpdate`); where left[i] and right[j]
    /// are both not 0: W[j,i] ← W[j,i] + table[rank j][rank i], its sign changed where left[i] and
    /// right[j] differ in sign; bias[j] ← bias[j] − η δ[j] where δ[j] ≠ 0.
    /// - left: rowStride codes. - right: `outputs` codes, not 0 only where δ[j] ≠ 0.
    /// - chunks: the multiples of 16, ascending, from which at least one of sixteen left codes
    ///   is not 0. - e: rowStride floats, overwritten; nil for the first junction, where rows
    ///   and chunks without codes cost nothing.
    public let update: Update

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
        update: PlainKernels.stochasticUpdate)
    /// The vector source as built for every machine of this architecture.
    static let portable = StochasticKernels(
        largest: VectorKernels.stochasticLargest,
        codes: VectorKernels.stochasticCodes,
        table: VectorKernels.stochasticTable,
        update: VectorKernels.stochasticUpdate)
}

#if arch(x86_64)
    import KernelsV3
    import KernelsV4

    extension StochasticKernels {
        static let v3 = StochasticKernels(
            largest: KernelsV3.VectorKernels.stochasticLargest,
            codes: KernelsV3.VectorKernels.stochasticCodes,
            table: KernelsV3.VectorKernels.stochasticTable,
            update: KernelsV3.VectorKernels.stochasticUpdate)
        static let v4 = StochasticKernels(
            largest: KernelsV4.VectorKernels.stochasticLargest,
            codes: KernelsV4.VectorKernels.stochasticCodes,
            table: KernelsV4.VectorKernels.stochasticTable,
            update: KernelsV4.VectorKernels.stochasticUpdate)
    }
#endif
