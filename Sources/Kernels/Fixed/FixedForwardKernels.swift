// FF in fixed point over dense rows.
//
// Legend and definition: FixedKernelSet.swift; tame: FixedLanes.swift.
// Where x is tame, products are added in 16 bits and moved to 32 before they could overflow: a
// product is at most 2^(b_w − 1) − 2^b_n, so 2^(16 − b_w) of them fit. Sums of integers are exact,
// so their order is free.

import CLanes

extension VectorKernels {
    /// y = sat(b + Σ W ⊗ x). See `FixedKernels.feedforward`.
    @inline(never)
    package static func fixedFeedforward(
        _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ y: UnsafeMutablePointer<Int16>, _ outputs: Int, _ rowStride: Int, _ width: Int,
        _ fractionBits: Int, _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let range = fixedRange(x, rowStride)
        let isTame = numbers.isTame(range.low) && numbers.isTame(range.high)
        let run = 32 &<< (16 &- width)
        var products: Int32 = 0
        var sums: Int32 = 0
        var j = 0
        while isTame && j &+ 4 <= outputs {
            let row = w + j &* rowStride
            let found = fixedDots(row, rowStride, x, rowStride, run, numbers.scale)
            var r = 0
            while r < 4 {
                y[j &+ r] = fixedSaturated(
                    found[r] &+ Int32(bias[j &+ r]), numbers, &sums)
                r &+= 1
            }
            j &+= 4
        }
        while j < outputs {
            let row = w + j &* rowStride
            let sum =
                isTame
                ? fixedDots(row, 0, x, rowStride, run, numbers.scale)[0]
                : fixedCarefulDot(row, x, rowStride, numbers, &products)
            y[j] = fixedSaturated(sum &+ Int32(bias[j]), numbers, &sums)
            j &+= 1
        }
        fixedCount(saturations, 0, products)
        fixedCount(saturations, 1, sums)
    }

    /// Four rows' products with a tame x.
    @_transparent
    private static func fixedDots(
        _ row0: UnsafePointer<Int16>, _ rowStride: Int, _ x: UnsafePointer<Int16>, _ count: Int,
        _ run: Int, _ scale: FixedLanes
    ) -> SIMD4<Int32> {
        let row1 = row0 + rowStride
        let row2 = row1 + rowStride
        let row3 = row2 + rowStride
        var sum0 = SIMD16<Int32>.zero
        var sum1 = SIMD16<Int32>.zero
        var sum2 = SIMD16<Int32>.zero
        var sum3 = SIMD16<Int32>.zero
        var i = 0
        while i < count {
            let end = i &+ run < count ? i &+ run : count
            var a0 = FixedLanes.zero
            var a1 = FixedLanes.zero
            var a2 = FixedLanes.zero
            var a3 = FixedLanes.zero
            while i < end {
                let xs = load(x, i) &* scale
                a0 = a0 &+ lanes_mulhrs(xs, load(row0, i))
                a1 = a1 &+ lanes_mulhrs(xs, load(row1, i))
                a2 = a2 &+ lanes_mulhrs(xs, load(row2, i))
                a3 = a3 &+ lanes_mulhrs(xs, load(row3, i))
                i &+= 32
            }
            sum0 = sum0 &+ lanes_pair_sums(a0)
            sum1 = sum1 &+ lanes_pair_sums(a1)
            sum2 = sum2 &+ lanes_pair_sums(a2)
            sum3 = sum3 &+ lanes_pair_sums(a3)
        }
        return SIMD4(fixedSum(sum0), fixedSum(sum1), fixedSum(sum2), fixedSum(sum3))
    }

    /// One row's products with any x.
    @_transparent
    private static func fixedCarefulDot(
        _ row: UnsafePointer<Int16>, _ x: UnsafePointer<Int16>, _ count: Int,
        _ numbers: FixedNumbers, _ products: inout Int32
    ) -> Int32 {
        var sum: Int32 = 0
        var i = 0
        while i < count {
            sum &+= fixedProduct(row[i], x[i], numbers, &products)
            i &+= 1
        }
        return sum
    }
}
