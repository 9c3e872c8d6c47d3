// Goal: the rules of the running normaliser, each by itself: warm-up by median, robust scale,
// Welford afterwards, values held to ± 10σ, constant columns, and one 1e8 wherever it comes.
// Method: a forecast-free learner whose statistics are read from its section.

import Arithmetic
import Kernels
import Learning
import Testing
import WeightStore

@Suite struct NormaliserTests {
    /// One learner that only normalises: what the network sees, and the statistics.
    final class Probe {
        let harness: LearnerHarness
        private let features: Int

        init(features: Int = 1, clip: Float = 5, horizon: UInt64 = 0) throws {
            self.features = features
            harness = try LearnerHarness(
                .classifier(
                    features: features, hidden: [], classes: 2,
                    normaliser: .running(clip: clip, horizon: horizon)))
        }

        /// Feeds one value to every feature.
        func feed(_ value: Float) {
            harness.sample([Float](repeating: value, count: features), .none)
        }

        func mean(_ index: Int = 0) -> Double { double("normaliser.mean", index) }
        func deviation(_ index: Int = 0) -> Double {
            double("normaliser.variance", index).squareRoot()
        }
        func count(_ index: Int = 0) -> UInt64 {
            guard let field = harness.layout.section["normaliser.count"] else { return 0 }
            return harness.section.load(fromByteOffset: field.offset + 8 * index, as: UInt64.self)
        }

        private func double(_ name: String, _ index: Int) -> Double {
            guard let field = harness.layout.section[name] else { return .nan }
            return harness.section.load(fromByteOffset: field.offset + 8 * index, as: Double.self)
        }
    }

    static func normals(_ count: Int, seed: UInt64) -> [Float] {
        var generator = Xoshiro256StarStar(seed: seed)
        return (0..<count).map { _ in 20 + 3 * generator.normal() }
    }

    @Test func warmUpIsMedianAndQuartiles() throws {
        let probe = try Probe()
        var seen: [Float] = []
        for value in Self.normals(100, seed: 3) {
            probe.feed(value)
            seen.append(value)
            let sorted = seen.sorted().map(Double.init)
            let count = sorted.count
            let median =
                count % 2 == 1
                ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
            let scale =
                count < 4
                ? 0 : (sorted[count - 1 - count / 4] - sorted[count / 4]) / 1.349
            #expect(abs(probe.mean() - median) < 1e-9)
            #expect(abs(probe.deviation() - scale) < 1e-9)
        }
        #expect(probe.count() == 100)
    }

    @Test func afterwardsIsWelford() throws {
        let probe = try Probe()
        let values = Self.normals(2_000, seed: 4)
        for value in values[..<100] { probe.feed(value) }
        // From here on the naive form: the warm-up stands for 100 values of its mean and variance.
        var sum = probe.mean() * 100
        var squares = (probe.deviation() * probe.deviation() + probe.mean() * probe.mean()) * 100
        for (index, value) in values.enumerated().dropFirst(100) {
            probe.feed(value)
            sum += Double(value)
            squares += Double(value) * Double(value)
            let count = Double(index + 1)
            let variance = squares / count - (sum / count) * (sum / count)
            #expect(abs(probe.mean() - sum / count) < 1e-8)
            #expect(abs(probe.deviation() - variance.squareRoot()) < 1e-8)
        }
    }

    @Test func horizonForgets() throws {
        let probe = try Probe(horizon: 200)
        for value in Self.normals(1_000, seed: 5) { probe.feed(value) }
        for value in Self.normals(3_000, seed: 6) { probe.feed(value * 10) }
        #expect(abs(probe.mean() - 200) < 10)
        #expect(abs(probe.deviation() - 30) < 6)
        #expect(probe.count() == 4_000)
    }

    @Test(arguments: [0, 1, 2, 3, 50, 98, 99, 100, 101, 500, 1_999])
    func oneHundredMillionFreezesNothing(_ position: Int) throws {
        let probe = try Probe()
        for (index, value) in Self.normals(2_000, seed: 7).enumerated() {
            probe.feed(index == position ? 1e8 : value)
        }
        // The last position is the one value that nothing has followed yet: it pulls by 10σ/2000.
        #expect(abs(probe.mean() - 20) < 0.6, "mean \(probe.mean()) after 1e8 at \(position)")
        #expect(abs(probe.deviation() - 3) < 0.7, "σ \(probe.deviation()) after 1e8 at \(position)")
    }

    @Test func aLastingJumpIsFollowed() throws {
        let probe = try Probe(horizon: 500)
        for value in Self.normals(1_000, seed: 8) { probe.feed(value) }
        for value in Self.normals(6_000, seed: 9) { probe.feed(value * 1_000) }
        #expect(abs(probe.mean() - 20_000) < 1_500)
        #expect(abs(probe.deviation() - 3_000) < 900)
    }

    @Test func aConstantColumnStartsAnewWhenItDeviates() throws {
        let probe = try Probe()
        for _ in 0..<17_424 { probe.feed(0.003) }
        #expect(probe.deviation() == 0)
        #expect(probe.count() == 17_424)
        for value in Self.normals(100, seed: 10) { probe.feed(value) }
        #expect(probe.count() == 100)
        #expect(abs(probe.mean() - 20) < 1)
        #expect(abs(probe.deviation() - 3) < 1)
    }

    @Test(arguments: [0, 1, 50, 99, 100, 5_000])
    func oneOutlierInAConstantColumnIsForgotten(_ position: Int) throws {
        let probe = try Probe()
        for index in 0..<5_200 { probe.feed(index == position ? 1e8 : 7) }
        #expect(probe.mean() == 7)
        #expect(probe.deviation() == 0)
        for value in Self.normals(2_000, seed: 11) { probe.feed(value) }
        #expect(abs(probe.mean() - 20) < 0.6)
        #expect(abs(probe.deviation() - 3) < 0.7)
    }

    @Test func mostlyZeroColumnsHaveAScale() throws {
        let probe = try Probe()
        // Every tenth value is 200: no distance between quartiles, but a deviation.
        for index in 0..<100 { probe.feed(index % 10 == 0 ? 200 : 0) }
        #expect(probe.mean() == 0)
        // 98 values without the smallest and the largest, nine of them 200.
        #expect(abs(probe.deviation() - (9.0 * 40_000 / 98).squareRoot()) < 1e-6)
    }

    @Test func columnsAreIndependent() throws {
        let together = try Probe(features: 3)
        let alone = try Probe()
        for (index, value) in Self.normals(1_500, seed: 12).enumerated() {
            // Column 0 restarts its warm-up late, so counts differ between columns.
            together.harness.sample([index < 700 ? 1 : value, value, 5], .none)
            alone.feed(value)
        }
        #expect(together.mean(1) == alone.mean())
        #expect(together.deviation(1) == alone.deviation())
        #expect(together.count(0) == 800)
        #expect(together.deviation(2) == 0)
    }

    @Test func predictionsAreNormalisedWithoutTheirOwnSample() throws {
        // With a horizon of one the newest value is all there is: a normaliser that looked at
        // the sample first would answer 0 to anything.
        let configuration = LearnerConfiguration.real(features: 1, targets: nil)
        let harness = try LearnerHarness(configuration)
        for value in Self.normals(300, seed: 13) { harness.sample([value], .none) }
        let near = harness.predict([20]).outputs[0]
        let far = harness.predict([1e8]).outputs[0]
        let alsoFar = harness.predict([1e6]).outputs[0]
        #expect(near != far)
        #expect(far == alsoFar, "both are limited to + clip σ")
    }
}
