// How a seed becomes permutations and blocks.
//
// Rows are dealt like cards: a deck of all rows is shuffled and dealt to one group after the
// other; when it runs out within a group, the group's last rows are held back and the others
// shuffled and dealt on. One deck is one sweep: it reads every left neuron once. So every row is
// dealt equally often, and no group gets a row twice. Groups that need a row more than once first
// take all rows, as often as they need them all, each time in a new order.

import Arithmetic

extension LaneAlignedPattern {
    /// Writes the table of permutations, [64][16]: entry 16a + s is l ↦ σₐ(l xor s), σₐ drawn.
    public func fillPermutations(_ permutations: UnsafeMutablePointer<Int32>) {
        // Its own stream: blocks are drawn from the seed itself.
        var generator = Xoshiro256StarStar(seed: ~seed)
        for base in 0..<Self.permutationCount / 16 {
            let first = permutations + 256 * base
            for lane in 0..<16 { first[lane] = Int32(lane) }
            Self.shuffle(first, 16, &generator)
            for shift in 1..<16 {
                for lane in 0..<16 { first[16 * shift + lane] = first[lane ^ shift] }
            }
        }
    }

    /// Writes π⁻¹ for every π of a table.
    public static func invert(
        _ permutations: UnsafePointer<Int32>, into inverses: UnsafeMutablePointer<Int32>
    ) {
        for row in 0..<permutationCount {
            for lane in 0..<16 {
                inverses[16 * row + Int(permutations[16 * row + lane])] = Int32(lane)
            }
        }
    }

    /// Writes a word per block, [G][dᵢₙ]: row · 64 + permutation.
    public func fillBlocks(_ blocks: UnsafeMutablePointer<UInt32>) {
        var generator = Xoshiro256StarStar(seed: seed)
        let (wholePasses, rest) = inDegree.quotientAndRemainder(dividingBy: rows)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * rows) { memory in
            guard let deck = memory.baseAddress else { return }
            let choices = deck + rows
            var undealt = 0
            for row in 0..<rows { deck[row] = UInt32(row) }
            for group in 0..<groups {
                // A row that is read again is read through another shift of the same drawn
                // permutation, which differs in every lane: no edge occurs twice.
                for row in 0..<rows { choices[row] = UInt32(generator.index(below: 64)) }
                var slots = blocks + group * inDegree
                for pass in 0..<wholePasses {
                    for row in 0..<rows { slots[row] = UInt32(row) }
                    Self.shuffle(slots, rows, &generator)
                    Self.name(slots, rows, choices, pass)
                    slots += rows
                }
                Self.deal(deck, rows, &undealt, slots, rest, &generator)
                Self.name(slots, rest, choices, wholePasses)
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
        _ choices: UnsafePointer<UInt32>, _ pass: Int
    ) {
        for slot in 0..<count {
            slots[slot] = slots[slot] << 6 | (choices[Int(slots[slot])] ^ UInt32(pass))
        }
    }

    /// Fisher and Yates.
    private static func shuffle<Element>(
        _ values: UnsafeMutablePointer<Element>, _ count: Int,
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
        withTables { permutations, blocks in
            for j in 0..<outputs {
                for slot in 0..<inDegree {
                    leftNeurons[j * inDegree + slot] = Self.leftNeuron(
                        blocks[j / 16 * inDegree + slot], j % 16, permutations)
                }
            }
        }
    }

    /// Edges from padding neurons to real ones.
    func paddingEdgeCount() -> Int {
        withTables { permutations, blocks in
            var count = 0
            for block in 0..<blockCount where Int(blocks[block] >> 6) == rows - 1 {
                for lane in 0..<min(16, outputs - block / inDegree * 16)
                where Self.leftNeuron(blocks[block], lane, permutations) >= UInt32(inputs) {
                    count += 1
                }
            }
            return count
        }
    }

    /// Where the edge of a lane of a block starts.
    @inline(__always)
    static func leftNeuron(
        _ block: UInt32, _ lane: Int, _ permutations: UnsafePointer<Int32>
    ) -> UInt32 {
        let permutation = Int(block & 63)
        return (block >> 6) * 16 + UInt32(truncatingIfNeeded: permutations[16 * permutation + lane])
    }

    /// Both tables, for as long as `body` runs.
    func withTables<Result>(
        _ body: (_ permutations: UnsafePointer<Int32>, _ blocks: UnsafePointer<UInt32>) -> Result
    ) -> Result {
        let permutations = UnsafeMutablePointer<Int32>.allocate(
            capacity: 16 * Self.permutationCount)
        let blocks = UnsafeMutablePointer<UInt32>.allocate(capacity: blockCount)
        defer {
            permutations.deallocate()
            blocks.deallocate()
        }
        fillPermutations(permutations)
        fillBlocks(blocks)
        return body(permutations, blocks)
    }
}
