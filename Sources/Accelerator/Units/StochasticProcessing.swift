// The stochastic outer-product unit (ESSOP, arXiv 2003.11256): UP without multiplications.
//
// N + M converters' worth of conversions, L bits each: in a clock every converter compares one
// number with the random number of its side and so makes one bit; then E products, `lanes` per
// clock: an L-bit AND, the count of its ones, a shift to the weight's scale, an addition.
//
// Legend: N left neurons, M right neurons, E edges of the pattern (N·M without one: a stochastic
// product of circulant blocks forms them all, and is a reference only), L bits.
//
// Per sample:
//   clocks  ⌈(N + M) / converters⌉ · L, then ⌈E / lanes⌉
//   N activation and M error reads; M error writes that zero what was read (not in the last
//   junction, where FF writes errors and nothing is added to them); (N + M) L compare; 2 L draw
//   where elements share random numbers, (N + M) L where they do not; E L bit AND; E count,
//   E shift, E add, E weight reads and writes. Biases learn exactly beside the products: M
//   multiply, M add, M reads and M writes.
//
// Exact: these counts, and those of `StochasticActions` where every element has a bit. Modelled:
// words without ones are multiplied too (a cost never depends on values); numbers that are shared
// are drawn once and kept for all rounds of the converters; the search for the largest magnitude
// (what elements are divided by), and the XOR of signs, are free; the unit reads its own weights,
// since its clocks are not those of the edge processors; its memories are wide enough.

import Junctions

/// What a stochastic unit does for a junction.
package struct StochasticProcessing {
    let unit: StochasticUnit
    let device: DeviceDescription

    /// The unit of a device.
    package init(_ unit: StochasticUnit, _ device: DeviceDescription) {
        self.unit = unit
        self.device = device
    }

    /// The cost of UP.
    package func update(
        _ junction: DeviceJunction, _ rule: StochasticRule, _ place: JunctionPlace
    ) -> OperationCost {
        let (left, right) = (junction.inputs, junction.outputs)
        let hasPattern = junction.junction.form.edges != nil
        let products = hasPattern ? junction.weightCount : left * right
        let (elements, bits) = (left + right, rule.bitCount)
        let widths = NumberWidths(junction, place, device.arithmetic)
        var counts = ActionCounts()
        counts.read(.activations, bits: widths.leftBits, left)
        counts.read(.errors, bits: widths.bits, right)
        if !place.isLast { counts.write(.errors, bits: widths.bits, right) }
        counts.add(.draw, widths, (rule.sharing == .nothing ? elements : 2) * bits)
        counts.add(.compare, widths, elements * bits)
        counts.add(Action(.bitAnd, bits: 1), products * bits)
        counts.add(Action(.countOnes, bits: bits), products)
        counts.add(.shift, widths, products)
        counts.add(.multiply, widths, right)
        counts.add(.add, widths, products + right)
        counts.read(.weights, bits: widths.weightBits, products)
        counts.write(.weights, bits: widths.weightBits, products)
        counts.read(.biases, bits: widths.weightBits, right)
        counts.write(.biases, bits: widths.weightBits, right)
        let rounds = (elements + unit.converters - 1) / unit.converters
        let clocks = rounds * bits + (products + unit.lanes - 1) / unit.lanes
        return OperationCost(clocks: clocks, actions: counts)
    }
}
