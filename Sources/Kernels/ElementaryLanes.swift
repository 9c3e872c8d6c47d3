// exp, log, tanh and the logistic function in sixteen lanes: the same steps as the scalar
// definitions in Arithmetic, with each `if` made a selection.

import Arithmetic

/// The lanes of `yes` where `mask` is true, of `no` elsewhere.
@_transparent
func select(_ mask: SIMDMask<SIMD16<Int32>>, _ yes: Lanes, _ no: Lanes) -> Lanes {
    no.replacing(with: yes, where: mask)
}

@_transparent func bits(_ x: Lanes) -> SIMD16<Int32> {
    unsafeBitCast(x, to: SIMD16<Int32>.self)
}

@_transparent func floats(_ x: SIMD16<Int32>) -> Lanes { unsafeBitCast(x, to: Lanes.self) }

@_transparent func integers(_ x: Int32) -> SIMD16<Int32> { SIMD16(repeating: x) }

/// |x|.
@_transparent
func magnitude(_ x: Lanes) -> Lanes { floats(bits(x) & integers(0x7FFF_FFFF)) }

/// |r| with the sign of x.
@_transparent func withSign(of x: Lanes, _ r: Lanes) -> Lanes {
    floats((bits(r) & integers(0x7FFF_FFFF)) | (bits(x) & integers(Int32.min)))
}

/// 2ⁿ for −126 ≤ n ≤ 127.
@_transparent func powerOfTwo(_ n: SIMD16<Int32>) -> Lanes {
    floats((n &+ integers(127)) &<< integers(23))
}

/// `expFMA` of every lane.
@_transparent func expLanes(_ value: Lanes) -> Lanes {
    let highest = every(Coefficients.expHighest)
    let lowest = every(Coefficients.expLowest)
    var x = select(value .> highest, highest, value)
    x = select(x .< lowest, lowest, x)
    let shift = every(Coefficients.roundingShift)
    let shifted = fma(x, every(Coefficients.log2e), shift)
    let n = shifted - shift
    var f = fma(n, every(-Coefficients.ln2High), x)
    f = fma(n, every(-Coefficients.ln2Low), f)
    var r = fma(every(Coefficients.exp6), f, every(Coefficients.exp5))
    r = fma(r, f, every(Coefficients.exp4))
    r = fma(r, f, every(Coefficients.exp3))
    r = fma(r, f, every(Coefficients.exp2))
    r = fma(r, f, every(1))
    r = fma(r, f, every(1))
    let exponent = bits(shifted) &- integers(Coefficients.roundingShiftBits)
    let half = exponent &>> integers(1)
    return r * powerOfTwo(half) * powerOfTwo(exponent &- half)
}

/// `logFMA` of every lane.
@_transparent func logLanes(_ x: Lanes) -> Lanes {
    let isSmall = x .< every(.leastNormalMagnitude)
    let scaled = bits(select(isSmall, x * every(0x1p23), x))
    let k = (scaled &- integers(Coefficients.logPivotBits)) &>> integers(23)
    let f = floats(scaled &- (k &<< integers(23))) - every(1)
    // The integer k as a float: exact, as |k| < 2²².
    let kAsFloat =
        floats(k &+ integers(Coefficients.roundingShiftBits)) - every(Coefficients.roundingShift)
    let exponent = kAsFloat + select(isSmall, every(-23), every(0))
    let s = f * f
    var r = fma(every(Coefficients.log10), s, every(Coefficients.log8))
    var t = fma(every(Coefficients.log9), s, every(Coefficients.log7))
    r = fma(r, s, every(Coefficients.log6))
    t = fma(t, s, every(Coefficients.log5))
    r = fma(r, s, every(Coefficients.log4))
    r = fma(t, f, r)
    r = fma(r, f, every(Coefficients.log3))
    r = fma(r, f, every(-0.5))
    r = fma(r, s, f)
    r = fma(exponent, every(Coefficients.ln2), r)
    r = select(x .== every(.infinity), x, r)
    r = select(x .> every(0), r, every(.nan))
    return select(x .== every(0), every(-.infinity), r)
}

/// `tanhFMA` of every lane.
@_transparent func tanhLanes(_ x: Lanes) -> Lanes {
    let size = magnitude(x)
    let z = x * x
    var r = fma(every(Coefficients.tanh11), z, every(Coefficients.tanh9))
    r = fma(r, z, every(Coefficients.tanh7))
    r = fma(r, z, every(Coefficients.tanh5))
    r = fma(r, z, every(Coefficients.tanh3))
    let near = fma(r * z, size, size)
    let far = every(1) - every(2) / (expLanes(size + size) + every(1))
    return withSign(of: x, select(size .< every(Coefficients.tanhPivot), near, far))
}

/// `sigmoidFMA` of every lane.
@_transparent func sigmoidLanes(_ x: Lanes) -> Lanes {
    let e = expLanes(floats(bits(x) | integers(Int32.min)))
    return select(x .< every(0), e, every(1)) / (every(1) + e)
}
