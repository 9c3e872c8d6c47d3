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

    /// Requests of all edges among the z memories of a left collection.
    func tallyLeft(_ z: Int) -> RequestTally {
        var tally = RequestTally(clocks: clocks(z), memories: z)
        withLeftNeurons { left in
            for edge in 0..<edgeCount { tally.ask(Int(left[edge]) % z, clock: edge / z) }
        }
        tally.finish(0)
        return tally
    }

    /// Requests of all right neurons, in the clock of an edge of each.
    func tallyRight(
        _ z: Int, _ memories: Int, _ edge: (Span) -> Int
    ) -> RequestTally {
        var asked = spans().enumerated().map { (clock: edge($1) / z, neuron: $0) }
        asked.sort { ($0.clock, $0.neuron) < ($1.clock, $1.neuron) }
        var tally = RequestTally(clocks: clocks(z), memories: memories)
        for (clock, neuron) in asked { tally.ask(neuron % memories, clock: clock) }
        tally.finish(0)
        return tally
    }
}

extension EdgeOrder {
    /// Whether a lane-aligned pattern has no padding neurons.
    private var isWhole: Bool { inputs % 16 == 0 && outputs % 16 == 0 }

    /// The span of every right neuron. One without edges takes the place of its first, or the last.
    private func spans() -> [Span] {
        switch edges {
        case .dense: return even(inputs)
        case .sparse(let pattern) where pattern.family.hasExactDegrees:
            return even(pattern.inDegree)
        case .sparse(let pattern):
            var left = [UInt32](repeating: 0, count: edgeCount)
            var starts = [UInt32](repeating: 0, count: outputs + 1)
            pattern.fill(&left, starts: &starts)
            return (0..<outputs).map { row in
                let first = min(Int(starts[row]), edgeCount - 1)
                return Span(first: first, last: max(first, Int(starts[row + 1]) - 1))
            }
        case .laneAligned(let pattern):
            if isWhole {
                return (0..<outputs).map {
                    let first = $0 / 16 * 16 * pattern.inDegree + $0 % 16
                    return Span(first: first, last: first + 16 * (pattern.inDegree - 1))
                }
            }
            return laneAlignedSpans(pattern)
        }
    }

    private func even(_ inDegree: Int) -> [Span] {
        (0..<outputs).map { Span(first: $0 * inDegree, last: ($0 + 1) * inDegree - 1) }
    }

    private func laneAlignedSpans(_ pattern: LaneAlignedPattern) -> [Span] {
        var spans: [Span?] = Array(repeating: nil, count: outputs)
        var groupStarts = [Int](repeating: 0, count: pattern.groups + 1)
        for (position, edge) in laneAlignedEdges(pattern).enumerated() {
            let first = spans[edge.right]?.first ?? position
            spans[edge.right] = Span(first: first, last: position)
            groupStarts[edge.right / 16 + 1] = position + 1
        }
        for group in 1...pattern.groups {
            groupStarts[group] = max(groupStarts[group], groupStarts[group - 1])
        }
        return spans.enumerated().map { right, span in
            let place = max(0, min(groupStarts[right / 16], edgeCount - 1))
            return span ?? Span(first: place, last: place)
        }
    }

    /// Calls `body` with the left neurons of all edges.
    private func withLeftNeurons(_ body: (UnsafePointer<UInt32>) -> Void) {
        var left: [UInt32]
        switch edges {
        case .dense: left = (0..<edgeCount).map { UInt32($0 % inputs) }
        case .sparse(let pattern):
            left = [UInt32](repeating: 0, count: edgeCount)
            pattern.fill(&left)
        case .laneAligned(let pattern):
            left = laneAlignedEdges(pattern).map { UInt32($0.left) }
        }
        body(left)
    }

    private func laneAlignedEdges(_ pattern: LaneAlignedPattern) -> [(left: Int, right: Int)] {
        var blocks = [UInt32](repeating: 0, count: pattern.blockCount)
        pattern.fillBlocks(&blocks)
        var list: [(left: Int, right: Int)] = []
        list.reserveCapacity(edgeCount)
        for (index, block) in blocks.enumerated() {
            let group = index / pattern.inDegree
            for lane in 0..<min(16, outputs - 16 * group) {
                let left = 16 * Int(block / 64) + (lane ^ Int(block % 64))
                if left < inputs { list.append((left, 16 * group + lane)) }
            }
        }
        return list
    }
}
