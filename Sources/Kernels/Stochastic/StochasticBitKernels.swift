// Bits from numbers: the largest magnitude, ranks among thresholds, and the table of counts.
//
// Legend as in StochasticKernelSet.swift.

import CLanes

extension VectorKernels {
    /// The bits of the largest |v|. See `StochasticKernels.largest`.
    @inline(never)
    package static func stochasticLargest(
        _ values: UnsafePointer<Float>, _ paddedCount: Int
    ) -> UInt32 {
        var largest = SIMD16<UInt32>.zero
        var i = 0
        while i < paddedCount {
            let bits = magnitudeBits(load(values, i))
            largest.replace(with: bits, where: bits .> largest)
            i &+= 16
        }
        return largest.max()
    }

    /// Ranks with signs. See `StochasticKernels.codes`.
    @inline(never)
    package static func stochasticCodes(
        _ values: UnsafePointer<Float>, _ paddedCount: Int, _ thresholds: UnsafePointer<Float>,
        _ bitCount: Int, _ codes: UnsafeMutablePointer<Int32>
    ) {
        var i = 0
        while i < paddedCount {
            let numbers = load(values, i)
            let magnitudes = unsafeBitCast(magnitudeBits(numbers), to: Lanes.self)
            // Two counters, so that an addition need not wait for the one before it.
            var even = SIMD16<Int32>.zero
            var odd = SIMD16<Int32>.zero
            var l = 0
            while l &+ 2 <= bitCount {
                even = even &- trueAsMinusOne(every(thresholds[l]) .< magnitudes)
                odd = odd &- trueAsMinusOne(every(thresholds[l &+ 1]) .< magnitudes)
                l &+= 2
            }
            if l < bitCount {
                even = even &- trueAsMinusOne(every(thresholds[l]) .< magnitudes)
            }
            let ranks = even &+ odd
            // A rank that is not 0 is negative when taken from zero: its sign lets the other through.
            let signs = unsafeBitCast(numbers, to: SIMD16<Int32>.self) & (0 &- ranks) & Int32.min
            let coded = ranks | signs
            UnsafeMutableRawPointer(codes + i).storeBytes(of: coded, as: SIMD16<Int32>.self)
            i &+= 16
        }
    }

    /// Counts of common bits times −step. See `StochasticKernels.table`.
    @inline(never)
    package static func stochasticTable(
        _ order: UnsafePointer<Int32>, _ bitCount: Int, _ step: Float,
        _ table: UnsafeMutablePointer<Float>
    ) {
        let stride = stochasticLineStride(bitCount)
        // Ranks, places and counts are floats here: exact, and compared in one instruction.
        let lanes = Lanes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let highest = every(Float(bitCount))
        var column = 0
        while column < stride {
            let ranks = lanes + Float(column)
            let isInside = ranks .<= highest
            var counts = Lanes.zero
            var q = 0
            while true {
                let hasBits = (Lanes.zero .< counts) .& isInside
                let line = every(-0.0).replacing(with: -step * counts, where: hasBits)
                store(line, table + column, q &* stride)
                if q == bitCount { break }
                counts.replace(with: counts + 1, where: every(Float(order[q])) .< ranks)
                q &+= 1
            }
            column &+= 16
        }
    }

    @_transparent
    private static func magnitudeBits(_ values: Lanes) -> SIMD16<UInt32> {
        unsafeBitCast(values, to: SIMD16<UInt32>.self) & 0x7FFF_FFFF
    }

    @_transparent
    private static func trueAsMinusOne(_ mask: SIMDMask<SIMD16<Int32>>) -> SIMD16<Int32> {
        unsafeBitCast(mask, to: SIMD16<Int32>.self)
    }
}

/// Floats from line to line of a table of counts, as `StochasticKernels.lineStride` says.
@_transparent func stochasticLineStride(_ bitCount: Int) -> Int {
    bitCount < 16 ? 16 : bitCount < 32 ? 32 : 80
}
