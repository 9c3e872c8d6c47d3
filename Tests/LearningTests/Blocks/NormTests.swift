// Goal: normalisations do what their files say. Method: figures of what they give and keep, worked
// out by hand or with plain sums.

import Learning
import Testing

@Suite struct NormTests {
    private func mean(_ values: [Float]) -> Double {
        values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    }

    private func variance(_ values: [Float]) -> Double {
        let mean = mean(values)
        return values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            / Double(values.count)
    }

    @Test func groupsHaveMeanZeroAndVarianceOne() throws {
        let test = BlockCase(
            "groups", shape: [19, 6], [.groupNorm(groups: 2, activation: .identity), .flatten])
        let probe = try NetworkProbe(test.configuration, kernels: .best)
        _ = probe.loss()
        let y = try probe.values(1)
        for group in [Array(y[..<57]), Array(y[57...])] {
            #expect(abs(mean(group)) < 1e-6)
            #expect(abs(variance(group) - 1) < 1e-4)
        }
    }

    /// With 1/n all the time, statistics are those of all positions so far; the sample that is
    /// learned is not among them when it is normalised.
    @Test func runningStatisticsAreThoseOfAllPositions() throws {
        let test = BlockCase(
            "running", shape: [5, 2],
            [.runningNorm(rate: 1e-6, activation: .identity), .flatten]
        ) { $0.pendingCapacity = 4 }
        let harness = try LearnerHarness(test.configuration)
        #expect(try harness.floats("block.0.mean") == [0, 0])
        #expect(try harness.floats("block.0.variance") == [1, 1])
        var seen: [[Float]] = [[], []]
        for step in 0..<30 {
            var (x, label) = BlockNetworks.sample(test.configuration, step)
            for index in x.indices where index % 2 == 1 { x[index] = 3 * x[index] + 100 }
            for channel in 0..<2 { seen[channel] += (0..<5).map { x[2 * $0 + channel] } }
            harness.sample(x, step % 5 == 2 ? .none : label, sequence: UInt64(step))
        }
        for channel in 0..<2 {
            let found = try (
                harness.floats("block.0.mean")[channel],
                harness.floats("block.0.variance")[channel]
            )
            #expect(abs(Double(found.0) - mean(seen[channel])) < 1e-4)
            #expect(abs(Double(found.1) / variance(seen[channel]) - 1) < 1e-4)
        }
        // A late label teaches, but its sample is in the statistics already; a query is never.
        let before = try harness.floats("block.0.mean")
        let found = harness.learner.label(
            producer: 0, epoch: 1, sequence: 27, label: .classIndex(1))
        #expect("\(found)".contains("learned"))
        _ = harness.predict(BlockNetworks.sample(test.configuration, 40).0)
        #expect(try harness.floats("block.0.mean") == before)
    }

    /// A constant channel says β, and nothing divides by zero.
    @Test(arguments: [
        BlockSpecification.groupNorm(groups: 2, activation: .identity),
        .runningNorm(rate: 0.5, activation: .identity),
    ])
    func aConstantChannelIsHarmless(_ block: BlockSpecification) throws {
        let test = BlockCase("constant", shape: [4, 2], [block, .flatten])
        let harness = try LearnerHarness(test.configuration)
        for step in 0..<50 {
            let loss = harness.sample([Float](repeating: 7, count: 8), .classIndex(1)).loss
            #expect(loss.isFinite, "\(step)")
        }
        #expect(try harness.floats("block.0.gamma").allSatisfy(\.isFinite))
    }

    private func running(_ rate: Float) throws -> LearnerHarness {
        try LearnerHarness(
            BlockCase(
                "running", shape: [5, 1],
                [.runningNorm(rate: rate, activation: .identity), .flatten]
            ).configuration)
    }

    /// The reading that would fill the variance for thousands of samples; and what stays lasts.
    @Test func oneWildReadingDoesNotSilenceAChannel() throws {
        let harness = try running(0.01)
        func learn(_ steps: Range<Int>, scale: Float) {
            for step in steps {
                let (x, label) = BlockNetworks.sample(harness.layout.configuration, step)
                harness.sample(x.map { scale * $0 }, label)
            }
        }
        func statistics() throws -> (mean: Float, variance: Float) {
            (try harness.floats("block.0.mean")[0], try harness.floats("block.0.variance")[0])
        }
        learn(0..<200, scale: 1)
        let before = try statistics()
        harness.sample([0, 1, 1e14, -1, 0], .none)
        let after = try statistics()
        // w = 0.01: v grows by w·100·v twice, μ by w·10σ.
        #expect(after.variance > 2 * before.variance && after.variance < 3.1 * before.variance)
        let moved = after.mean - before.mean
        #expect(moved > 0 && moved < 0.11 * before.variance.squareRoot())
        learn(200..<500, scale: 1_000)
        #expect(try statistics().variance > 5e5 * before.variance)
    }

    /// Before 100 positions nothing is held: the second sample is as far from the first as may be.
    @Test func theFirstSamplesAreTakenAsTheyAre() throws {
        let harness = try running(1e-6)
        harness.sample([Float](repeating: 7, count: 5), .none)
        #expect(try harness.floats("block.0.variance") == [0])
        harness.sample([Float](repeating: 1_007, count: 5), .none)
        #expect(try harness.floats("block.0.mean") == [507])
        #expect(try harness.floats("block.0.variance") == [250_000])
    }

    /// One more would make it 0, and 1/n infinite.
    @Test(arguments: [1 << 62, UInt64.max]) func aCountOfSamplesHasABound(_ count: UInt64) throws {
        let harness = try running(0.01)
        harness.sample([0, 1, 2, 3, 4], .none)
        #expect(harness.layout.firstFinding(harness.section) == nil)
        let field = try #require(harness.layout.section["block.0.samples"])
        (harness.section + field.offset).storeBytes(of: count, as: UInt64.self)
        let finding = try #require(harness.layout.firstFinding(harness.section))
        #expect(finding == "block 0, running-norm: samples: \(count) is no count of samples")
    }
}
