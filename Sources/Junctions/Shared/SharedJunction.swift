// A junction whose weights all positions of one sample share: the kernel of a convolution at every
// place, the gates of an LSTM at every step of a sequence. Floats go in and come out; which edges
// there are, how increments are formed and what the numbers are is nobody's business outside.
//
// Legend: P (`count`) positions, `stride` = P rounded up to a multiple of 16; x, y, δ and e are
// [neurons][stride], a neuron's values at all positions side by side; p one position, a column.
//
// Invariants:
//   - the padding columns of x and δ are zero before every call, those of y and e after it;
//   - FF and BP change no weight; UP changes each weight once per sample, by the sum of the
//     increments of all positions (in fixed point one after the other, positions ascending);
//   - the scratch memory holds nothing between calls: all junctions of a network may share it.
//
// Every pass is defined by a loop over the positions with the forms for one vector
// (SharedJunction+Definition.swift). Fast forms beside it do the same work in another order of
// rounding; see SharedJunction+Fast.swift for which there are.

import Arithmetic
import Kernels

/// A junction for many vectors per sample.
package struct SharedJunction: Equatable, Sendable {
    /// What the junction is, without its shape.
    package let specification: JunctionSpecification
    /// The junction that one position sees: for fields, reports and inspection.
    package let junction: Junction
    /// Left neurons: taps · channels, [tap][channel].
    package let inputs: Int
    /// Right neurons.
    package let outputs: Int
    /// Places of the kernel of a convolution that a right neuron sees at once.
    package let taps: Int
    /// The most positions at a time.
    package let count: Int

    /// Bytes of the form's tables.
    private let formBytes: (feedforward: Int, update: Int)
    /// Floats of the weights, and of weights and biases, padding included.
    let learned: (weights: Int, all: Int)
    /// Lists of edges, behind the form's tables, where the structure is a pattern.
    let edges: SharedEdgeTables?

    /// A junction of `inputs` = taps · channels left neurons for up to `count` positions.
    ///
    /// Patterns of edges are drawn between channels and outputs, and repeated at every tap.
    /// `StructureError` as for one vector; and where taps > 1, if a block or a group of channels
    /// would lie across two taps.
    package init(
        _ specification: JunctionSpecification, inputs: Int, outputs: Int, taps: Int = 1,
        count: Int
    ) throws(StructureError) {
        precondition(taps > 0 && inputs % taps == 0, "inputs are taps times channels")
        precondition(count > 0, "a sample has positions")
        try Self.checkTaps(specification.structure, taps: taps, channels: inputs / taps)
        self.specification = specification
        self.inputs = inputs
        self.outputs = outputs
        self.taps = taps
        self.count = count
        junction = try specification.junction(inputs: inputs, outputs: outputs, taps: taps)
        let form = junction.form
        formBytes = (form.feedforwardBytes, form.updateBytes(specification.increment))
        let fields = form.fields
        edges = SharedEdgeTables(junction)
        learned = (fields[0].byteCount / 4, fields.offset(2) / 4)
    }

    package static func == (a: SharedJunction, b: SharedJunction) -> Bool {
        a.specification == b.specification && a.junction == b.junction && a.taps == b.taps
            && a.count == b.count
    }

    /// Floats from row to row where a sample has `count` positions.
    package static func stride(_ count: Int) -> Int { DenseJunction.paddedCount(count) }

    /// The sizes of circulant blocks, powers of two from 2 to 256, that fill the channels.
    private static func legalBlocks(channels: Int) -> String {
        let sizes = (1...8).map { 1 << $0 }.filter { channels % $0 == 0 }
        guard !sizes.isEmpty else {
            return "an even number of channels: no block fills \(channels). TRY: structure = "
                + "\"dense\" here, or an even number of channels in what this reads"
        }
        return "a divisor of the channels: \(sizes.map(String.init).joined(separator: ", "))"
    }

    /// Blocks and groups do not lie across taps.
    private static func checkTaps(
        _ structure: WeightStructure, taps: Int, channels: Int
    ) throws(StructureError) {
        guard taps > 1 else { return }
        switch structure {
        case .circulant(let block) where channels % max(block, 1) != 0:
            throw StructureError(
                "block", found: "\(block) with \(channels) channels at each of \(taps) taps",
                expected: legalBlocks(channels: channels))
        case .pruned(let settings) where channels % max(settings.group, 1) != 0:
            throw StructureError(
                "pattern",
                found: "\(settings.kept):\(settings.group) with \(channels) channels at each of "
                    + "\(taps) taps",
                expected: "one whose group divides the channels")
        case .laneAligned where channels % 16 != 0:
            throw StructureError(
                "structure",
                found: "lane-aligned with \(channels) channels at each of \(taps) taps",
                expected: "clash-free, or between channels that are a multiple of 16")
        default: break
        }
    }
}

extension SharedJunction {
    /// Where things lie; every address is 64-byte aligned.
    package struct Memory {
        /// The fields of `junction`, back to back.
        package let parameters: UnsafeMutableRawPointer
        /// The velocities of the learned fields, back to back; nil without momentum.
        package let velocity: UnsafeMutableRawPointer?
        /// `tableBytes(learns: true)` bytes, of this junction alone.
        package let tables: UnsafeMutableRawPointer
        /// `scratchBytes(learns: true)` bytes of any content.
        package let scratch: UnsafeMutableRawPointer

        /// Names memory that the caller owns.
        package init(
            parameters: UnsafeMutableRawPointer, velocity: UnsafeMutableRawPointer?,
            tables: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
        ) {
            self.parameters = parameters
            self.velocity = velocity
            self.tables = tables
            self.scratch = scratch
        }

        /// The same for FF.
        package var reading: Reading {
            Reading(parameters: parameters, tables: tables, scratch: scratch)
        }

        /// As the forms for one vector take it.
        var one: JunctionMemory {
            JunctionMemory(parameters: parameters, velocity: velocity, workspace: tables)
        }
    }

    /// What FF needs: of a learner, or of a predictor, which may not write to the parameters.
    package struct Reading {
        /// See `Memory.parameters`.
        package let parameters: UnsafeRawPointer
        /// `tableBytes` bytes, of this junction alone.
        package let tables: UnsafeMutableRawPointer
        /// `scratchBytes` bytes of any content.
        package let scratch: UnsafeMutableRawPointer

        /// Names memory that the caller owns.
        package init(
            parameters: UnsafeRawPointer, tables: UnsafeMutableRawPointer,
            scratch: UnsafeMutableRawPointer
        ) {
            self.parameters = parameters
            self.tables = tables
            self.scratch = scratch
        }
    }

    /// Bytes of tables, a multiple of 64: what follows from the form and the parameters. The
    /// form's own lie first, so that `junction` can be looked at with them.
    package func tableBytes(learns: Bool) -> Int {
        guard let edges else { return formBytes.feedforward + (learns ? formBytes.update : 0) }
        return edgeOffset + edges.byteCount(learns: learns)
    }

    /// Where the lists of edges begin: FF does not know whether it is a learner's, so there is
    /// room for what learners need before them in either case.
    var edgeOffset: Int { formBytes.feedforward + formBytes.update }

    /// Bytes of scratch memory, a multiple of 64.
    package func scratchBytes(learns: Bool) -> Int {
        columns.byteCount + fastBytes(learns: learns)
    }

    /// Fills cleared tables with what follows from the form alone.
    package func prepare(_ tables: UnsafeMutableRawPointer, learns: Bool) {
        junction.form.prepare(tables, forUpdates: learns)
        edges?.prepare(tables + edgeOffset, junction, tables, learns: learns)
    }

    /// Makes what the tables derive from the parameters, after these were drawn or replaced as a
    /// whole; for learners.
    package func refresh(_ memory: Memory) { junction.form.refresh(memory.one) }

    /// Draws fresh parameters into cleared memory; the tables are prepared.
    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ tables: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        junction.form.initialise(parameters, tables, distribution, &generator)
    }
}

extension SharedJunction {
    /// FF: y = W x + b at every position.
    /// - x: [inputs][stride]. - y: [outputs][stride], written, padding columns with zeros
    /// - count: positions, 1 to `self.count`
    /// - saturations: counters of fixed point, or nil where nobody counts
    package func feedforward(
        _ memory: Reading, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, count: Int,
        saturations: UnsafeMutablePointer<UInt64>? = nil, kernels: KernelSet
    ) {
        precondition(count > 0 && count <= self.count, "as many positions as was said")
        if !fastFeedforward(memory, x: x, y: y, count: count, kernels: kernels) {
            defineFeedforward(
                memory, x: x, y: y, count: count, saturations: saturations, kernels: kernels)
        }
    }

    /// BP: e = Wᵀ δ at every position. No weight changes.
    /// - delta: [outputs][stride]. - e: [inputs][stride], written, padding columns with zeros
    package func backprop(
        _ memory: Memory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>, count: Int,
        kernels: KernelSet
    ) {
        precondition(count > 0 && count <= self.count, "as many positions as was said")
        if !fastBackprop(memory, delta: delta, e: e, count: count, kernels: kernels) {
            defineBackprop(memory, delta: delta, e: e, count: count, kernels: kernels)
        }
    }

    /// UP: W ← W − η (Σₚ δₚ xₚᵀ + λ W), b ← b − η Σₚ δₚ; with momentum once per sample
    /// v ← μ v + (Σₚ δₚ xₚᵀ + λ W), W ← W − η v.
    ///
    /// Stochastic increments: random numbers are drawn once per sample, all positions share them,
    /// and each has its own scale. Fixed point: x and δ are rounded to the nearest numbers of the
    /// format, and every position's increments are added by themselves, positions ascending;
    /// η = 2⁻ˢ.
    /// - x: [inputs][stride]. - delta: [outputs][stride]
    /// - generator: four words of state of `Xoshiro256StarStar`, for stochastic increments
    package func update(
        _ memory: Memory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>, count: Int,
        rule: UpdateRule, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        precondition(count > 0 && count <= self.count, "as many positions as was said")
        let isDone =
            rule.increment == .exact
            && fastUpdate(memory, x: x, delta: delta, count: count, rule: rule, kernels: kernels)
        if isDone { return }
        defineUpdate(
            memory, x: x, delta: delta, count: count, rule: rule, generator: generator,
            kernels: kernels)
    }

    /// BP with the old W where somebody is to the left, then UP.
    package func backpropUpdate(
        _ memory: Memory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, count: Int, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if let e { backprop(memory, delta: delta, e: e, count: count, kernels: kernels) }
        update(
            memory, x: x, delta: delta, count: count, rule: rule, generator: generator,
            kernels: kernels)
    }
}
