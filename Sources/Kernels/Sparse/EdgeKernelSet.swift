// Kernels of pre-defined sparse junctions whose edges are listed one by one.
//
// Legend: row j is right neuron j; its edges are k = 0 ..< count(j), with weights w[at(j) + k]
// from the left neurons left[at(j) + k]. at(j) = starts[j] and count(j) = starts[j + 1] −
// starts[j]; without starts at(j) = j · rowStride and count(j) = inDegree.
// Invariants: the left neurons of one row differ, and are below 2³¹; memory between the rows is
// neither used nor written.

#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// FF, BP and UP over listed edges.
public struct EdgeKernels: Sendable {
    /// See `feedforward`.
    public typealias Feedforward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
            _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
            _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outputs: Int,
            _ rowStride: Int, _ inDegree: Int
        ) -> Void
    /// See `backpropUpdate`.
    public typealias BackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
            _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ pairs: UnsafeMutablePointer<Float>,
            _ inputs: Int, _ outputs: Int, _ rowStride: Int,
            _ inDegree: Int, _ learningRate: Float, _ decay: Float
        ) -> Void
    /// See `columnsFeedforward`.
    public typealias ColumnsFeedforward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
            _ memories: UnsafePointer<UInt32>, _ rowOfClock: UnsafePointer<UInt8>,
            _ neurons: UnsafePointer<UInt32>?, _ y: UnsafeMutablePointer<Float>, _ groups: Int,
            _ groupColumns: Int, _ outputs: Int
        ) -> Void
    /// See `columnsBackpropUpdate`.
    public typealias ColumnsBackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
            _ turned: UnsafePointer<Float>, _ memories: UnsafePointer<UInt32>,
            _ clockOfRow: UnsafePointer<UInt8>, _ neurons: UnsafePointer<UInt32>?,
            _ delta: UnsafePointer<Float>, _ turnedError: UnsafeMutablePointer<Float>?,
            _ groups: Int, _ groupColumns: Int, _ inputs: Int, _ outputs: Int,
            _ learningRate: Float, _ decay: Float
        ) -> Void
    /// See `columnsBackpropUpdateMomentum`.
    public typealias ColumnsBackpropUpdateMomentum =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
            _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
            _ turned: UnsafePointer<Float>, _ memories: UnsafePointer<UInt32>,
            _ clockOfRow: UnsafePointer<UInt8>, _ neurons: UnsafePointer<UInt32>?,
            _ delta: UnsafePointer<Float>, _ turnedError: UnsafeMutablePointer<Float>?,
            _ groups: Int, _ groupColumns: Int, _ inputs: Int, _ outputs: Int,
            _ learningRate: Float, _ momentum: Float, _ decay: Float
        ) -> Void
    /// See `backpropUpdateMomentum`.
    public typealias BackpropUpdateMomentum =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
            _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
            _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
            _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ e: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int, _ rowStride: Int,
            _ inDegree: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
        ) -> Void
    /// See `turn` and `turnBack`.
    public typealias Turn =
        @Sendable (
            _ from: UnsafePointer<Float>, _ order: UnsafePointer<UInt32>,
            _ to: UnsafeMutablePointer<Float>, _ count: Int
        ) -> Void
    /// See `rowsToMemories` and `memoriesToRows`.
    public typealias Transpose =
        @Sendable (
            _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ memories: Int
        ) -> Void
    /// See `turnedFeedforward`.
    public typealias TurnedFeedforward =
        @Sendable (
            _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
            _ y: UnsafeMutablePointer<Float>, _ inputs: Int, _ outputs: Int, _ inDegree: Int
        ) -> Void
    /// See `turnedBackpropUpdate`.
    public typealias TurnedBackpropUpdate =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
            _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ turnedError: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int,
            _ inDegree: Int, _ learningRate: Float, _ decay: Float
        ) -> Void
    /// See `turnedBackpropUpdateMomentum`.
    public typealias TurnedBackpropUpdateMomentum =
        @Sendable (
            _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
            _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
            _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
            _ turnedError: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int,
            _ inDegree: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
        ) -> Void

    /// FF: y[j] = bias[j] + Σₖ w[at(j) + k] · x[left[at(j) + k]].
    ///
    /// Sixteen lanes from zero; lane l takes fma(w, x, lane) of the edges k = 16c + l, c
    /// ascending; a lane without an edge in the last chunk stays as it is. The lanes are added by
    /// halves (16 → 8 → 4 → 2 → 1); the bias is added last.
    /// - y: writes `outputs` floats and leaves the pads alone.
    public let feedforward: Feedforward

    /// BP and UP fused; each weight is read once and written once.
    ///
    /// With s = −(η δ[j]) and keep = 1 − η · decay (each operation rounded by itself), edge by
    /// edge, j ascending: e[left] ← fma(w, δ[j], e[left]) with the old w, from zero;
    /// w ← fma(s, x[left], w), or fma(s, x[left], keep · w) where keep ≠ 1; bias[j] ← bias[j] + s.
    /// Where keep = 1, a row with δ[j] = 0 is passed over.
    /// - e: `inputs` floats and their pads up to whole chunks, overwritten; nil: update only.
    /// - pairs: scratch memory, 2 · inputs floats. Activations and errors may stand
    ///   side by side there, so that one look finds both.
    public let backpropUpdate: BackpropUpdate

    /// BP and UP fused with momentum: v ← fma(μ, v, fma(δ[j], x[left], decay · w));
    /// w ← fma(−η, v, w); e as above but with every row; for the bias v ← fma(μ, v, δ[j]) and
    /// bias ← fma(−η, v, bias).
    /// - velocity: laid out as w. - biasVelocity: `outputs` floats.
    public let backpropUpdateMomentum: BackpropUpdateMomentum

    /// to[i] = from[order[i]] for i < count. - order: a permutation.
    public let turn: Turn
    /// to[order[i]] = from[i] for i < count. - order: a permutation.
    public let turnBack: Turn

    /// `feedforward` where every sweep reads the left neurons in one order: row j has its edges
    /// at w + j · inDegree, from the neurons of `turned` at (j · inDegree) mod inputs.
    ///
    /// The same bytes as `feedforward` gives with the edges listed.
    /// - turned: x in the order of a sweep. inDegree divides inputs, and 16 divides inDegree.
    public let turnedFeedforward: TurnedFeedforward

    /// `backpropUpdate` in the order of a sweep; the same bytes.
    /// - turnedError: `inputs` floats in the order of a sweep, overwritten; nil: update only.
    public let turnedBackpropUpdate: TurnedBackpropUpdate

    /// `backpropUpdateMomentum` in the order of a sweep; the same bytes.
    public let turnedBackpropUpdateMomentum: TurnedBackpropUpdateMomentum

    /// to[16v + t] = from[t · memories + v] for t < 16: sixteen rows, memory by memory.
    public let rowsToMemories: Transpose
    /// to[t · memories + v] = from[16v + t] for t < 16.
    public let memoriesToRows: Transpose

    /// FF of an interleaver whose memories have sixteen rows, column by column.
    ///
    /// A column is what one lane of the interleaver reads in one sweep: w[16c + t] is the weight
    /// of the edge from row t of memory memories[c] / 16, and rowOfClock[16c + r] the row that is
    /// read in clock r. Columns come in groups of `groupColumns`; in clock r, group g works for
    /// right neuron neurons[16g + r], or 16g + r where there is no list.
    ///
    /// Per group, four vectors over clocks from zero, S₀ … S₃; column i of the group adds to
    /// S(i mod 4)[r] the product w·x of the row of clock r, rounded by itself; P = (S₀ + S₁) +
    /// (S₂ + S₃). Per right neuron, from zero, y takes P of its groups and clocks, groups
    /// ascending and clocks ascending; the bias is added last.
    /// - turned: x memory by memory, 16 rows each.
    /// - neurons: either all different, or each several times in a row, the first one too.
    /// - y: writes `outputs` floats and leaves the pads alone.
    public let columnsFeedforward: ColumnsFeedforward

    /// BP and UP of such an interleaver, column by column; clockOfRow[16c + t] is the clock in
    /// which row t is read.
    ///
    /// Edge by edge as `backpropUpdate` (a left neuron has one edge per sweep, and sweeps
    /// ascend), but no edge is passed over where δ = 0.
    /// - turnedError: e memory by memory, overwritten; nil: update only.
    public let columnsBackpropUpdate: ColumnsBackpropUpdate

    /// The same with momentum, edge by edge as `backpropUpdateMomentum`.
    public let columnsBackpropUpdateMomentum: ColumnsBackpropUpdateMomentum
}

extension EdgeKernels {
    /// The definitions.
    static let plain = EdgeKernels(
        feedforward: PlainKernels.edgeFeedforward,
        backpropUpdate: PlainKernels.edgeBackpropUpdate,
        backpropUpdateMomentum: PlainKernels.edgeBackpropUpdateMomentum,
        turn: PlainKernels.turn,
        turnBack: PlainKernels.turnBack,
        turnedFeedforward: PlainKernels.turnedFeedforward,
        turnedBackpropUpdate: PlainKernels.turnedBackpropUpdate,
        turnedBackpropUpdateMomentum: PlainKernels.turnedBackpropUpdateMomentum,
        rowsToMemories: PlainKernels.rowsToMemories,
        memoriesToRows: PlainKernels.memoriesToRows,
        columnsFeedforward: PlainKernels.columnsFeedforward,
        columnsBackpropUpdate: PlainKernels.columnsBackpropUpdate,
        columnsBackpropUpdateMomentum: PlainKernels.columnsBackpropUpdateMomentum)
    /// The vector source as built for every machine of this architecture.
    static let portable = EdgeKernels(
        feedforward: VectorKernels.edgeFeedforward,
        backpropUpdate: VectorKernels.edgeBackpropUpdate,
        backpropUpdateMomentum: VectorKernels.edgeBackpropUpdateMomentum,
        turn: VectorKernels.turn,
        turnBack: VectorKernels.turnBack,
        turnedFeedforward: VectorKernels.turnedFeedforward,
        turnedBackpropUpdate: VectorKernels.turnedBackpropUpdate,
        turnedBackpropUpdateMomentum: VectorKernels.turnedBackpropUpdateMomentum,
        rowsToMemories: VectorKernels.rowsToMemories,
        memoriesToRows: VectorKernels.memoriesToRows,
        columnsFeedforward: VectorKernels.columnsFeedforward,
        columnsBackpropUpdate: VectorKernels.columnsBackpropUpdate,
        columnsBackpropUpdateMomentum: VectorKernels.columnsBackpropUpdateMomentum)
}

#if arch(x86_64)
    extension EdgeKernels {
        static let v3 = EdgeKernels(
            feedforward: KernelsV3.VectorKernels.edgeFeedforward,
            backpropUpdate: KernelsV3.VectorKernels.edgeBackpropUpdate,
            backpropUpdateMomentum: KernelsV3.VectorKernels.edgeBackpropUpdateMomentum,
            turn: KernelsV3.VectorKernels.turn,
            turnBack: KernelsV3.VectorKernels.turnBack,
            turnedFeedforward: KernelsV3.VectorKernels.turnedFeedforward,
            turnedBackpropUpdate: KernelsV3.VectorKernels.turnedBackpropUpdate,
            turnedBackpropUpdateMomentum: KernelsV3.VectorKernels.turnedBackpropUpdateMomentum,
            rowsToMemories: KernelsV3.VectorKernels.rowsToMemories,
            memoriesToRows: KernelsV3.VectorKernels.memoriesToRows,
            columnsFeedforward: KernelsV3.VectorKernels.columnsFeedforward,
            columnsBackpropUpdate: KernelsV3.VectorKernels.columnsBackpropUpdate,
            columnsBackpropUpdateMomentum: KernelsV3.VectorKernels.columnsBackpropUpdateMomentum)
        static let v4 = EdgeKernels(
            feedforward: KernelsV4.VectorKernels.edgeFeedforward,
            backpropUpdate: KernelsV4.VectorKernels.edgeBackpropUpdate,
            backpropUpdateMomentum: KernelsV4.VectorKernels.edgeBackpropUpdateMomentum,
            turn: KernelsV4.VectorKernels.turn,
            turnBack: KernelsV4.VectorKernels.turnBack,
            turnedFeedforward: KernelsV4.VectorKernels.turnedFeedforward,
            turnedBackpropUpdate: KernelsV4.VectorKernels.turnedBackpropUpdate,
            turnedBackpropUpdateMomentum: KernelsV4.VectorKernels.turnedBackpropUpdateMomentum,
            rowsToMemories: KernelsV4.VectorKernels.rowsToMemories,
            memoriesToRows: KernelsV4.VectorKernels.memoriesToRows,
            columnsFeedforward: KernelsV4.VectorKernels.columnsFeedforward,
            columnsBackpropUpdate: KernelsV4.VectorKernels.columnsBackpropUpdate,
            columnsBackpropUpdateMomentum: KernelsV4.VectorKernels.columnsBackpropUpdateMomentum)
    }
#endif
