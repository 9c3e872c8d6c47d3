// How a seed becomes blocks.
//
// Rows are dealt like cards: a deck of all rows is shuffled and dealt to one group after the
// other; when it runs out within a group, the group's last rows are held back and the others
// shuffled and dealt on. One deck is one sweep: it reads every left neuron once. So every row is
// dealt equally often, and no group gets a row twice. Groups that need more than all rows first
// take all of them, as often as they need them all. Every time the rows are put in order: what a
// kernel reads and adds to then lies before it like the weights do.

import Arithmetic

extension LaneAlignedPattern {
    /// Writes a word per block, [G][dᵢₙ]: 64 · row + shift, shift 0 to 15.
    public func fillBlocks(_ blocks: UnsafeMutablePointer<UInt32>) {
        var generator = Xoshiro256StarStar(seed: seed)
        let (wholePasses, rest) = inDegree.quotientAndRemainder(dividingBy: rows)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * rows) { memory in
            guard let deck = memory.baseAddress else { return }
            let shifts = deck + rows
            var undealt = 0
            for row in 0..<rows { deck[row] = UInt32(row) }
            for group in 0..<groups {
                // A row that is read again is read with its first shift xor the pass.
                for row in 0..<rows { shifts[row] = UInt32(generator.index(below: 16)) }
                var slots = blocks + group * inDegree
                for pass in 0..<wholePasses {
                    for row in 0..<rows { slots[row] = UInt32(row) }
                    Self.name(slots, rows, shifts, pass)
                    slots += rows
                }
                Self.deal(deck, rows, &undealt, slots, rest, &generator)
                var dealt = UnsafeMutableBufferPointer(start: slots, count: rest)
                dealt.sort()
                Self.name(slots, rest, shifts, wholePasses)
            }
        }
    }

    /// Deals `count` different rows, fewer than there are. The last `undealt` of the deck are
    /// still to be dealt in this sweep.
    private static func deal(
        _ deck: UnsafeMutablePointer<UInt32>, _ rows: Int, _ undealt: inout Int,
        _ slots: UnsafeMutablePointer<UInt32>, _ count: Int,
        _ generator: inout Xoshiro256StarStar
    ) {
        let now = min(count, undealt)
        for slot in 0..<now { slots[slot] = deck[rows - undealt + slot] }
        undealt -= now
        guard now < count else { return }
        // What was dealt just now ends the deck: the new sweep begins with others.
        shuffle(deck, rows - now, &generator)
        let then = count - now
        for slot in 0..<then { slots[now + slot] = deck[slot] }
        undealt = rows - then
        shuffle(deck + then, undealt, &generator)
    }

    /// Rows become words; a row's pass chooses the shift.
    private static func name(
        _ slots: UnsafeMutablePointer<UInt32>, _ count: Int,
        _ shifts: UnsafePointer<UInt32>, _ pass: Int
    ) {
        for slot in 0..<count {
            slots[slot] = slots[slot] << 6 | (shifts[Int(slots[slot])] ^ UInt32(pass))
        }
    }

    /// Fisher and Yates.
    private static func shuffle(
        _ values: UnsafeMutablePointer<UInt32>, _ count: Int,
        _ generator: inout Xoshiro256StarStar
    ) {
        for last in stride(from: count - 1, to: 0, by: -1) {
            let other = generator.index(below: last + 1)
            (values[last], values[other]) = (values[other], values[last])
        }
    }

    /// Writes the left neuron of every edge, [outputs][dᵢₙ], in the order of slots: the pattern
    /// as a list of edges. Numbers from `inputs` up to 16 R − 1 are padding neurons.
    public func fill(_ leftNeurons: UnsafeMutablePointer<UInt32>) {
        withBlocks { blocks in
            for j in 0..<outputs {
                for slot in 0..<inDegree {
                    let block = blocks[j / 16 * inDegree + slot]
                    leftNeurons[j * inDegree + slot] = UInt32(Self.leftNeuron(block, j % 16))
                }
            }
        }
    }

    /// Edges from padding neurons to real ones.
    func paddingEdgeCount() -> Int {
        withBlocks { blocks in
            var count = 0
            for index in 0..<blockCount where Int(blocks[index] / 64) == rows - 1 {
                for lane in 0..<min(16, outputs - index / inDegree * 16)
                where Self.leftNeuron(blocks[index], lane) >= inputs {
                    count += 1
                }
            }
            return count
        }
    }

    /// Where the edge of a lane of a block starts: 16r + (l xor s).
    @inline(__always)
    static func leftNeuron(_ block: UInt32, _ lane: Int) -> Int {
        16 * Int(block / 64) + (lane ^ Int(block % 64))
    }

    /// The words of all blocks, for as long as `body` runs.
    private func withBlocks<Result>(_ body: (UnsafePointer<UInt32>) -> Result) -> Result {
        let blocks = UnsafeMutablePointer<UInt32>.allocate(capacity: blockCount)
        defer { blocks.deallocate() }
        fillBlocks(blocks)
        return body(blocks)
    }
}
