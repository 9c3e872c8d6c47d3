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
        guard taps == 1 else { return checkTaps(table, starts) }
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

    /// The sum of the reports of all taps.
    private func checkTaps(
        _ table: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?
    ) -> PatternReport {
        let (one, channels) = (ofOneTap, UInt32(inputs / taps))
        let reports = (0..<taps).map { tap in
            var (edges, ownStarts) = ([UInt32](), [UInt32(0)])
            for row in 0..<outputs {
                let first = starts.map { Int($0[row]) } ?? row * inDegree
                let end = starts.map { Int($0[row + 1]) } ?? first + inDegree
                let count = (end - first) / taps
                for edge in 0..<count {
                    edges.append(table[first + tap * count + edge] &- UInt32(tap) * channels)
                }
                ownStarts.append(UInt32(edges.count))
            }
            return one.check(edges, starts: ownStarts)
        }
        return PatternReport(
            clashes: reports.reduce(0) { $0 + $1.clashes },
            wrongOutDegrees: reports.reduce(0) { $0 + $1.wrongOutDegrees },
            repeatedEdges: reports.reduce(0) { $0 + $1.repeatedEdges },
            strayEdges: reports.reduce(0) { $0 + $1.strayEdges })
    }
}
