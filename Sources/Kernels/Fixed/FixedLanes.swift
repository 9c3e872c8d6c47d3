// Thirty-two lanes of fixed-point numbers, and the arithmetic of one number written so that the
// compiler widens it.
//
// Why most products need no care: let p = a · b with |a| < 2^b_f, that is a real number below 1.
// Then |p| ≤ (2^b_f − 1) · 2^(b_w − 1) < 2^(b_w − 1 + b_f), so the product does not saturate, and
// rounded it is no larger than b: it stays within the format. Such an a is called tame here.
// Activations behind a sigmoid or a clipped ReLU, their derivatives and nearly all errors are.
// round(p / 2^b_f) is then mulhrs(a · 2^(15 − b_f), b), one instruction for 32 lanes, for every
// format up to 16 bits: a · 2^(15 − b_f) fits 16 bits because a is tame.
// All else goes through `fixedProduct`, one number at a time.

import CLanes

typealias FixedLanes = SIMD32<Int16>

/// What a kernel needs to know of a format.
struct FixedNumbers {
    let fractionBits: Int32
    let low: Int32
    let high: Int32
    /// 2^b_f: numbers below it in magnitude are tame.
    let one: Int32

    @_transparent
    init(_ width: Int, _ fraction: Int) {
        let half = Int32(1) &<< Int32(truncatingIfNeeded: width &- 1)
        fractionBits = Int32(truncatingIfNeeded: fraction)
        low = 0 &- half
        high = half &- 1
        one = Int32(1) &<< fractionBits
    }

    /// 2^(15 − b_f)
    @_transparent var scale: FixedLanes {
        every(Int16(truncatingIfNeeded: Int32(1) &<< (15 &- fractionBits)))
    }

    /// 2^(b_w − 1): a number plus this has no bit in `beyond` as long as it is in the format.
    @_transparent var offset: FixedLanes {
        every(Int16(truncatingIfNeeded: 0 &- low))
    }

    /// The bits from b_w on.
    @_transparent var beyond: FixedLanes {
        every(Int16(truncatingIfNeeded: low &<< 1))
    }

    @_transparent func isTame(_ a: Int16) -> Bool {
        Int32(a) < one && Int32(a) > 0 &- one
    }
}

// Through C: Swift makes a call of such a load, and thirty-two steps of such a splat.

/// Thirty-two numbers from `p + i`; any alignment.
@_transparent func load(_ p: UnsafePointer<Int16>, _ i: Int) -> FixedLanes {
    lanes_load_i16(p + i)
}

/// Thirty-two numbers from `p + i`; any alignment.
@_transparent func load(_ p: UnsafeMutablePointer<Int16>, _ i: Int) -> FixedLanes {
    lanes_load_i16(p + i)
}

/// Thirty-two numbers to `p + i`; any alignment.
@_transparent func store(_ value: FixedLanes, _ p: UnsafeMutablePointer<Int16>, _ i: Int) {
    lanes_store_i16(p + i, value)
}

/// The same number in every lane.
@_transparent func every(_ value: Int16) -> FixedLanes { lanes_every_i16(value) }

/// a + b of tame products, held to the format; what had to be held is counted.
@_transparent func fixedHeldSum(
    _ a: FixedLanes, _ b: FixedLanes, _ numbers: FixedNumbers, _ count: inout Int32
) -> FixedLanes {
    let low = every(Int16(truncatingIfNeeded: numbers.low))
    let high = every(Int16(truncatingIfNeeded: numbers.high))
    let held = lanes_hold(lanes_adds(a, b), low, high)
    // The wrapping sum is the true one, or so far from it that it differs from what is held.
    count &+= lanes_count_unequal(held, a &+ b)
    return held
}

/// The sum of sixteen lanes.
@_transparent func fixedSum(_ v: SIMD16<Int32>) -> Int32 {
    let eight = v.lowHalf &+ v.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return two[0] &+ two[1]
}

/// The smallest and the largest of `count` numbers and 0.
@_transparent func fixedRange(
    _ p: UnsafePointer<Int16>, _ count: Int
) -> (low: Int16, high: Int16) {
    var low: Int16 = 0
    var high: Int16 = 0
    var i = 0
    while i < count {
        let value = p[i]
        low = value < low ? value : low
        high = value > high ? value : high
        i &+= 1
    }
    return (low, high)
}

/// a ⊗ b, and whether it saturated.
///
/// The definition decides on the unrounded product p; as its limit is a multiple of 2^b_f, that is
/// to compare q = ⌊p / 2^b_f⌋ with the ends of the format. It adds the highest discarded bit to
/// max(q, lo) unless that gives hi already, which is min(… , hi).
@_transparent func fixedProduct(
    _ a: Int16, _ b: Int16, _ numbers: FixedNumbers, _ saturated: inout Int32
) -> Int32 {
    let product = Int32(a) &* Int32(b)
    let whole = product &>> numbers.fractionBits
    let round = (product &>> (numbers.fractionBits &- 1)) & 1
    saturated &+= whole > numbers.high || whole < numbers.low ? 1 : 0
    let result = (whole < numbers.low ? numbers.low : whole) &+ round
    return result > numbers.high ? numbers.high : result
}

/// A sum held to the format, and whether it had to be.
@_transparent func fixedSaturated(
    _ sum: Int32, _ numbers: FixedNumbers, _ saturated: inout Int32
) -> Int16 {
    let above = sum < numbers.low ? numbers.low : sum
    let result = above > numbers.high ? numbers.high : above
    saturated &+= result != sum ? 1 : 0
    return Int16(truncatingIfNeeded: result)
}

/// round(−δ · 2^−shift), and whether it saturated.
@_transparent func fixedIncrement(
    _ delta: Int16, _ shift: Int, _ numbers: FixedNumbers, _ saturated: inout Int32
) -> Int16 {
    let s = Int32(truncatingIfNeeded: shift)
    let half = (Int32(1) &<< s) &>> 1
    return fixedSaturated((half &- Int32(delta)) &>> s, numbers, &saturated)
}

/// Adds what a kernel counted.
@_transparent func fixedCount(
    _ counters: UnsafeMutablePointer<UInt64>?, _ index: Int, _ count: Int32
) {
    if let counters { counters[index] &+= UInt64(truncatingIfNeeded: count) }
}
