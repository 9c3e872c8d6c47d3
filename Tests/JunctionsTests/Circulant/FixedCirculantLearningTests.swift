// Goal: 16 bits are enough to learn: a network of two circulant junctions is as accurate as the same
// network in floats, from the same parameters and samples. Method: test then train on noisy
// patterns.

import Arithmetic
import Junctions
import Kernels
import Testing

/// Sixteen noisy patterns of 64 values, told apart by 64-64-16 with ReLU between.
@Suite struct FixedCirculantLearningTests {
    private static let (inputs, hidden, outputs, k) = (64, 64, 16, 8)

    /// The samples, the same for both arithmetics.
    private struct Patterns {
        var random: Xoshiro256StarStar
        let prototypes: [[Float]]

        init(seed: UInt64) {
            var random = Xoshiro256StarStar(seed: seed)
            prototypes = (0..<outputs).map { _ in (0..<inputs).map { _ in random.uniform() } }
            self.random = random
        }

        mutating func next() -> (x: [Float], label: Int) {
            let label = random.index(below: outputs)
            let x = prototypes[label].map { min(max($0 + 0.2 * random.normal(), 0), 1) }
            return (x, label)
        }
    }

    private static let rounds = 6000
    private static let lastRounds = 1500

    private func largest(_ values: [Float]) -> Int {
        values.indices.max { values[$0] < values[$1] } ?? 0
    }

    /// Test-then-train accuracy at the end.
    private func floatAccuracy(seed: UInt64) throws -> Double {
        let (n, h, m) = (Self.inputs, Self.hidden, Self.outputs)
        let first = FormBench(try circulantJunction(n, h, Self.k), seed: 31)
        let second = FormBench(try circulantJunction(h, m, Self.k), seed: 32)
        for bench in [first, second] {
            var random = Xoshiro256StarStar(seed: 33)
            bench.form.initialise(
                bench.memory.parameters, bench.memory.workspace,
                .uniform(limit: 0.2, biases: false), &random)
        }
        let rule = UpdateRule(learningRate: 1 / 32, momentum: 0, weightDecay: 0)
        var (patterns, correct) = (Patterns(seed: seed), 0)
        for round in 0..<Self.rounds {
            let (x, label) = patterns.next()
            for i in 0..<n { first.x[i] = x[i] }
            first.feedforward(.best)
            for i in 0..<h { second.x[i] = max(first.y[i], 0) }
            second.feedforward(.best)
            let y = (0..<m).map { second.y[$0] }
            if round >= Self.rounds - Self.lastRounds, largest(y) == label { correct += 1 }
            for i in 0..<m { second.delta[i] = y[i] - (i == label ? 1 : 0) }
            second.update(rule, .best)
            for i in 0..<h { first.delta[i] = second.x[i] > 0 ? second.e[i] : 0 }
            first.update(rule, .best, isFirst: true)
        }
        return Double(correct) / Double(Self.lastRounds)
    }

    private func fixedAccuracy(seed: UInt64) throws -> Double {
        let (n, h, m) = (Self.inputs, Self.hidden, Self.outputs)
        let first = try FixedCirculantBench(n, h, Self.k, seed: 33, limit: 0.2, biases: false)
        let second = try FixedCirculantBench(h, m, Self.k, seed: 33, limit: 0.2, biases: false)
        var (patterns, correct) = (Patterns(seed: seed), 0)
        for round in 0..<Self.rounds {
            let (x, label) = patterns.next()
            for i in 0..<n { first.x[i] = circulantFixed(x[i]) }
            first.feedforward()
            for i in 0..<h {
                second.x[i] = max(first.y[i], 0)
                second.derivative[i] = first.y[i] > 0 ? 2048 : 0
            }
            second.feedforward()
            let y = (0..<m).map { circulantFloat(second.y[$0]) }
            if round >= Self.rounds - Self.lastRounds, largest(y) == label { correct += 1 }
            for i in 0..<m { second.delta[i] = circulantFixed(y[i] - (i == label ? 1 : 0)) }
            second.update(learningShift: 5, withDerivative: true)
            for i in 0..<h { first.delta[i] = second.e[i] }
            first.update(learningShift: 5, isFirst: true)
        }
        return Double(correct) / Double(Self.lastRounds)
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func sixteenBitsLearnAsFloatsDo(seed: UInt64) throws {
        let inFloats = try floatAccuracy(seed: seed)
        let inFixed = try fixedAccuracy(seed: seed)
        #expect(inFloats > 0.95)
        #expect(inFixed > inFloats - 0.005)
    }
}
