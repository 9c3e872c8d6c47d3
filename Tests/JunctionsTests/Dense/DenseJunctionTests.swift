// Goal: the dense junction means y = Wx + b, e = Wᵀδ and W ← W − η(δxᵀ + λW), over padded rows,
// any number of times per sample. Method: against loops in Double.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct DenseJunctionTests {
    /// Parameters, activations and errors of one junction, padded and zeroed.
    final class Bench {
        let junction: DenseJunction
        let weights, velocity, bias, biasVelocity, x, y, delta, e: UnsafeMutablePointer<Float>

        init(inputs: Int, outputs: Int, seed: UInt64) {
            let junction = DenseJunction(inputs: inputs, outputs: outputs)
            func take(_ count: Int) -> UnsafeMutablePointer<Float> {
                let raw = UnsafeMutableRawPointer.allocate(byteCount: 4 * count, alignment: 64)
                raw.initializeMemory(as: UInt8.self, repeating: 0, count: 4 * count)
                return raw.bindMemory(to: Float.self, capacity: count)
            }
            self.junction = junction
            let right = DenseJunction.paddedCount(outputs)
            weights = take(outputs * junction.rowStride)
            velocity = take(outputs * junction.rowStride)
            (bias, biasVelocity, y, delta) = (take(right), take(right), take(right), take(right))
            (x, e) = (take(junction.rowStride), take(junction.rowStride))
            var generator = Xoshiro256StarStar(seed: seed)
            for row in 0..<outputs {
                for column in 0..<inputs {
                    weights[row * junction.rowStride + column] = generator.normal()
                }
                bias[row] = generator.normal()
                delta[row] = generator.normal()
            }
            for column in 0..<inputs { x[column] = generator.normal() }
        }

        deinit {
            for memory in [weights, velocity, bias, biasVelocity, x, y, delta, e] {
                memory.deallocate()
            }
        }

        func weight(_ row: Int, _ column: Int) -> Double {
            Double(weights[row * junction.rowStride + column])
        }

        func update(_ rule: UpdateRule, _ kernels: KernelSet, isFirst: Bool = false) {
            let velocity = rule.momentum > 0 ? (weights: velocity, bias: biasVelocity) : nil
            let memory = JunctionMemory(weights: weights, bias: bias, velocity: velocity)
            junction.backpropUpdate(
                memory, x: x, delta: delta, e: isFirst ? nil : e, rule: rule, kernels: kernels)
        }
    }

    static let shapes = [(1, 1), (3, 5), (16, 16), (17, 4), (40, 33)]

    @Test(arguments: shapes, KernelSet.all.map(\.name))
    func feedforwardIsTheProduct(_ shape: (Int, Int), _ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        let bench = Bench(inputs: shape.0, outputs: shape.1, seed: 1)
        bench.junction.feedforward(
            weights: bench.weights, bias: bench.bias, x: bench.x, y: bench.y, kernels: kernels)
        for row in 0..<shape.1 {
            let expected = (0..<shape.0).reduce(Double(bench.bias[row])) {
                $0 + bench.weight(row, $1) * Double(bench.x[$1])
            }
            #expect(abs(Double(bench.y[row]) - expected) < 1e-5 * Double(shape.0))
        }
        #expect(bench.junction.edgeCount == shape.0 * shape.1)
    }

    @Test(
        arguments: shapes,
        [
            UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0),
            UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0.01),
            UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01),
        ])
    func backpropAndUpdateAreTheirDefinitions(_ shape: (Int, Int), _ rule: UpdateRule) {
        let (inputs, outputs) = shape
        let bench = Bench(inputs: inputs, outputs: outputs, seed: 2)
        let rate = Double(rule.learningRate)
        var weights = (0..<outputs).map { row in (0..<inputs).map { bench.weight(row, $0) } }
        var velocity = weights.map { $0.map { _ in 0.0 } }
        var biases = (0..<outputs).map { Double(bench.bias[$0]) }
        var biasVelocity = biases.map { _ in 0.0 }
        // Used three times, as a convolution uses its junction at several places of one sample.
        for _ in 0..<3 {
            bench.update(rule, .best)
            for column in 0..<inputs {
                let expected = (0..<outputs).reduce(0.0) {
                    $0 + weights[$1][column] * Double(bench.delta[$1])
                }
                #expect(abs(Double(bench.e[column]) - expected) < 1e-5 * Double(outputs))
            }
            for row in 0..<outputs {
                let delta = Double(bench.delta[row])
                for column in 0..<inputs {
                    let decay = Double(rule.weightDecay) * weights[row][column]
                    let increment = delta * Double(bench.x[column]) + decay
                    velocity[row][column] =
                        Double(rule.momentum) * velocity[row][column] + increment
                    weights[row][column] -= rate * velocity[row][column]
                }
                biasVelocity[row] = Double(rule.momentum) * biasVelocity[row] + delta
                biases[row] -= rate * biasVelocity[row]
            }
        }
        for row in 0..<outputs {
            #expect(abs(Double(bench.bias[row]) - biases[row]) < 1e-5)
            for column in 0..<inputs {
                #expect(abs(bench.weight(row, column) - weights[row][column]) < 1e-5)
            }
            for column in inputs..<bench.junction.rowStride {
                #expect(bench.weights[row * bench.junction.rowStride + column] == 0)
            }
        }
    }

    @Test func theFirstJunctionHasNobodyToItsLeft() {
        let with = Bench(inputs: 20, outputs: 7, seed: 3)
        let without = Bench(inputs: 20, outputs: 7, seed: 3)
        let rule = UpdateRule(learningRate: 0.05, momentum: 0, weightDecay: 0)
        with.update(rule, .best)
        without.update(rule, .best, isFirst: true)
        for index in 0..<(7 * with.junction.rowStride) {
            #expect(with.weights[index] == without.weights[index])
        }
        #expect((0..<20).allSatisfy { without.e[$0] == 0 })
    }

    @Test func rowsArePaddedToSixteen() {
        #expect(
            [1, 15, 16, 17, 784].map { DenseJunction.paddedCount($0) } == [16, 16, 16, 32, 784])
    }
}
