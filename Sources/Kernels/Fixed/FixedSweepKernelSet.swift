// Kernels in fixed point over the sweeps of a clash-free junction (Dey et al., arXiv 1711.01343).
//
// Legend as in FixedKernelSet.swift; i(k) and j(k) are the left and the right neuron of edge k,
// which follow from `FixedSweeps`; sweep_lanes.h describes its members and the order of edges.
// Invariants: every edge exists, and none is a pad; a sweep meets every left neuron once; of two
// edges of one left neuron, the one in the later sweep has the later right neuron. Arrays of
// neurons are padded with zeros to 32, and pads are zero after every kernel.

import CLanes
#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// FF, BP and UP in fixed point without lists of edges. Results and counters are those of the
/// kernels over lists (`FixedKernels.edgeFeedforward` and its like) with the same edges.
public struct FixedSweepKernels: Sendable {
    /// See `feedforward`.
    public typealias Feedforward =
        @Sendable (
            _ sweeps: FixedSweeps, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
            _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
            _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
            _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `backprop`.
    public typealias Backprop =
        @Sendable (
            _ sweeps: FixedSweeps, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
            _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
            _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
            _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void
    /// See `update`.
    public typealias Update =
        @Sendable (
            _ sweeps: FixedSweeps, _ w: UnsafeMutablePointer<Int16>,
            _ bias: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
            _ delta: UnsafePointer<Int16>, _ scratch: UnsafeMutablePointer<Int16>, _ width: Int,
            _ fractionBits: Int, _ learningShift: Int, _ saturations: UnsafeMutablePointer<UInt64>?
        ) -> Void

    /// FF: y[j] = sat(b[j] + Σ W[k] ⊗ x[i(k)] over the edges with j(k) = j), the sum in 32 bits.
    /// - w: sweeps · inputs numbers in the order of edges. - scratch: `FixedSweeps.scratchCount`
    ///   numbers, 64-byte aligned.
    public let feedforward: Feedforward
    /// BP: e[i(k)] ← e[i(k)] ⊕ (δ[j(k)] ⊗ f′[i(k)]) ⊗ W[k] from e = 0, edge by edge.
    /// - derivative: nil where f′ = 1. - e: overwritten. - scratch: as above
    public let backprop: Backprop
    /// UP: with db = round(−δ[j] · 2^−s), W[k] ← W[k] ⊕ (db[j(k)] ⊗ x[i(k)]), b[j] ← b[j] ⊕ db[j].
    /// - scratch: as above
    public let update: Update
}

/// The edges of a junction as sweeps; `sweep_lanes.h` describes the members.
public typealias FixedSweeps = fixed_sweeps

extension FixedSweeps {
    /// Numbers of scratch memory that a kernel needs.
    public static func scratchCount(
        inputs: Int, outputs: Int, sweeps: Int, groups: Int
    ) -> Int {
        2 * inputs + 2 * ((outputs + 31) & ~31) + (sweeps + 3) / 4 * groups * 32
    }

    /// The left neuron of an edge.
    public func leftNeuron(_ edge: Int) -> Int { fixedLeftNeuron(self, edge) }
    /// The right neuron of an edge.
    public func rightNeuron(_ edge: Int) -> Int { fixedRightNeuron(self, edge) }
}

extension FixedSweepKernels {
    /// The definitions.
    static let plain = FixedSweepKernels(
        feedforward: PlainKernels.fixedSweepFeedforward,
        backprop: PlainKernels.fixedSweepBackprop, update: PlainKernels.fixedSweepUpdate)
    /// The vector source as built for every machine of this architecture.
    static let portable = FixedSweepKernels(
        feedforward: VectorKernels.fixedSweepFeedforward,
        backprop: VectorKernels.fixedSweepBackprop, update: VectorKernels.fixedSweepUpdate)
}

#if arch(x86_64)
    extension FixedSweepKernels {
        static let v3 = FixedSweepKernels(
            feedforward: KernelsV3.VectorKernels.fixedSweepFeedforward,
            backprop: KernelsV3.VectorKernels.fixedSweepBackprop,
            update: KernelsV3.VectorKernels.fixedSweepUpdate)
        static let v4 = FixedSweepKernels(
            feedforward: KernelsV4.VectorKernels.fixedSweepFeedforward,
            backprop: KernelsV4.VectorKernels.fixedSweepBackprop,
            update: KernelsV4.VectorKernels.fixedSweepUpdate)
    }
#endif
