// The edges of a pattern as a list, whatever family they are of: for forms and for figures that do
// not care.

/// A pattern of edges, right neuron by right neuron.
public enum EdgeList: Equatable, Sendable {
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

    /// How evenly edges spread over windows of neighbours, 0 to 1 (the scatter metric of Dey et
    /// al., arXiv 1711.02131, in this definition).
    ///
    /// One side is cut into windows of b consecutive neurons, where the density is a/b in lowest
    /// terms (b = ⌈1/density⌉ where degrees vary; the last window may then be smaller). A
    /// window of k neurons should have density · k edges with each neuron of the other side. The
    /// metric is the mean, over all pairs of a window and a neuron of the other side, of
    /// min(1, edges / ideal edges).
    /// - Returns: for windows of left neurons against right neurons, and the other way round.
    public var scatter: (left: Double, right: Double) {
        let cells = inputs * outputs
        var window = (cells + edgeCount - 1) / edgeCount
        if case .sparse(let pattern) = self, pattern.family.hasExactDegrees {
            window = cells / SparsePattern.greatestCommonDivisor(edgeCount, cells)
        }
        var scatter = (left: 0.0, right: 0.0)
        withEdges { left, starts in
            scatter = Self.scatter(
                left, starts, inputs: inputs, outputs: outputs, window: window)
        }
        return scatter
    }

    /// The same of any list of edges, with windows of `window` neurons.
    package static func scatter(
        _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>, inputs: Int, outputs: Int,
        window: Int
    ) -> (left: Double, right: Double) {
        let leftWindows = (inputs + window - 1) / window
        let rightWindows = (outputs + window - 1) / window
        var fromLeft = [Int32](repeating: 0, count: leftWindows * outputs)
        var fromRight = [Int32](repeating: 0, count: rightWindows * inputs)
        for row in 0..<outputs {
            for edge in Int(starts[row])..<Int(starts[row + 1]) {
                let neuron = Int(left[edge])
                fromLeft[neuron / window * outputs + row] += 1
                fromRight[row / window * inputs + neuron] += 1
            }
        }
        let density = Double(starts[outputs]) / Double(inputs * outputs)
        func mean(_ counts: [Int32], _ neurons: Int, _ others: Int) -> Double {
            var sum = 0.0
            for (index, count) in counts.enumerated() {
                let size = min(window, neurons - index / others * window)
                sum += min(1, Double(count) / (density * Double(size)))
            }
            return sum / Double(counts.count)
        }
        return (mean(fromLeft, inputs, outputs), mean(fromRight, outputs, inputs))
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
