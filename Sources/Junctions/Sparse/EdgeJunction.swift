// The pre-defined sparse junction, edge by edge: every edge of a pattern has a weight, and tables
// in the workspace say which neurons it joins.
//
// Four layouts, chosen by the pattern alone:
//   list     free degrees: `weights` [edges], row after row;
//   rows     exact degrees: `weights` [outputs, inDegree], rows padded to 16 floats;
//   turned   every sweep reads the left neurons in one order (type 3, zeros), a row is a number of
//            whole vectors, and rows do not lie across the ends of sweeps: weights as in rows. x
//            and e are put into the order of a sweep, and a row is a stretch of it. The results
//            have the bytes that rows would give;
//   columns  other interleavers whose memories have 16 rows, where z divides fi or fi divides z:
//            `weights` [fo·z, 16]. What one memory gives in one sweep is a vector, and the clocks
//            in which it does so are a permutation of its lanes.
// Rows and lists gather x and scatter e; turned and columns do not, and are several times faster.

import Arithmetic
import Kernels

/// A junction with the edges of a `SparsePattern`, in float32.
///
/// Parameters: `weights` (as above), `bias` [outputs]. As many weights as edges, none elsewhere.
public struct EdgeJunction: Equatable, Sendable {
    enum Layout: UInt8, Sendable {
        case list, rows, turned, columns
    }

    /// Which edges there are.
    public let pattern: SparsePattern
    let layout: Layout
    /// Floats from row to row of the weights where the layout has rows.
    let rowStride: Int
    /// Bytes from the weights to the biases.
    let biasOffset: Int

    /// The junction of a pattern.
    public init(_ pattern: SparsePattern) {
        self.pattern = pattern
        layout = Self.layout(of: pattern)
        rowStride = DenseJunction.paddedCount(pattern.inDegree)
        biasOffset = Self.weights(pattern, layout).byteCount
    }

    private static func layout(of pattern: SparsePattern) -> Layout {
        guard pattern.family.hasExactDegrees else { return .list }
        guard pattern.family.isClashFree, pattern.taps == 1 else { return .rows }
        let (inDegree, z) = (pattern.inDegree, pattern.parallelism)
        if pattern.repeatsOneSweep, pattern.sweepsHoldWholeNeurons, inDegree % 16 == 0 {
            return .turned
        }
        let isAligned = inDegree % z == 0 || z % inDegree == 0
        return pattern.memoryRows == 16 && isAligned ? .columns : .rows
    }

    static func weights(_ pattern: SparsePattern, _ layout: Layout) -> JunctionField {
        switch layout {
        case .list: JunctionField("weights", .f32, shape: [pattern.edgeCount])
        case .columns: JunctionField("weights", .f32, shape: [pattern.edgeCount / 16, 16])
        case .rows, .turned:
            JunctionField(
                "weights", .f32, shape: [pattern.outputs, pattern.inDegree],
                rowStride: DenseJunction.paddedCount(pattern.inDegree))
        }
    }
}

extension EdgeJunction: FloatJunctionForm {
    package var inputs: Int { pattern.inputs }
    package var outputs: Int { pattern.outputs }
    package var fanIn: Int { pattern.inDegree }
    package var fanOut: Int { pattern.outDegree }
    package var weightCount: Int { pattern.edgeCount }

    package var fields: [JunctionField] {
        [
            Self.weights(pattern, layout),
            JunctionField(
                "bias", .f32, shape: [outputs], rowStride: DenseJunction.paddedCount(outputs)),
        ]
    }

    package func refresh(_ memory: JunctionMemory) {}

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        forEachEdge(workspace) { edge in
            weights[edge.weight] = distribution.weight(&generator)
        }
        let bias = (parameters + biasOffset).assumingMemoryBound(to: Float.self)
        for row in 0..<outputs { bias[row] = distribution.bias(&generator) }
    }

    /// y[j] = b[j] + Σ over the edges of j of W·x
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        let bias = (parameters + biasOffset).assumingMemoryBound(to: Float.self)
        let tables = EdgeTables(self, workspace, weights: parameters)
        switch layout {
        case .list, .rows:
            kernels.edge.feedforward(
                weights, bias, tables.left, tables.starts, x, y, outputs, rowStride,
                pattern.inDegree)
        case .turned:
            kernels.edge.turn(x, tables.left, tables.turned, inputs)
            kernels.edge.turnedFeedforward(
                weights, bias, tables.turned, y, inputs, outputs, pattern.inDegree)
        case .columns:
            kernels.edge.rowsToMemories(x, tables.turned, pattern.parallelism)
            kernels.edge.columnsFeedforward(
                weights, bias, tables.turned, tables.memories, tables.rowOfClock, tables.neurons,
                y, groupCount, groupColumns, outputs)
        }
    }

    /// As `DenseJunction.backpropUpdate`, over the edges that exist.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if case .stochastic(let bits) = rule.increment {
            return stochasticBackpropUpdate(
                memory, x: x, delta: delta, e: e, learningRate: rule.learningRate, rule: bits,
                generator: generator, kernels: kernels)
        }
        switch layout {
        case .list, .rows: updateGathering(memory, x, delta, e, rule, kernels)
        case .turned: updateTurned(memory, x, delta, e, rule, kernels)
        case .columns: updateColumns(memory, x, delta, e, rule, kernels)
        }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        dense.update(repeating: 0, count: inputs * outputs)
        forEachEdge(workspace) { edge in
            dense[edge.right * inputs + edge.left] = weights[edge.weight]
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        // The edges as the kernels see them, in edge order.
        var edges: [UInt32] = []
        edges.reserveCapacity(pattern.edgeCount)
        forEachEdge(workspace) { edges.append(UInt32($0.left)) }
        let starts = EdgeTables(self, workspace).starts
        return pattern.check(edges, starts: starts).findings(pattern.family)
            + JunctionFindings.notFinite(parameters, fields)
    }
}
