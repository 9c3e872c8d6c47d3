// Activation functions in fixed point, and the way between floats and fixed point.
//
// These loops are written one number at a time: none depends on another, so the compiler widens
// them. Only the tables of the sigmoid are gathered 32 numbers at a time, from those blocks of 64
// entries that the sums at hand fall into: they are few, since sums are near each other.

import CLanes

extension VectorKernels {
    /// a = σ(y), f′ = σ′(y) by tables. See `FixedKernels.sigmoid`.
    @inline(never)
    package static func fixedSigmoid(
        _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
        _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int,
        _ values: UnsafePointer<Int16>, _ derivatives: UnsafePointer<Int16>, _ limit: Int,
        _ indexShift: Int, _ fractionBits: Int
    ) {
        let low = every(Int16(truncatingIfNeeded: 0 &- limit))
        let high = every(Int16(truncatingIfNeeded: limit &- 1))
        let entries = (2 &* limit) &>> indexShift
        let isInBlocks = entries >= 64 && entries <= 1024
        var i = 0
        while i < count {
            let sums = load(y, i)
            if isInBlocks && i &+ 32 <= count
                && lanes_count_unequal(lanes_hold(sums, low, high), sums) == 0
            {
                let places = lanes_shift_unsigned(
                    sums &- low, Int32(truncatingIfNeeded: indexShift))
                // The places lie in a for a moment; a may be y, which has been read.
                store(places, a, i)
                let blocks = lanes_blocks_of(places)
                let index = UnsafeRawPointer(a + i).assumingMemoryBound(to: UInt16.self)
                if let derivative {
                    store(lanes_gather(derivatives, entries, index, blocks), derivative, i)
                }
                store(lanes_gather(values, entries, index, blocks), a, i)
            } else {
                fixedSigmoidOneByOne(
                    y + i, a + i, derivative.map { $0 + i }, count &- i < 32 ? count &- i : 32,
                    values, derivatives, limit, indexShift, fractionBits)
            }
            i &+= 32
        }
        fixedClearPads(a, count)
        if let derivative { fixedClearPads(derivative, count) }
    }

    @_transparent
    private static func fixedSigmoidOneByOne(
        _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
        _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int,
        _ values: UnsafePointer<Int16>, _ derivatives: UnsafePointer<Int16>, _ limit: Int,
        _ indexShift: Int, _ fractionBits: Int
    ) {
        let belowOne = Int16(truncatingIfNeeded: (1 &<< fractionBits) &- 1)
        var i = 0
        while i < count {
            let place = Int(y[i]) &+ limit
            let isInside = place >= 0 && place < 2 &* limit
            let index = isInside ? place &>> indexShift : 0
            let value = values[index]
            let slope = derivatives[index]
            a[i] = isInside ? value : place < 0 ? 1 : belowOne
            if let derivative { derivative[i] = isInside ? slope : 1 }
            i &+= 1
        }
    }

    /// y held between 1 LSB and 1 − 2^−b_f, with f′. See `FixedKernels.clippedRelu`.
    @inline(never)
    package static func fixedClippedRelu(
        _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
        _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int, _ fractionBits: Int
    ) {
        let belowOne = Int16(truncatingIfNeeded: (1 &<< fractionBits) &- 1)
        var i = 0
        // Derivatives first: a may be y.
        if let derivative {
            while i < count {
                derivative[i] = y[i] <= 0 || y[i] > belowOne ? 1 : belowOne
                i &+= 1
            }
            fixedClearPads(derivative, count)
        }
        i = 0
        while i < count {
            let capped = y[i] > belowOne ? belowOne : y[i]
            a[i] = capped < 1 ? 1 : capped
            i &+= 1
        }
        fixedClearPads(a, count)
    }

    /// Floats to numbers, towards −∞. See `FixedKernels.truncate`.
    @inline(never)
    package static func fixedTruncate(
        _ values: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ width: Int, _ fractionBits: Int
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let scale = Float(numbers.one)
        var i = 0
        while i < count {
            x[i] = fixedHeld((values[i] * scale).rounded(.down), numbers)
            i &+= 1
        }
        fixedClearPads(x, count)
    }

    /// Floats to the nearest numbers, halves upwards. See `FixedKernels.round`.
    @inline(never)
    package static func fixedRound(
        _ values: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ width: Int, _ fractionBits: Int
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let scale = Float(numbers.one)
        var i = 0
        while i < count {
            let scaled = values[i] * scale
            let below = scaled.rounded(.down)
            x[i] = fixedHeld(scaled - below >= 0.5 ? below + 1 : below, numbers)
            i &+= 1
        }
        fixedClearPads(x, count)
    }

    /// Numbers to floats. See `FixedKernels.expand`.
    @inline(never)
    package static func fixedExpand(
        _ x: UnsafePointer<Int16>, _ values: UnsafeMutablePointer<Float>, _ count: Int,
        _ fractionBits: Int
    ) {
        // The reciprocal of a power of two, and so the product with it, is exact.
        let unit = 1 / Float(Int32(1) &<< Int32(truncatingIfNeeded: fractionBits))
        var i = 0
        while i < count {
            values[i] = Float(x[i]) * unit
            i &+= 1
        }
    }

    /// A whole number held to the format; NaN is 0.
    @_transparent
    static func fixedHeld(_ whole: Float, _ numbers: FixedNumbers) -> Int16 {
        let low = Float(numbers.low)
        let high = Float(numbers.high)
        // Comparisons with NaN are false.
        var held = whole == whole ? whole : 0
        held = held < low ? low : held
        held = held > high ? high : held
        return Int16(truncatingIfNeeded: Int32(held))
    }

    @_transparent
    static func fixedClearPads(_ x: UnsafeMutablePointer<Int16>, _ count: Int) {
        let end = (count &+ 31) & ~31
        var i = count
        while i < end {
            x[i] = 0
            i &+= 1
        }
    }
}
