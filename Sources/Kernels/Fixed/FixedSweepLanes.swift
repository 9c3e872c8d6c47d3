// What FF, BP and UP over sweeps share: left neurons in clusters and back, and who they are.

import CLanes

/// Arranges tame left neurons, times 2^(15 − b_f); false where they are not tame.
@_transparent func fixedArrange(
    _ sweeps: fixed_sweeps, _ x: UnsafePointer<Int16>, _ arranged: UnsafeMutablePointer<Int16>,
    _ numbers: FixedNumbers
) -> Bool {
    let rows = sweeps.rows
    let columns = sweeps.inputs / rows
    let factor = Int16(truncatingIfNeeded: Int32(1) &<< (15 &- numbers.fractionBits))
    var bits = FixedLanes.zero
    var column = 0
    while column < columns {
        bits = lanes_or_i16(
            bits,
            lanes_transpose_clusters(
                x + column, columns, arranged + column &* rows, 32, rows, factor))
        column &+= 32
    }
    // Most are not negative: then the bits say all.
    let tooLarge = Int16(truncatingIfNeeded: 0 &- numbers.one)
    guard lanes_touch(bits, tooLarge) else { return true }
    bits = .zero
    var i = 0
    while i < sweeps.inputs {
        bits = lanes_or_i16(bits, lanes_magnitude_i16(load(x, i)))
        i &+= 32
    }
    return !lanes_touch(bits, tooLarge)
}

/// The inverse, without the factor.
@_transparent func fixedDisarrange(
    _ sweeps: fixed_sweeps, _ arranged: UnsafePointer<Int16>, _ e: UnsafeMutablePointer<Int16>
) {
    let columns = sweeps.inputs / sweeps.rows
    var column = 0
    while column < columns {
        _ = lanes_transpose_clusters(
            arranged + column &* sweeps.rows, 32, e + column, columns, sweeps.rows, 1)
        column &+= 32
    }
}

/// The left neuron of an edge.
@_transparent func fixedLeftNeuron(_ sweeps: fixed_sweeps, _ edge: Int) -> Int {
    let rows = sweeps.rows
    let perRow = 8 / rows
    let place = edge % sweeps.inputs
    let (vector, cluster) = (place &>> 5, place &>> 3 & 3)
    let word = Int(sweeps.turns[2 &* edge] &>> 1)
    let column =
        vector / rows &* 32 &+ 8 &* cluster &+ vector % rows &* perRow &+ word % perRow
    return word / perRow &* (sweeps.inputs / rows) &+ column
}

/// The right neuron of an edge.
@_transparent func fixedRightNeuron(_ sweeps: fixed_sweeps, _ edge: Int) -> Int {
    let group = edge / (sweeps.inputs / sweeps.groups)
    return Int(sweeps.neurons[8 &* group &+ edge & 7])
}
