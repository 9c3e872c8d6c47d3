// Goal: the stochastic outer product estimates the exact one as the paper's mathematics says: no
// bias, variance S²S²·pq(1 − pq)/L, one stream per side and one draw per call; and one stream for
// both sides, the classic mistake, is found out. Method: many draws against expectations, 4 σ.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct StochasticEstimateTests {
    static let calls = 4000
    static let x: [Float] = [1.0, 0.74, -0.26, 0.05]
    static let delta: [Float] = [-0.003, 0.0041, 0.0007]

    /// Sums over many calls of one rule.
    private struct Sums {
        var sum = [Double](repeating: 0, count: 12)
        var squares = [Double](repeating: 0, count: 12)
        var touched = [Double](repeating: 0, count: 12)
        var smallest = Double.infinity
        /// Σ of the product of the first two rows' deviations in column 1.
        var together = 0.0
    }

    private func increments(_ rule: StochasticRule, seed: UInt64) -> (Sums, Double) {
        var generator = Xoshiro256StarStar(seed: seed)
        var sums = Sums()
        var step = 0.0
        for _ in 0..<Self.calls {
            let reference = StochasticReference(
                x: Self.x, delta: Self.delta, rule: rule, learningRate: 1, generator: &generator)
            step = Double(reference.step)
            for j in 0..<3 {
                for i in 0..<4 {
                    let value = Double(reference.increment(j, i))
                    sums.sum[4 * j + i] += value
                    sums.squares[4 * j + i] += value * value
                    sums.touched[4 * j + i] += value == 0 ? 0 : 1
                    if value != 0 { sums.smallest = min(sums.smallest, value.magnitude) }
                }
            }
            sums.together += Double(reference.increment(0, 1) * reference.increment(1, 1))
        }
        return (sums, step)
    }

    /// The largest distance of a mean from its expectation, in its own standard deviations.
    private func worstDeviation(_ sums: Sums, _ rule: StochasticRule, _ step: Double) -> Double {
        var worst = 0.0
        for j in 0..<3 {
            for i in 0..<4 {
                let exact = Double(Self.delta[j]) * Double(Self.x[i])
                let scales = step * Double(rule.bitCount)
                let p = exact.magnitude / scales
                let variance = scales * scales * p * (1 - p) / Double(rule.bitCount)
                let mean = sums.sum[4 * j + i] / Double(Self.calls)
                let deviation = (variance / Double(Self.calls)).squareRoot()
                worst = max(worst, (mean - exact).magnitude / deviation)
            }
        }
        return worst
    }

    @Test(
        arguments: [1, 3, 8, 16, 64],
        [
            (StochasticRule.Scaling.powerOfTwo, StochasticRule.Sharing.elements),
            (.maximum, .elements), (.powerOfTwo, .nothing),
        ])
    func theMeanIsTheExactIncrement(
        _ bitCount: Int, _ kind: (StochasticRule.Scaling, StochasticRule.Sharing)
    ) {
        let rule = StochasticRule(bitCount: bitCount, scaling: kind.0, sharing: kind.1)
        let (sums, step) = increments(rule, seed: UInt64(bitCount))
        #expect(worstDeviation(sums, rule, step) < 4)
    }

    /// The negative control: with one stream for both sides the mean is min(p, q).
    @Test func oneStreamForBothSidesFails() {
        let rule = StochasticRule(bitCount: 8, sharing: .sides)
        let (sums, step) = increments(rule, seed: 1)
        #expect(worstDeviation(sums, rule, step) > 20)
        // Column 1, row 1: p = 0.74 of S = 1, q = 0.0041 of S = 2⁻⁷.
        let expected = min(0.74, 0.0041 * 128) / 128
        #expect(abs(sums.sum[5] / Double(Self.calls) - expected) < 0.03 * expected)
    }

    @Test(arguments: [1, 8, 32])
    func theVarianceAndTheShareOfUpdates(_ bitCount: Int) {
        let rule = StochasticRule(bitCount: bitCount)
        let (sums, step) = increments(rule, seed: 11)
        let calls = Double(Self.calls)
        let scales = step * Double(bitCount)
        #expect(scales == 1 * 0x1p-7)
        for element in 0..<12 {
            let exact = Double(Self.delta[element / 4]) * Double(Self.x[element % 4])
            let p = exact.magnitude / scales
            let mean = sums.sum[element] / calls
            let found = sums.squares[element] / calls - mean * mean
            let expected = scales * scales * p * (1 - p) / Double(bitCount)
            // The relative error of a variance of rare events is about √(1 / (n·L·p)).
            let tolerance = 4 * (3 / calls + 1 / (calls * Double(bitCount) * p)).squareRoot()
            #expect(abs(found / expected - 1) < tolerance, "element \(element)")
            var none = 1.0
            for _ in 0..<bitCount { none *= 1 - p }
            let deviation = ((1 - none) * none / calls).squareRoot()
            #expect(abs(sums.touched[element] / calls - (1 - none)) < 4 * deviation + 1e-9)
        }
        #expect(sums.smallest == step)
    }

    /// Numbers shared across elements tie elements together, and change no mean.
    @Test func sharingTiesElementsTogether() {
        let (shared, step) = increments(StochasticRule(bitCount: 8), seed: 21)
        let own = StochasticRule(bitCount: 8, sharing: .nothing)
        let (separate, _) = increments(own, seed: 21)
        // Rows 0 and 1 have errors of opposite signs: shared bits make that product larger.
        #expect(shared.together < 1.1 * separate.together)
        #expect(step == 0x1p-10)
    }

    @Test func withoutScalingSmallErrorsVanish() {
        let scaled = increments(StochasticRule(bitCount: 8), seed: 31).0
        let bare = increments(StochasticRule(bitCount: 8, scaling: .none), seed: 31).0
        #expect(bare.touched.reduce(0, +) < 0.05 * scaled.touched.reduce(0, +))
    }

    /// Numbers are drawn anew for each call: the average of many is closer than one.
    @Test func everyCallDrawsAnew() {
        var generator = Xoshiro256StarStar(seed: 41)
        let references = (0..<16).map { _ in
            StochasticReference(
                x: Self.x, delta: Self.delta, rule: StochasticRule(bitCount: 8), learningRate: 1,
                generator: &generator)
        }
        #expect(Set(references.map(\.leftBits)).count == 16)
        #expect(Set(references.map(\.rightBits)).count > 12)
    }

    @Test func scalesArePowersOfTwo() {
        for (largest, expected) in [
            (1, 1), (1.5, 2), (0.75, 1), (0.5, 0.5), (0x1.8p-128, 0x1p-127), (0x1p-149, 0x1p-149),
            (3e38, 0x1p128), (0.0041, 0x1p-7),
        ] as [(Float, Double)] {
            let found = StochasticScale.scale(largestBits: largest.bitPattern, .powerOfTwo)
            #expect(found == expected, "\(largest)")
        }
        for u: Float in [0, 0x1p-24, 0.3, 1 - 0x1p-24] {
            for scale in [0x1p-149, 0x1p-7, 1.0, Double(Float(0.7)), 0x1p128] {
                let threshold = StochasticScale.threshold(u, scale)
                #expect(Double(threshold) <= Double(u) * scale)
                #expect(Double(threshold.nextUp) > Double(u) * scale)
            }
        }
    }

    @Test func actionsAreCounted() {
        let rule = StochasticRule(bitCount: 8)
        let product = PackedOuterProduct(inputs: 4, outputs: 3, rule: rule)
        var generator: [UInt64] = [1, 2, 3, 4]
        var words = [UInt64](repeating: 0, count: 7)
        var (x, delta) = (Self.x, Self.delta)
        x[3] = 0
        delta[0] = 0
        _ = product.convert(
            x: x, delta: delta, learningRate: 1, generator: &generator, words: &words)
        let actions = product.actions(x: x, delta: delta, words: words)
        #expect(actions.draws == 16 && actions.conversions == 7 && actions.comparisons == 56)
        #expect(actions.exactMultiplications == 6)
        #expect(actions.ands == actions.leftWithBits * actions.rightWithBits)
        #expect(actions.andedBits == 8 * actions.ands && actions.weightTouches <= actions.ands)
    }
}
