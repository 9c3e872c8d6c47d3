// Transforms of blocks of 4, 8 and 16 in registers: every row is loaded once and stored once. The
// operations, and so the bytes, are those of CirculantTransforms.swift.
//
// Legend: components of a spectrum are named by their place; a turn takes bins f and h − f of the
// even half with those of the odd one, at places f, h − f, h + f and 2h − f.

import CLanes

/// Four rows under way.
struct FourRows {
    var a, b, c, d: Lanes

    /// (a, b) ← (a + b, a − b)
    @_transparent
    static func pair(_ a: inout Lanes, _ b: inout Lanes) {
        let sum = a + b
        b = a - b
        a = sum
    }

    /// In bit-reversed order; see `rows`.
    @_transparent
    init(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }

    /// The spectrum of four values in bit-reversed order.
    @_transparent
    mutating func forward() {
        Self.pair(&a, &b)
        Self.pair(&c, &d)
        Self.pair(&a, &c)
        d = circulant_negated(d)
    }

    /// Four values in bit-reversed order, four times as large.
    @_transparent
    mutating func backward() {
        Self.pair(&a, &c)
        b = b * every(2)
        d = d * every(-2)
        Self.pair(&a, &b)
        Self.pair(&c, &d)
    }
}

/// Eight rows under way.
struct EightRows {
    var low, high: FourRows

    @_transparent
    init(_ low: FourRows, _ high: FourRows) { (self.low, self.high) = (low, high) }

    /// Bins f of both halves become bins of the whole.
    @_transparent
    static func turn(
        _ er: inout Lanes, _ ei: inout Lanes, _ or: inout Lanes, _ oi: inout Lanes, _ c: Float,
        _ s: Float
    ) {
        let tr = fma(every(s), oi, every(c) * or)
        let ti = fma(every(-s), or, every(c) * oi)
        let (real, imaginary) = (er, ei)
        er = real + tr
        oi = imaginary + ti
        ei = real - tr
        or = ti - imaginary
    }

    /// And back.
    @_transparent
    static func turnBack(
        _ xr: inout Lanes, _ yr: inout Lanes, _ yi: inout Lanes, _ xi: inout Lanes, _ c: Float,
        _ s: Float
    ) {
        let dr = xr - yr
        let di = xi + yi
        let (real, imaginary) = (xr + yr, xi - yi)
        xr = real
        yr = imaginary
        yi = fma(every(-s), di, every(c) * dr)
        xi = fma(every(s), dr, every(c) * di)
    }

    @_transparent
    mutating func forward(_ cosines: UnsafePointer<Float>) {
        low.forward()
        high.forward()
        FourRows.pair(&low.a, &high.a)
        high.c = circulant_negated(high.c)
        Self.turn(&low.b, &low.d, &high.b, &high.d, cosines[32], cosines[32])
    }

    @_transparent
    mutating func backward(_ cosines: UnsafePointer<Float>) {
        FourRows.pair(&low.a, &high.a)
        low.c = low.c * every(2)
        high.c = high.c * every(-2)
        Self.turnBack(&low.b, &low.d, &high.b, &high.d, cosines[32], cosines[32])
        low.backward()
        high.backward()
    }

    /// Eight rows, `step` floats apart, in bit-reversed order.
    @_transparent
    init(rows p: UnsafePointer<Float>, _ step: Int) {
        low = FourRows(
            load(p, 0), load(p, 4 &* step), load(p, 2 &* step), load(p, 6 &* step))
        high = FourRows(
            load(p, step), load(p, 5 &* step), load(p, 3 &* step), load(p, 7 &* step))
    }

    /// Eight components, one after the other.
    @_transparent
    init(components p: UnsafePointer<Float>) {
        low = FourRows(load(p, 0), load(p, 16), load(p, 32), load(p, 48))
        high = FourRows(load(p, 64), load(p, 80), load(p, 96), load(p, 112))
    }

    @_transparent
    func storeComponents(_ p: UnsafeMutablePointer<Float>) {
        store(low.a, p, 0)
        store(low.b, p, 16)
        store(low.c, p, 32)
        store(low.d, p, 48)
        store(high.a, p, 64)
        store(high.b, p, 80)
        store(high.c, p, 96)
        store(high.d, p, 112)
    }
}

extension VectorKernels {
    /// The spectrum of k = 4, 8 or 16 rows, `step` floats apart.
    @_transparent
    static func transformBlock(
        _ x: UnsafePointer<Float>, _ step: Int, k: Int, _ cosines: UnsafePointer<Float>,
        _ v: UnsafeMutablePointer<Float>
    ) {
        if k == 4 {
            var rows = FourRows(
                load(x, 0), load(x, 2 &* step), load(x, step), load(x, 3 &* step))
            rows.forward()
            store(rows.a, v, 0)
            store(rows.b, v, 16)
            store(rows.c, v, 32)
            store(rows.d, v, 48)
        } else if k == 8 {
            var rows = EightRows(rows: x, step)
            rows.forward(cosines)
            rows.storeComponents(v)
        } else {
            var even = EightRows(rows: x, 2 &* step)
            var odd = EightRows(rows: x + step, 2 &* step)
            even.forward(cosines)
            odd.forward(cosines)
            FourRows.pair(&even.low.a, &odd.low.a)
            odd.high.a = circulant_negated(odd.high.a)
            EightRows.turn(
                &even.low.b, &even.high.d, &odd.low.b, &odd.high.d, cosines[16], cosines[48])
            EightRows.turn(
                &even.low.c, &even.high.c, &odd.low.c, &odd.high.c, cosines[32], cosines[32])
            EightRows.turn(
                &even.low.d, &even.high.b, &odd.low.d, &odd.high.b, cosines[48], cosines[16])
            even.storeComponents(v)
            odd.storeComponents(v + 128)
        }
    }

    /// Row r of k = 4, 8 or 16 from their spectrum: addend[r] + value / k, or without an addend.
    @_transparent
    static func invertBlock(
        _ v: UnsafePointer<Float>, k: Int, _ cosines: UnsafePointer<Float>,
        _ addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ step: Int
    ) {
        let scale = every(1 / Float(k))
        if k == 4 {
            var rows = FourRows(load(v, 0), load(v, 16), load(v, 32), load(v, 48))
            rows.backward()
            storeRows(rows, scale, addend, y, 0, 1, 2, step)
        } else if k == 8 {
            var rows = EightRows(components: v)
            rows.backward(cosines)
            storeRows(rows.low, scale, addend, y, 0, 2, 4, step)
            storeRows(rows.high, scale, addend, y, 1, 2, 4, step)
        } else {
            var even = EightRows(components: v)
            var odd = EightRows(components: v + 128)
            FourRows.pair(&even.low.a, &odd.low.a)
            even.high.a = even.high.a * every(2)
            odd.high.a = odd.high.a * every(-2)
            EightRows.turnBack(
                &even.low.b, &even.high.d, &odd.low.b, &odd.high.d, cosines[16], cosines[48])
            EightRows.turnBack(
                &even.low.c, &even.high.c, &odd.low.c, &odd.high.c, cosines[32], cosines[32])
            EightRows.turnBack(
                &even.low.d, &even.high.b, &odd.low.d, &odd.high.b, cosines[48], cosines[16])
            even.backward(cosines)
            odd.backward(cosines)
            storeRows(even.low, scale, addend, y, 0, 4, 8, step)
            storeRows(even.high, scale, addend, y, 2, 4, 8, step)
            storeRows(odd.low, scale, addend, y, 1, 4, 8, step)
            storeRows(odd.high, scale, addend, y, 3, 4, 8, step)
        }
    }

    /// Rows first, first + far, first + near and first + near + far.
    @_transparent
    private static func storeRows(
        _ rows: FourRows, _ scale: Lanes, _ addend: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ first: Int, _ near: Int, _ far: Int, _ step: Int
    ) {
        storeRow(rows.a, scale, addend, y, first, step)
        storeRow(rows.b, scale, addend, y, first &+ far, step)
        storeRow(rows.c, scale, addend, y, first &+ near, step)
        storeRow(rows.d, scale, addend, y, first &+ near &+ far, step)
    }

    @_transparent
    private static func storeRow(
        _ value: Lanes, _ scale: Lanes, _ addend: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ row: Int, _ step: Int
    ) {
        if let addend {
            store(fma(value, scale, every(addend[row])), y, row &* step)
        } else {
            store(value * scale, y, row &* step)
        }
    }
}
