// The pre-defined sparse junction in fixed point: the junction that the FPGA of Dey et al.
// (arXiv 1711.01343, 1806.01087) has.
//
// The edges of a right neuron are kept in ascending order of their left neurons, and not in the
// order of the pattern: which of its edges a neuron takes first changes no result (sums of FF are
// exact, and a left neuron takes part in one of them only), and neighbours are gathered faster.
// Patterns whose memories are read in natural order from some row on need no lists at all: their
// weights lie sweep by sweep, as in the memories of the hardware (FixedSweepTables.swift). Fresh
// weights are drawn in the same order by both, so an edge has the same one either way.
// Invariants of the tables, which follow from the pattern alone: see `fixed_lanes.h`.

import Arithmetic
import Kernels

/// A junction with the edges of a pattern in a fixed-point format.
///
/// Parameters: `weights` [outputs, edges of the neuron that has most], rows padded to whole 32, a
/// row in ascending order of left neurons, or with sweeps [out-degree, inputs] in the order of
/// `sweep_lanes.h`; `bias` [outputs]; `saturations` [4], which count as `FixedKernels` says.
public struct FixedEdgeJunction: Equatable, Sendable {
    /// Which edges there are.
    public let pattern: EdgeList
    /// Of every number of the junction.
    public let format: FixedFormat
    /// Edges of the right neuron that has most.
    private let columns: Int
    /// Where the pattern needs no lists.
    private let sweeps: FixedSweepTables?

    /// The junction of a pattern; nil where it has 65,535 left neurons or more, for which indices
    /// of 16 bits do not suffice.
    /// - asLists: whether its edges are listed even where they need not be
    public init?(_ pattern: EdgeList, format: FixedFormat, asLists: Bool = false) {
        guard pattern.inputs < Int(FixedEdges.nobody) else { return nil }
        self.pattern = pattern
        self.format = format
        columns = pattern.longestRow
        sweeps = asLists ? nil : FixedSweepTables(pattern)
    }

    /// Whether the weights lie sweep by sweep, and not right neuron by right neuron.
    public var liesInSweeps: Bool { sweeps != nil }
}

// What lies where in the workspace; every part starts at a multiple of 64 bytes.
extension FixedEdgeJunction {
    private var rowStride: Int { FixedParameters.paddedCount(columns) }
    private var paddedInputs: Int { FixedParameters.paddedCount(inputs) }

    /// The table from left neurons to edges is as big as dense weights: only where those would be
    /// few, or not many times the edges.
    private var hasInverse: Bool { paddedInputs <= max(64, 4 * rowStride) }

    private var blocksOffset: Int { 2 * outputs * rowStride }
    private var inverseOffset: Int { feedforwardBytes }
    private var inverseBlocksOffset: Int { inverseOffset + 2 * outputs * paddedInputs }
    private var scratchOffset: Int {
        hasInverse
            ? inverseBlocksOffset + Self.wholeLines(outputs * paddedInputs / 4) : inverseOffset
    }

    private static func wholeLines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    private var layout: FixedParameters {
        FixedParameters(outputs: outputs, rowStride: rowStride)
    }

    /// The tables as kernels take them.
    /// - forUpdates: whether the additional bytes are there
    @inline(__always)
    private func edges(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) -> FixedEdges {
        let hasInverse = forUpdates && hasInverse
        return FixedEdges(
            inputs: inputs, outputs: outputs, fan_in: columns, row_stride: rowStride,
            left: UnsafePointer(workspace.assumingMemoryBound(to: UInt16.self)),
            left_blocks: UnsafePointer(
                (workspace + blocksOffset).assumingMemoryBound(to: UInt64.self)),
            inverse: hasInverse
                ? UnsafePointer(
                    (workspace + inverseOffset).assumingMemoryBound(to: UInt16.self)) : nil,
            inverse_blocks: hasInverse
                ? UnsafePointer(
                    (workspace + inverseBlocksOffset).assumingMemoryBound(to: UInt64.self))
                : nil)
    }

    /// Edges of a right neuron, from a filled table.
    private func count(_ row: Int, _ workspace: UnsafeRawPointer) -> Int {
        let left = workspace.assumingMemoryBound(to: UInt16.self) + row * rowStride
        var count = columns
        while count > 0, left[count - 1] == FixedEdges.nobody { count -= 1 }
        return count
    }

    /// Which blocks of 64 places every 32 entries of a table point into, and others until all words
    /// have equally many.
    static func fillBlocks(
        _ blocks: UnsafeMutablePointer<UInt64>, _ table: UnsafePointer<UInt16>, _ count: Int,
        places: Int
    ) {
        var largest = 0
        for vector in 0..<count / 32 {
            var word: UInt64 = 0
            for entry in 0..<32 where table[32 * vector + entry] != FixedEdges.nobody {
                word |= 1 << UInt64(table[32 * vector + entry] >> 6)
            }
            // Beyond that, entries are picked faster one by one.
            let isUseful = places <= 4096 && word.nonzeroBitCount <= 16
            blocks[vector] = isUseful ? max(word, 1) : 0
            largest = max(largest, blocks[vector].nonzeroBitCount)
        }
        for vector in 0..<count / 32 where blocks[vector] != 0 {
            while blocks[vector].nonzeroBitCount < largest {
                blocks[vector] |= blocks[vector] + 1
            }
        }
    }
}

extension FixedEdgeJunction: FixedJunctionForm {
    package var inputs: Int { pattern.inputs }
    package var outputs: Int { pattern.outputs }
    package var fanIn: Int { pattern.inDegree }
    package var fanOut: Int { pattern.outDegree }
    package var weightCount: Int { pattern.edgeCount }
    package var fields: [JunctionField] {
        let fields = layout.fields(columns: columns)
        guard let sweeps else { return fields }
        return [JunctionField("weights", .i16, shape: sweeps.shape)] + fields.dropFirst()
    }

    /// Two bytes per edge and eight for every 32.
    package var feedforwardBytes: Int {
        sweeps?.feedforwardBytes ?? blocksOffset + Self.wholeLines(outputs * rowStride / 4)
    }

    package func updateBytes(_ increment: Increment) -> Int {
        sweeps?.updateBytes ?? scratchOffset + 2 * rowStride - feedforwardBytes
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {
        if let sweeps { return sweeps.prepare(workspace, pattern, forUpdates: forUpdates) }
        let table = workspace.assumingMemoryBound(to: UInt16.self)
        pattern.withEdges { left, starts in
            for row in 0..<outputs {
                let sorted = (Int(starts[row])..<Int(starts[row + 1])).map { left[$0] }.sorted()
                for column in 0..<rowStride {
                    table[row * rowStride + column] =
                        column < sorted.count
                        ? UInt16(truncatingIfNeeded: sorted[column]) : FixedEdges.nobody
                }
            }
        }
        Self.fillBlocks(
            (workspace + blocksOffset).assumingMemoryBound(to: UInt64.self), table,
            outputs * rowStride, places: inputs)
        guard forUpdates, hasInverse else { return }
        let inverse = (workspace + inverseOffset).assumingMemoryBound(to: UInt16.self)
        inverse.update(repeating: FixedEdges.nobody, count: outputs * paddedInputs)
        for row in 0..<outputs {
            for column in 0..<count(row, workspace) {
                let left = Int(table[row * rowStride + column])
                inverse[row * paddedInputs + left] = UInt16(truncatingIfNeeded: column)
            }
        }
        Self.fillBlocks(
            (workspace + inverseBlocksOffset).assumingMemoryBound(to: UInt64.self), inverse,
            outputs * paddedInputs, places: rowStride)
    }

    package func refresh(_ memory: JunctionMemory) {}

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        guard let sweeps else {
            return layout.draw(parameters, format, distribution, &generator) {
                count($0, workspace)
            }
        }
        sweeps.forEachEdge(pattern) { place in
            layout.weights(parameters)[place] = format.truncating(distribution.weight(&generator))
        }
        layout.drawBias(parameters, format, distribution, &generator)
    }

    /// y[j] = sat(b[j] + Σ over the edges of j of W ⊗ x)
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        if let sweeps {
            return kernels.fixed.sweeps.feedforward(
                sweeps.sweeps(workspace, forUpdates: false), layout.weights(parameters),
                layout.bias(parameters), x, y, sweeps.scratch(workspace), format.width,
                format.fractionBits, saturations)
        }
        kernels.fixed.edgeFeedforward(
            edges(workspace, forUpdates: false), layout.weights(parameters),
            layout.bias(parameters), x, y, format.width, format.fractionBits, saturations)
    }

    /// As `FixedDenseJunction.backpropUpdate`, over the edges that exist; BP, then UP.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        let weights = layout.weights(memory.parameters)
        let bias = layout.bias(memory.parameters)
        let counters = layout.saturations(memory.parameters)
        if let e {
            backprop(memory, delta: delta, derivative: derivative, e: e, kernels: kernels)
        }
        if let sweeps {
            return sweeps.update(
                memory.workspace, format, weights, bias, counters, x: x, delta: delta,
                learningShift: learningShift, increment: increment, generator: generator,
                kernels: kernels)
        }
        let edges = edges(memory.workspace, forUpdates: true)
        guard case .stochastic(let rule) = increment else {
            kernels.fixed.edgeUpdate(
                edges, weights, bias, x, delta, format.width, format.fractionBits, learningShift,
                counters)
            return
        }
        let outer = FixedStochastic(
            rule, format, learningShift: learningShift, x: x, inputs: inputs, delta: delta,
            outputs: outputs, generator)
        for row in 0..<outputs {
            outer.updateBias(bias, row, counters)
            let bits = outer.rowBits(row)
            guard bits != 0 else { continue }
            for edge in row * rowStride..<row * rowStride + count(row, memory.workspace) {
                outer.updateWeight(weights + edge, row, bits, Int(edges.left[edge]), counters)
            }
        }
    }

    @inline(__always)
    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>, kernels: KernelSet
    ) {
        let weights = layout.weights(memory.parameters)
        let counters = layout.saturations(memory.parameters)
        if let sweeps {
            return sweeps.backprop(
                memory.workspace, format, weights, counters, delta: delta, derivative: derivative,
                e: e, kernels: kernels)
        }
        kernels.fixed.edgeBackprop(
            edges(memory.workspace, forUpdates: true), weights, delta, derivative, e,
            (memory.workspace + scratchOffset).assumingMemoryBound(to: Int16.self),
            format.width, format.fractionBits, counters)
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = layout.weights(parameters)
        let left = workspace.assumingMemoryBound(to: UInt16.self)
        dense.update(repeating: 0, count: inputs * outputs)
        if let sweeps {
            let tables = sweeps.sweeps(workspace, forUpdates: false)
            for edge in 0..<weightCount {
                let (row, column) = (tables.rightNeuron(edge), tables.leftNeuron(edge))
                dense[row * inputs + column] = format.float(weights[edge])
            }
            return
        }
        for row in 0..<outputs {
            for edge in row * rowStride..<row * rowStride + count(row, workspace) {
                dense[row * inputs + Int(left[edge])] = format.float(weights[edge])
            }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        pattern.findings + layout.findings(parameters, format)
    }
}
