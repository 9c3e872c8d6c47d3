// The rows of BP and UP in fixed point: tiles of up to four rows by 32 columns.
//
// A tile of tame rows is computed as if no sum saturated; one test at its end says whether one
// did. Then, before anything was stored, it is worked again row by row. How an overflow is seen:
// a sum plus 2^(b_w − 1) has a bit from b_w on as soon as it leaves the format (a sum of two
// numbers of the format, plus that, lies within ±2^16); where b_w = 16, the saturating addition of
// the machine differs from the wrapping one.

import CLanes

/// A tame row of a sweep.
private struct FixedRow {
    let w: UnsafeMutablePointer<Int16>
    let delta: FixedLanes
    let bias: FixedLanes

    @_transparent
    init(_ sweep: FixedSweep, _ j: Int) {
        var ignored: Int32 = 0
        w = sweep.w + j &* sweep.rowStride
        delta = every(sweep.delta[j])
        bias = every(
            fixedIncrement(sweep.delta[j], sweep.learningShift, sweep.numbers, &ignored))
    }
}

extension VectorKernels {
    /// Tiles of four rows, or of row `first` of them, from a column on; gives the column of the
    /// first tile in which a sum left the format, or the row's end. A loop for whatever is asked,
    /// so that nothing is asked inside it.
    @_transparent
    static func fixedTiles(
        _ sweep: FixedSweep, _ rows: SIMD4<Int>, _ first: Int, isGroup: Bool, from column: Int
    ) -> Int {
        if sweep.isFull {
            return fixedTiles(sweep, rows, first, isGroup, column, isFull: true)
        } else {
            return fixedTiles(sweep, rows, first, isGroup, column, isFull: false)
        }
    }

    @_transparent
    private static func fixedTiles(
        _ sweep: FixedSweep, _ rows: SIMD4<Int>, _ first: Int, _ isGroup: Bool, _ column: Int,
        isFull: Bool
    ) -> Int {
        guard let e = sweep.e else {
            return fixedTiles(sweep, rows, first, isGroup, column, nil, nil, isFull)
        }
        guard let derivative = sweep.derivative else {
            return fixedTiles(sweep, rows, first, isGroup, column, nil, e, isFull)
        }
        return fixedTiles(sweep, rows, first, isGroup, column, derivative, e, isFull)
    }

    @_transparent
    private static func fixedTiles(
        _ sweep: FixedSweep, _ rows: SIMD4<Int>, _ first: Int, _ isGroup: Bool, _ column: Int,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ isFull: Bool
    ) -> Int {
        if isGroup {
            return fixedFourRows(sweep, rows, column, sweep.x, derivative, e, isFull)
        } else {
            return fixedOneRow(sweep, rows[first], column, sweep.x, derivative, e, isFull)
        }
    }

    @_transparent
    private static func fixedFourRows(
        _ sweep: FixedSweep, _ rows: SIMD4<Int>, _ column: Int, _ x: UnsafePointer<Int16>?,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ isFull: Bool
    ) -> Int {
        let row0 = FixedRow(sweep, rows[0])
        let row1 = FixedRow(sweep, rows[1])
        let row2 = FixedRow(sweep, rows[2])
        let row3 = FixedRow(sweep, rows[3])
        var i = column
        while i < sweep.rowStride {
            var tile = FixedTile(i, sweep.numbers, x, derivative, e, isFull)
            let w0 = tile.visit(row0, i, x, derivative, e, isFull)
            let w1 = tile.visit(row1, i, x, derivative, e, isFull)
            let w2 = tile.visit(row2, i, x, derivative, e, isFull)
            let w3 = tile.visit(row3, i, x, derivative, e, isFull)
            if !tile.isWithin { return i }
            if x != nil {
                store(w0, row0.w, i)
                store(w1, row1.w, i)
                store(w2, row2.w, i)
                store(w3, row3.w, i)
            }
            if let e { store(tile.error, e, i) }
            i &+= 32
        }
        return i
    }

    @_transparent
    private static func fixedOneRow(
        _ sweep: FixedSweep, _ j: Int, _ column: Int, _ x: UnsafePointer<Int16>?,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ isFull: Bool
    ) -> Int {
        let row = FixedRow(sweep, j)
        var i = column
        while i < sweep.rowStride {
            var tile = FixedTile(i, sweep.numbers, x, derivative, e, isFull)
            let w = tile.visit(row, i, x, derivative, e, isFull)
            if !tile.isWithin { return i }
            if x != nil { store(w, row.w, i) }
            if let e { store(tile.error, e, i) }
            i &+= 32
        }
        return i
    }

    /// A tile of one tame row, every sum held to the format.
    @_transparent
    static func fixedHeldTile(_ sweep: inout FixedSweep, _ j: Int, _ i: Int) {
        let numbers = sweep.numbers
        let scale = numbers.scale
        let row = FixedRow(sweep, j)
        let weights = load(row.w, i)
        if let e = sweep.e {
            var delta = row.delta
            if let derivative = sweep.derivative {
                delta = lanes_mulhrs(load(derivative, i) &* scale, delta)
            }
            let products = lanes_mulhrs(delta &* scale, weights)
            store(fixedHeldSum(load(e, i), products, numbers, &sweep.backpropCount), e, i)
        }
        if let x = sweep.x {
            let increments = lanes_mulhrs(load(x, i) &* scale, row.bias)
            store(fixedHeldSum(weights, increments, numbers, &sweep.updateCount), row.w, i)
        }
    }

    /// Any row, number by number.
    @_transparent
    static func fixedCarefulRow(_ sweep: inout FixedSweep, _ j: Int) {
        let start = 0
        let end = sweep.rowStride
        let numbers = sweep.numbers
        let row = sweep.w + j &* sweep.rowStride
        let delta = sweep.delta[j]
        var backprop: Int32 = 0
        if let e = sweep.e {
            var i = start
            while i < end {
                var d = Int32(delta)
                if let derivative = sweep.derivative {
                    d = fixedProduct(delta, derivative[i], numbers, &backprop)
                }
                let product = fixedProduct(
                    Int16(truncatingIfNeeded: d), row[i], numbers, &backprop)
                e[i] = fixedSaturated(Int32(e[i]) &+ product, numbers, &backprop)
                i &+= 1
            }
        }
        sweep.backpropCount &+= backprop
        if let x = sweep.x {
            var ignored: Int32 = 0
            var update: Int32 = 0
            let db = fixedIncrement(delta, sweep.learningShift, numbers, &ignored)
            var i = start
            while i < end {
                let dw = fixedProduct(db, x[i], numbers, &update)
                row[i] = fixedSaturated(Int32(row[i]) &+ dw, numbers, &update)
                i &+= 1
            }
            sweep.updateCount &+= update
        }
    }
}

/// Thirty-two columns that several rows pass through.
private struct FixedTile {
    /// 2^(b_w − 1), or 0 where b_w = 16.
    let offset: FixedLanes
    let beyond: FixedLanes
    let scale: FixedLanes
    /// x and f′, times 2^(15 − b_f).
    var activations = FixedLanes.zero
    var slopes = FixedLanes.zero
    /// e plus the offset.
    var errors = FixedLanes.zero
    /// Bits that say: a sum left the format.
    var overflow = FixedLanes.zero

    @_transparent
    init(
        _ i: Int, _ numbers: FixedNumbers, _ x: UnsafePointer<Int16>?,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ isFull: Bool
    ) {
        offset = isFull ? .zero : numbers.offset
        beyond = isFull ? every(-1) : numbers.beyond
        scale = numbers.scale
        if let x { activations = load(x, i) &* scale }
        if let derivative { slopes = load(derivative, i) &* scale }
        if let e { errors = load(e, i) &+ offset }
    }

    /// Takes a row's weights through BP and gives them as UP leaves them.
    @_transparent
    mutating func visit(
        _ row: FixedRow, _ i: Int, _ x: UnsafePointer<Int16>?,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ isFull: Bool
    ) -> FixedLanes {
        let weights = load(row.w, i)
        if e != nil {
            var delta = row.delta
            if derivative != nil { delta = lanes_mulhrs(slopes, delta) }
            errors = add(errors, lanes_mulhrs(delta &* scale, weights), isFull)
        }
        guard x != nil else { return weights }
        return add(weights &+ offset, lanes_mulhrs(activations, row.bias), isFull) &- offset
    }

    /// a + b, whose overflow is noted; a with the offset.
    @_transparent
    private mutating func add(_ a: FixedLanes, _ b: FixedLanes, _ isFull: Bool) -> FixedLanes {
        let sum = a &+ b
        guard isFull else {
            overflow = lanes_or_i16(overflow, sum)
            return sum
        }
        let saturated = lanes_adds(a, b)
        overflow = lanes_or_i16(overflow, lanes_xor_i16(saturated, sum))
        return saturated
    }

    /// Whether no sum left the format.
    @_transparent var isWithin: Bool { !lanes_any_i16(overflow, beyond) }

    /// e without the offset.
    @_transparent var error: FixedLanes { errors &- offset }
}
