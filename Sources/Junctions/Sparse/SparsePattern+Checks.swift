// What can be asked of the edges themselves, whoever wrote them.

/// The properties of one list of edges; see `SparsePattern.check`.
public struct PatternReport: Equatable, Sendable {
    /// Clocks (z consecutive edges) in which a left memory is asked twice.
    public let clashes: Int
    /// Left neurons whose number of edges is not fo; 0 where degrees are free.
    public let wrongOutDegrees: Int
    /// Edges that repeat another one: same left and same right neuron.
    public let repeatedEdges: Int
    /// Edges whose left neuron does not exist.
    public let strayEdges: Int

    /// One line per fault that a pattern of this family must not have.
    func findings(_ family: SparseFamily) -> [String] {
        var lines: [String] = []
        if strayEdges > 0 { lines.append("pattern: \(strayEdges) edges from no left neuron") }
        if family.isClashFree, clashes > 0 { lines.append("pattern: \(clashes) clocks clash") }
        if wrongOutDegrees > 0 {
            lines.append("pattern: \(wrongOutDegrees) left neurons have a wrong out-degree")
        }
        if repeatedEdges > 0 { lines.append("pattern: \(repeatedEdges) edges are repeated") }
        return lines
    }
}

extension SparsePattern {
    /// Reads a list of edges as this pattern numbers them.
    ///
    /// In-degrees need no check: they are how edges are numbered.
    /// - table: `edgeCount` left neurons in edge order
    /// - starts: `outputs` + 1 row starts; nil where degrees are exact
    public func check(
        _ table: UnsafePointer<UInt32>, starts: UnsafePointer<UInt32>? = nil
    ) -> PatternReport {
        precondition(starts != nil || family.hasExactDegrees, "free degrees need row starts")
        var outDegrees = [Int](repeating: 0, count: inputs)
        var lastRow = [Int](repeating: -1, count: inputs)
        var lastClock = [Int](repeating: -1, count: parallelism)
        var clashingClocks: Set<Int> = []
        var (repeats, strays, row) = (0, 0, 0)
        for edge in 0..<edgeCount {
            if let starts {
                while edge >= starts[row + 1] { row += 1 }
            } else {
                row = edge / inDegree
            }
            let left = Int(table[edge])
            guard left < inputs else {
                strays += 1
                continue
            }
            outDegrees[left] += 1
            if lastRow[left] == row { repeats += 1 }
            lastRow[left] = row
            let clock = edge / parallelism
            if lastClock[left % parallelism] == clock { clashingClocks.insert(clock) }
            lastClock[left % parallelism] = clock
        }
        let wrong = outDegrees.count { $0 != outDegree }
        return PatternReport(
            clashes: clashingClocks.count, wrongOutDegrees: family.hasExactDegrees ? wrong : 0,
            repeatedEdges: repeats, strayEdges: strays)
    }

    /// How evenly edges spread over windows of neighbours, 0 to 1 (the scatter metric of Dey et
    /// al., arXiv 1711.02131, in this definition).
    ///
    /// One side is cut into windows of b consecutive neurons, where the density is a/b in lowest
    /// terms (b = ⌈1/density⌉ where degrees are free; the last window may then be smaller). A
    /// window of k neurons should have density · k edges with each neuron of the other side. The
    /// metric is the mean, over all pairs of a window and a neuron of the other side, of
    /// min(1, edges / ideal edges).
    /// - Returns: for windows of left neurons against right neurons, and the other way round.
    public func scatter(
        _ table: UnsafePointer<UInt32>, starts: UnsafePointer<UInt32>? = nil
    ) -> (left: Double, right: Double) {
        let cells = inputs * outputs
        let window =
            family.hasExactDegrees
            ? cells / Self.greatestCommonDivisor(edgeCount, cells)
            : (cells + edgeCount - 1) / edgeCount
        let leftWindows = (inputs + window - 1) / window
        let rightWindows = (outputs + window - 1) / window
        var fromLeft = [Int32](repeating: 0, count: leftWindows * outputs)
        var fromRight = [Int32](repeating: 0, count: rightWindows * inputs)
        for row in 0..<outputs {
            let first = starts.map { Int($0[row]) } ?? row * inDegree
            let end = starts.map { Int($0[row + 1]) } ?? first + inDegree
            for edge in first..<end {
                let left = Int(table[edge])
                fromLeft[left / window * outputs + row] += 1
                fromRight[row / window * inputs + left] += 1
            }
        }
        let mean = { (counts: [Int32], neurons: Int, others: Int) -> Double in
            var sum = 0.0
            for (index, count) in counts.enumerated() {
                let size = min(window, neurons - index / others * window)
                sum += min(1, Double(count) / (density * Double(size)))
            }
            return sum / Double(counts.count)
        }
        return (mean(fromLeft, inputs, outputs), mean(fromRight, outputs, inputs))
    }
}
