// Kernels in fixed point (Dey et al., arXiv 1711.01343).
//
// Legend: lo, hi the ends of the format, ⊗ its product and ⊕ its saturating sum
// (FixedArithmetic.swift); x left activations, δ right errors, f′ derivatives of the left neurons,
// e left errors; counters as in `FixedKernels.saturations`.
// Invariants: numbers are 16-bit words; arrays are padded with zeros to 32 of them, before and
// after every kernel; a product with a zero is zero, so pads change nothing and count nothing.

import CLanes
#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// FF, BP, UP and activation functions in fixed point.
///
/// Every kernel takes the format as b_w and b_f, and the counters of saturations, or nil where
/// nobody counts. The four counters: [0] products of FF that saturated; [1] sums of FF that did;
/// [2] products (δ ⊗ f′ and (δ ⊗ f′) ⊗ W, each for every edge) and sums of BP; [3] products and sums
/// (of weights and biases) of UP, and increments of biases. A product counts where its unrounded
/// value is beyond the format, a sum where it was clipped.
public struct FixedKernels: Sendable {
    /// See `feedforward`.
    public typealias Feedforward =
        @Sendable (
            _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>,
            _ y: UnsafeMutablePointer<Int16>, _ outputs: Int, _ rowStride: Int, _ width: Int,
            _ fractionBits: Int, _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `backprop`.
    public typealias Backprop =
        @Sendable (
            _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
            _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
            _ outputs: Int, _ rowStride: Int, _ width: Int, _ fractionBits: Int,
            _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `backpropUpdate`.
    public typealias BackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Int16>, _ bias: UnsafeMutablePointer<Int16>,
            _ x: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
            _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?,
            _ outputs: Int, _ rowStride: Int, _ width: Int, _ fractionBits: Int,
            _ learningShift: Int, _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `edgeFeedforward`.
    public typealias EdgeFeedforward =
        @Sendable (
            _ edges: FixedEdges, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
            _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ width: Int,
            _ fractionBits: Int, _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `edgeBackprop`.
    public typealias EdgeBackprop =
        @Sendable (
            _ edges: FixedEdges, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
            _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
            _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
            _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `edgeUpdate`.
    public typealias EdgeUpdate =
        @Sendable (
            _ edges: FixedEdges, _ w: UnsafeMutablePointer<Int16>,
            _ bias: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
            _ delta: UnsafePointer<Int16>, _ width: Int, _ fractionBits: Int,
            _ learningShift: Int, _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `sigmoid`.
    public typealias Sigmoid =
        @Sendable (
            _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
            _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int,
            _ values: UnsafePointer<Int16>, _ derivatives: UnsafePointer<Int16>, _ limit: Int,
            _ indexShift: Int, _ fractionBits: Int
        ) -> Void
    /// See `clippedRelu`.
    public typealias ClippedRelu =
        @Sendable (
            _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
            _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int, _ fractionBits: Int
        ) -> Void
    /// See `truncate`.
    public typealias FromFloats =
        @Sendable (
            _ values: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
            _ width: Int, _ fractionBits: Int
        ) -> Void
    /// See `expand`.
    public typealias ToFloats =
        @Sendable (
            _ x: UnsafePointer<Int16>, _ values: UnsafeMutablePointer<Float>, _ count: Int,
            _ fractionBits: Int
        ) -> Void

    /// FF: y[j] = sat(b[j] + Σᵢ W[j,i] ⊗ x[i]), the sum in 32 bits.
    ///
    /// Products have b_w bits, so a sum of k of them and a bias needs b_w + ⌈log₂(k + 1)⌉: the sum
    /// never overflows while rowStride < 2^(32 − b_w), which is 65,536 at 16 bits.
    /// - w: [outputs][rowStride], rowStride a multiple of 32. - x: rowStride numbers.
    /// - y: writes `outputs` numbers and leaves the pads alone.
    public let feedforward: Feedforward

    /// BP: e[i] = Σⱼ (δ[j] ⊗ f′[i]) ⊗ W[j,i], j ascending, every sum ⊕.
    /// - derivative: rowStride numbers, pads zero; nil where f′ = 1 (then δ[j] ⊗ W[j,i]).
    /// - e: rowStride numbers, overwritten.
    public let backprop: Backprop

    /// BP over the old W, and UP: with db = round(−δ[j] · 2^−s), W[j,i] ← W[j,i] ⊕ (db ⊗ x[i]),
    /// b[j] ← b[j] ⊕ db. Each weight is read once and written once.
    /// - e: nil for the first junction (UP only).
    public let backpropUpdate: BackpropUpdate

    /// FF over lists of edges: y[j] = sat(b[j] + Σₖ W[j,k] ⊗ x[left(j, k)]).
    public let edgeFeedforward: EdgeFeedforward
    /// BP over lists of edges: for edges in their order, e[i] ← e[i] ⊕ (δ[j] ⊗ f′[i]) ⊗ W[j,k] with
    /// i = left(j, k). - e: inputs and pads, overwritten. - scratch: rowStride numbers.
    public let edgeBackprop: EdgeBackprop
    /// UP over lists of edges: W[j,k] ← W[j,k] ⊕ (db ⊗ x[left(j, k)]), b[j] ← b[j] ⊕ db.
    public let edgeUpdate: EdgeUpdate

    /// a = σ(y) and f′ = σ′(y) by the tables of `FixedSigmoid`.
    ///
    /// Within −limit ..< limit: entry (y + limit) >> indexShift. Below: a = 1 LSB; above:
    /// a = 1 − 2^−b_f; f′ = 1 LSB for both. - a: may be y; pads of a and f′ become zero.
    /// - derivative: nil where nobody needs it.
    public let sigmoid: Sigmoid

    /// a = 1 LSB where y ≤ 0, 1 − 2^−b_f where y ≥ 1, else y; f′ = 1 LSB where off or clipped, else
    /// 1 − 2^−b_f. - a: may be y; pads of a and f′ become zero.
    public let clippedRelu: ClippedRelu

    /// Floats to numbers, towards −∞, saturated, NaN to 0; pads of x become zero.
    public let truncate: FromFloats
    /// Floats to the nearest numbers, halves upwards, saturated, NaN to 0; pads of x become zero.
    public let round: FromFloats
    /// Numbers to floats, exactly; `count` floats are written.
    public let expand: ToFloats

    /// FF, BP and UP of clash-free junctions without lists of edges.
    public let sweeps: FixedSweepKernels
    /// Raw features to numbers.
    public let input: FixedInputKernels
}

/// The edges of a junction as lists; `fixed_lanes.h` describes the members.
public typealias FixedEdges = fixed_edges

extension FixedEdges {
    /// The index in pads of a table.
    public static var nobody: UInt16 { .max }
}

extension FixedKernels {
    /// The definitions.
    static let plain = FixedKernels(
        feedforward: PlainKernels.fixedFeedforward,
        backprop: PlainKernels.fixedBackprop,
        backpropUpdate: PlainKernels.fixedBackpropUpdate,
        edgeFeedforward: PlainKernels.fixedEdgeFeedforward,
        edgeBackprop: PlainKernels.fixedEdgeBackprop,
        edgeUpdate: PlainKernels.fixedEdgeUpdate,
        sigmoid: PlainKernels.fixedSigmoid,
        clippedRelu: PlainKernels.fixedClippedRelu,
        truncate: PlainKernels.fixedTruncate,
        round: PlainKernels.fixedRound,
        expand: PlainKernels.fixedExpand, sweeps: .plain, input: .plain)
    /// The vector source as built for every machine of this architecture.
    static let portable = FixedKernels(
        feedforward: VectorKernels.fixedFeedforward,
        backprop: VectorKernels.fixedBackprop,
        backpropUpdate: VectorKernels.fixedBackpropUpdate,
        edgeFeedforward: VectorKernels.fixedEdgeFeedforward,
        edgeBackprop: VectorKernels.fixedEdgeBackprop,
        edgeUpdate: VectorKernels.fixedEdgeUpdate,
        sigmoid: VectorKernels.fixedSigmoid,
        clippedRelu: VectorKernels.fixedClippedRelu,
        truncate: VectorKernels.fixedTruncate,
        round: VectorKernels.fixedRound,
        expand: VectorKernels.fixedExpand, sweeps: .portable, input: .portable)
}

#if arch(x86_64)
    extension FixedKernels {
        static let v3 = FixedKernels(
            feedforward: KernelsV3.VectorKernels.fixedFeedforward,
            backprop: KernelsV3.VectorKernels.fixedBackprop,
            backpropUpdate: KernelsV3.VectorKernels.fixedBackpropUpdate,
            edgeFeedforward: KernelsV3.VectorKernels.fixedEdgeFeedforward,
            edgeBackprop: KernelsV3.VectorKernels.fixedEdgeBackprop,
            edgeUpdate: KernelsV3.VectorKernels.fixedEdgeUpdate,
            sigmoid: KernelsV3.VectorKernels.fixedSigmoid,
            clippedRelu: KernelsV3.VectorKernels.fixedClippedRelu,
            truncate: KernelsV3.VectorKernels.fixedTruncate,
            round: KernelsV3.VectorKernels.fixedRound,
            expand: KernelsV3.VectorKernels.fixedExpand, sweeps: .v3, input: .v3)
        static let v4 = FixedKernels(
            feedforward: KernelsV4.VectorKernels.fixedFeedforward,
            backprop: KernelsV4.VectorKernels.fixedBackprop,
            backpropUpdate: KernelsV4.VectorKernels.fixedBackpropUpdate,
            edgeFeedforward: KernelsV4.VectorKernels.fixedEdgeFeedforward,
            edgeBackprop: KernelsV4.VectorKernels.fixedEdgeBackprop,
            edgeUpdate: KernelsV4.VectorKernels.fixedEdgeUpdate,
            sigmoid: KernelsV4.VectorKernels.fixedSigmoid,
            clippedRelu: KernelsV4.VectorKernels.fixedClippedRelu,
            truncate: KernelsV4.VectorKernels.fixedTruncate,
            round: KernelsV4.VectorKernels.fixedRound,
            expand: KernelsV4.VectorKernels.fixedExpand, sweeps: .v4, input: .v4)
    }
#endif
