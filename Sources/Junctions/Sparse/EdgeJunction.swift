// The pre-defined sparse junction, edge by edge: every edge of a pattern has a weight, and a
// table in the workspace says which left neuron it comes from.
//
// Three layouts, chosen by the pattern alone:
//   rows    exact in-degree: `weights` [outputs, inDegree], rows padded to 16 floats; the table
//           has the same rows;
//   list    free degrees: `weights` [edges], row after row; the table has the same order, and
//           row starts lie behind it;
//   turned  every sweep reads the left neurons in one order (type 3, zeros), a row is a number of
//           whole vectors and rows do not lie across the ends of sweeps: weights as in rows; the
//           table is the order of one sweep, and x and e are kept in that order while they are
//           worked on. The results have the bytes that rows would give.

import Arithmetic
import Kernels

/// A junction with the edges of a `SparsePattern`, in float32.
///
/// Parameters: `weights` (see above), in the order of the edges; `bias` [outputs].
public struct EdgeJunction: Equatable, Sendable {
    enum Layout: UInt8, Sendable {
        case rows, list, turned
    }

    /// Which edges there are.
    public let pattern: SparsePattern
    let layout: Layout
    /// Floats from row to row of the weights, indices from row to row of the table.
    let rowStride: Int
    private let biasOffset: Int

    /// The junction of a pattern.
    public init(_ pattern: SparsePattern) {
        self.pattern = pattern
        let isRepeating =
            pattern.family == .zeros || pattern.family == .clashFree(.type3, dither: false)
            || pattern.family == .clashFree(.type3, dither: true)
        if !pattern.family.hasExactDegrees {
            layout = .list
        } else if isRepeating, pattern.sweepsHoldWholeNeurons, pattern.inDegree % 16 == 0 {
            layout = .turned
        } else {
            layout = .rows
        }
        rowStride = DenseJunction.paddedCount(pattern.inDegree)
        biasOffset = Self.weights(pattern, layout).byteCount
    }

    private static func weights(_ pattern: SparsePattern, _ layout: Layout) -> JunctionField {
        layout == .list
            ? JunctionField("weights", .f32, shape: [pattern.edgeCount])
            : JunctionField(
                "weights", .f32, shape: [pattern.outputs, pattern.inDegree],
                rowStride: DenseJunction.paddedCount(pattern.inDegree))
    }
}

// What lies where in the workspace; every part starts at a multiple of 64 bytes.
extension EdgeJunction {
    /// Indices in the table.
    private var tableCount: Int {
        switch layout {
        case .rows: outputs * rowStride
        case .list: pattern.edgeCount
        case .turned: inputs
        }
    }

    private var startsOffset: Int { Self.wholeLines(4 * tableCount) }
    /// Of x in the order of a sweep; e in that order follows.
    private var turnedOffset: Int { Self.wholeLines(4 * inputs) }

    private static func wholeLines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    func table(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
        workspace.assumingMemoryBound(to: UInt32.self)
    }

    func starts(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32>? {
        guard layout == .list else { return nil }
        return (workspace + startsOffset).assumingMemoryBound(to: UInt32.self)
    }

    private func turned(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + turnedOffset).assumingMemoryBound(to: Float.self)
    }

    /// The edges of one right neuron: left neurons, where its weights begin, how many there are.
    @inline(__always)
    package func row(
        _ row: Int, _ workspace: UnsafeMutableRawPointer
    ) -> (left: UnsafePointer<UInt32>, weights: Int, count: Int) {
        let table = UnsafePointer(table(workspace))
        if let starts = starts(workspace) {
            let first = Int(starts[row])
            return (table + first, first, Int(starts[row + 1]) - first)
        }
        let first = row * rowStride
        let tableRow = layout == .turned ? first % inputs : first
        return (table + tableRow, first, pattern.inDegree)
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

    package var feedforwardBytes: Int {
        switch layout {
        case .rows: startsOffset
        case .list: startsOffset + Self.wholeLines(4 * (outputs + 1))
        case .turned: 2 * turnedOffset
        }
    }

    package func updateBytes(_ increment: Increment) -> Int {
        layout == .turned ? turnedOffset : 0
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {
        let table = table(workspace)
        switch layout {
        case .list: pattern.fill(table, starts: starts(workspace))
        case .turned:
            // The first sweep is all there is.
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: pattern.edgeCount) { edges in
                guard let base = edges.baseAddress else { return }
                pattern.fill(base)
                table.update(from: base, count: inputs)
            }
        case .rows:
            pattern.fill(table)
            // From edge order to rows, the last first, so that nothing is overwritten unread.
            for row in stride(from: outputs - 1, through: 0, by: -1) where row > 0 {
                (table + row * rowStride).update(
                    from: table + row * pattern.inDegree, count: pattern.inDegree)
            }
            for row in 0..<outputs {
                for pad in pattern.inDegree..<rowStride { table[row * rowStride + pad] = 0 }
            }
        }
    }

    package func refresh(_ memory: JunctionMemory) {}

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        for index in 0..<outputs {
            let row = row(index, workspace)
            for edge in 0..<row.count {
                weights[row.weights + edge] = distribution.weight(&generator)
            }
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
        if layout == .turned {
            let turned = turned(workspace)
            kernels.edge.turn(x, table(workspace), turned, inputs)
            kernels.edge.turnedFeedforward(
                weights, bias, turned, y, inputs, outputs, pattern.inDegree)
        } else {
            kernels.edge.feedforward(
                weights, bias, table(workspace), starts(workspace), x, y, outputs, rowStride,
                pattern.inDegree)
        }
    }

    /// As `DenseJunction.backpropUpdate`, over the edges that exist.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        precondition(rule.increment == .exact, "stochastic increments go through their own form")
        if layout == .turned {
            turnedUpdate(memory, x: x, delta: delta, e: e, rule: rule, kernels: kernels)
            return
        }
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self)
        let table = table(memory.workspace)
        let starts = starts(memory.workspace)
        if let velocity = memory.velocity {
            kernels.edge.backpropUpdateMomentum(
                weights, velocity.assumingMemoryBound(to: Float.self), bias,
                (velocity + biasOffset).assumingMemoryBound(to: Float.self), table, starts, x,
                delta, e, inputs, outputs, rowStride, pattern.inDegree, rule.learningRate,
                rule.momentum, rule.weightDecay)
        } else {
            kernels.edge.backpropUpdate(
                weights, bias, table, starts, x, delta, e, inputs, outputs, rowStride,
                pattern.inDegree, rule.learningRate, rule.weightDecay)
        }
    }

    private func turnedUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule, kernels: KernelSet
    ) {
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self)
        let order = table(memory.workspace)
        let turned = turned(memory.workspace)
        let turnedError = e == nil ? nil : turned + turnedOffset / 4
        kernels.edge.turn(x, order, turned, inputs)
        if let velocity = memory.velocity {
            kernels.edge.turnedBackpropUpdateMomentum(
                weights, velocity.assumingMemoryBound(to: Float.self), bias,
                (velocity + biasOffset).assumingMemoryBound(to: Float.self), turned, delta,
                turnedError, inputs, outputs, pattern.inDegree, rule.learningRate, rule.momentum,
                rule.weightDecay)
        } else {
            kernels.edge.turnedBackpropUpdate(
                weights, bias, turned, delta, turnedError, inputs, outputs, pattern.inDegree,
                rule.learningRate, rule.weightDecay)
        }
        if let e, let turnedError { kernels.edge.turnBack(turnedError, order, e, inputs) }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        dense.update(repeating: 0, count: inputs * outputs)
        for index in 0..<outputs {
            let row = row(index, workspace)
            for edge in 0..<row.count {
                dense[index * inputs + Int(row.left[edge])] = weights[row.weights + edge]
            }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        // The edges as the kernels see them, back in edge order.
        var edges: [UInt32] = []
        edges.reserveCapacity(pattern.edgeCount)
        for index in 0..<outputs {
            let row = row(index, workspace)
            for edge in 0..<row.count { edges.append(row.left[edge]) }
        }
        return pattern.check(edges, starts: starts(workspace)).findings(pattern.family)
            + JunctionFindings.notFinite(parameters, fields)
    }
}
