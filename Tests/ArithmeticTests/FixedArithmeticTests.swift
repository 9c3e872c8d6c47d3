// Goal: products, sums and borders of fixed point are what the paper's hardware gives. Method:
// values worked out by hand, and the definition in other words (real numbers in Double) over whole
// small formats.

import Arithmetic
import Testing

@Suite struct FixedArithmeticTests {
    private func format(_ width: Int, _ integerBits: Int, _ fractionBits: Int) throws -> FixedFormat
    {
        try #require(FixedFormat(width, integerBits, fractionBits))
    }

    @Test func legalFormats() {
        #expect(FixedFormat(10, 2, 7) != nil)
        #expect(FixedFormat(10, 2, 6) == nil)
        #expect(FixedFormat(17, 5, 11) == nil)
        #expect(FixedFormat(3, 0, 2) == nil)
        #expect(FixedFormat(8, -1, 8) == nil)
        #expect(FixedFormat(5, 2, 2) == nil)
    }

    /// (a, b, a ⊗ b) of (10,2,7): lo −512, hi 511, products saturate from ±2¹⁶ on.
    static let products: [(Int16, Int16, Int16)] = [
        (128, 77, 77), (64, 1, 1), (64, -1, 0), (-64, 3, -1), (32, 1, 0), (-33, 1, 0),
        (-32, 3, -1), (511, 511, 511), (-512, -512, 511), (256, 256, 511),
        // The shifted product is hi already: nothing is added.
        (257, 255, 511),
        // −512 · 128 = −2¹⁶ does not saturate; −513.0 would.
        (-512, 128, -512), (-512, 129, -512),
        // Saturated to lo, discarded bits 1000001: the hardware adds their highest.
        (-257, 257, -511), (-512, 511, -512),
    ]

    @Test(arguments: products)
    func productsByHand(_ a: Int16, _ b: Int16, _ expected: Int16) throws {
        let format = try format(10, 2, 7)
        #expect(format.multiply(a, b) == expected)
        #expect(format.multiply(b, a) == expected)
    }

    @Test(arguments: [(6, 2, 3), (8, 2, 5), (8, 0, 7), (4, 0, 3), (7, 3, 3)])
    func productsOfAllPairs(_ width: Int, _ integerBits: Int, _ fractionBits: Int) throws {
        let format = try format(width, integerBits, fractionBits)
        let unit = Double(1 << fractionBits)
        for a in format.lowest...format.highest {
            for b in format.lowest...format.highest {
                let exact = Double(a) * Double(b) / unit
                let isBeyond = exact >= Double(format.highest) + 1 || exact < Double(format.lowest)
                let found = format.multiply(a, b)
                #expect(format.saturates(Int32(a) * Int32(b)) == isBeyond)
                if !isBeyond {
                    let rounded = min((exact + 0.5).rounded(.down), Double(format.highest))
                    #expect(Double(found) == rounded, "\(a) · \(b)")
                } else if exact > 0 {
                    #expect(found == format.highest)
                } else {
                    let half = exact - exact.rounded(.down) >= 0.5 ? 1.0 : 0
                    #expect(Double(found) == Double(format.lowest) + half, "\(a) · \(b)")
                }
            }
        }
    }

    @Test func sumsSaturate() throws {
        let format = try format(10, 2, 7)
        #expect(format.add(500, 11) == 511)
        #expect(format.add(500, 12) == 511)
        #expect(format.add(-500, -12) == -512)
        #expect(format.add(-500, -13) == -512)
        let full = try #require(FixedFormat(16, 4, 11))
        #expect(full.add(.max, 1) == .max)
        #expect(full.add(.min, -1) == .min)
    }

    @Test func incrementsOfBiases() throws {
        let format = try format(10, 2, 7)
        #expect(format.biasIncrement(5, shift: 0) == -5)
        #expect(format.biasIncrement(-512, shift: 0) == 511)
        #expect(format.biasIncrement(4, shift: 3) == 0)
        #expect(format.biasIncrement(5, shift: 3) == -1)
        #expect(format.biasIncrement(-4, shift: 3) == 1)
        #expect(format.biasIncrement(-3, shift: 3) == 0)
        #expect(format.biasIncrement(-512, shift: 15) == 0)
    }

    @Test func fromFloats() throws {
        let format = try format(10, 2, 7)
        #expect(format.truncating(0.999) == 127)
        #expect(format.truncating(-0.001) == -1)
        #expect(format.truncating(100) == 511)
        #expect(format.truncating(-.infinity) == -512)
        #expect(format.truncating(.nan) == 0)
        #expect(format.rounding(1.5 / 128) == 2)
        #expect(format.rounding(-1.5 / 128) == -1)
        #expect(format.rounding(-1.6 / 128) == -2)
        // Just below a half: adding ½ in float32 would round up to 1.
        #expect(format.rounding(Float(0.5).nextDown / 128) == 0)
        #expect(format.rounding(.nan) == 0)
        #expect(format.rounding(.infinity) == 511)
        for number in format.lowest...format.highest {
            #expect(format.truncating(format.float(number)) == number)
            #expect(format.rounding(format.float(number)) == number)
        }
    }
}
