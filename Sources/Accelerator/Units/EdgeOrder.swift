// The order in which edge processors take the edges of a junction.
//
// Right neuron by right neuron, as the pattern lists them; dense with left neurons ascending.
// Lane-aligned: block by block, the sixteen edges of a block by right neuron, so that z that
// divides 16 reads z memories; edges of padding neurons do not exist, and the others close up.

import Junctions

/// The edges of a junction, in order.
struct EdgeOrder {
    /// First and last edge of a right neuron, as positions in the order.
    struct Span: Equatable {
        let first, last: Int
    }

    private enum Edges {
        case dense
        case sparse(SparsePattern)
        case laneAligned(LaneAlignedPattern)
    }

    private let edges: Edges
    private let inputs: Int
    private let outputs: Int
    /// E; 0 where a lane-aligned pattern has edges of padding neurons alone.
    let edgeCount: Int

    /// Clocks of an operation without stalls: ⌈E / z⌉, and one for biases where there is no edge.
    func clocks(_ z: Int) -> Int { max(1, (edgeCount + z - 1) / z) }

    init(_ junction: DeviceJunction) {
        inputs = junction.inputs
        outputs = junction.outputs
        edgeCount = junction.weightCount
        switch junction.junction.form.edges {
        case nil: edges = .dense
        case .sparse(let pattern): edges = .sparse(pattern)
        case .laneAligned(let pattern): edges = .laneAligned(pattern)
        }
    }

    /// Whether the z edges of every clock are known to start in z memories.
    func readsApart(_ z: Int) -> Bool {
        if z == 1 { return true }
        switch edges {
        // z divides p, so a clock has z neighbours of one row.
        case .dense: return true
        case .sparse(let pattern): return pattern.family.isClashFree && pattern.parallelism == z
        // Lanes k z ..< (k + 1) z of a block lie in z memories, whatever its shift.
        case .laneAligned: return isWhole && 16 % z == 0
        }
    }

    /// Right neurons that begin, or end, in one clock at most, and that then follow one another;
    /// nil where it is not known.
    func neuronsAtOnce(_ z: Int) -> Int? {
        switch edges {
        case .dense: return (z + inputs - 1) / inputs
        case .sparse(let pattern) where pattern.family.hasExactDegrees:
            return (z + pattern.inDegree - 1) / pattern.inDegree
        default: return nil
        }
    }

    /// Draws the pattern, once: the left neurons of all edges if they are needed, and the spans of
    /// all right neurons.
    func drawn(withLeft: Bool) -> DrawnEdges {
        switch edges {
        case .dense:
            let left = withLeft ? (0..<edgeCount).map { UInt32($0 % inputs) } : []
            return DrawnEdges(left: left, spans: even(inputs))
        case .sparse(let pattern) where pattern.family.hasExactDegrees:
            var left: [UInt32] = []
            if withLeft {
                left = [UInt32](repeating: 0, count: edgeCount)
                pattern.fill(&left)
            }
            return DrawnEdges(left: left, spans: even(pattern.inDegree))
        case .sparse(let pattern): return uneven(pattern)
        case .laneAligned(let pattern):
            if !withLeft, isWhole { return DrawnEdges(left: [], spans: lifted(pattern)) }
            return laneAligned(pattern)
        }
    }
}

/// Edges of a junction in order.
struct DrawnEdges {
    /// Left neuron of every edge; empty where nobody asked for them.
    let left: [UInt32]
    /// Of every right neuron. One without edges takes the place of its first, or the last.
    let spans: [EdgeOrder.Span]

    /// Requests of all edges among the z memories of a left collection.
    func tallyLeft(_ z: Int, clocks: Int) -> RequestTally {
        var tally = RequestTally(clocks: clocks, memories: z)
        for (edge, neuron) in left.enumerated() { tally.ask(Int(neuron) % z, clock: edge / z) }
        tally.finish(0)
        return tally
    }

    /// Requests of all right neurons, in the clock of an edge of each.
    func tallyRight(
        _ z: Int, clocks: Int, memories: Int, _ edge: (EdgeOrder.Span) -> Int
    ) -> RequestTally {
        var asked = spans.enumerated().map { (clock: edge($1) / z, neuron: $0) }
        asked.sort { ($0.clock, $0.neuron) < ($1.clock, $1.neuron) }
        var tally = RequestTally(clocks: clocks, memories: memories)
        for (clock, neuron) in asked { tally.ask(neuron % memories, clock: clock) }
        tally.finish(0)
        return tally
    }
}

extension EdgeOrder {
    /// Whether a lane-aligned pattern has no padding neurons.
    private var isWhole: Bool { inputs % 16 == 0 && outputs % 16 == 0 }

    private func even(_ inDegree: Int) -> [Span] {
        (0..<outputs).map { Span(first: $0 * inDegree, last: ($0 + 1) * inDegree - 1) }
    }

    private func uneven(_ pattern: SparsePattern) -> DrawnEdges {
        var left = [UInt32](repeating: 0, count: edgeCount)
        var starts = [UInt32](repeating: 0, count: outputs + 1)
        pattern.fill(&left, starts: &starts)
        let spans = (0..<outputs).map { row in
            let first = min(Int(starts[row]), edgeCount - 1)
            return Span(first: first, last: max(first, Int(starts[row + 1]) - 1))
        }
        return DrawnEdges(left: left, spans: spans)
    }

    /// Spans where sixteen lanes take every block.
    private func lifted(_ pattern: LaneAlignedPattern) -> [Span] {
        (0..<outputs).map {
            let first = $0 / 16 * 16 * pattern.inDegree + $0 % 16
            return Span(first: first, last: first + 16 * (pattern.inDegree - 1))
        }
    }

    private func laneAligned(_ pattern: LaneAlignedPattern) -> DrawnEdges {
        var blocks = [UInt32](repeating: 0, count: pattern.blockCount)
        pattern.fillBlocks(&blocks)
        var left: [UInt32] = []
        left.reserveCapacity(edgeCount)
        var spans: [Span] = []
        for group in 0..<pattern.groups {
            let alone = max(0, min(left.count, edgeCount - 1))
            let count = min(16, outputs - 16 * group)
            var members: [Span?] = Array(repeating: nil, count: count)
            for block in blocks[group * pattern.inDegree..<(group + 1) * pattern.inDegree] {
                for lane in 0..<count {
                    let neuron = 16 * (block / 64) + (UInt32(lane) ^ block % 64)
                    guard neuron < inputs else { continue }
                    members[lane] = Span(
                        first: members[lane]?.first ?? left.count, last: left.count)
                    left.append(neuron)
                }
            }
            spans += members.map { $0 ?? Span(first: alone, last: alone) }
        }
        return DrawnEdges(left: left, spans: spans)
    }
}
