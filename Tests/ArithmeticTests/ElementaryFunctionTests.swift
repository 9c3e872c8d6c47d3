// exp, log, tanh and the logistic function: bounds of error against libm in Double over every
// exponent, special values, and golden bits.

import Arithmetic
import Glibc
import Testing

struct ElementaryFunctionTests {
    /// The distance of `found` from the exact value in units of the last place of the exact
    /// value's binade (of the smallest number, below the normal range).
    static func ulps(_ found: Float, _ exact: Double) -> Double {
        let rounded = Float(exact)
        if rounded.isInfinite { return found == rounded ? 0 : .infinity }
        let unit = max(Double(rounded.ulp), Double(Float.leastNonzeroMagnitude))
        return abs(Double(found) - exact) / unit
    }

    /// The largest error over 4.3 million arguments: every 997th bit pattern.
    static func worst(_ function: (Float) -> Float, _ exact: (Double) -> Double) -> Double {
        var worst = 0.0
        var pattern: UInt64 = 0
        while pattern <= UInt64(UInt32.max) {
            let x = Float(bitPattern: UInt32(pattern))
            pattern += 997
            if x.isNaN { continue }
            let reference = exact(Double(x))
            let found = function(x)
            if reference.isNaN {
                if !found.isNaN { return .infinity }
                continue
            }
            worst = max(worst, ulps(found, reference))
        }
        return worst
    }

    @Test func expBound() {
        let worst = Self.worst(expFMA, Glibc.exp)
        #expect(worst < 0.87, "\(worst)")
    }

    @Test func logBound() {
        let worst = Self.worst(logFMA, Glibc.log)
        #expect(worst < 0.87, "\(worst)")
    }

    @Test func tanhBound() {
        let worst = Self.worst(tanhFMA, Glibc.tanh)
        #expect(worst < 1.5, "\(worst)")
    }

    @Test func sigmoidBound() {
        let worst = Self.worst(sigmoidFMA) { 1 / (1 + Glibc.exp(-$0)) }
        #expect(worst < 2.3, "\(worst)")
    }

    @Test func specialValues() {
        #expect(expFMA(0) == 1 && expFMA(-.infinity) == 0 && expFMA(.infinity) == .infinity)
        #expect(expFMA(88.8) == .infinity && expFMA(-104) == 0 && expFMA(.nan).isNaN)
        #expect(logFMA(1) == 0 && logFMA(0) == -.infinity && logFMA(-0.0) == -.infinity)
        #expect(logFMA(-1).isNaN && logFMA(.infinity) == .infinity && logFMA(.nan).isNaN)
        #expect(tanhFMA(.infinity) == 1 && tanhFMA(-.infinity) == -1 && tanhFMA(.nan).isNaN)
        #expect(tanhFMA(-0.0).bitPattern == Float(-0.0).bitPattern)
        #expect(sigmoidFMA(0) == 0.5 && sigmoidFMA(.infinity) == 1 && sigmoidFMA(-.infinity) == 0)
        #expect(sigmoidFMA(.nan).isNaN)
    }

    static let arguments: [Float] = [-20, -1, -0.1, 0.3, 0.7, 1, 3, 10]

    /// Bits, so that no release and no processor changes what a stream learned.
    @Test func goldenBits() {
        #expect(
            Self.arguments.map { expFMA($0).bitPattern } == [
                0x310DA433, 0x3EBC5AB2, 0x3F67A36D, 0x3FACC82C,
                0x4000E153, 0x402DF854, 0x41A0AF2E, 0x46AC14EF,
            ])
        #expect(
            Self.arguments.map { logFMA($0.magnitude).bitPattern } == [
                0x403FBA14, 0x00000000, 0xC0135D8E, 0xBF9A1BC8,
                0xBEB69E1A, 0x00000000, 0x3F8C9F54, 0x40135D8E,
            ])
        #expect(
            Self.arguments.map { tanhFMA($0).bitPattern } == [
                0xBF800000, 0xBF42F7D6, 0xBDCC1EBC, 0x3E9526EE,
                0x3F1AB7D9, 0x3F42F7D6, 0x3F7EBBE9, 0x3F800000,
            ])
        #expect(
            Self.arguments.map { sigmoidFMA($0).bitPattern } == [
                0x310DA433, 0x3E89B2B1, 0x3EF335EE, 0x3F130EAA,
                0x3F2B0E5A, 0x3F3B26A8, 0x3F73DBE6, 0x3F7FFD06,
            ])
    }
}
