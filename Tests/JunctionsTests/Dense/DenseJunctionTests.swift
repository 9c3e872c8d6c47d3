// Goal: the dense junction means y = Wx + b, e = Wᵀδ and W ← W − η(δxᵀ + λW), over padded rows,
// any number of times per sample. Method: against loops in Double.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct DenseJunctionTests {
    private func bench(
        _ inputs: Int, _ outputs: Int, seed: UInt64, momentum: Bool = false
    ) -> FormBench<DenseJunction> {
        FormBench(DenseJunction(inputs: inputs, outputs: outputs), seed: seed, momentum: momentum)
    }

    static let shapes = [(1, 1), (3, 5), (16, 16), (17, 4), (40, 33)]

    @Test(arguments: shapes, KernelSet.all.map(\.name))
    func feedforwardIsTheProduct(_ shape: (Int, Int), _ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        let bench = bench(shape.0, shape.1, seed: 1)
        bench.feedforward(kernels)
        let weights = bench.matrix(.feedforward)
        for row in 0..<shape.1 {
            let expected = (0..<shape.0).reduce(bench.bias[row]) {
                $0 + weights[row][$1] * Double(bench.x[$1])
            }
            #expect(abs(Double(bench.y[row]) - expected) < 1e-5 * Double(shape.0))
        }
        #expect(bench.form.weightCount == shape.0 * shape.1)
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
        let bench = bench(inputs, outputs, seed: 2, momentum: rule.momentum > 0)
        let rate = Double(rule.learningRate)
        var weights = bench.matrix(.backprop)
        var velocity = weights.map { $0.map { _ in 0.0 } }
        var biases = bench.bias
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
        let learned = bench.matrix(.feedforward)
        for row in 0..<outputs {
            #expect(abs(bench.bias[row] - biases[row]) < 1e-5)
            for column in 0..<inputs {
                #expect(abs(learned[row][column] - weights[row][column]) < 1e-5)
            }
            let floats = bench.memory.parameters.assumingMemoryBound(to: Float.self)
            for column in inputs..<bench.form.rowStride {
                #expect(floats[row * bench.form.rowStride + column] == 0)
            }
        }
    }

    @Test func theFirstJunctionHasNobodyToItsLeft() {
        let with = bench(20, 7, seed: 3)
        let without = bench(20, 7, seed: 3)
        let rule = UpdateRule(learningRate: 0.05, momentum: 0, weightDecay: 0)
        with.update(rule, .best)
        without.update(rule, .best, isFirst: true)
        #expect(with.parameterBytes == without.parameterBytes)
        #expect((0..<20).allSatisfy { without.e[$0] == 0 })
    }

    @Test func rowsArePaddedToSixteen() {
        #expect(
            [1, 15, 16, 17, 784].map { DenseJunction.paddedCount($0) } == [16, 16, 16, 32, 784])
    }
}
