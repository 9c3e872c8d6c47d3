// The clash-free interleavers, sweep by sweep.
//
// A sweep is D clocks in which every left neuron is read once; a junction cycle is fo sweeps. In
// sweep s, clock r, lane j reads left neuron t[s][r][j]·z + v[s][j]: row t of memory v.
//   type 1: t[s][·][j] is a random permutation of the rows, new for every memory and sweep;
//   type 2: t = (φ[s][j] + r) mod D with random φ, new in each sweep;
//   type 3: type 2 with one φ, and one v, for all sweeps;
//   zeros:  t = r.
// With dither v[s] is a random permutation of the memories, else v[j] = j.
//
// Repeated edges. Within a sweep a left neuron is read once, so only a right neuron whose edges
// lie in two sweeps could read it twice; there is none where fi divides p. Where there is one,
// with `tail` edges in the old sweep and `head` in the new, the new sweep is drawn uniformly from
// those that do not repeat: the first rows of a memory avoid its last rows in the old sweep.
// Since tail + head = fi ≤ p, there always is such a sweep, and types 3 and zeros, which repeat
// the order of the sweep before, are of this kind by themselves.
//
// Draws: per sweep first v (where it is dithered), then lane by lane.

/// What the sweep after a boundary must not read again.
private struct SweepBoundary {
    /// Edges of the right neuron on the boundary that lie before it, and after it.
    let tail, head: Int
    let lanes, rows: Int

    /// Rows that lane `lane` reads among the last `tail` edges of a sweep.
    func tailRows(_ lane: Int) -> Int {
        tail / lanes + (lane >= lanes - tail % lanes ? 1 : 0)
    }

    /// Rows that lane `lane` reads among the first `head` edges of a sweep.
    func headRows(_ lane: Int) -> Int { head / lanes + (lane < head % lanes ? 1 : 0) }

    /// Whether a memory that was in a lane with one tail row more may not come into a lane with
    /// one head row more, because it has too few rows for both.
    var isTight: Bool { (tail + lanes - 1) / lanes + (head + lanes - 1) / lanes > rows }
}

extension SparsePattern {
    func interleave(
        _ table: UnsafeMutablePointer<UInt32>, _ sweep: SparseFamily.Sweep, dither: Bool,
        fromZero: Bool, _ choices: inout some IndexSource
    ) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * parallelism) { scratch in
            let memories = UnsafeMutableBufferPointer(rebasing: scratch[..<parallelism])
            let lanesBefore = UnsafeMutableBufferPointer(rebasing: scratch[parallelism...])
            for lane in 0..<parallelism {
                memories[lane] = lane
                lanesBefore[lane] = lane
            }
            for index in 0..<outDegree {
                let now = table + index * inputs
                if fromZero {
                    for left in 0..<inputs { now[left] = UInt32(left) }
                } else if index > 0, sweep == .type3 {
                    now.update(from: table, count: inputs)
                } else {
                    let tail = index * inputs % inDegree
                    let boundary = SweepBoundary(
                        tail: tail, head: tail == 0 ? 0 : inDegree - tail, lanes: parallelism,
                        rows: memoryRows)
                    if dither {
                        // Where each memory was, before the memories change places.
                        for lane in 0..<parallelism { lanesBefore[memories[lane]] = lane }
                        shuffle(memories, boundary, &choices)
                    }
                    for lane in 0..<parallelism {
                        readMemory(
                            memories[lane], in: lane, lanesBefore[memories[lane]], now,
                            before: index == 0 ? nil : now - inputs, sweep, boundary, &choices)
                    }
                }
            }
        }
    }

    /// A random order of the memories.
    private func shuffle(
        _ memories: UnsafeMutableBufferPointer<Int>, _ boundary: SweepBoundary,
        _ choices: inout some IndexSource
    ) {
        let first = boundary.isTight ? boundary.head % parallelism : 0
        let barred = boundary.tail % parallelism
        for lane in 0..<parallelism - 1 {
            let end = lane < first ? parallelism - barred : parallelism
            memories.swapAt(lane, lane + choices.index(below: end - lane))
        }
    }

    /// Writes the rows that one lane reads in one sweep.
    /// - laneBefore: where the memory was in the sweep before
    private func readMemory(
        _ memory: Int, in lane: Int, _ laneBefore: Int, _ now: UnsafeMutablePointer<UInt32>,
        before: UnsafeMutablePointer<UInt32>?, _ sweep: SparseFamily.Sweep,
        _ boundary: SweepBoundary, _ choices: inout some IndexSource
    ) {
        let (z, rows) = (parallelism, memoryRows)
        let tail = boundary.tail == 0 ? 0 : boundary.tailRows(laneBefore)
        let head = boundary.head == 0 ? 0 : boundary.headRows(lane)
        if sweep == .type1 {
            for row in 0..<rows {
                now[row * z + lane] = before?[row * z + laneBefore] ?? UInt32(row * z + memory)
            }
            for row in 0..<rows - 1 {
                // The last `tail` rows of the old order may not be among the first `head`.
                let end = row < head ? rows - tail : rows
                let other = row + choices.index(below: end - row)
                let value = now[row * z + lane]
                now[row * z + lane] = now[other * z + lane]
                now[other * z + lane] = value
            }
        } else {
            let start = before.map { Int($0[laneBefore]) / z } ?? 0
            let starts = tail > 0 && head > 0 ? rows - tail - head + 1 : rows
            let phase = (start + choices.index(below: starts)) % rows
            for row in 0..<rows {
                let address = phase + row < rows ? phase + row : phase + row - rows
                now[row * z + lane] = UInt32(address * z + memory)
            }
        }
    }
}
