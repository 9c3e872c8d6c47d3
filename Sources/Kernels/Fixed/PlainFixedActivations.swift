// The definitions of the activation functions in fixed point, and of the way between floats and
// fixed point.

import Arithmetic

extension PlainKernels {
    static func fixedSigmoid(
        _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
        _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int,
        _ values: UnsafePointer<Int16>, _ derivatives: UnsafePointer<Int16>, _ limit: Int,
        _ indexShift: Int, _ fractionBits: Int
    ) {
        for i in 0..<count {
            let sum = Int(y[i])
            if sum < -limit || sum >= limit {
                a[i] = sum < 0 ? 1 : Int16(truncatingIfNeeded: (1 << fractionBits) - 1)
                derivative?[i] = 1
            } else {
                let index = (sum + limit) >> indexShift
                a[i] = values[index]
                derivative?[i] = derivatives[index]
            }
        }
        clearFixedPads(a, count)
        if let derivative { clearFixedPads(derivative, count) }
    }

    static func fixedClippedRelu(
        _ y: UnsafePointer<Int16>, _ a: UnsafeMutablePointer<Int16>,
        _ derivative: UnsafeMutablePointer<Int16>?, _ count: Int, _ fractionBits: Int
    ) {
        let belowOne = Int16(truncatingIfNeeded: (1 << fractionBits) - 1)
        for i in 0..<count {
            let sum = y[i]
            a[i] = sum <= 0 ? 1 : min(sum, belowOne)
            derivative?[i] = sum <= 0 || sum > belowOne ? 1 : belowOne
        }
        clearFixedPads(a, count)
        if let derivative { clearFixedPads(derivative, count) }
    }

    static func fixedTruncate(
        _ values: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ width: Int, _ fractionBits: Int
    ) {
        let format = legalFormat(width, fractionBits)
        for i in 0..<count { x[i] = format.truncating(values[i]) }
        clearFixedPads(x, count)
    }

    static func fixedRound(
        _ values: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ width: Int, _ fractionBits: Int
    ) {
        let format = legalFormat(width, fractionBits)
        for i in 0..<count { x[i] = format.rounding(values[i]) }
        clearFixedPads(x, count)
    }

    static func fixedExpand(
        _ x: UnsafePointer<Int16>, _ values: UnsafeMutablePointer<Float>, _ count: Int,
        _ fractionBits: Int
    ) {
        let unit = Float(sign: .plus, exponent: -fractionBits, significand: 1)
        for i in 0..<count { values[i] = Float(x[i]) * unit }
    }

    static func clearFixedPads(_ x: UnsafeMutablePointer<Int16>, _ count: Int) {
        for i in count..<(count + 31) / 32 * 32 { x[i] = 0 }
    }

    static func legalFormat(_ width: Int, _ fractionBits: Int) -> FixedFormat {
        guard let format = FixedFormat(width, width - 1 - fractionBits, fractionBits) else {
            preconditionFailure("a legal format: \(width) bits, \(fractionBits) of fraction")
        }
        return format
    }
}
