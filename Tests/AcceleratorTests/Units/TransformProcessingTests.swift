// Goal: block-circulant junctions save the multiplications that the algorithm saves, and the
// stochastic unit does what the emulation itself counts.

import Accelerator
import Arithmetic
import Junctions
import Testing

@Suite struct TransformProcessingTests {
    private let place = JunctionPlace(
        isFirst: false, isLast: false, schedule: .sequential, inputBits: 8, parallelism: 1,
        nextParallelism: nil)

    /// 1024 × 1024: so many times fewer multiplications of FF than the 1,048,576 of a dense one.
    @Test(
        arguments: [
            (4, 2.6, 397_312), (8, 4.5, 235_520), (16, 8, 131_072), (32, 14, 73_728),
            (64, 24, 44_544), (128, 34, 30_592),
        ] as [(Int, Double, Int)])
    func multiplicationsFallWithTheBlock(blockSize: Int, ratio: Double, count: Int) throws {
        let junction = try #require(
            DeviceCase.junction(.circulant(blockSize: blockSize), 1024, 1024, .float32))
        let units = TransformUnits(butterflies: 16, multipliers: 64)
        let cost = TransformProcessing(units, DeviceCase.device(transform: units)).cost(
            junction, place, blockSize: blockSize)
        let multiplications = cost.feedforward.actions.multiplications
        #expect(multiplications == count)
        let saved = 1_048_576 / Double(multiplications)
        // To the digits of the published list.
        let unit = ratio < 8 ? 0.1 : 1
        #expect((saved / unit).rounded() * unit - ratio < 1e-9)
        #expect(ratio - (saved / unit).rounded() * unit < 1e-9)
        // FF is Q transforms, products, P transforms; each phase has its clocks.
        let q = 1024 / blockSize
        let butterflies = q * (blockSize / 4) * blockSize.trailingZeroBitCount
        let products = q * q * (2 * blockSize - 2)
        #expect(cost.feedforward.clocks == 2 * ((butterflies + 15) / 16) + (products + 63) / 64)
        #expect(cost.feedforward.clocks == cost.backprop?.clocks)
        #expect(cost.update.clocks == (products + 63) / 64)
        #expect(cost.feedforward.actions[Action(.read(.spectra), bits: 32)] == 1024 * q)
    }

    /// Where every element has a bit, the counts of the emulation are those of the unit.
    @Test func stochasticCountsAreThoseOfTheEmulation() throws {
        for bitCount in [1, 8, 16, 64] {
            let rule = StochasticRule(bitCount: bitCount)
            let junction = try #require(
                DeviceCase.junction(.dense, 24, 10, .float32, increment: .stochastic(rule)))
            let product = PackedOuterProduct(inputs: 24, outputs: 10, rule: rule)
            let all = [Float](repeating: 1, count: 64)
            let words = [UInt64](repeating: 1, count: 34)
            let actions = product.actions(x: all, delta: all, words: words)
            let unit = StochasticUnit(converters: 8, lanes: 16)
            let cost = StochasticProcessing(unit, DeviceCase.device(stochastic: unit)).update(
                junction, rule, place)
            func count(_ kind: ActionKind) -> Int {
                cost.actions[Action(kind, bits: 32, isFloat: true)]
            }
            #expect(count(.draw) == actions.draws && count(.draw) == 2 * bitCount)
            #expect(count(.compare) == actions.comparisons)
            #expect(cost.actions[Action(.bitAnd, bits: 1)] == actions.andedBits)
            #expect(cost.actions[Action(.countOnes, bits: bitCount)] == actions.ands)
            #expect(count(.multiply) == 10)
            // 34 elements in five rounds of L clocks, 240 products in fifteen.
            #expect(cost.clocks == 5 * bitCount + 15)
        }
    }
}
