// Where the numbers of a recurrent layer lie: what BP needs again is kept, the rest is scratch.
//
// Legend: n positions (at most `positions` + `older`), stride n padded to whole chunks; a row is a
// position in [position][neuron], a neuron in [neuron][position] ("planar").

import Junctions

/// Sizes of rows, and byte offsets.
struct LSTMPlaces: Equatable, Sendable {
    /// Floats of a row of gates, of cells, and of h.
    let gateStride: Int
    let cellStride: Int
    let stateStride: Int
    /// Kept: gates i, f, g, o, then their errors, [n][4 units]
    let gates: Int
    /// Kept: c before every position and after the last, [n + 1][units]
    let cells: Int
    /// Kept: tanh c, [n][units]
    let tanhs: Int
    /// Kept: h before every position and after the last, [n + 1][width]
    let states: Int
    /// Kept: what is projected, [n][units]
    let unprojected: Int
    /// Kept: remembered and new inputs, planar [channels][n]
    let window: Int
    let keptBytes: Int
    /// Scratch of the junctions is first; gates or their errors, planar [4 units][n]
    let planarGates: Int
    /// One row of gates.
    let recurrent: Int
    /// Weights of the recurrent and of the projection junction as their steps want them.
    let turned: Int
    let turnedProjection: Int
    /// The error of h that the next position says, and of what is projected.
    let later: Int
    let projected: Int
    /// The error of c.
    let cellError: Int
    /// A row of zeros.
    let zeros: Int
    /// Errors of h, [n][width]
    let errors: Int
    /// x of the recurrent and of the projection junction, planar.
    let planarLeft: Int
    /// Errors of h, planar.
    let planarErrors: Int
    /// Errors of `window`.
    let windowErrors: Int
    let scratchBytes: Int
    /// Outcome: h first, then c, the inputs that are remembered, [channels][older], and how many.
    let nextCells: Int
    let nextInputs: Int
    let nextCount: Int
    let outcomeBytes: Int

    init(
        units: Int, width: Int, channels: Int, positions: Int, older: Int, isProjected: Bool,
        learns: Bool, junctionBytes: Int, stepFloats: (recurrent: Int, projection: Int)
    ) {
        let count = positions + older
        let stride = DenseJunction.paddedCount(count)
        gateStride = DenseJunction.paddedCount(4 * units)
        cellStride = DenseJunction.paddedCount(units)
        stateStride = DenseJunction.paddedCount(width)
        var kept = WorkspaceLayout()
        gates = kept.takeFloats(count * gateStride)
        cells = kept.takeFloats((count + 1) * cellStride)
        tanhs = kept.takeFloats(count * cellStride)
        states = kept.takeFloats((count + 1) * stateStride)
        unprojected = kept.takeFloats(isProjected ? count * cellStride : 0)
        window = kept.takeFloats(older > 0 ? channels * stride : 0)
        keptBytes = kept.byteCount
        var scratch = WorkspaceLayout()
        _ = scratch.take(junctionBytes)
        planarGates = scratch.takeFloats(4 * units * stride)
        recurrent = scratch.takeFloats(gateStride)
        turned = scratch.takeFloats(stepFloats.recurrent)
        turnedProjection = scratch.takeFloats(stepFloats.projection)
        let vector = max(cellStride, stateStride)
        later = scratch.takeFloats(learns ? vector : 0)
        projected = scratch.takeFloats(learns ? vector : 0)
        cellError = scratch.takeFloats(learns ? vector : 0)
        zeros = scratch.takeFloats(learns ? vector : 0)
        errors = scratch.takeFloats(learns ? count * stateStride : 0)
        planarLeft = scratch.takeFloats(learns ? max(units, width) * stride : 0)
        planarErrors = scratch.takeFloats(learns && isProjected ? width * stride : 0)
        windowErrors = scratch.takeFloats(learns && older > 0 ? channels * stride : 0)
        scratchBytes = scratch.byteCount
        var outcome = WorkspaceLayout()
        _ = outcome.takeFloats(stateStride)
        nextCells = outcome.takeFloats(cellStride)
        nextInputs = outcome.takeFloats(channels * DenseJunction.paddedCount(older))
        nextCount = outcome.take(MemoryLayout<UInt32>.size)
        outcomeBytes = outcome.byteCount
    }
}

/// The same as addresses.
struct LSTMBank {
    let gates: UnsafeMutablePointer<Float>
    let cells: UnsafeMutablePointer<Float>
    let tanhs: UnsafeMutablePointer<Float>
    let states: UnsafeMutablePointer<Float>
    let unprojected: UnsafeMutablePointer<Float>
    let window: UnsafeMutablePointer<Float>
    let planarGates: UnsafeMutablePointer<Float>
    let recurrent: UnsafeMutablePointer<Float>
    let turned: UnsafeMutablePointer<Float>
    let turnedProjection: UnsafeMutablePointer<Float>
    let later: UnsafeMutablePointer<Float>
    let projected: UnsafeMutablePointer<Float>
    let cellError: UnsafeMutablePointer<Float>
    let zeros: UnsafeMutablePointer<Float>
    let errors: UnsafeMutablePointer<Float>
    let planarLeft: UnsafeMutablePointer<Float>
    let planarErrors: UnsafeMutablePointer<Float>
    let windowErrors: UnsafeMutablePointer<Float>

    init(
        _ places: LSTMPlaces, kept: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
    ) {
        func floats(
            _ base: UnsafeMutableRawPointer, _ offset: Int
        ) -> UnsafeMutablePointer<Float> {
            (base + offset).assumingMemoryBound(to: Float.self)
        }
        gates = floats(kept, places.gates)
        cells = floats(kept, places.cells)
        tanhs = floats(kept, places.tanhs)
        states = floats(kept, places.states)
        unprojected = floats(kept, places.unprojected)
        window = floats(kept, places.window)
        planarGates = floats(scratch, places.planarGates)
        recurrent = floats(scratch, places.recurrent)
        turned = floats(scratch, places.turned)
        turnedProjection = floats(scratch, places.turnedProjection)
        later = floats(scratch, places.later)
        projected = floats(scratch, places.projected)
        cellError = floats(scratch, places.cellError)
        zeros = floats(scratch, places.zeros)
        errors = floats(scratch, places.errors)
        planarLeft = floats(scratch, places.planarLeft)
        planarErrors = floats(scratch, places.planarErrors)
        windowErrors = floats(scratch, places.windowErrors)
    }
}
