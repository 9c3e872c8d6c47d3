// The definitions of BP and UP of circulant junctions: one component of one block at a time.

extension PlainKernels {
    /// One component of a complex number of every block: the real part, and the imaginary part
    /// where the bin has one.
    private struct Bin {
        let real: Int
        let imaginary: Int?

        static func all(_ k: Int) -> [Bin] {
            (0...k / 2).map { Bin(real: $0, imaginary: $0 == 0 || $0 == k / 2 ? nil : k - $0) }
        }
    }

    static func circulantBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ partial: UnsafeMutablePointer<Float>, _ inputBlocks: Int, _ rowStride: Int, _ k: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        if let e { circulantBackprop(w, delta, e, inputBlocks, rowStride, k) }
        let keep = 1 - learningRate * decay
        for j in 0..<inputBlocks {
            for bin in Bin.all(k) {
                let sr = -(learningRate * x[circulantPlace(j, bin.real, k)])
                for i in 0..<rowStride {
                    let gr = delta[circulantPlace(i, bin.real, k)]
                    let real = (j * k + bin.real) * rowStride + i
                    let kept = keep == 1 ? w[real] : keep * w[real]
                    w[real] = kept.addingProduct(sr, gr)
                    guard let c = bin.imaginary else { continue }
                    let si = -(learningRate * x[circulantPlace(j, c, k)])
                    let gi = delta[circulantPlace(i, c, k)]
                    w[real] = w[real].addingProduct(si, gi)
                    let imaginary = (j * k + c) * rowStride + i
                    let keptToo = keep == 1 ? w[imaginary] : keep * w[imaginary]
                    w[imaginary] = keptToo.addingProduct(sr, gi).addingProduct(-si, gr)
                }
            }
        }
    }

    static func circulantBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ partial: UnsafeMutablePointer<Float>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        if let e { circulantBackprop(w, delta, e, inputBlocks, rowStride, k) }
        func move(_ index: Int, _ increment: Float) {
            velocity[index] = increment.addingProduct(momentum, velocity[index])
            w[index] = w[index].addingProduct(-learningRate, velocity[index])
        }
        for j in 0..<inputBlocks {
            for bin in Bin.all(k) {
                let xr = x[circulantPlace(j, bin.real, k)]
                for i in 0..<rowStride {
                    let gr = delta[circulantPlace(i, bin.real, k)]
                    let real = (j * k + bin.real) * rowStride + i
                    let increment = (decay * w[real]).addingProduct(xr, gr)
                    guard let c = bin.imaginary else {
                        move(real, increment)
                        continue
                    }
                    let (xi, gi) = (x[circulantPlace(j, c, k)], delta[circulantPlace(i, c, k)])
                    let imaginary = (j * k + c) * rowStride + i
                    move(real, increment.addingProduct(xi, gi))
                    move(
                        imaginary,
                        (decay * w[imaginary]).addingProduct(xr, gi).addingProduct(-xi, gr))
                }
            }
        }
    }

    static func circulantBackpropAlone(
        _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ partial: UnsafeMutablePointer<Float>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int
    ) {
        circulantBackprop(w, delta, e, inputBlocks, rowStride, k)
    }

    /// Ê_j = Σᵢ conj(Ŵ_ij) Ĝ_i
    private static func circulantBackprop(
        _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ inputBlocks: Int, _ rowStride: Int, _ k: Int
    ) {
        for index in 0..<(inputBlocks + 15) / 16 * 16 * k { e[index] = 0 }
        for j in 0..<inputBlocks {
            for bin in Bin.all(k) {
                let wr = w + (j * k + bin.real) * rowStride
                guard let c = bin.imaginary else {
                    e[circulantPlace(j, bin.real, k)] = laneSum(rowStride) {
                        $0.addingProduct(wr[$1], delta[circulantPlace($1, bin.real, k)])
                    }
                    continue
                }
                let wi = w + (j * k + c) * rowStride
                e[circulantPlace(j, bin.real, k)] = laneSum(rowStride) { sum, i in
                    let gr = delta[circulantPlace(i, bin.real, k)]
                    return sum.addingProduct(wr[i], gr)
                        .addingProduct(wi[i], delta[circulantPlace(i, c, k)])
                }
                e[circulantPlace(j, c, k)] = laneSum(rowStride) { sum, i in
                    let gr = delta[circulantPlace(i, bin.real, k)]
                    return sum.addingProduct(wr[i], delta[circulantPlace(i, c, k)])
                        .addingProduct(-wi[i], gr)
                }
            }
        }
    }

    static func circulantUpdateBias(
        _ bias: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
        _ delta: UnsafePointer<Float>, _ paddedCount: Int, _ learningRate: Float,
        _ momentum: Float
    ) {
        for i in 0..<paddedCount {
            if let velocity {
                velocity[i] = delta[i].addingProduct(momentum, velocity[i])
                bias[i] = bias[i].addingProduct(-learningRate, velocity[i])
            } else {
                bias[i] += delta[i] * -learningRate
            }
        }
    }
}
