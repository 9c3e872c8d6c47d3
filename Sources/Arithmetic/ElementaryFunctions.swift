// exp, log, tanh and the logistic function, defined in explicit fused multiply-adds.
//
// libm gives different bits on processors with and without FMA; these do not: every step is
// an IEEE operation whose rounding is fixed. The vector kernels compute the same steps.
// Bits of NaN results are not promised (processors differ); everything else is.

/// eˣ. Error at most 0.87 ulp (0.85 found over 43 million arguments), results below the normal
/// range included; +infinity above 88.72, 0 below −103.97; NaN for NaN.
public func expFMA(_ x: Float) -> Float {
    var x = x
    if x > Coefficients.expHighest { x = Coefficients.expHighest }
    if x < Coefficients.expLowest { x = Coefficients.expLowest }
    // x = n ln 2 + f
    let shifted = Coefficients.roundingShift.addingProduct(x, Coefficients.log2e)
    let n = shifted - Coefficients.roundingShift
    var f = x.addingProduct(n, -Coefficients.ln2High)
    f = f.addingProduct(n, -Coefficients.ln2Low)
    var r = Coefficients.exp5.addingProduct(Coefficients.exp6, f)
    r = Coefficients.exp4.addingProduct(r, f)
    r = Coefficients.exp3.addingProduct(r, f)
    r = Coefficients.exp2.addingProduct(r, f)
    r = Float(1).addingProduct(r, f)
    r = Float(1).addingProduct(r, f)
    // Two factors: 2ⁿ alone may lie outside the normal range. Only the second can round.
    let exponent = Int32(bitPattern: shifted.bitPattern) &- Coefficients.roundingShiftBits
    let half = exponent &>> 1
    return r * powerOfTwo(half) * powerOfTwo(exponent &- half)
}

/// ln x. Error at most 0.87 ulp (0.84 found over 43 million arguments), inputs below the normal
/// range included; −infinity for ±0, +infinity for +infinity, NaN for negative x and NaN.
public func logFMA(_ x: Float) -> Float {
    if x == 0 { return -.infinity }
    if !(x > 0) { return .nan }
    if x == .infinity { return x }
    let isSmall = x < .leastNormalMagnitude
    let bits = Int32(bitPattern: (isSmall ? x * 0x1p23 : x).bitPattern)
    // x = 2ᵏ (1 + f)
    let k = (bits &- Coefficients.logPivotBits) &>> 23
    let f = Float(bitPattern: UInt32(bitPattern: bits &- (k &<< 23))) - 1
    let exponent = Float(k) + (isSmall ? -23 : 0)
    let s = f * f
    var r = Coefficients.log8.addingProduct(Coefficients.log10, s)
    var t = Coefficients.log7.addingProduct(Coefficients.log9, s)
    r = Coefficients.log6.addingProduct(r, s)
    t = Coefficients.log5.addingProduct(t, s)
    r = Coefficients.log4.addingProduct(r, s)
    r = r.addingProduct(t, f)
    r = Coefficients.log3.addingProduct(r, f)
    r = Float(-0.5).addingProduct(r, f)
    r = f.addingProduct(r, s)
    return r.addingProduct(exponent, Coefficients.ln2)
}

/// tanh x. Error at most 1.5 ulp (1.36 found over 43 million arguments); ±1 for ±infinity, NaN
/// for NaN, and the sign of a zero stays.
public func tanhFMA(_ x: Float) -> Float {
    let magnitude = x.magnitude
    let result: Float
    if magnitude < Coefficients.tanhPivot {
        let z = x * x
        var r = Coefficients.tanh9.addingProduct(Coefficients.tanh11, z)
        r = Coefficients.tanh7.addingProduct(r, z)
        r = Coefficients.tanh5.addingProduct(r, z)
        r = Coefficients.tanh3.addingProduct(r, z)
        result = magnitude.addingProduct(r * z, magnitude)
    } else {
        result = 1 - 2 / (expFMA(magnitude + magnitude) + 1)
    }
    return Float(signOf: x, magnitudeOf: result)
}

/// The logistic function 1 / (1 + e⁻ˣ), accurate in both tails. Error at most 2.3 ulp (2.22
/// found over 43 million arguments); 1 for +infinity, 0 for −infinity, NaN for NaN.
public func sigmoidFMA(_ x: Float) -> Float {
    let e = expFMA(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
private func powerOfTwo(_ n: Int32) -> Float {
    Float(bitPattern: UInt32(bitPattern: (n &+ 127) &<< 23))
}
