// The definitions of circulant junctions at many positions: the transforms are those of one vector,
// sixteen positions in the place of sixteen blocks.

extension PlainKernels {
    /// Where component 0 of a block's spectrum in a strip lies.
    private static func spectrum(_ strip: Int, _ block: Int, _ blocks: Int, _ k: Int) -> Int {
        (strip * blocks + block) * k * 16
    }

    static func sharedTransform(
        _ x: UnsafePointer<Float>, _ rows: Int, _ blocks: Int, _ k: Int, _ stride: Int,
        _ cosines: UnsafePointer<Float>, _ spectra: UnsafeMutablePointer<Float>
    ) {
        for p in 0..<stride {
            for block in 0..<blocks {
                let v = spectra + spectrum(p / 16, block, blocks, k) + p % 16
                for t in 0..<k {
                    let row = block * k + t
                    v[bitReversed(t, k) * 16] = row < rows ? x[row * stride + p] : 0
                }
                joinAll(v, k, cosines)
            }
        }
    }

    static func sharedInvert(
        _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, _ k: Int, _ stride: Int,
        _ cosines: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ rows: Int
    ) {
        for p in 0..<stride {
            for block in 0..<blocks {
                let v = spectra + spectrum(p / 16, block, blocks, k) + p % 16
                partAll(v, k, cosines)
                for t in 0..<k where block * k + t < rows {
                    let (row, value) = (block * k + t, v[bitReversed(t, k) * 16])
                    y[row * stride + p] =
                        addend.map { $0[row].addingProduct(value, 1 / Float(k)) }
                        ?? value * (1 / Float(k))
                }
            }
        }
    }

    static func sharedMultiply(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int
    ) {
        forEachBin(k, strips) { strip, lane, real, imaginary in
            for i in 0..<p {
                var (ar, ai) = (Float(0), Float(0))
                for j in 0..<q {
                    let v = x + spectrum(strip, j, q, k) + lane
                    let wr = w[(j * k + real) * rowStride + i]
                    ar = ar.addingProduct(wr, v[real * 16])
                    guard let imaginary else { continue }
                    let wi = w[(j * k + imaginary) * rowStride + i]
                    ar = ar.addingProduct(-wi, v[imaginary * 16])
                    ai = ai.addingProduct(wr, v[imaginary * 16])
                    ai = ai.addingProduct(wi, v[real * 16])
                }
                let to = y + spectrum(strip, i, p, k) + lane
                to[real * 16] = ar
                if let imaginary { to[imaginary * 16] = ai }
            }
        }
    }

    static func sharedMultiplyConjugate(
        _ w: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int
    ) {
        forEachBin(k, strips) { strip, lane, real, imaginary in
            for j in 0..<q {
                var (er, ei) = (Float(0), Float(0))
                for i in 0..<p {
                    let v = g + spectrum(strip, i, p, k) + lane
                    let wr = w[(j * k + real) * rowStride + i]
                    er = er.addingProduct(wr, v[real * 16])
                    guard let imaginary else { continue }
                    let wi = w[(j * k + imaginary) * rowStride + i]
                    er = er.addingProduct(wi, v[imaginary * 16])
                    ei = ei.addingProduct(wr, v[imaginary * 16])
                    ei = ei.addingProduct(-wi, v[real * 16])
                }
                let to = e + spectrum(strip, j, q, k) + lane
                to[real * 16] = er
                if let imaginary { to[imaginary * 16] = ei }
            }
        }
    }

    static func sharedSpectralSums(
        _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
        _ q: Int, _ p: Int, _ rowStride: Int, _ k: Int, _ strips: Int
    ) {
        for index in 0..<q * k * rowStride { sums[index] = 0 }
        for j in 0..<q {
            for i in 0..<p {
                for real in 0...k / 2 {
                    let imaginary = real == 0 || real == k / 2 ? nil : k - real
                    let from = { (position: Int, c: Int) in
                        (
                            x[spectrum(position / 16, j, q, k) + c * 16 + position % 16],
                            g[spectrum(position / 16, i, p, k) + c * 16 + position % 16]
                        )
                    }
                    sums[(j * k + real) * rowStride + i] = laneSum(strips * 16) { sum, position in
                        let (xr, gr) = from(position, real)
                        guard let imaginary else { return sum.addingProduct(xr, gr) }
                        let (xi, gi) = from(position, imaginary)
                        return sum.addingProduct(xr, gr).addingProduct(xi, gi)
                    }
                    guard let imaginary else { continue }
                    sums[(j * k + imaginary) * rowStride + i] = laneSum(strips * 16) {
                        let ((xr, gr), (xi, gi)) = (from($1, real), from($1, imaginary))
                        return $0.addingProduct(xr, gi).addingProduct(-xi, gr)
                    }
                }
            }
        }
    }

    private static func forEachBin(
        _ k: Int, _ strips: Int,
        _ body: (_ strip: Int, _ lane: Int, _ real: Int, _ imaginary: Int?) -> Void
    ) {
        for strip in 0..<strips {
            for lane in 0..<16 {
                for c in 0...k / 2 { body(strip, lane, c, c == 0 || c == k / 2 ? nil : k - c) }
            }
        }
    }
}
