// The two engines beside the array.
//
// SORE: each lane takes one weight of its group per clock and holds the N largest magnitudes so far
// in a stack, so M clocks per group, |W| / lanes per direction. Of equals the first stays ahead.
// WUVE: one weight per lane and clock, |W| / lanes; a bias goes through it like a weight.

extension TensorProcessing {
    /// SORE's clocks for one direction: M for every group of each lane, ragged ones too.
    package func selectionClocks(groups: Int, of group: Int) -> Int {
        groups.dividedUp(by: array.reductionLanes) * group
    }

    /// SORE's comparisons for a group: a weight with each that is held when it comes.
    package static func comparisons(kept: Int, group: Int) -> Int {
        (0..<group).reduce(0) { $0 + min($1, kept) }
    }

    /// WUVE's clocks for so many weights and biases.
    package func updateClocks(_ count: Int) -> Int { count.dividedUp(by: array.updateLanes) }

    /// Bits of a group in a view: each of the N words has its value and log₂ M bits that say where
    /// in the group it was. 2:8 in 16 bits: 2·(16 + 3) = 38 for 8 weights.
    package static func groupBits(kept: Int, group: Int, valueBits: Int) -> Int {
        kept * viewBits(group: group, valueBits: valueBits)
    }

    /// Bits of a word of a view.
    package static func viewBits(group: Int, valueBits: Int) -> Int {
        valueBits + (Int.bitWidth - (group - 1).leadingZeroBitCount)
    }
}
