// Goal: sparse structures learn by the paper's bits on the edges that exist, bit for bit, while BP
// and biases stay exact. Method: dense matrices before and after, against truth values.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct StochasticStructureTests {
    private func check<Form: FloatJunctionForm>(_ form: Form, _ bitCount: Int, _ set: KernelSet) {
        let bits = StochasticRule(bitCount: bitCount)
        let rule = UpdateRule(
            learningRate: 0.3, momentum: 0, weightDecay: 0, increment: .stochastic(bits))
        let bench = FormBench(form, seed: 3, increment: .stochastic(bits))
        let exact = FormBench(form, seed: 3)
        for j in 0..<form.outputs where j % 3 == 1 {
            bench.delta[j] = 0
            exact.delta[j] = 0
        }
        let before = bench.matrix(.feedforward)
        var generator = Xoshiro256StarStar(loadingFrom: bench.generatorState)
        let reference = StochasticReference(
            x: (0..<form.inputs).map { bench.x[$0] },
            delta: (0..<form.outputs).map { bench.delta[$0] }, rule: bits, learningRate: 0.3,
            generator: &generator)
        bench.update(rule, set)
        exact.update(UpdateRule(learningRate: 0.3, momentum: 0, weightDecay: 0), set)
        let after = bench.matrix(.feedforward)
        var wrong = 0
        for j in 0..<form.outputs {
            for i in 0..<form.inputs where before[j][i] != 0 {
                let expected = Float(before[j][i]) - reference.increment(j, i)
                wrong += Double(expected) == after[j][i] ? 0 : 1
            }
        }
        #expect(wrong == 0, "L = \(bitCount), \(set.name)")
        #expect(bench.bias == exact.bias)
        #expect((0..<form.inputs).allSatisfy { bench.e[$0] == exact.e[$0] })
        #expect(Xoshiro256StarStar(loadingFrom: bench.generatorState) == generator)
    }

    @Test(arguments: KernelSet.all.map(\.name), [1, 8, 20, 32, 33, 64])
    func laneAligned(_ name: String, _ bitCount: Int) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs, density) in [(64, 80, 1.0 / 16), (40, 33, 0.25), (48, 96, 0.5)] {
            let pattern = try LaneAlignedPattern(
                inputs: inputs, outputs: outputs, density: density, seed: 21)
            check(LaneAlignedJunction(pattern), bitCount, set)
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), [1, 8, 20, 64])
    func listedEdges(_ name: String, _ bitCount: Int) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for family in SparseFamily.all {
            // Shapes that reach every layout.
            for (outputs, outDegree, z) in [(64, 16, nil), (128, 32, 4), (16, 3, 4)]
                as [(Int, Int, Int?)]
            {
                let pattern = try SparsePattern(
                    family, inputs: 64, outputs: outputs, outDegree: outDegree, parallelism: z,
                    seed: 9)
                check(EdgeJunction(pattern), bitCount, set)
            }
        }
    }
}
