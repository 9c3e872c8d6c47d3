// The definitions of the circulant kernels in 16 bits: one block, one component at a time, in 64
// bits wherever a sum is not rounded yet.

extension PlainKernels {
    /// R of FixedCirculantKernelSet.swift, and whether it saturated.
    private static func rounded(_ v: Int, _ n: Int, _ saturations: inout Int) -> Int16 {
        let shifted = n == 0 ? v : (v + (1 << (n - 1))) >> n
        let held = min(max(shifted, -32767), 32767)
        if held != shifted { saturations += 1 }
        return Int16(held)
    }

    static func fixedCirculantTransform(
        _ x: UnsafePointer<Int16>, _ count: Int, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Int16>, _ spectra: UnsafeMutablePointer<Int16>
    ) -> Int {
        var saturations = 0
        for block in 0..<(blocks + 31) / 32 * 32 {
            let v = spectra + circulantPlace(block, 0, k)
            for t in 0..<k {
                let index = block * k + t
                v[bitReversed(t, k) * 16] = index < count ? x[index] : 0
            }
            var h = 1
            while h < k {
                // Stages with even log₂ h halve.
                let n = h.trailingZeroBitCount % 2 == 0 ? 15 : 14
                for base in stride(from: 0, to: k, by: 2 * h) {
                    joinFixed(v + base * 16, h, n, cosines, &saturations)
                }
                h *= 2
            }
        }
        return saturations
    }

    /// Two spectra of size h, sixteen numbers between components, become one of size 2h.
    private static func joinFixed(
        _ v: UnsafeMutablePointer<Int16>, _ h: Int, _ n: Int, _ cosines: UnsafePointer<Int16>,
        _ saturations: inout Int
    ) {
        let value = { (c: Int) in Int(v[c * 16]) }
        let (even, odd) = (value(0), value(h))
        v[0] = rounded((even + odd) << 14, n, &saturations)
        v[h * 16] = rounded((even - odd) << 14, n, &saturations)
        guard h >= 2 else { return }
        let (re, im) = (value(h / 2), -value(h + h / 2))
        v[h / 2 * 16] = rounded(re << 14, n, &saturations)
        v[(h + h / 2) * 16] = rounded(im << 14, n, &saturations)
        for f in 1..<max(h / 2, 1) {
            let (c, s) = (Int(cosines[f * 128 / h]), Int(cosines[64 - f * 128 / h]))
            let (er, ei) = (value(f) << 14, value(h - f) << 14)
            let (or, oi) = (value(h + f), value(2 * h - f))
            let (tr, ti) = (c * or + s * oi, c * oi - s * or)
            v[f * 16] = rounded(er + tr, n, &saturations)
            v[(2 * h - f) * 16] = rounded(ei + ti, n, &saturations)
            v[(h - f) * 16] = rounded(er - tr, n, &saturations)
            v[(h + f) * 16] = rounded(ti - ei, n, &saturations)
        }
    }

    static func fixedCirculantInvert(
        _ spectra: UnsafeMutablePointer<Int16>, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ count: Int
    ) -> Int {
        var saturations = 0
        for block in 0..<(blocks + 31) / 32 * 32 {
            let v = spectra + circulantPlace(block, 0, k)
            var h = k / 2
            while h >= 1 {
                // Stages with odd log₂ h halve.
                let n = h.trailingZeroBitCount % 2 == 0 ? 14 : 15
                for base in stride(from: 0, to: k, by: 2 * h) {
                    partFixed(v + base * 16, h, n, cosines, &saturations)
                }
                h /= 2
            }
            for t in 0..<k where block * k + t < count {
                y[block * k + t] = v[bitReversed(t, k) * 16]
            }
        }
        return saturations
    }

    /// One spectrum of size 2h becomes two of size h.
    private static func partFixed(
        _ v: UnsafeMutablePointer<Int16>, _ h: Int, _ n: Int, _ cosines: UnsafePointer<Int16>,
        _ saturations: inout Int
    ) {
        let value = { (c: Int) in Int(v[c * 16]) }
        let (first, middle) = (value(0), value(h))
        v[0] = rounded((first + middle) << 14, n, &saturations)
        v[h * 16] = rounded((first - middle) << 14, n, &saturations)
        guard h >= 2 else { return }
        let (re, im) = (2 * value(h / 2), -2 * value(h + h / 2))
        v[h / 2 * 16] = rounded(re << 14, n, &saturations)
        v[(h + h / 2) * 16] = rounded(im << 14, n, &saturations)
        for f in 1..<max(h / 2, 1) {
            let (c, s) = (Int(cosines[f * 128 / h]), Int(cosines[64 - f * 128 / h]))
            let (xr, xi) = (value(f), value(2 * h - f))
            let (yr, yi) = (value(h - f), value(h + f))
            let (dr, di) = (xr - yr, xi + yi)
            v[f * 16] = rounded((xr + yr) << 14, n, &saturations)
            v[(h - f) * 16] = rounded((xi - yi) << 14, n, &saturations)
            v[(h + f) * 16] = rounded(c * dr - s * di, n, &saturations)
            v[(2 * h - f) * 16] = rounded(c * di + s * dr, n, &saturations)
        }
    }

    static func fixedCirculantMultiply(
        _ w: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>,
        _ inputBlocks: Int, _ rowStride: Int, _ k: Int, _ fractionBits: Int
    ) -> Int {
        var saturations = 0
        for i in 0..<rowStride {
            for c in 0...k / 2 {
                let isReal = c == 0 || c == k / 2
                var (ar, ai) = (0, 0)
                for j in 0..<inputBlocks {
                    let wr = Int(w[(j * k + c) * rowStride + i])
                    let xr = Int(x[circulantPlace(j, c, k)])
                    ar += wr * xr
                    if isReal { continue }
                    let wi = Int(w[(j * k + k - c) * rowStride + i])
                    let xi = Int(x[circulantPlace(j, k - c, k)])
                    ar -= wi * xi
                    ai += wr * xi + wi * xr
                }
                y[circulantPlace(i, c, k)] = rounded(ar, fractionBits, &saturations)
                if isReal { continue }
                y[circulantPlace(i, k - c, k)] = rounded(ai, fractionBits, &saturations)
            }
        }
        return saturations
    }

    static func fixedCirculantBackpropUpdate(
        _ w: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ e: UnsafeMutablePointer<Int16>?, _ inputBlocks: Int,
        _ rowStride: Int, _ k: Int, _ fractionBits: Int, _ updateShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>
    ) {
        var (inErrors, inWeights) = (0, 0)
        if let e { for index in 0..<(inputBlocks + 31) / 32 * 32 * k { e[index] = 0 } }
        func subtract(_ increment: Int, _ index: Int) {
            let step = (increment + (1 << (updateShift - 1))) >> updateShift
            w[index] = rounded(Int(w[index]) - step, 0, &inWeights)
        }
        for j in 0..<inputBlocks {
            for c in 0...k / 2 {
                let isReal = c == 0 || c == k / 2
                let (xr, xi) = (
                    Int(x[circulantPlace(j, c, k)]),
                    isReal ? 0 : Int(x[circulantPlace(j, k - c, k)])
                )
                var (er, ei) = (0, 0)
                for i in 0..<rowStride {
                    let real = (j * k + c) * rowStride + i
                    let gr = Int(delta[circulantPlace(i, c, k)])
                    er += Int(w[real]) * gr
                    guard !isReal else {
                        subtract(xr * gr, real)
                        continue
                    }
                    let imaginary = (j * k + k - c) * rowStride + i
                    let gi = Int(delta[circulantPlace(i, k - c, k)])
                    er += Int(w[imaginary]) * gi
                    ei += Int(w[real]) * gi - Int(w[imaginary]) * gr
                    subtract(xr * gr + xi * gi, real)
                    subtract(xr * gi - xi * gr, imaginary)
                }
                guard let e else { continue }
                e[circulantPlace(j, c, k)] = rounded(er, fractionBits, &inErrors)
                if !isReal { e[circulantPlace(j, k - c, k)] = rounded(ei, fractionBits, &inErrors) }
            }
        }
        saturations[0] &+= UInt64(inErrors)
        saturations[1] &+= UInt64(inWeights)
    }
}
