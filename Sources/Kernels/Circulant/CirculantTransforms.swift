// Real transforms of sixteen blocks at once, one block per lane.
//
// Legend: k block size, h size of the smaller spectra of a stage, n = 2h, f bin of a stage.
// Invariants: the order of rounding is that of PlainCirculant.swift; no lane looks at another.
// Only the way into lanes and out of them shuffles, sixteen rows of sixteen at a time.

import CLanes

extension VectorKernels {
    /// Spectra of blocks of x. See `CirculantKernels.transform`.
    @inline(never)
    package static func circulantTransform(
        _ x: UnsafePointer<Float>, _ count: Int, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
        _ spectra: UnsafeMutablePointer<Float>
    ) {
        let readable = padded(count)
        let span = 16 &* k
        var base = 0
        var v = spectra
        while base < blocks &* k {
            var source = x + base
            // Transposing reads sixteen floats from every block, so the last group goes
            // through memory that has zeros behind it.
            if base &+ span &+ 16 > readable {
                var i = 0
                while i < span &+ 16 {
                    let isThere = base &+ i < readable
                    store(isThere ? load(x, base &+ i) : Lanes.zero, staging, i)
                    i &+= 16
                }
                source = UnsafePointer(staging)
            }
            var tile = 0
            var reversed = 0
            while tile < k {
                circulant_blocks_to_lanes(source + tile, k, v + reversed &* 16)
                tile &+= 16
                let changes = (tile &>> 4).trailingZeroBitCount &+ 1
                reversed ^= (k &>> 4) &- (k &>> 4) &>> changes
            }
            forward(v, k, cosines)
            base &+= span
            v += span
        }
    }

    /// All stages, in place.
    @_transparent
    static func forward(
        _ v: UnsafeMutablePointer<Float>, _ k: Int, _ cosines: UnsafePointer<Float>
    ) {
        // The first stage has no turns.
        var row = 0
        while row < 16 &* k {
            let even = load(v, row)
            let odd = load(v, row &+ 16)
            store(even + odd, v, row)
            store(even - odd, v, row &+ 16)
            row &+= 32
        }
        var h = 2
        var step = 64
        while h < k {
            var base = v
            while base < v + 16 &* k {
                join(base, h, step, cosines)
                base += 32 &* h
            }
            h &<<= 1
            step &>>= 1
        }
    }

    /// Two spectra of size h become one of size 2h; step = 128 / h.
    @_transparent
    private static func join(
        _ v: UnsafeMutablePointer<Float>, _ h: Int, _ step: Int, _ cosines: UnsafePointer<Float>
    ) {
        let rows = 16 &* h
        let even = load(v, 0)
        let odd = load(v, rows)
        store(even + odd, v, 0)
        store(even - odd, v, rows)
        let middle = rows &+ rows / 2
        store(circulant_negated(load(v, middle)), v, middle)
        var f = 1
        while f < h &>> 1 {
            let c = every(cosines[f &* step])
            let s = cosines[64 &- f &* step]
            let low = 16 &* f
            let high = rows &- low
            let er = load(v, low)
            let ei = load(v, high)
            let or = load(v, rows &+ low)
            let oi = load(v, rows &+ high)
            let tr = fma(every(s), oi, c * or)
            let ti = fma(every(-s), or, c * oi)
            store(er + tr, v, low)
            store(ei + ti, v, rows &+ high)
            store(er - tr, v, high)
            store(ti - ei, v, rows &+ low)
            f &+= 1
        }
    }
}

extension VectorKernels {
    /// Blocks from their spectra. See `CirculantKernels.invert`.
    @inline(never)
    package static func circulantInvert(
        _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, _ k: Int,
        _ cosines: UnsafePointer<Float>, _ staging: UnsafeMutablePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        let span = 16 &* k
        let scale = 1 / Float(k)
        var base = 0
        var v = spectra
        while base < blocks &* k {
            backward(v, k, cosines)
            var tile = 0
            var reversed = 0
            while tile < k {
                circulant_lanes_to_blocks(v + reversed &* 16, k, staging + tile)
                tile &+= 16
                let changes = (tile &>> 4).trailingZeroBitCount &+ 1
                reversed ^= (k &>> 4) &- (k &>> 4) &>> changes
            }
            let remaining = count &- base
            let here = remaining < span ? remaining : span
            if let addend {
                addScaled(staging, scale, addend + base, y + base, here)
            } else {
                writeScaled(staging, scale, y + base, here)
            }
            base &+= span
            v += span
        }
    }

    /// All stages, in place.
    @_transparent
    static func backward(
        _ v: UnsafeMutablePointer<Float>, _ k: Int, _ cosines: UnsafePointer<Float>
    ) {
        var h = k &>> 1
        var step = 256 / k
        while h >= 2 {
            var base = v
            while base < v + 16 &* k {
                part(base, h, step, cosines)
                base += 32 &* h
            }
            h &>>= 1
            step &<<= 1
        }
        var row = 0
        while row < 16 &* k {
            let first = load(v, row)
            let middle = load(v, row &+ 16)
            store(first + middle, v, row)
            store(first - middle, v, row &+ 16)
            row &+= 32
        }
    }

    /// One spectrum of size 2h becomes two of size h; step = 128 / h.
    @_transparent
    private static func part(
        _ v: UnsafeMutablePointer<Float>, _ h: Int, _ step: Int, _ cosines: UnsafePointer<Float>
    ) {
        let rows = 16 &* h
        let first = load(v, 0)
        let middle = load(v, rows)
        store(first + middle, v, 0)
        store(first - middle, v, rows)
        let quarter = rows / 2
        store(load(v, quarter) * every(2), v, quarter)
        store(load(v, rows &+ quarter) * every(-2), v, rows &+ quarter)
        var f = 1
        while f < h &>> 1 {
            let c = every(cosines[f &* step])
            let s = cosines[64 &- f &* step]
            let low = 16 &* f
            let high = rows &- low
            let xr = load(v, low)
            let xi = load(v, rows &+ high)
            let yr = load(v, high)
            let yi = load(v, rows &+ low)
            let dr = xr - yr
            let di = xi + yi
            store(xr + yr, v, low)
            store(xi - yi, v, high)
            store(fma(every(-s), di, c * dr), v, rows &+ low)
            store(fma(every(s), dr, c * di), v, rows &+ high)
            f &+= 1
        }
    }

    /// y ← fma(v, scale, addend); nothing beyond `count`.
    @_transparent
    private static func addScaled(
        _ v: UnsafeMutablePointer<Float>, _ scale: Float, _ addend: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i &+ 16 <= count {
            store(fma(load(v, i), every(scale), load(addend, i)), y, i)
            i &+= 16
        }
        while i < count {
            y[i] = fma(v[i], scale, addend[i])
            i &+= 1
        }
    }

    /// y ← v · scale, and zeros up to whole vectors.
    @_transparent
    private static func writeScaled(
        _ v: UnsafeMutablePointer<Float>, _ scale: Float, _ y: UnsafeMutablePointer<Float>,
        _ count: Int
    ) {
        var i = 0
        while i < count {
            let scaled = load(v, i) * every(scale)
            store(Lanes.zero.replacing(with: scaled, where: firstLanes(count &- i)), y, i)
            i &+= 16
        }
    }
}
