// BP and UP in fixed point over dense rows, fused: each weight is read once and written once.
//
// Legend and definition: FixedKernelSet.swift; tame: FixedLanes.swift; the rows themselves:
// FixedTiles.swift. Invariant: e takes its terms with j ascending.
// Rows are passed over where nothing can change: the increment of the bias is 0, and δ ⊗ f′ is 0
// for all columns (δ ⊗ f′ grows or falls with f′, so its ends decide).

import CLanes

/// What one sweep over the rows of a dense junction works on.
struct FixedSweep {
    let numbers: FixedNumbers
    let w: UnsafeMutablePointer<Int16>
    /// Nil where nothing is updated; then nothing is written through `w` either.
    let bias: UnsafeMutablePointer<Int16>?
    let x: UnsafePointer<Int16>?
    let delta: UnsafePointer<Int16>
    let derivative: UnsafePointer<Int16>?
    let e: UnsafeMutablePointer<Int16>?
    let outputs: Int
    let rowStride: Int
    let learningShift: Int
    /// Whether b_w = 16, which leaves no room in a word to see an overflow in.
    let isFull: Bool
    var backpropCount: Int32 = 0
    var updateCount: Int32 = 0
}

extension VectorKernels {
    /// e = Σ (δ ⊗ f′) ⊗ W. See `FixedKernels.backprop`.
    @inline(never)
    package static func fixedBackprop(
        _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>, _ outputs: Int,
        _ rowStride: Int, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        var sweep = FixedSweep(
            numbers: FixedNumbers(width, fractionBits), w: UnsafeMutablePointer(mutating: w),
            bias: nil, x: nil, delta: delta, derivative: derivative, e: e, outputs: outputs,
            rowStride: rowStride, learningShift: 0, isFull: width == 16)
        fixedSweepRows(&sweep)
        fixedCount(saturations, 2, sweep.backpropCount)
    }

    /// BP over the old weights, and UP. See `FixedKernels.backpropUpdate`.
    @inline(never)
    package static func fixedBackpropUpdate(
        _ w: UnsafeMutablePointer<Int16>, _ bias: UnsafeMutablePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ outputs: Int,
        _ rowStride: Int, _ width: Int, _ fractionBits: Int, _ learningShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        var sweep = FixedSweep(
            numbers: FixedNumbers(width, fractionBits), w: w, bias: bias, x: x, delta: delta,
            derivative: e == nil ? nil : derivative, e: e, outputs: outputs,
            rowStride: rowStride, learningShift: learningShift, isFull: width == 16)
        fixedSweepRows(&sweep)
        fixedCount(saturations, 2, sweep.backpropCount)
        fixedCount(saturations, 3, sweep.updateCount)
    }

    /// All rows that have something to do: tame ones by fours, the others one by one with care.
    @_transparent
    private static func fixedSweepRows(_ sweep: inout FixedSweep) {
        let numbers = sweep.numbers
        if let e = sweep.e { fixedClear(e, sweep.rowStride) }
        var slopes = (low: Int16(0), high: Int16(0))
        if let derivative = sweep.derivative { slopes = fixedRange(derivative, sweep.rowStride) }
        var activations = (low: Int16(0), high: Int16(0))
        if let x = sweep.x { activations = fixedRange(x, sweep.rowStride) }
        let isTame =
            numbers.isTame(slopes.low) && numbers.isTame(slopes.high)
            && numbers.isTame(activations.low) && numbers.isTame(activations.high)
        // Up to three rows wait for a fourth; the step behind the last row lets them go.
        var waiting = SIMD4<Int>.zero
        var count = 0
        var j = 0
        while j <= sweep.outputs {
            let isEnd = j == sweep.outputs
            let delta = isEnd ? 0 : sweep.delta[j]
            let isNeeded = fixedVisitBias(&sweep, j, delta, slopes.low, slopes.high)
            let needsCare = isNeeded && !(isTame && numbers.isTame(delta))
            if isNeeded && !needsCare {
                waiting[count] = j
                count &+= 1
            }
            if count == 4 || needsCare || isEnd {
                fixedTameRows(&sweep, waiting, count)
                count = 0
            }
            if needsCare { fixedCarefulRow(&sweep, j) }
            j &+= 1
        }
    }

    /// The first `count` rows of four, all tame: four at once, or one by one.
    @_transparent
    private static func fixedTameRows(_ sweep: inout FixedSweep, _ rows: SIMD4<Int>, _ count: Int) {
        var first = 0
        while first < count {
            let end = count == 4 ? 4 : first &+ 1
            var column = 0
            while column < sweep.rowStride {
                column = fixedTiles(sweep, rows, first, isGroup: count == 4, from: column)
                if column < sweep.rowStride {
                    // A sum left the format.
                    var r = first
                    while r < end {
                        fixedHeldTile(&sweep, rows[r], column)
                        r &+= 1
                    }
                    column &+= 32
                }
            }
            first = end
        }
    }

    /// Updates the bias of a row; true where weights or errors can change too.
    @_transparent
    private static func fixedVisitBias(
        _ sweep: inout FixedSweep, _ j: Int, _ delta: Int16, _ lowest: Int16, _ highest: Int16
    ) -> Bool {
        if delta == 0 { return false }
        let numbers = sweep.numbers
        if let bias = sweep.bias {
            let db = fixedIncrement(delta, sweep.learningShift, numbers, &sweep.updateCount)
            bias[j] = fixedSaturated(
                Int32(bias[j]) &+ Int32(db), numbers, &sweep.updateCount)
            if db != 0 { return true }
        }
        if sweep.e == nil { return false }
        if sweep.derivative == nil { return true }
        var ignored: Int32 = 0
        return fixedProduct(delta, lowest, numbers, &ignored) != 0
            || fixedProduct(delta, highest, numbers, &ignored) != 0
    }

    @_transparent
    private static func fixedClear(_ e: UnsafeMutablePointer<Int16>, _ count: Int) {
        var i = 0
        while i < count {
            store(FixedLanes.zero, e, i)
            i &+= 32
        }
    }
}
