// Where the arrays of an N:M junction lie, in its parameters and in a learner's workspace.

/// Byte offsets, all multiples of 64, and the counts that they follow from.
struct PrunedLayout: Equatable, Sendable {
    /// Blocks of 16 outputs.
    let blocks: Int
    /// Chunks of 16 inputs.
    let chunks: Int

    /// In the parameters.
    let bias, values, indices: Int

    /// In the workspace: masks and thresholds of the forward and backward groups; see
    /// `PrunedKernels`.
    let forwardMasks, forwardThresholds, backwardMasks, backwardThresholds: Int
    /// In the workspace: the backward view, and one word that says whether it is current.
    let backwardValues, backwardIndices, backwardFlag: Int
    /// In the workspace: scratch memory of an update. `start` and `sum` are 16 rows each.
    let changes, start, sum, steps: Int
    /// Of all that.
    let workspaceBytes: Int

    init(inputs: Int, outputs: Int, pattern: PruningPattern) {
        let (blocks, chunks) = ((outputs + 15) / 16, (inputs + 15) / 16)
        self.blocks = blocks
        self.chunks = chunks
        let (tiles, slots) = (blocks * chunks, pattern.slots)
        bias = outputs * chunks * 64
        values = bias + blocks * 64
        indices = values + tiles * slots * 64

        var end = 0
        func take(_ bytes: Int, if isNeeded: Bool = true) -> Int {
            defer { if isNeeded { end += (bytes + 63) & ~63 } }
            return end
        }
        let (forward, backward) = (pattern.prunesFeedforward, pattern.prunesBackprop)
        let thresholdBytes = tiles * 16 / pattern.group * 64
        forwardMasks = take(tiles * 32, if: forward)
        forwardThresholds = take(thresholdBytes, if: forward)
        backwardMasks = take(tiles * 32, if: backward)
        backwardThresholds = take(thresholdBytes, if: backward)
        backwardValues = take(tiles * slots * 64, if: backward)
        backwardIndices = take(tiles * slots * 8, if: backward)
        backwardFlag = take(64, if: backward)
        changes = take(chunks * 4)
        start = take(chunks * 16 * 64)
        sum = take(chunks * 16 * 64)
        steps = take(blocks * 64)
        workspaceBytes = end
    }
}
