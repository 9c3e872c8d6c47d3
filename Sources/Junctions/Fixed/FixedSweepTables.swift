// A clash-free junction in fixed point without lists of edges: where its weights lie, and the
// tables of its kernels.
//
// Legend: z columns, D rows of the left memories; fo sweeps; G right neurons that a clock serves,
// F clocks that a right neuron takes; clusters, arranged, order of edges: sweep_lanes.h.
// What makes it possible: in types 2, 3 and zeros a memory is read in natural order from some row
// on. Dither, which memory is in which lane, does not matter where a clock serves one neuron.
// Invariant: everything follows from the pattern alone.

import Arithmetic
import Kernels

/// The sweeps of a pattern that has the form for them.
struct FixedSweepTables: Equatable, Sendable {
    private let inputs, outputs, rows, columns, sweeps, groups, clocks: Int
    /// Byte offsets in the workspace; every part starts at a multiple of 64.
    private let neuronsOffset, neuronBlocksOffset, placesOffset, placeBlocksOffset: Int
    private let scratchOffset: Int
    /// Two bytes per edge and eight numbers per neuron, and scratch memory.
    let feedforwardBytes: Int

    /// The sweeps of a pattern, or nil: types 2, 3 or zeros with 1, 2, 4 or 8 rows, whole vectors
    /// of columns per neuron, 2^k neurons per clock or whole clocks per neuron, and dither only
    /// with the latter; and indices of 16 bits for all words of FF's sums.
    init?(_ pattern: EdgeList) {
        guard case .sparse(let pattern) = pattern, pattern.taps == 1 else { return nil }
        let (columns, rows, inDegree) = (
            pattern.parallelism, pattern.memoryRows, pattern.inDegree
        )
        let isWide = inDegree % columns == 0
        switch pattern.family {
        case .zeros, .clashFree(.type2, dither: false), .clashFree(.type3, dither: false): break
        case .clashFree(.type2, dither: true), .clashFree(.type3, dither: true):
            guard isWide else { return nil }
        default: return nil
        }
        guard [1, 2, 4, 8].contains(rows), min(inDegree, columns) % 32 == 0,
            isWide || columns % inDegree == 0
        else { return nil }
        groups = isWide ? 1 : columns / inDegree
        clocks = isWide ? inDegree / columns : 1
        guard groups & (groups - 1) == 0,
            (pattern.outDegree + 3) / 4 * groups * 32 < Int(FixedEdges.nobody)
        else { return nil }
        (inputs, outputs) = (pattern.inputs, pattern.outputs)
        (self.rows, self.columns, sweeps) = (rows, columns, pattern.outDegree)
        let entries = FixedParameters.paddedCount(8 * sweeps * groups)
        let paddedOutputs = FixedParameters.paddedCount(outputs)
        let wholeLines = { (bytes: Int) in (bytes + 63) & ~63 }
        neuronsOffset = 2 * sweeps * inputs
        neuronBlocksOffset = neuronsOffset + 2 * entries
        placesOffset = neuronBlocksOffset + wholeLines(entries / 4)
        placeBlocksOffset = placesOffset + 2 * paddedOutputs
        scratchOffset = placeBlocksOffset + wholeLines(paddedOutputs / 4)
        feedforwardBytes =
            scratchOffset + 2
            * FixedSweeps.scratchCount(
                inputs: inputs, outputs: outputs, sweeps: sweeps, groups: groups)
    }

    /// The weights: sweep by sweep, in the order of edges.
    var shape: [Int] { [sweeps, inputs] }
}

extension FixedSweepTables {
    /// Two bytes per edge.
    var updateBytes: Int { 2 * sweeps * inputs }

    /// Scratch memory of the kernels.
    @inline(__always)
    func scratch(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + scratchOffset).assumingMemoryBound(to: Int16.self)
    }

    /// The tables as kernels take them.
    /// - forUpdates: whether the additional bytes are there
    @inline(__always)
    func sweeps(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) -> FixedSweeps {
        FixedSweeps(
            inputs: inputs, outputs: outputs, rows: rows, sweeps: sweeps, groups: groups,
            clocks: clocks,
            turns: UnsafePointer(workspace.assumingMemoryBound(to: UInt8.self)),
            returns: forUpdates
                ? UnsafePointer(
                    (workspace + feedforwardBytes).assumingMemoryBound(to: UInt8.self)) : nil,
            neurons: UnsafePointer(
                (workspace + neuronsOffset).assumingMemoryBound(to: UInt16.self)),
            neuron_blocks: UnsafePointer(
                (workspace + neuronBlocksOffset).assumingMemoryBound(to: UInt64.self)),
            places: UnsafePointer(
                (workspace + placesOffset).assumingMemoryBound(to: UInt16.self)),
            place_blocks: UnsafePointer(
                (workspace + placeBlocksOffset).assumingMemoryBound(to: UInt64.self)))
    }
}

extension FixedSweepTables {
    /// Where the weight of an edge lies.
    /// - edge: its number in the pattern. - left: its left neuron
    private func place(_ edge: Int, left: Int) -> Int {
        let perRow = 8 / rows
        let column = left % columns
        let vector = column / 32 * rows + column % 8 / perRow
        let word = column % perRow * rows + edge % inputs / columns
        return edge / inputs * inputs + 32 * vector + column % 32 / 8 * 8 + word
    }

    /// Calls `body` with the place of every edge: right neuron by right neuron, in ascending order
    /// of left neurons.
    func forEachEdge(_ pattern: EdgeList, _ body: (_ place: Int) -> Void) {
        pattern.withEdges { left, starts in
            for row in 0..<outputs {
                let edges = Int(starts[row])..<Int(starts[row + 1])
                for edge in edges.sorted(by: { left[$0] < left[$1] }) {
                    body(place(edge, left: Int(left[edge])))
                }
            }
        }
    }

    /// Fills the tables.
    func prepare(
        _ workspace: UnsafeMutableRawPointer, _ pattern: EdgeList, forUpdates: Bool
    ) {
        let turns = workspace.assumingMemoryBound(to: UInt8.self)
        let returns = (workspace + feedforwardBytes).assumingMemoryBound(to: UInt8.self)
        let perRow = 8 / rows
        pattern.withEdges { left, _ in
            for edge in 0..<sweeps * inputs {
                let left = Int(left[edge])
                let place = place(edge, left: left)
                let arranged = left / columns * perRow + left % columns % perRow
                for byte in 0..<2 {
                    turns[2 * place + byte] = UInt8(2 * arranged + byte)
                    guard forUpdates else { continue }
                    returns[2 * (place & ~7 + arranged) + byte] = UInt8(2 * (place & 7) + byte)
                }
            }
        }
        prepareNeurons(workspace)
    }

    /// Which words are whose.
    private func prepareNeurons(_ workspace: UnsafeMutableRawPointer) {
        let entries = FixedParameters.paddedCount(8 * sweeps * groups)
        let paddedOutputs = FixedParameters.paddedCount(outputs)
        let neurons = (workspace + neuronsOffset).assumingMemoryBound(to: UInt16.self)
        let places = (workspace + placesOffset).assumingMemoryBound(to: UInt16.self)
        neurons.update(repeating: FixedEdges.nobody, count: entries)
        places.update(repeating: FixedEdges.nobody, count: paddedOutputs)
        // Backwards: of the words with a neuron's sum, the first remains.
        for entry in (0..<8 * sweeps * groups).reversed() {
            let (sweep, group) = (entry / 8 / groups, entry / 8 % groups)
            let neuron = ((sweep * rows + entry % rows) * groups + group) / clocks
            let place = (sweep / 4 * groups + group) * 32 + sweep % 4 * 8 + entry % 8
            neurons[entry] = UInt16(truncatingIfNeeded: neuron)
            places[neuron] = UInt16(truncatingIfNeeded: place)
        }
        FixedEdgeJunction.fillBlocks(
            (workspace + neuronBlocksOffset).assumingMemoryBound(to: UInt64.self), neurons,
            entries, places: outputs)
        FixedEdgeJunction.fillBlocks(
            (workspace + placeBlocksOffset).assumingMemoryBound(to: UInt64.self), places,
            paddedOutputs, places: (sweeps + 3) / 4 * groups * 32)
    }

    /// BP.
    @inline(__always)
    func backprop(
        _ workspace: UnsafeMutableRawPointer, _ format: FixedFormat,
        _ weights: UnsafePointer<Int16>, _ counters: UnsafeMutablePointer<UInt64>,
        delta: UnsafePointer<Int16>, derivative: UnsafePointer<Int16>?,
        e: UnsafeMutablePointer<Int16>, kernels: KernelSet
    ) {
        kernels.fixed.sweeps.backprop(
            sweeps(workspace, forUpdates: true), weights, delta, derivative, e,
            scratch(workspace), format.width, format.fractionBits, counters)
    }

    /// UP.
    @inline(__always)
    func update(
        _ workspace: UnsafeMutableRawPointer, _ format: FixedFormat,
        _ weights: UnsafeMutablePointer<Int16>, _ bias: UnsafeMutablePointer<Int16>,
        _ counters: UnsafeMutablePointer<UInt64>, x: UnsafePointer<Int16>,
        delta: UnsafePointer<Int16>, learningShift: Int, increment: Increment,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        let tables = sweeps(workspace, forUpdates: true)
        guard case .stochastic(let rule) = increment else {
            return kernels.fixed.sweeps.update(
                tables, weights, bias, x, delta, scratch(workspace), format.width,
                format.fractionBits, learningShift, counters)
        }
        update(
            FixedStochastic(
                rule, format, learningShift: learningShift, x: x, inputs: inputs, delta: delta,
                outputs: outputs, generator), tables, weights, bias, counters)
    }

    /// Adds stochastic increments.
    private func update(
        _ outer: FixedStochastic, _ sweeps: FixedSweeps, _ weights: UnsafeMutablePointer<Int16>,
        _ bias: UnsafeMutablePointer<Int16>, _ counters: UnsafeMutablePointer<UInt64>
    ) {
        let size = inputs / groups
        for row in 0..<outputs {
            outer.updateBias(bias, row, counters)
            let bits = outer.rowBits(row)
            guard bits != 0 else { continue }
            for step in row * clocks..<(row + 1) * clocks {
                let clock = step / groups
                let first = (clock / rows * groups + step % groups) * size
                for edge in stride(from: first + clock % rows, to: first + size, by: rows) {
                    outer.updateWeight(
                        weights + edge, row, bits, sweeps.leftNeuron(edge), counters)
                }
            }
        }
    }
}
