// Goal: a dense junction with stochastic increments does what the paper's bits say, bit for bit:
// any L, scaling and sharing, on every set of kernels, three times per sample; BP and the biases
// stay exact; the generator moves alike everywhere. Method: against truth values in arrays.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct StochasticDenseTests {
    static let shapes = [(1, 1), (20, 7), (33, 18), (70, 40)]

    /// A bench with positive and negative values, zeros of both signs among them.
    static func bench(
        _ shape: (Int, Int), _ rule: StochasticRule, seed: UInt64
    ) -> FormBench<DenseJunction> {
        let bench = FormBench(
            DenseJunction(inputs: shape.0, outputs: shape.1), seed: seed,
            increment: .stochastic(rule))
        for i in 0..<shape.0 where i % 3 == 1 { bench.x[i] = 0 }
        for j in 0..<shape.1 where j % 4 == 2 { bench.delta[j] = -0.0 }
        let weights = bench.memory.parameters.assumingMemoryBound(to: Float.self)
        for j in 0..<shape.1 { weights[j * bench.form.rowStride] = -0.0 }
        return bench
    }

    static func update(_ rule: StochasticRule) -> UpdateRule {
        UpdateRule(learningRate: 0.3, momentum: 0, weightDecay: 0, increment: .stochastic(rule))
    }

    private func weights(_ bench: FormBench<DenseJunction>) -> [Float] {
        let floats = bench.memory.parameters.assumingMemoryBound(to: Float.self)
        return (0..<bench.form.outputs * bench.form.rowStride).map { floats[$0] }
    }

    /// One update by the reference, in place.
    private func expect(
        _ bench: FormBench<DenseJunction>, _ rule: StochasticRule, _ weights: inout [Float],
        _ generator: inout Xoshiro256StarStar
    ) {
        let reference = StochasticReference(
            x: (0..<bench.form.inputs).map { bench.x[$0] },
            delta: (0..<bench.form.outputs).map { bench.delta[$0] }, rule: rule,
            learningRate: 0.3, generator: &generator)
        for j in 0..<bench.form.outputs {
            for i in 0..<bench.form.inputs {
                weights[j * bench.form.rowStride + i] -= reference.increment(j, i)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), StochasticRule.Scaling.allCases)
    func everyBitCountIsTheNaiveForm(_ name: String, _ scaling: StochasticRule.Scaling) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        for bitCount in 1...64 {
            let shape = Self.shapes[bitCount % Self.shapes.count]
            let rule = StochasticRule(bitCount: bitCount, scaling: scaling)
            let bench = Self.bench(shape, rule, seed: UInt64(bitCount))
            var expected = weights(bench)
            var generator = Xoshiro256StarStar(loadingFrom: bench.generatorState)
            for _ in 0..<3 {
                expect(bench, rule, &expected, &generator)
                bench.update(Self.update(rule), kernels)
            }
            #expect(differences(bench, expected) == 0, "L = \(bitCount)")
            #expect(Xoshiro256StarStar(loadingFrom: bench.generatorState) == generator)
        }
    }

    @Test(arguments: [StochasticRule.Sharing.nothing, .sides])
    func otherSharingIsTheNaiveForm(_ sharing: StochasticRule.Sharing) {
        for bitCount in 1...64 {
            let rule = StochasticRule(bitCount: bitCount, sharing: sharing)
            let bench = Self.bench((20, 7), rule, seed: UInt64(bitCount))
            var expected = weights(bench)
            var generator = Xoshiro256StarStar(loadingFrom: bench.generatorState)
            expect(bench, rule, &expected, &generator)
            bench.update(Self.update(rule), .best)
            #expect(differences(bench, expected) == 0, "L = \(bitCount)")
            #expect(Xoshiro256StarStar(loadingFrom: bench.generatorState) == generator)
        }
    }

    /// The packed form, also where numbers are shared across elements, has the bytes of the
    /// form with codes.
    @Test func packedIsTheSame() {
        for bitCount in 1...64 {
            let rule = StochasticRule(bitCount: bitCount)
            let shape = Self.shapes[bitCount % Self.shapes.count]
            let bench = Self.bench(shape, rule, seed: UInt64(bitCount))
            let packed = PackedOuterProduct(inputs: shape.0, outputs: shape.1, rule: rule)
            var words = [UInt64](repeating: 0, count: shape.0 + shape.1)
            var expected = weights(bench)
            var generator = Xoshiro256StarStar(loadingFrom: bench.generatorState).words
            let step = packed.convert(
                x: bench.x, delta: bench.delta, learningRate: 0.3, generator: &generator,
                words: &words)
            packed.update(
                &expected, bench.form.rowStride, x: bench.x, delta: bench.delta, words: words,
                step: step)
            bench.update(Self.update(rule), .best)
            #expect(differences(bench, expected) == 0, "L = \(bitCount)")
            let words64 = (0..<4).map { bench.generatorState[$0] }
            #expect(words64 == generator)
        }
    }

    @Test(arguments: StochasticRule.Sharing.allCases, [1, 8, 20, 64])
    func backpropAndBiasesAreExact(_ sharing: StochasticRule.Sharing, _ bitCount: Int) {
        let rule = StochasticRule(bitCount: bitCount, sharing: sharing)
        let exact = FormBench(DenseJunction(inputs: 70, outputs: 40), seed: 9)
        let bench = Self.bench((70, 40), rule, seed: 9)
        exact.memory.parameters.copyMemory(
            from: bench.memory.parameters, byteCount: exact.form.fields.byteCount)
        for i in 0..<80 { exact.x[i] = bench.x[i] }
        for j in 0..<48 { exact.delta[j] = bench.delta[j] }
        bench.update(Self.update(rule), .best)
        exact.update(UpdateRule(learningRate: 0.3, momentum: 0, weightDecay: 0), .best)
        #expect(bench.bias == exact.bias)
        #expect((0..<80).allSatisfy { bench.e[$0] == exact.e[$0] })
    }

    @Test(arguments: [StochasticRule.Sharing.elements, .nothing])
    func theFirstJunctionHasNobodyToItsLeft(_ sharing: StochasticRule.Sharing) {
        for bitCount in [1, 8, 20, 64] {
            let rule = StochasticRule(bitCount: bitCount, sharing: sharing)
            let with = Self.bench((70, 40), rule, seed: 3)
            let without = Self.bench((70, 40), rule, seed: 3)
            with.update(Self.update(rule), .best)
            without.update(Self.update(rule), .best, isFirst: true)
            #expect(with.parameterBytes == without.parameterBytes)
        }
    }

    /// Where one side is zero or not finite nothing is learned but biases, and as many numbers
    /// are drawn as ever.
    @Test(arguments: [0, -0.0, Float.infinity, .nan], StochasticRule.Sharing.allCases)
    func nothingToUpdate(_ value: Float, _ sharing: StochasticRule.Sharing) {
        let rule = StochasticRule(bitCount: 8, sharing: sharing)
        let bench = Self.bench((20, 7), rule, seed: 5)
        let old = weights(bench)
        var generator = Xoshiro256StarStar(loadingFrom: bench.generatorState)
        if value == 0 {
            for i in 0..<20 { bench.x[i] = value }
        } else {
            bench.x[6] = value
        }
        bench.update(Self.update(rule), .best)
        #expect(differences(bench, old) == 0)
        for _ in 0..<8 * (sharing == .nothing ? 27 : 2) { _ = generator.uniform() }
        #expect(Xoshiro256StarStar(loadingFrom: bench.generatorState) == generator)
    }

    @Test func paddingStaysZero() {
        let rule = StochasticRule(bitCount: 8)
        let bench = Self.bench((20, 7), rule, seed: 6)
        bench.update(Self.update(rule), .best)
        let floats = weights(bench)
        for j in 0..<7 {
            #expect(floats[j * 32 + 20..<j * 32 + 32].allSatisfy { $0.bitPattern == 0 })
        }
    }

    /// How many weights have other bits than expected.
    private func differences(_ bench: FormBench<DenseJunction>, _ expected: [Float]) -> Int {
        zip(weights(bench), expected).count { $0.bitPattern != $1.bitPattern }
    }
}

extension Xoshiro256StarStar {
    /// The state as an array.
    var words: [UInt64] { [state.0, state.1, state.2, state.3] }
}
