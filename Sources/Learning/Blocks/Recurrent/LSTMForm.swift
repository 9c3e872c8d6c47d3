// A recurrent layer with long short-term memory, as PyTorch defines it:
//
//     i = σ(W_i x + b_i + R_i h + r_i)     f, o the same with σ, g with tanh
//     c ← f·c + i·g        h ← o·tanh c    with a projection h ← P (o·tanh c) + p
//
// over the positions of a sequence. Three junctions carry it: `input` (W, b: all positions at once),
// `recurrent` (R, r: one position after the other) and `projection` (P, p). Rows of W and R are in
// the order i, f, g, o. Both biases learn, as in PyTorch; the projection's bias is ours. Fresh
// parameters are drawn as those of every junction; nothing is added to the forget gate's bias.
//
// Back-propagation through time goes back over the whole window; the weights learn once per sample,
// after all errors are known.
//
// State of a producer (`history` positions, of which a sample brings T): FF of a sample starts with
// the state before the oldest of the newest `history` positions, runs through what is remembered of
// them with the weights of now, and then through the sample. The state it starts from, and the
// inputs that are remembered, are constants for the gradient; e is that of the sample's own
// positions. Samples advance the state one by one, whether they have a label or not; queries know no
// producer and start from zero.
//
// Invariants:
//   - gates and errors of gates share one memory: errors take the place of gates, step by step;
//   - row t of h and c is the state before position t, so that row n is the newest.

import Junctions
import Kernels

/// A recurrent layer; see the top of the file.
package struct LSTMForm: BlockForm {
    package let inputShape: BlockShape
    package let outputShape: BlockShape
    package let parts: BlockParts
    package let keptBytes: Int
    package let scratchBytes: Int
    package let outcomeBytes: Int

    /// Cells.
    let units: Int
    /// Values of h.
    let width: Int
    /// Channels that are read.
    let channels: Int
    /// Positions of a sample.
    let positions: Int
    /// Most positions before a sample that are remembered.
    let older: Int
    /// Whether producers have a state.
    let hasState: Bool
    /// Whether h of every position is given.
    let givesSequence: Bool
    let input: SharedJunction
    let recurrent: SharedJunction
    let projection: SharedJunction?
    let places: LSTMPlaces
    let learns: Bool

    /// A layer over that input.
    ///
    /// - Throws: `StructureError` if the input is no sequence, or a junction is not possible
    package init(
        _ block: LSTMBlock, _ input: BlockShape, _ purpose: BlockPurpose
    ) throws(StructureError) {
        let shape = try block.outputShape(input)
        (positions, channels) = try input.sequence()
        inputShape = input
        outputShape = shape
        learns = purpose.learns
        units = block.units
        width = block.projected > 0 ? block.projected : block.units
        givesSequence = block.output == .sequence
        if case .producer(let history) = block.state {
            hasState = true
            older = max(0, history - positions)
        } else {
            hasState = false
            older = 0
        }
        let count = positions + older
        self.input = try SharedJunction(
            block.junction, inputs: channels, outputs: 4 * units, count: count)
        recurrent = try SharedJunction(
            block.junction, inputs: width, outputs: 4 * units, count: count)
        projection =
            block.projected > 0
            ? try SharedJunction(block.junction, inputs: units, outputs: width, count: count)
            : nil
        var junctions = [
            BlockJunction("input", self.input, uses: positions, learns: learns),
            BlockJunction("recurrent", recurrent, uses: positions, learns: learns),
        ]
        var junctionBytes = max(
            self.input.scratchBytes(learns: learns), recurrent.scratchBytes(learns: learns))
        if let projection {
            junctions.append(
                BlockJunction("projection", projection, uses: positions, learns: learns))
            junctionBytes = max(junctionBytes, projection.scratchBytes(learns: learns))
        }
        parts = BlockParts(
            junctions,
            fields: hasState
                ? Self.stateFields(
                    purpose.producers, width: width, units: units, channels: channels,
                    older: older)
                : [])
        places = LSTMPlaces(
            units: units, width: width, channels: channels, positions: positions, older: older,
            isProjected: projection != nil, learns: learns, junctionBytes: junctionBytes,
            stepFloats: (recurrent.stepFloats, projection?.stepFloats ?? 0))
        keptBytes = learns ? places.keptBytes : 0
        outcomeBytes = learns && hasState ? places.outcomeBytes : 0
        scratchBytes = places.scratchBytes + (learns ? 0 : places.keptBytes)
    }

    package func prepare(_ tables: UnsafeMutableRawPointer) {
        input.prepare(tables + parts.junctions[0].tablesOffset, learns: learns)
        recurrent.prepare(tables + parts.junctions[1].tablesOffset, learns: learns)
        projection?.prepare(tables + parts.junctions[2].tablesOffset, learns: learns)
    }

    package func refresh(_ memory: BlockMemory) {
        input.refresh(parts.junctions[0].memory(memory, scratchOffset: 0))
        recurrent.refresh(parts.junctions[1].memory(memory, scratchOffset: 0))
        projection?.refresh(parts.junctions[2].memory(memory, scratchOffset: 0))
    }

    /// Where a sample's numbers lie.
    func bank(_ memory: BlockMemory) -> LSTMBank {
        LSTMBank(
            places, kept: learns ? memory.kept : memory.scratch + places.scratchBytes,
            scratch: memory.scratch)
    }
}
