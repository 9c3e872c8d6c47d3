// Kernels of lane-aligned clash-free junctions: sixteen edges are one vector.
//
// Sixteen right neurons (a group) read one row of sixteen left neurons through a permutation of
// lanes. Those sixteen edges are a block; a group has `slots` blocks. The permutations are the
// sixteen shifts l ↦ l xor s: no table names them, each is its own inverse, and no two of them
// agree in any lane.
//
// Legend: g group, k slot, l lane; r(g,k) row, s(g,k) shift; W[g,k,l] is the weight of the edge
// from left neuron 16r + (l xor s) to right neuron 16g + l; t[j] = −(η δ[j]).
//
// Invariants: W is [groups][slots][16], groups = ⌈outputs / 16⌉; padding lanes of bias, x, δ and
// W are zero, before and after. A word of `blocks` [groups][slots] is 64 · row + shift: masked,
// it is the number of bytes from x to its row. Slots come in passes of `rows` slots, the last one
// may be shorter. In a whole pass every group reads every row, in order: four groups share it.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// FF, BP and UP over lane-aligned blocks.
public struct LaneAlignedKernels: Sendable {
    /// See `feedforward`.
    public typealias Feedforward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>,
            _ outputs: Int, _ slots: Int
        ) -> Void
    /// See `backpropUpdate`.
    public typealias BackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
            _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float, _ decay: Float
        ) -> Void
    /// See `backpropUpdateMomentum`.
    public typealias BackpropUpdateMomentum =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
            _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ blocks: UnsafePointer<UInt32>,
            _ rows: Int, _ outputs: Int, _ slots: Int, _ learningRate: Float,
            _ momentum: Float, _ decay: Float
        ) -> Void

    /// FF: y[16g+l] = bias[16g+l] + Σₖ W[g,k,l] · x[16r + (l xor s)].
    ///
    /// By fma from zero, k ascending; the bias is added last.
    /// - x: whole rows. - y: whole groups, written; lanes beyond `outputs` become zero.
    public let feedforward: Feedforward

    /// BP and UP fused; each weight is read once and written once.
    ///
    /// With t[j] = −(η δ[j]) and keep = 1 − η · decay (each operation rounded by itself):
    /// e[16r + (l xor s)] = Σ W[g,k,l] · δ[16g+l] over the old W, each product rounded, then
    /// added, from zero: four groups after the other; of four groups pass after pass; of a pass
    /// g ascending, then k ascending;
    /// W[g,k,l] ← fma(t[16g+l], x[16r + (l xor s)], W), or fma(…, keep · W) where keep ≠ 1;
    /// bias[j] ← bias[j] + t[j].
    /// Where keep = 1, a group whose sixteen δ are all zero is passed over.
    /// - e: 16 · rows floats, overwritten; nil for the first junction (update only).
    public let backpropUpdate: BackpropUpdate

    /// BP and UP fused with momentum.
    ///
    /// v ← fma(μ, v, fma(δ, x, decay · W)); W ← fma(−η, v, W); e as in `backpropUpdate` but with
    /// every group; for the bias v ← fma(μ, v, δ) and bias ← fma(−η, v, bias).
    /// - velocity: shaped as w. - biasVelocity: whole groups, as bias.
    public let backpropUpdateMomentum: BackpropUpdateMomentum
}

extension LaneAlignedKernels {
    /// The definitions.
    static let plain = LaneAlignedKernels(
        feedforward: PlainKernels.laneAlignedFeedforward,
        backpropUpdate: PlainKernels.laneAlignedBackpropUpdate,
        backpropUpdateMomentum: PlainKernels.laneAlignedBackpropUpdateMomentum)
    /// The vector source as built for every machine of this architecture.
    static let portable = LaneAlignedKernels(
        feedforward: VectorKernels.laneAlignedFeedforward,
        backpropUpdate: VectorKernels.laneAlignedBackpropUpdate,
        backpropUpdateMomentum: VectorKernels.laneAlignedBackpropUpdateMomentum)
}

#if arch(x86_64)
    extension LaneAlignedKernels {
        static let v3 = LaneAlignedKernels(
            feedforward: KernelsV3.VectorKernels.laneAlignedFeedforward,
            backpropUpdate: KernelsV3.VectorKernels.laneAlignedBackpropUpdate,
            backpropUpdateMomentum: KernelsV3.VectorKernels.laneAlignedBackpropUpdateMomentum)
        static let v4 = LaneAlignedKernels(
            feedforward: KernelsV4.VectorKernels.laneAlignedFeedforward,
            backpropUpdate: KernelsV4.VectorKernels.laneAlignedBackpropUpdate,
            backpropUpdateMomentum: KernelsV4.VectorKernels.laneAlignedBackpropUpdateMomentum)
    }
#endif
