// Edge processors: each does FF, BP and UP of one edge per clock (Dey et al., arXiv 1711.01343).
// What a sample costs follows from the shape, the degrees and z; only clashes need the edges, and
// those only where the pattern is not known to be free of them (`EdgeTraffic`).
//
// Legend: p left neurons, n right neurons, E edges, z edges per clock, z' that of the next
// junction, b bits of a number.
//
// Per sample:
//   FF  E weight, E activation and n bias reads; E multiply, E add (a sum starts with its bias);
//       n look-ups, or n compare where there is no table, and n look-ups more where a derivative
//       is kept (hidden layers in fixed point); n activation writes, and n of the derivatives kept.
//       The last junction: n add (output error) and n error writes instead of those writes.
//   BP  E error reads, E error writes and E add (read, modify, write); 2 E multiply (δ·f′, then
//       ·w); E derivative reads in fixed point. With floats f′ follows from the activation that UP
//       reads in the same clock. Not of the first junction.
//   UP  n error reads, for BP and UP together, and n error writes that zero what was read (not in
//       the last junction, where FF writes errors and nothing is added to them); E activation
//       reads; n multiply (rate · error), E multiply, E + n add; E weight writes, n bias writes.
//       With momentum E + n velocity reads, velocity writes, multiply and add.
//   Weight and bias reads: in the pipeline FF's serve BP and UP of the same junction cycle.
//   Sequentially BP and UP share E + n more, charged to UP.
//   Where a stochastic unit does UP in its own time, BP shares nothing with it: it reads n errors,
//   with floats E activations (for f′), and sequentially E weights for itself.
//
// Exact: clocks, accesses and clashes of this architecture, clock by clock, as the stepped
// simulation finds them. Modelled: FF, BP and UP each wait for their own memories alone; an error
// that is added to in one clock can be added to in the next; weight decay is free.

import Junctions

/// What edge processors do for a junction.
package struct EdgeProcessing {
    let processors: EdgeProcessors
    let device: DeviceDescription

    /// The processors of a device.
    package init(_ processors: EdgeProcessors, _ device: DeviceDescription) {
        self.processors = processors
        self.device = device
    }

    /// The cost of a junction, which must be of edges (`worksEdges`).
    package func cost(_ junction: DeviceJunction, _ place: JunctionPlace) -> JunctionCost {
        let work = EdgeWork(junction, place, device.arithmetic)
        let traffic = EdgeTraffic(junction, place, device.memory)
        func cost(_ operation: Operation, _ actions: ActionCounts) -> OperationCost {
            let waits = traffic.waits(operation)
            return OperationCost(
                clocks: traffic.clocks + waits.stallClocks, stallClocks: waits.stallClocks,
                clashes: waits.clashes, actions: actions)
        }
        return JunctionCost(
            unit: .edgeProcessors, parallelism: place.parallelism,
            overheadClocks: processors.overheadClocks + processors.processClocks,
            feedforward: cost(.feedforward, work.feedforward),
            backprop: place.isFirst ? nil : cost(.backprop, work.backprop),
            update: cost(.update, work.update), updatesDuringBackprop: true)
    }
}

/// Everything that edge processors do for one sample.
private struct EdgeWork {
    /// E
    let edges: Int
    let outputs: Int
    let hasTable: Bool
    let isStochastic: Bool
    let place: JunctionPlace
    let widths: NumberWidths

    init(_ junction: DeviceJunction, _ place: JunctionPlace, _ arithmetic: DeviceArithmetic) {
        edges = junction.weightCount
        outputs = junction.outputs
        hasTable = junction.hasTable
        isStochastic = junction.specification.increment != .exact
        self.place = place
        widths = NumberWidths(junction, place, arithmetic)
    }

    private var keepsDerivatives: Bool { !place.isLast && !widths.isFloat }

    var feedforward: ActionCounts {
        var counts = ActionCounts()
        counts.read(.weights, bits: widths.weightBits, edges)
        counts.read(.activations, bits: widths.leftBits, edges)
        counts.read(.biases, bits: widths.weightBits, outputs)
        counts.add(.multiply, widths, edges)
        counts.add(.add, widths, edges)
        if hasTable {
            counts.add(.lookUp, widths, keepsDerivatives ? 2 * outputs : outputs)
        } else {
            counts.add(.compare, widths, outputs)
        }
        if place.isLast {
            counts.add(.add, widths, outputs)
            counts.write(.errors, bits: widths.bits, outputs)
        } else {
            counts.write(.activations, bits: widths.bits, outputs)
            if keepsDerivatives { counts.write(.derivatives, bits: widths.bits, outputs) }
        }
        return counts
    }

    var backprop: ActionCounts {
        var counts = ActionCounts()
        if !widths.isFloat { counts.read(.derivatives, bits: widths.bits, edges) }
        counts.add(.multiply, widths, 2 * edges)
        counts.read(.errors, bits: widths.bits, edges)
        counts.add(.add, widths, edges)
        counts.write(.errors, bits: widths.bits, edges)
        if isStochastic {
            counts.read(.errors, bits: widths.bits, outputs)
            if widths.isFloat { counts.read(.activations, bits: widths.leftBits, edges) }
            if place.schedule == .sequential {
                counts.read(.weights, bits: widths.weightBits, edges)
            }
        }
        return counts
    }

    var update: ActionCounts {
        var counts = ActionCounts()
        counts.read(.errors, bits: widths.bits, outputs)
        if !place.isLast { counts.write(.errors, bits: widths.bits, outputs) }
        counts.read(.activations, bits: widths.leftBits, edges)
        counts.add(.multiply, widths, outputs + edges)
        counts.add(.add, widths, outputs + edges)
        counts.write(.weights, bits: widths.weightBits, edges)
        counts.write(.biases, bits: widths.weightBits, outputs)
        if place.schedule == .sequential {
            counts.read(.weights, bits: widths.weightBits, edges)
            counts.read(.biases, bits: widths.weightBits, outputs)
        }
        if place.hasMomentum {
            counts.read(.velocities, bits: widths.weightBits, outputs + edges)
            counts.add(.multiply, widths, outputs + edges)
            counts.add(.add, widths, outputs + edges)
            counts.write(.velocities, bits: widths.weightBits, outputs + edges)
        }
        return counts
    }
}
