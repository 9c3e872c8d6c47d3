// Selecting what N:M keeps, tile by tile of 16 rows and 16 columns.
//
// Forward groups run along a row: the tile is turned over, so that lanes are rows. Backward groups
// run down a column: lanes are columns as they stand. Either way sixteen groups are selected at
// once, and one copy of the loop exists per pattern, so that nothing is asked inside it.
// Nothing here calls a function: what a kernel calls becomes a symbol that other modules can see.
// Invariant of `follow`: a group whose kept weights, and no others, still exceed its threshold keeps
// them, so that its values in the view need only the very fma that the master got.

import CLanes

extension VectorKernels {
    /// What FF keeps of some chunks of a block. See `PrunedKernels.prepareForward`.
    @inline(never)
    package static func prepareForward(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
        _ kept: Int, _ group: Int, _ values: UnsafeMutablePointer<Float>,
        _ indices: UnsafeMutablePointer<UInt8>, _ masks: UnsafeMutablePointer<UInt16>?,
        _ thresholds: UnsafeMutablePointer<Int32>?
    ) {
        chooseForward(
            w, rowStride, rows, chunks, inputs, kept, group, values, indices, masks, thresholds)
    }

    /// What BP keeps of some chunks of a block. See `PrunedKernels.prepareBackward`.
    @inline(never)
    package static func prepareBackward(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
        _ kept: Int, _ group: Int, _ masks: UnsafeMutablePointer<UInt16>,
        _ thresholds: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>?,
        _ indices: UnsafeMutablePointer<UInt8>?, _ viewChunks: Int
    ) {
        chooseBackward(
            w, rowStride, rows, chunks, inputs, kept, group, masks, thresholds, values, indices,
            viewChunks)
    }

    /// Views and masks after UP, tile by tile. See `PrunedKernels.follow`.
    @inline(never)
    package static func prunedFollow(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ inputs: Int, _ kept: Int,
        _ group: Int, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ changes: UnsafePointer<UInt16>,
        _ values: UnsafeMutablePointer<Float>?, _ indices: UnsafeMutablePointer<UInt8>?,
        _ forwardMasks: UnsafeMutablePointer<UInt16>?,
        _ forwardThresholds: UnsafeMutablePointer<Int32>?,
        _ backwardMasks: UnsafeMutablePointer<UInt16>?,
        _ backwardThresholds: UnsafeMutablePointer<Int32>?
    ) {
        let chunks = rowStride &>> 4
        let groups = 16 / group
        if let values, let indices {
            followForward(
                w, rowStride, rows, inputs, kept, group, x, delta, steps, values, indices,
                forwardMasks, forwardThresholds, changes)
        }
        if let backwardMasks, let backwardThresholds {
            var c = 0
            while c < chunks {
                if changes[chunks &+ c] != 0 {
                    chooseBackward(
                        w + c &* 16, rowStride, rows, 1, inputs &- c &* 16, kept, group,
                        backwardMasks + c &* 16, backwardThresholds + c &* groups &* 16, nil, nil, 0
                    )
                }
                c &+= 1
            }
        }
    }

    /// The forward view after UP: selected anew where a row changed sides, else by the same fma.
    @_transparent
    private static func followForward(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ inputs: Int, _ kept: Int,
        _ group: Int, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Float>,
        _ indices: UnsafeMutablePointer<UInt8>, _ masks: UnsafeMutablePointer<UInt16>?,
        _ thresholds: UnsafeMutablePointer<Int32>?, _ changes: UnsafePointer<UInt16>
    ) {
        // δ is padded, so that all sixteen can be read.
        let busy = load(delta, 0) .!= Lanes.zero
        let ss = load(steps, 0)
        let slots = 16 &* kept / group
        let groups = 16 / group
        var c = 0
        while c < rowStride &>> 4 {
            let chunkValues = values + c &* slots &* 16
            let chunkIndices = indices + c &* slots &* 8
            if changes[c] != 0 {
                chooseForward(
                    w + c &* 16, rowStride, rows, 1, inputs &- c &* 16, kept, group, chunkValues,
                    chunkIndices, masks.map { $0 + c &* 16 },
                    thresholds.map { $0 + c &* groups &* 16 })
            } else {
                let xs = load(x, c &* 16)
                switch slots {
                case 2: followSlots(xs, ss, busy, chunkValues, chunkIndices, slots: 2)
                case 4: followSlots(xs, ss, busy, chunkValues, chunkIndices, slots: 4)
                default: followSlots(xs, ss, busy, chunkValues, chunkIndices, slots: 8)
                }
            }
            c &+= 1
        }
    }

    /// What the view keeps of one tile, by the fma that the master got.
    @_transparent
    private static func followSlots(
        _ xs: Lanes, _ steps: Lanes, _ busy: SIMDMask<SIMD16<Int32>>,
        _ values: UnsafeMutablePointer<Float>, _ indices: UnsafePointer<UInt8>, slots: Int
    ) {
        var words = lanes_load_words(indices, slots &>> 1)
        var slot = 0
        while slot < slots {
            let old = load(values, slot &* 16)
            let new = fma(steps, lanes_permute(xs, words), old)
            store(old.replacing(with: new, where: busy), values, slot &* 16)
            words = words &>> 4
            slot &+= 1
        }
    }
}

@_transparent
private func chooseForward(
    _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
    _ kept: Int, _ group: Int, _ values: UnsafeMutablePointer<Float>,
    _ indices: UnsafeMutablePointer<UInt8>, _ masks: UnsafeMutablePointer<UInt16>?,
    _ thresholds: UnsafeMutablePointer<Int32>?
) {
    switch (kept, group) {
    case (1, 4):
        forwardTiles(
            w, rowStride, rows, chunks, inputs, 1, 4, values, indices, masks, thresholds)
    case (2, 4):
        forwardTiles(
            w, rowStride, rows, chunks, inputs, 2, 4, values, indices, masks, thresholds)
    case (1, 8):
        forwardTiles(
            w, rowStride, rows, chunks, inputs, 1, 8, values, indices, masks, thresholds)
    case (2, 8):
        forwardTiles(
            w, rowStride, rows, chunks, inputs, 2, 8, values, indices, masks, thresholds)
    case (4, 8):
        forwardTiles(
            w, rowStride, rows, chunks, inputs, 4, 8, values, indices, masks, thresholds)
    default:
        forwardTiles(
            w, rowStride, rows, chunks, inputs, 2, 16, values, indices, masks, thresholds)
    }
}

@_transparent
private func forwardTiles(
    _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
    _ kept: Int32, _ group: Int32, _ values: UnsafeMutablePointer<Float>,
    _ indices: UnsafeMutablePointer<UInt8>, _ masks: UnsafeMutablePointer<UInt16>?,
    _ thresholds: UnsafeMutablePointer<Int32>?
) {
    let slots = 16 &* Int(kept) / Int(group)
    let groups = 16 / Int(group)
    var c = 0
    while c < chunks {
        lanes_select_forward(
            w + c &* 16, rowStride, rows, inputs &- c &* 16, kept, group,
            values + c &* slots &* 16, indices + c &* slots &* 8,
            masks.map { $0 + c &* 16 }, thresholds.map { $0 + c &* groups &* 16 })
        c &+= 1
    }
}

@_transparent
private func chooseBackward(
    _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
    _ kept: Int, _ group: Int, _ masks: UnsafeMutablePointer<UInt16>,
    _ thresholds: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>?,
    _ indices: UnsafeMutablePointer<UInt8>?, _ viewChunks: Int
) {
    switch (kept, group) {
    case (1, 4):
        backwardTiles(
            w, rowStride, rows, chunks, inputs, 1, 4, masks, thresholds, values, indices,
            viewChunks)
    case (2, 4):
        backwardTiles(
            w, rowStride, rows, chunks, inputs, 2, 4, masks, thresholds, values, indices,
            viewChunks)
    case (1, 8):
        backwardTiles(
            w, rowStride, rows, chunks, inputs, 1, 8, masks, thresholds, values, indices,
            viewChunks)
    case (2, 8):
        backwardTiles(
            w, rowStride, rows, chunks, inputs, 2, 8, masks, thresholds, values, indices,
            viewChunks)
    case (4, 8):
        backwardTiles(
            w, rowStride, rows, chunks, inputs, 4, 8, masks, thresholds, values, indices,
            viewChunks)
    default:
        backwardTiles(
            w, rowStride, rows, chunks, inputs, 2, 16, masks, thresholds, values, indices,
            viewChunks)
    }
}

@_transparent
private func backwardTiles(
    _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
    _ kept: Int32, _ group: Int32, _ masks: UnsafeMutablePointer<UInt16>,
    _ thresholds: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>?,
    _ indices: UnsafeMutablePointer<UInt8>?, _ viewChunks: Int
) {
    let slots = 16 &* Int(kept) / Int(group)
    let groups = 16 / Int(group)
    var c = 0
    while c < chunks {
        let viewed = c &* viewChunks &* slots
        lanes_select_backward(
            w + c &* 16, rowStride, rows, inputs &- c &* 16, kept, group, masks + c &* 16,
            thresholds + c &* groups &* 16, values.map { $0 + viewed &* 16 },
            indices.map { $0 + viewed &* 8 })
        c &+= 1
    }
}
