// From a pattern to its edges.

import Arithmetic

/// Where choices come from: a generator, or a test that enumerates them all.
package protocol IndexSource {
    /// One of 0 ..< bound.
    mutating func index(below bound: Int) -> Int
}

extension Xoshiro256StarStar: IndexSource {}

extension SparsePattern {
    /// Writes the left neuron of every edge, in edge order.
    /// - table: `edgeCount` entries, written
    /// - starts: `outputs` + 1 entries, written: row j has edges starts[j] ..< starts[j + 1];
    ///   may be left out where degrees are exact, since they are multiples of `inDegree`
    public func fill(
        _ table: UnsafeMutablePointer<UInt32>, starts: UnsafeMutablePointer<UInt32>? = nil
    ) {
        var generator = Xoshiro256StarStar(seed: seed)
        fill(table, starts: starts, choices: &generator)
    }

    /// The same with choices from anywhere.
    package func fill(
        _ table: UnsafeMutablePointer<UInt32>, starts: UnsafeMutablePointer<UInt32>? = nil,
        choices: inout some IndexSource
    ) {
        guard taps == 1 else {
            ofOneTap.fill(table, starts: starts, choices: &choices)
            return repeatRows(table, starts)
        }
        switch family {
        case .random: return drawFreely(table, starts, &choices)
        case .structured: drawStructured(table, &choices)
        case .zeros: interleave(table, .type3, dither: false, fromZero: true, &choices)
        case .clashFree(let sweep, let dither):
            interleave(table, sweep, dither: dither, fromZero: false, &choices)
        }
        guard let starts else { return }
        for row in 0...outputs { starts[row] = UInt32(row * inDegree) }
    }

    /// From the edges of one tap to those of all, row by row; the last first, so that nothing is
    /// overwritten unread.
    private func repeatRows(
        _ table: UnsafeMutablePointer<UInt32>, _ starts: UnsafeMutablePointer<UInt32>?
    ) {
        let (channels, inDegree) = (inputs / taps, inDegree / taps)
        for row in (0..<outputs).reversed() {
            let first = starts.map { Int($0[row]) } ?? row * inDegree
            // Starts behind this row are those of all taps already, but this one's end is not.
            let count = starts.map { Int($0[row + 1]) - first } ?? inDegree
            for tap in (0..<taps).reversed() {
                for edge in (0..<count).reversed() {
                    table[taps * first + tap * count + edge] =
                        table[first + edge] + UInt32(tap * channels)
                }
            }
            if let starts { starts[row + 1] = UInt32(taps * (first + count)) }
        }
    }

    /// Every set of `edgeCount` edges is equally likely: cell by cell, row by row, a cell is taken
    /// with probability (edges left) / (cells left).
    private func drawFreely(
        _ table: UnsafeMutablePointer<UInt32>, _ starts: UnsafeMutablePointer<UInt32>?,
        _ choices: inout some IndexSource
    ) {
        var edge = 0
        var cellsLeft = inputs * outputs
        for row in 0..<outputs {
            starts?[row] = UInt32(edge)
            for left in 0..<inputs {
                if choices.index(below: cellsLeft) < edgeCount - edge {
                    table[edge] = UInt32(left)
                    edge += 1
                }
                cellsLeft -= 1
            }
        }
        starts?[outputs] = UInt32(edge)
    }

    /// Draws fi left neurons per right neuron from those that have edges left. A left neuron with
    /// as many edges left as there are rows must be taken, which can only be so in the last fo
    /// rows; then there are never more such neurons than fi, and always enough others. Within a
    /// row the left neurons ascend.
    private func drawStructured(
        _ table: UnsafeMutablePointer<UInt32>, _ choices: inout some IndexSource
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: inputs) { edgesLeft in
            edgesLeft.initialize(repeating: Int32(outDegree))
            for row in 0..<outputs {
                let rowsLeft = Int32(outputs - row)
                var forced = 0
                var candidates = 0
                for left in 0..<inputs {
                    if edgesLeft[left] == rowsLeft {
                        forced += 1
                    } else if edgesLeft[left] > 0 {
                        candidates += 1
                    }
                }
                var wanted = inDegree - forced
                var edge = row * inDegree
                for left in 0..<inputs where edgesLeft[left] > 0 {
                    var isTaken = true
                    if edgesLeft[left] < rowsLeft {
                        isTaken = wanted > 0 && choices.index(below: candidates) < wanted
                        if isTaken { wanted -= 1 }
                        candidates -= 1
                    }
                    guard isTaken else { continue }
                    table[edge] = UInt32(left)
                    edge += 1
                    edgesLeft[left] -= 1
                }
            }
        }
    }
}
