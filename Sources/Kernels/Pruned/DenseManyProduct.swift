// Products of a dense matrix and many vectors: FF and BP.
//
// Legend: B (`count`) vectors side by side, in strips of 64; a term is one left neuron of the
// product. Six right neurons by 64 samples are under way at once, which is 24 sums in registers
// for 10 loads per term; where fewer than 64 samples are left, eight by 16. Terms come in runs of 128: their rows of a strip stay in the first cache.
// Invariant: per sum terms ascend, whatever the strips and runs.

extension VectorKernels {
    /// Y = W X + bias. See `DenseManyKernels.feedforward`.
    @inline(never)
    package static func feedforwardMany(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int, _ rowStride: Int,
        _ count: Int
    ) {
        manyProduct(w, rowStride, 1, bias, x, y, outputs, inputs, count)
    }

    /// E = Wᵀ Δ. See `DenseManyKernels.backprop`.
    @inline(never)
    package static func backpropMany(
        _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int, _ rowStride: Int,
        _ count: Int
    ) {
        manyProduct(w, 1, rowStride, nil, delta, e, inputs, outputs, count)
    }

    /// y[r] = Σ w[r·rowStep + t·termStep]·x[t] + bias[r]
    @_transparent
    private static func manyProduct(
        _ w: UnsafePointer<Float>, _ rowStep: Int, _ termStep: Int,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ terms: Int, _ count: Int
    ) {
        var strip = 0
        while strip < count {
            var first = 0
            while first < terms {
                let end = first &+ 128 < terms ? first &+ 128 : terms
                if strip &+ 64 <= count {
                    var r = 0
                    while r &+ 6 <= rows {
                        six(
                            w + r &* rowStep, rowStep, termStep, x + strip,
                            y + (r &* count &+ strip), first, end, count)
                        r &+= 6
                    }
                    while r < rows {
                        wide(
                            w + r &* rowStep, termStep, x + strip, y + (r &* count &+ strip),
                            first, end, count)
                        r &+= 1
                    }
                } else {
                    var r = 0
                    while r &+ 8 <= rows {
                        eightNarrow(
                            w + r &* rowStep, rowStep, termStep, x + strip,
                            y + (r &* count &+ strip), first, end, count)
                        r &+= 8
                    }
                    while r < rows {
                        narrow(
                            w + r &* rowStep, termStep, x + strip, y + (r &* count &+ strip),
                            first, end, count)
                        r &+= 1
                    }
                }
                first = end
            }
            strip &+= strip &+ 64 <= count ? 64 : 16
        }
        if let bias { addBias(bias, y, rows, count) }
    }

    /// Six right neurons in 64 samples.
    @_transparent
    private static func six(
        _ w: UnsafePointer<Float>, _ rowStep: Int, _ termStep: Int, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ first: Int, _ end: Int, _ count: Int
    ) {
        var (s0, s1, s2) = (FourLanes(), FourLanes(), FourLanes())
        var (s3, s4, s5) = (FourLanes(), FourLanes(), FourLanes())
        if first > 0 {
            s0 = FourLanes(y)
            s1 = FourLanes(y + count)
            s2 = FourLanes(y + 2 &* count)
            s3 = FourLanes(y + 3 &* count)
            s4 = FourLanes(y + 4 &* count)
            s5 = FourLanes(y + 5 &* count)
        }
        var t = first
        while t < end {
            let xs = FourLanes(x + t &* count)
            let p = w + t &* termStep
            s0.add(every(p[0]), xs)
            s1.add(every(p[rowStep]), xs)
            s2.add(every(p[2 &* rowStep]), xs)
            s3.add(every(p[3 &* rowStep]), xs)
            s4.add(every(p[4 &* rowStep]), xs)
            s5.add(every(p[5 &* rowStep]), xs)
            t &+= 1
        }
        s0.store(y)
        s1.store(y + count)
        s2.store(y + 2 &* count)
        s3.store(y + 3 &* count)
        s4.store(y + 4 &* count)
        s5.store(y + 5 &* count)
    }

    /// One right neuron in 64 samples.
    @_transparent
    private static func wide(
        _ w: UnsafePointer<Float>, _ termStep: Int, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ first: Int, _ end: Int, _ count: Int
    ) {
        var sums = FourLanes()
        if first > 0 { sums = FourLanes(y) }
        var t = first
        while t < end {
            sums.add(every(w[t &* termStep]), x + t &* count)
            t &+= 1
        }
        sums.store(y)
    }

    /// Eight right neurons in 16 samples: so many sums that none waits for itself.
    @_transparent
    private static func eightNarrow(
        _ w: UnsafePointer<Float>, _ rowStep: Int, _ termStep: Int, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ first: Int, _ end: Int, _ count: Int
    ) {
        var (low, high) = (FourLanes(), FourLanes())
        if first > 0 {
            low = fourRows(y, count)
            high = fourRows(y + 4 &* count, count)
        }
        var t = first
        while t < end {
            let xs = load(x, t &* count)
            let p = w + t &* termStep
            low.a = fma(every(p[0]), xs, low.a)
            low.b = fma(every(p[rowStep]), xs, low.b)
            low.c = fma(every(p[2 &* rowStep]), xs, low.c)
            low.d = fma(every(p[3 &* rowStep]), xs, low.d)
            high.a = fma(every(p[4 &* rowStep]), xs, high.a)
            high.b = fma(every(p[5 &* rowStep]), xs, high.b)
            high.c = fma(every(p[6 &* rowStep]), xs, high.c)
            high.d = fma(every(p[7 &* rowStep]), xs, high.d)
            t &+= 1
        }
        store4(low, y, count)
        store4(high, y + 4 &* count, count)
    }

    /// One right neuron in 16 samples.
    @_transparent
    private static func narrow(
        _ w: UnsafePointer<Float>, _ termStep: Int, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ first: Int, _ end: Int, _ count: Int
    ) {
        var sum = Lanes.zero
        if first > 0 { sum = load(y, 0) }
        var t = first
        while t < end {
            sum = fma(every(w[t &* termStep]), load(x, t &* count), sum)
            t &+= 1
        }
        store(sum, y, 0)
    }

    /// y[r] += bias[r] in all samples.
    @_transparent
    private static func addBias(
        _ bias: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ count: Int
    ) {
        var r = 0
        while r < rows {
            var b = 0
            while b < count {
                store(load(y, r &* count &+ b) + every(bias[r]), y, r &* count &+ b)
                b &+= 16
            }
            r &+= 1
        }
    }
}
