// Whether tables hold a legal lane-aligned pattern.

extension LaneAlignedPattern {
    /// What is wrong with tables as `fillPermutations` and `fillBlocks` write them, one line per
    /// kind; empty when all is well.
    /// - permutations: [64][16]. - blocks: [G][dᵢₙ].
    public func findings(
        permutations: UnsafePointer<Int32>, blocks: UnsafePointer<UInt32>
    ) -> [String] {
        var clashes = 0
        var strangers = 0
        var repeats = 0
        var degrees = [Int](repeating: 0, count: rows)
        // The last right neuron that read each left neuron, plus 1, per lane of a group.
        var readers = [Int](repeating: 0, count: 256 * rows)
        for index in 0..<blockCount {
            let (block, group) = (blocks[index], index / inDegree)
            let row = Int(block >> 6)
            guard row < rows else {
                strangers += 1
                continue
            }
            degrees[row] += 1
            if !Self.readsEveryBank(block, permutations) { clashes += 1 }
            for lane in 0..<16 {
                let bank = Int(Self.leftNeuron(block, lane, permutations) & 15)
                let place = 256 * row + 16 * lane + bank
                if readers[place] == group + 1 { repeats += 1 }
                readers[place] = group + 1
            }
        }
        let wrong = degrees.count { $0 != outDegree }
        return [
            (clashes, "blocks read a bank twice"),
            (strangers, "blocks read a row that is not there"),
            (wrong, "rows have an out-degree other than \(outDegree)"),
            (repeats, "edges occur twice"),
        ].filter { $0.0 > 0 }.map { "pattern: \($0.0) \($0.1)" }
    }

    /// Whether the sixteen edges of a block start in sixteen banks.
    static func readsEveryBank(_ block: UInt32, _ permutations: UnsafePointer<Int32>) -> Bool {
        var banks: UInt32 = 0
        for lane in 0..<16 {
            banks |= 1 << (leftNeuron(block, lane, permutations) & 15)
        }
        return banks == 0xFFFF
    }
}
