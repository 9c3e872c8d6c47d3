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
        forEachGroup { group, words in
            (blocks + group * inDegree).update(from: words, count: inDegree)
        }
    }

    /// Writes the left neuron of every edge, [outputs][dᵢₙ], in the order of slots: the pattern
    /// as a list of edges. Numbers from `inputs` up to 16 R − 1 are padding neurons.
    public func fill(_ leftNeurons: UnsafeMutablePointer<UInt32>) {
        forEachGroup { group, words in
            for j in 16 * group..<min(16 * group + 16, outputs) {
                let own = leftNeurons + j * inDegree
                for slot in 0..<inDegree {
                    own[slot] = UInt32(Self.leftNeuron(words[slot], j % 16))
                }
            }
        }
    }

    /// Edges from padding neurons to real ones.
    func paddingEdgeCount() -> Int {
        var count = 0
        forEachGroup { group, words in
            for slot in 0..<inDegree where Int(words[slot] / 64) == rows - 1 {
                for lane in 0..<min(16, outputs - 16 * group)
                where Self.leftNeuron(words[slot], lane) >= inputs {
                    count += 1
                }
            }
        }
        return count
    }

    /// Where the edge of a lane of a block starts: 16r + (l xor s).
    @inline(__always)
    static func leftNeuron(_ block: UInt32, _ lane: Int) -> Int {
        16 * Int(block / 64) + (lane ^ Int(block % 64))
    }

    /// Draws the words of one group after the other; `body` must not keep them.
    private func forEachGroup(_ body: (_ group: Int, _ words: UnsafePointer<UInt32>) -> Void) {
        var generator = Xoshiro256StarStar(seed: seed)
        let (all, inDegree, rows) = (inDegree, inDegree / taps, rows / taps)
        let (passes, rest) = inDegree.quotientAndRemainder(dividingBy: rows)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * rows + all) { memory in
            guard let deck = memory.baseAddress else { return }
            let shifts = deck + rows
            let words = shifts + rows
            var undealt = 0
            for row in 0..<rows { deck[row] = UInt32(row) }
            for group in 0..<groups {
                // A row that is read again is read with its first shift xor the pass.
                for row in 0..<rows { shifts[row] = UInt32(generator.index(below: 16)) }
                for slot in 0..<passes * rows { words[slot] = UInt32(slot % rows) }
                let last = words + passes * rows
                Self.deal(deck, rows, &undealt, last, rest, &generator)
                var dealt = UnsafeMutableBufferPointer(start: last, count: rest)
                dealt.sort()
                for slot in 0..<inDegree {
                    let row = words[slot]
                    words[slot] = 64 * row + (shifts[Int(row)] ^ UInt32(slot / rows))
                }
                for slot in inDegree..<all {
                    words[slot] = words[slot - inDegree] + UInt32(64 * rows)
                }
                body(group, words)
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
}
