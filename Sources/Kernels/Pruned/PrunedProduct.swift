// Products of a compressed view and a vector: FF and BP of N:M junctions.
//
// Legend: a block is 16 right neurons of the product, one lane each; S slots per chunk of 16 left
// neurons; a word holds a lane's S packed indices into the chunk. See PrunedKernelSet.swift.
// Invariant: per lane chunks ascend and slots ascend; blocks side by side change nothing of that,
// but keep four additions and four streams of memory under way.

import CLanes

extension VectorKernels {
    /// y = view · x + bias. See `PrunedKernels.product`.
    @inline(never)
    package static func prunedProduct(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, _ slots: Int
    ) {
        switch slots {
        case 2: viewProduct(values, indices, bias, x, y, outputs, chunks, slots: 2)
        case 4: viewProduct(values, indices, bias, x, y, outputs, chunks, slots: 4)
        default: viewProduct(values, indices, bias, x, y, outputs, chunks, slots: 8)
        }
    }

    @_transparent
    private static func viewProduct(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, slots: Int
    ) {
        let blockFloats = chunks &* slots &* 16
        let blockBytes = chunks &* slots &* 8
        var j = 0
        while j &+ 64 <= outputs {
            let block = j &>> 4
            let v0 = values + block &* blockFloats
            let v1 = v0 + blockFloats
            let v2 = v1 + blockFloats
            let v3 = v2 + blockFloats
            let i0 = indices + block &* blockBytes
            let i1 = i0 + blockBytes
            let i2 = i1 + blockBytes
            let i3 = i2 + blockBytes
            var a0 = Lanes.zero
            var a1 = Lanes.zero
            var a2 = Lanes.zero
            var a3 = Lanes.zero
            var c = 0
            while c < chunks {
                let xs = load(x, c &* 16)
                addChunk(v0, i0, xs, c, &a0, slots: slots)
                addChunk(v1, i1, xs, c, &a1, slots: slots)
                addChunk(v2, i2, xs, c, &a2, slots: slots)
                addChunk(v3, i3, xs, c, &a3, slots: slots)
                c &+= 1
            }
            store(biased(a0, bias, j), y, j)
            store(biased(a1, bias, j &+ 16), y, j &+ 16)
            store(biased(a2, bias, j &+ 32), y, j &+ 32)
            store(biased(a3, bias, j &+ 48), y, j &+ 48)
            j &+= 64
        }
        while j < outputs {
            let block = j &>> 4
            var a = Lanes.zero
            var c = 0
            while c < chunks {
                addChunk(
                    values + block &* blockFloats, indices + block &* blockBytes,
                    load(x, c &* 16), c, &a, slots: slots)
                c &+= 1
            }
            a = biased(a, bias, j)
            if j &+ 16 <= outputs {
                store(a, y, j)
            } else {
                store(a.replacing(with: load(y, j), where: .!firstLanes(outputs &- j)), y, j)
            }
            j &+= 16
        }
    }

    /// a + one chunk of one block: a permutation of x and a product per slot.
    @_transparent
    private static func addChunk(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>, _ xs: Lanes, _ c: Int,
        _ a: inout Lanes, slots: Int
    ) {
        var words = lanes_load_words(indices + c &* slots &* 8, slots &>> 1)
        var slot = 0
        while slot < slots {
            a = fma(load(values, (c &* slots &+ slot) &* 16), lanes_permute(xs, words), a)
            words = words &>> 4
            slot &+= 1
        }
    }

    @_transparent
    private static func biased(
        _ a: Lanes, _ bias: UnsafePointer<Float>?, _ j: Int
    ) -> Lanes {
        if let bias { a + load(bias, j) } else { a }
    }
}
