// The definitions of the circulant transforms and products: one block, one component at a time.

extension PlainKernels {
    /// Where component `c` of block `b` lies in spectra in lanes.
    static func circulantPlace(_ b: Int, _ c: Int, _ k: Int) -> Int {
        (b / 16 * k + c) * 16 + b % 16
    }

    /// `t` with its log₂ k bits in reverse order.
    static func bitReversed(_ t: Int, _ k: Int) -> Int {
        var (result, rest, bit) = (0, t, k / 2)
        while bit > 0 {
            if rest & 1 == 1 { result |= bit }
            rest >>= 1
            bit >>= 1
        }
        return result
    }

    static func circulantTransform(
        _ x: UnsafePointer<Float>, _ count: Int, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
        _ spectra: UnsafeMutablePointer<Float>
    ) {
        for block in 0..<(blocks + 15) / 16 * 16 {
            let v = spectra + circulantPlace(block, 0, k)
            for t in 0..<k {
                let index = block * k + t
                v[bitReversed(t, k) * 16] = index < count ? x[index] : 0
            }
            joinAll(v, k, cosines)
        }
    }

    /// All stages of a transform, sixteen floats between components.
    static func joinAll(
        _ v: UnsafeMutablePointer<Float>, _ k: Int, _ cosines: UnsafePointer<Float>
    ) {
        var h = 1
        while h < k {
            for base in stride(from: 0, to: k, by: 2 * h) {
                joinSpectra(v + base * 16, h, cosines)
            }
            h *= 2
        }
    }

    /// All stages of the way back.
    static func partAll(
        _ v: UnsafeMutablePointer<Float>, _ k: Int, _ cosines: UnsafePointer<Float>
    ) {
        var h = k / 2
        while h >= 1 {
            for base in stride(from: 0, to: k, by: 2 * h) {
                partSpectra(v + base * 16, h, cosines)
            }
            h /= 2
        }
    }

    /// Two spectra of size h, sixteen floats between components, become one of size 2h.
    private static func joinSpectra(
        _ v: UnsafeMutablePointer<Float>, _ h: Int, _ cosines: UnsafePointer<Float>
    ) {
        let (even, odd) = (v[0], v[h * 16])
        v[0] = even + odd
        v[h * 16] = even - odd
        guard h >= 2 else { return }
        v[(h + h / 2) * 16] = -v[(h + h / 2) * 16]
        for f in 1..<max(h / 2, 1) {
            let (c, s) = (cosines[f * 128 / h], cosines[64 - f * 128 / h])
            let (er, ei) = (v[f * 16], v[(h - f) * 16])
            let (or, oi) = (v[(h + f) * 16], v[(2 * h - f) * 16])
            let tr = (c * or).addingProduct(s, oi)
            let ti = (c * oi).addingProduct(-s, or)
            v[f * 16] = er + tr
            v[(2 * h - f) * 16] = ei + ti
            v[(h - f) * 16] = er - tr
            v[(h + f) * 16] = ti - ei
        }
    }

    static func circulantInvert(
        _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for block in 0..<blocks {
            let v = spectra + circulantPlace(block, 0, k)
            partAll(v, k, cosines)
            for t in 0..<k where block * k + t < count {
                let value = v[bitReversed(t, k) * 16]
                let index = block * k + t
                if let addend {
                    y[index] = addend[index].addingProduct(value, 1 / Float(k))
                } else {
                    y[index] = value * (1 / Float(k))
                }
            }
        }
        if addend == nil { for index in count..<(count + 15) / 16 * 16 { y[index] = 0 } }
    }

    /// One spectrum of size 2h becomes two of size h, twice as large.
    private static func partSpectra(
        _ v: UnsafeMutablePointer<Float>, _ h: Int, _ cosines: UnsafePointer<Float>
    ) {
        let (first, middle) = (v[0], v[h * 16])
        v[0] = first + middle
        v[h * 16] = first - middle
        guard h >= 2 else { return }
        v[h / 2 * 16] *= 2
        v[(h + h / 2) * 16] *= -2
        for f in 1..<max(h / 2, 1) {
            let (c, s) = (cosines[f * 128 / h], cosines[64 - f * 128 / h])
            let (xr, xi) = (v[f * 16], v[(2 * h - f) * 16])
            let (yr, yi) = (v[(h - f) * 16], v[(h + f) * 16])
            let (dr, di) = (xr - yr, xi + yi)
            v[f * 16] = xr + yr
            v[(h - f) * 16] = xi - yi
            v[(h + f) * 16] = (c * dr).addingProduct(-s, di)
            v[(2 * h - f) * 16] = (c * di).addingProduct(s, dr)
        }
    }

    static func circulantMultiply(
        _ w: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int
    ) {
        for i in 0..<rowStride {
            for c in 0...k / 2 {
                var (ar, ai) = (Float(0), Float(0))
                let isReal = c == 0 || c == k / 2
                for j in 0..<inputBlocks {
                    let wr = w[(j * k + c) * rowStride + i]
                    let xr = x[circulantPlace(j, c, k)]
                    ar = ar.addingProduct(wr, xr)
                    if isReal { continue }
                    let wi = w[(j * k + k - c) * rowStride + i]
                    let xi = x[circulantPlace(j, k - c, k)]
                    ar = ar.addingProduct(-wi, xi)
                    ai = ai.addingProduct(wr, xi)
                    ai = ai.addingProduct(wi, xr)
                }
                y[circulantPlace(i, c, k)] = ar
                if !isReal { y[circulantPlace(i, k - c, k)] = ai }
            }
        }
    }
}
