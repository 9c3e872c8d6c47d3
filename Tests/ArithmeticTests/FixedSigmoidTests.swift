// Goal: the tables hold what the paper's generator of tables makes. The golden file of
// JunctionsTests holds them whole; here are the values that papers name, and their shapes.

import Arithmetic
import Testing

@Suite struct FixedSigmoidTests {
    @Test func tenBits() throws {
        let sigmoid = FixedSigmoid(try #require(FixedFormat(10, 2, 7)))
        #expect(sigmoid.entryCount == 1024)
        #expect(sigmoid.indexShift == 0)
        #expect(sigmoid.limit == 512)
        #expect(sigmoid.value(512) == 64)
        #expect(sigmoid.derivative(512) == 31)
        #expect(sigmoid.value(0) == 2)
        #expect(sigmoid.lowestOutput == 1)
        #expect(sigmoid.highestOutput == 127)
    }

    /// (format, entries, shift, limit): at most 4096 entries, at most ±8.
    static let shapes = [
        ((8, 2, 5), 256, 0, 128), ((10, 3, 6), 1024, 0, 512), ((12, 3, 8), 4096, 0, 2048),
        ((16, 4, 11), 4096, 3, 16384), ((16, 0, 15), 4096, 4, 32768),
        ((12, 8, 3), 128, 0, 64), ((4, 0, 3), 16, 0, 8),
    ]

    @Test(arguments: shapes)
    func shape(_ shape: ((Int, Int, Int), Int, Int, Int)) throws {
        let (width, integerBits, fractionBits) = shape.0
        let sigmoid = FixedSigmoid(try #require(FixedFormat(width, integerBits, fractionBits)))
        #expect(sigmoid.entryCount == shape.1)
        #expect(sigmoid.indexShift == shape.2)
        #expect(sigmoid.limit == shape.3)
    }

    @Test(arguments: shapes)
    func entriesAreOrderedAndBounded(_ shape: ((Int, Int, Int), Int, Int, Int)) throws {
        let (width, integerBits, fractionBits) = shape.0
        let sigmoid = FixedSigmoid(try #require(FixedFormat(width, integerBits, fractionBits)))
        let values = (0..<sigmoid.entryCount).map(sigmoid.value)
        let slopes = (0..<sigmoid.entryCount).map(sigmoid.derivative)
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(values.allSatisfy { $0 >= 0 && $0 <= sigmoid.highestOutput })
        #expect(slopes.allSatisfy { $0 >= 0 && $0 < 1 << (fractionBits - 2) })
        #expect(values[sigmoid.entryCount / 2] == 1 << (fractionBits - 1))
        // σ′ is even: entry 0 has no partner.
        for index in 1..<sigmoid.entryCount {
            #expect(slopes[index] == slopes[sigmoid.entryCount - index])
        }
    }
}
