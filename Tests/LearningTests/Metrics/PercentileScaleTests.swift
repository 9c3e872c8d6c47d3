// Goal: the percentile is the share of the errors so far that are below the newest, as far as the
// histogram's bins tell; of errors without a pattern it is uniform; and it forgets.

import Arithmetic
import Learning
import Testing

@Suite struct PercentileScaleTests {
    /// A scale with memory of its own.
    final class Memory {
        private let nodes = UnsafeMutablePointer<Float>.allocate(
            capacity: PercentileScale.binCount)
        private let state = UnsafeMutablePointer<Double>.allocate(capacity: 3)
        var scale: PercentileScale { PercentileScale(nodes: nodes, state: state) }

        init() {
            nodes.initialize(repeating: 0, count: PercentileScale.binCount)
            state.initialize(repeating: 0, count: 3)
        }

        deinit {
            nodes.deallocate()
            state.deallocate()
        }
    }

    /// The definition: every error is kept, and weighs 0.999 of the one after it.
    struct Plain {
        var errors: [Double] = []

        /// The share below `error`, and the share of those in its bin, which may be told apart
        /// wrongly.
        func rank(_ error: Double) -> (share: Double, bin: Double) {
            var weight = 1.0
            var below = 0.0
            var same = 0.0
            var all = 0.0
            for old in errors.reversed() {
                all += weight
                if old < error { below += weight }
                if Self.bin(old) == Self.bin(error) { same += weight }
                weight *= 0.999
            }
            return (below / all, same / all)
        }

        /// 32 even parts of every octave, counted from 2⁻³².
        static func bin(_ error: Double) -> Int {
            let value = Float(error)
            guard value >= 0x1p-32 else { return 0 }
            guard value < 0x1p32 else { return 2_047 }
            return (Int(value.exponent) + 32) * 32 + Int((value.significand - 1) * 32)
        }
    }

    @Test func itIsTheShareBelowAsFarAsBinsTell() throws {
        let memory = Memory()
        var plain = Plain()
        var generator = Xoshiro256StarStar(seed: 71)
        for step in 0..<2_500 {
            // Sizes from 10⁻⁶ to 10⁶, drifting; sometimes nothing, something tiny, something huge.
            let size = Double(generator.normal()) * 3 + Double(step) / 500
            let error =
                [0, 1e-30, 1e25].indices.contains(step % 100)
                ? [0, 1e-30, 1e25][step % 100]
                : Double(expFMA(Float(size)))
            let found = memory.scale.judge(error)
            if step < 100 {
                #expect(found == nil, "a warm-up of 100")
            } else {
                let (share, bin) = plain.rank(error)
                let percentile = Double(try #require(found))
                #expect(abs(percentile - share) <= bin + 1e-4, "step \(step), error \(error)")
                #expect(percentile >= 0 && percentile <= 1)
            }
            plain.errors.append(error)
        }
        #expect(memory.scale.rank(.nan) == 1 && memory.scale.rank(.infinity) == 1)
        #expect(memory.scale.rank(0) == 0)
    }

    /// Largest distance between the shares of percentiles up to q and q.
    static func distance(_ percentiles: [Float]) -> Double {
        let sorted = percentiles.sorted()
        let count = Double(sorted.count)
        return zip(sorted, 1...).map { value, rank in
            max(
                abs(Double(value) - Double(rank) / count),
                abs(Double(value) - Double(rank - 1) / count))
        }.max() ?? 1
    }

    /// 20,000 draws tell a share to ± 0.0035, and ten independent memories of 1,999 errors another
    /// ± 0.0035; both are at most one in a million times more than five of the two together.
    static let bound = 5 * (0.0035 * 0.0035 * 2).squareRoot()

    @Test(arguments: [0.06, 0.3, 3.0]) func errorsWithoutAPatternAreUniform(_ spread: Double) {
        let memory = Memory()
        var generator = Xoshiro256StarStar(seed: 72)
        var percentiles: [Float] = []
        for step in 0..<22_000 {
            let error = Double(expFMA(Float(spread) * generator.normal()))
            let percentile = memory.scale.judge(error)
            if step >= 2_000, let percentile { percentiles.append(percentile) }
        }
        #expect(percentiles.count == 20_000)
        // Half a bin of the narrow ones: h² |f′| / 8.
        #expect(Self.distance(percentiles) < Self.bound + 0.01)
    }

    @Test func afterAShiftOfLevelItRecovers() {
        let memory = Memory()
        var generator = Xoshiro256StarStar(seed: 73)
        func draw(_ level: Float) -> Double { Double(level * expFMA(generator.normal())) }
        for _ in 0..<5_000 { _ = memory.scale.judge(draw(1)) }
        let first = (0..<50).compactMap { _ in memory.scale.judge(draw(1_000)) }
        #expect(first.reduce(0, +) / 50 > 0.95, "all of them are larger than what was usual")
        // 0.999⁷⁰⁰⁰ = 0.0009: what was before is forgotten.
        for _ in 0..<7_000 { _ = memory.scale.judge(draw(1_000)) }
        let later = (0..<20_000).compactMap { _ in memory.scale.judge(draw(1_000)) }
        #expect(Self.distance(later) < Self.bound)
    }
}
