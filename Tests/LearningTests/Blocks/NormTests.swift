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
}
