// Products of a compressed view and many vectors: FF and BP of N:M junctions.
//
// Legend: B (`count`) vectors side by side, in strips of 64; lanes are samples, so that an index
// picks a row of x and needs no permutation. Eight chunks of a strip (32 kilobytes) stay in the
// first cache while all right neurons use them, four at a time.
// Invariant: per sum chunks ascend and slots ascend, whatever the strips and runs.

import CLanes

extension VectorKernels {
    /// Y = view · X + bias. See `PrunedKernels.productMany`.
    @inline(never)
    package static func prunedProductMany(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, _ slots: Int,
        _ count: Int
    ) {
        switch slots {
        case 2: viewMany(values, indices, bias, x, y, outputs, chunks, slots: 2, count)
        case 4: viewMany(values, indices, bias, x, y, outputs, chunks, slots: 4, count)
        default: viewMany(values, indices, bias, x, y, outputs, chunks, slots: 8, count)
        }
    }

    @_transparent
    private static func viewMany(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, slots: Int, _ count: Int
    ) {
        var strip = 0
        while strip < count {
            let isWide = strip &+ 64 <= count
            var first = 0
            while first < chunks {
                let end = first &+ 8 < chunks ? first &+ 8 : chunks
                let ends = end == chunks
                var j = 0
                while j < outputs {
                    let row = (j &>> 4) &* chunks
                    let v = values + (row &* slots &* 16 &+ (j & 15))
                    let words = indices + (row &* 16 &+ (j & 15)) &* (slots &>> 1)
                    let to = y + (j &* count &+ strip)
                    let b = ends ? bias.map { $0 + j } : nil
                    if isWide && j &+ 4 <= outputs {
                        four(v, words, x + strip, to, b, first, end, slots: slots, count)
                        j &+= 4
                    } else if isWide {
                        one(v, words, x + strip, to, b, first, end, slots: slots, count)
                        j &+= 1
                    } else {
                        narrowView(v, words, x + strip, to, b, first, end, slots: slots, count)
                        j &+= 1
                    }
                }
                first = end
            }
            strip &+= isWide ? 64 : 16
        }
    }

    /// A lane's packed indices of one chunk.
    @_transparent
    private static func word(_ words: UnsafePointer<UInt8>, _ c: Int, slots: Int) -> UInt32 {
        let raw = UnsafeRawPointer(words + c &* slots &* 8)
        return switch slots {
        case 2: UInt32(raw.loadUnaligned(as: UInt8.self))
        case 4: UInt32(raw.loadUnaligned(as: UInt16.self))
        default: raw.loadUnaligned(as: UInt32.self)
        }
    }

    @_transparent
    private static func index(_ word: UInt32, _ slot: Int) -> Int {
        Int(truncatingIfNeeded: (word &>> UInt32(truncatingIfNeeded: 4 &* slot)) & 15)
    }

    /// Four adjacent right neurons of a block in 64 samples: their values come by one load, and
    /// are spread by permutations, since loads are what this is short of.
    @_transparent
    private static func four(
        _ v: UnsafePointer<Float>, _ words: UnsafePointer<UInt8>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>?, _ first: Int,
        _ end: Int, slots: Int, _ count: Int
    ) {
        var (s0, s1) = (FourLanes(), FourLanes())
        var (s2, s3) = (FourLanes(), FourLanes())
        if first > 0 {
            s0 = FourLanes(y)
            s1 = FourLanes(y + count)
            s2 = FourLanes(y + 2 &* count)
            s3 = FourLanes(y + 3 &* count)
        }
        let bytes = slots &>> 1
        var c = first
        while c < end {
            let rows = x + c &* 16 &* count
            let own = v + c &* slots &* 16
            let word0 = word(words, c, slots: slots)
            let word1 = word(words + bytes, c, slots: slots)
            let word2 = word(words + 2 &* bytes, c, slots: slots)
            let word3 = word(words + 3 &* bytes, c, slots: slots)
            // Written out: a loop over slots stayed one, and took half as long again.
            addSlot(own, 0, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
            addSlot(own, 1, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
            if slots > 2 {
                addSlot(own, 2, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
                addSlot(own, 3, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
            }
            if slots > 4 {
                addSlot(own, 4, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
                addSlot(own, 5, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
                addSlot(own, 6, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
                addSlot(own, 7, rows, count, word0, word1, word2, word3, &s0, &s1, &s2, &s3)
            }
            c &+= 1
        }
        if let bias {
            s0.bias(bias[0])
            s1.bias(bias[1])
            s2.bias(bias[2])
            s3.bias(bias[3])
        }
        s0.store(y)
        s1.store(y + count)
        s2.store(y + 2 &* count)
        s3.store(y + 3 &* count)
    }

    /// One slot of a chunk, for four right neurons.
    @_transparent
    private static func addSlot(
        _ v: UnsafePointer<Float>, _ slot: Int, _ rows: UnsafePointer<Float>, _ count: Int,
        _ word0: UInt32, _ word1: UInt32, _ word2: UInt32, _ word3: UInt32,
        _ s0: inout FourLanes, _ s1: inout FourLanes, _ s2: inout FourLanes,
        _ s3: inout FourLanes
    ) {
        let own = lanes_fours(v + slot &* 16)
        s0.add(lanes_of_four(own, 0), rows + index(word0, slot) &* count)
        s1.add(lanes_of_four(own, 1), rows + index(word1, slot) &* count)
        s2.add(lanes_of_four(own, 2), rows + index(word2, slot) &* count)
        s3.add(lanes_of_four(own, 3), rows + index(word3, slot) &* count)
    }

    /// One right neuron in 64 samples.
    @_transparent
    private static func one(
        _ v: UnsafePointer<Float>, _ words: UnsafePointer<UInt8>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>?, _ first: Int,
        _ end: Int, slots: Int, _ count: Int
    ) {
        var sums = FourLanes()
        if first > 0 { sums = FourLanes(y) }
        var c = first
        while c < end {
            let own = word(words, c, slots: slots)
            var slot = 0
            while slot < slots {
                sums.add(
                    every(v[(c &* slots &+ slot) &* 16]),
                    x + (c &* 16 &+ index(own, slot)) &* count)
                slot &+= 1
            }
            c &+= 1
        }
        if let bias { sums.bias(bias[0]) }
        sums.store(y)
    }

    /// One right neuron in 16 samples.
    @_transparent
    private static func narrowView(
        _ v: UnsafePointer<Float>, _ words: UnsafePointer<UInt8>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>?, _ first: Int,
        _ end: Int, slots: Int, _ count: Int
    ) {
        var sum = Lanes.zero
        if first > 0 { sum = load(y, 0) }
        var c = first
        while c < end {
            let own = word(words, c, slots: slots)
            var slot = 0
            while slot < slots {
                let xs = load(x, (c &* 16 &+ index(own, slot)) &* count)
                sum = fma(every(v[(c &* slots &+ slot) &* 16]), xs, sum)
                slot &+= 1
            }
            c &+= 1
        }
        if let bias { sum += every(bias[0]) }
        store(sum, y, 0)
    }

    /// E = viewᵀ · Δ. See `PrunedKernels.scatterMany`.
    @inline(never)
    package static func prunedScatterMany(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ outputs: Int,
        _ chunks: Int, _ slots: Int, _ count: Int
    ) {
        clear(e, chunks &* 16 &* count)
        // Sixteen samples at a time: one block's chunk of E is a kilobyte.
        var b = 0
        while b < count {
            var c = 0
            while c < chunks {
                var j = 0
                while j < outputs {
                    let tile = (j &>> 4) &* chunks &+ c
                    let lane = j & 15
                    let ds = load(delta, j &* count &+ b)
                    var slot = 0
                    while slot < slots {
                        let byte = indices[(tile &* 16 &+ lane) &* (slots &>> 1) &+ slot &>> 1]
                        let own = Int(byte &>> UInt8(truncatingIfNeeded: (slot & 1) &* 4)) & 15
                        let at = (c &* 16 &+ own) &* count &+ b
                        let value = every(values[(tile &* slots &+ slot) &* 16 &+ lane])
                        store(fma(value, ds, load(e, at)), e, at)
                        slot &+= 1
                    }
                    j &+= 1
                }
                c &+= 1
            }
            b &+= 16
        }
    }
}
