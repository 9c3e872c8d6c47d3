// The edges that a fixed-point junction lists, wherever they come from.

/// A pattern of edges, right neuron by right neuron.
public enum FixedEdgePattern: Equatable, Sendable {
    /// Random, structured or from an interleaver.
    case sparse(SparsePattern)
    /// The lane-aligned family; edges from padding neurons are left out.
    case laneAligned(LaneAlignedPattern)

    /// Left neurons.
    var inputs: Int {
        switch self {
        case .sparse(let pattern): pattern.inputs
        case .laneAligned(let pattern): pattern.inputs
        }
    }

    /// Right neurons.
    var outputs: Int {
        switch self {
        case .sparse(let pattern): pattern.outputs
        case .laneAligned(let pattern): pattern.outputs
        }
    }

    /// Edges between real neurons.
    var edgeCount: Int {
        switch self {
        case .sparse(let pattern): pattern.edgeCount
        case .laneAligned(let pattern): pattern.edgeCount
        }
    }

    /// Edges of a right neuron; the mean, rounded up, where it varies.
    var inDegree: Int {
        switch self {
        case .sparse(let pattern): pattern.inDegree
        case .laneAligned(let pattern): pattern.inDegree
        }
    }

    /// Edges of a left neuron; the mean, rounded up, where it varies.
    var outDegree: Int {
        switch self {
        case .sparse(let pattern): pattern.outDegree
        case .laneAligned(let pattern): pattern.outDegree
        }
    }

    /// Edges of the right neuron that has most.
    var longestRow: Int {
        switch self {
        case .sparse(let pattern) where pattern.family.hasExactDegrees: return pattern.inDegree
        case .laneAligned(let pattern) where pattern.inputs % 16 == 0: return pattern.inDegree
        default: break
        }
        var longest = 1
        withEdges { _, starts in
            for row in 0..<outputs { longest = max(longest, Int(starts[row + 1] - starts[row])) }
        }
        return longest
    }

    /// Calls `body` with the left neurons of all edges and the start of every row among them.
    func withEdges(
        _ body: (_ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>) -> Void
    ) {
        let rows = outputs + 1
        let drawn =
            switch self {
            case .sparse(let pattern): pattern.edgeCount
            case .laneAligned(let pattern): pattern.outputs * pattern.inDegree
            }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: drawn + rows) {
            guard let left = $0.baseAddress else { return }
            let starts = left + drawn
            switch self {
            case .sparse(let pattern):
                if pattern.family.hasExactDegrees {
                    pattern.fill(left)
                    for row in 0..<rows { starts[row] = UInt32(row * pattern.inDegree) }
                } else {
                    pattern.fill(left, starts: starts)
                }
            case .laneAligned(let pattern):
                pattern.fill(left)
                Self.closeUp(left, starts, pattern)
            }
            body(left, starts)
        }
    }

    /// Moves the edges from real neurons together, row by row.
    private static func closeUp(
        _ left: UnsafeMutablePointer<UInt32>, _ starts: UnsafeMutablePointer<UInt32>,
        _ pattern: LaneAlignedPattern
    ) {
        var end = 0
        for row in 0..<pattern.outputs {
            starts[row] = UInt32(end)
            for edge in (row * pattern.inDegree)..<((row + 1) * pattern.inDegree)
            where left[edge] < pattern.inputs {
                left[end] = left[edge]
                end += 1
            }
        }
        starts[pattern.outputs] = UInt32(end)
    }

    /// What is wrong with the edges; empty unless the code that draws them is.
    var findings: [String] {
        switch self {
        case .laneAligned(let pattern):
            return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: pattern.blockCount) {
                guard let blocks = $0.baseAddress else { return [] }
                pattern.fillBlocks(blocks)
                return pattern.findings(blocks: blocks)
            }
        case .sparse(let pattern):
            var lines: [String] = []
            withEdges { left, starts in
                let exact = pattern.family.hasExactDegrees
                lines = pattern.check(left, starts: exact ? nil : starts)
                    .findings(pattern.family)
            }
            return lines
        }
    }
}
