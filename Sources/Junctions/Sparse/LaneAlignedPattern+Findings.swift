// Whether a table of blocks is a legal lane-aligned pattern.

extension LaneAlignedPattern {
    /// What is wrong with blocks as `fillBlocks` writes them, [G][dᵢₙ], one line per kind; empty
    /// when all is well.
    public func findings(blocks: UnsafePointer<UInt32>) -> [String] {
        var clashes = 0
        var strangers = 0
        var repeats = 0
        var degrees = [Int](repeating: 0, count: rows)
        // Per row and shift, 1 + the last group that read it so.
        var readers = [Int](repeating: 0, count: 16 * rows)
        for index in 0..<blockCount {
            let (row, group) = (Int(blocks[index] / 64), index / inDegree)
            guard row < rows else {
                strangers += 1
                continue
            }
            degrees[row] += 1
            if !Self.readsEveryBank(blocks[index]) {
                clashes += 1
                continue
            }
            let place = Self.leftNeuron(blocks[index], 0)
            if readers[place] == group + 1 { repeats += 1 }
            readers[place] = group + 1
        }
        let wrong = degrees.count { $0 != outDegree }
        return [
            (clashes, "blocks do not read sixteen banks of their row"),
            (strangers, "blocks read a row that is not there"),
            (wrong, "rows have an out-degree other than \(outDegree)"),
            (repeats, "blocks occur twice"),
        ].filter { $0.0 > 0 }.map { "pattern: \($0.0) \($0.1)" }
    }

    /// Whether the sixteen edges of a block start in sixteen banks of its row.
    static func readsEveryBank(_ block: UInt32) -> Bool {
        var banks: UInt32 = 0
        for lane in 0..<16 {
            let left = leftNeuron(block, lane)
            guard left / 16 == Int(block / 64) else { return false }
            banks |= 1 << UInt32(left % 16)
        }
        return banks == 0xFFFF
    }
}
