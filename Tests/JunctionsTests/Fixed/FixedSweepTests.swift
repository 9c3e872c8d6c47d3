// Goal: a junction whose weights lie sweep by sweep is the same junction as with lists of edges.
// Method: both forms of one pattern from one seed, for every kernel set, format and size of
// numbers: equal edge by edge, and equal counters.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct FixedSweepTests {
    struct Shape: Sendable {
        let inputs, outputs, outDegree, parallelism: Int
        let family: SparseFamily
    }

    /// Rows of the memories 8, 2, 4, 4, 1, 2, 8, 8, 4, 2, 2; 1, 2 or 4 neurons per clock, 1, 2 or
    /// 4 clocks per neuron; sweeps in fours and a rest; more than 64 groups.
    static let shapes = [
        Shape(
            inputs: 1024, outputs: 64, outDegree: 4, parallelism: 128,
            family: .clashFree(.type2, dither: false)),
        Shape(
            inputs: 64, outputs: 32, outDegree: 16, parallelism: 32,
            family: .clashFree(.type2, dither: false)),
        Shape(
            inputs: 256, outputs: 32, outDegree: 8, parallelism: 64,
            family: .clashFree(.type2, dither: true)),
        Shape(
            inputs: 128, outputs: 32, outDegree: 8, parallelism: 32,
            family: .clashFree(.type3, dither: false)),
        Shape(inputs: 64, outputs: 16, outDegree: 8, parallelism: 64, family: .zeros),
        Shape(
            inputs: 64, outputs: 8, outDegree: 8, parallelism: 32,
            family: .clashFree(.type2, dither: true)),
        Shape(
            inputs: 256, outputs: 24, outDegree: 3, parallelism: 32,
            family: .clashFree(.type3, dither: true)),
        Shape(inputs: 512, outputs: 10, outDegree: 5, parallelism: 64, family: .zeros),
        Shape(
            inputs: 512, outputs: 80, outDegree: 5, parallelism: 128,
            family: .clashFree(.type2, dither: false)),
        Shape(
            inputs: 192, outputs: 16, outDegree: 8, parallelism: 96,
            family: .clashFree(.type2, dither: false)),
        Shape(
            inputs: 64, outputs: 160, outDegree: 80, parallelism: 32,
            family: .clashFree(.type2, dither: false)),
    ]
    static let formats = [
        (8, 2, 5), (10, 2, 7), (12, 3, 8), (16, 4, 11), (4, 0, 3), (16, 0, 15), (16, 12, 3),
    ].compactMap { FixedFormat($0.0, $0.1, $0.2) }

    private func pair(
        _ shape: Shape, _ format: FixedFormat, _ kernels: KernelSet,
        _ distribution: WeightDistribution
    ) throws -> (sweeps: FixedBench<FixedEdgeJunction>, lists: FixedBench<FixedEdgeJunction>) {
        let pattern = EdgeList.sparse(
            try SparsePattern(
                shape.family, inputs: shape.inputs, outputs: shape.outputs,
                outDegree: shape.outDegree, parallelism: shape.parallelism, seed: 5))
        let forms = try [false, true].map {
            try #require(FixedEdgeJunction(pattern, format: format, asLists: $0))
        }
        #expect(forms[0].liesInSweeps && !forms[1].liesInSweeps)
        return (
            FixedBench(forms[0], kernels, seed: 3, distribution),
            FixedBench(forms[1], .plain, seed: 3, distribution)
        )
    }

    /// How large numbers are: below 1, over the format, its ends and zeros.
    private func fill(
        _ vectors: [(FixedVector, FixedVector)], _ format: FixedFormat, _ size: Int,
        _ random: inout Xoshiro256StarStar
    ) {
        let one = 1 << format.fractionBits
        let ends = [format.lowest, format.highest, 0, 1, -1]
        for (first, second) in vectors {
            let limit = size < 2 ? one - 1 : Int(format.highest)
            let values = (0..<first.count).map { _ -> Int16 in
                if size == 3 { return ends[random.index(below: ends.count)] }
                // Errors are rare, as they are in learning.
                if random.index(below: 3) > 0 { return 0 }
                return Int16(random.index(below: 2 * limit + 1) - limit)
            }
            first.set(values)
            second.set(values)
        }
    }

    @Test(arguments: shapes.indices, KernelSet.all.map(\.name))
    func isTheJunctionWithLists(_ index: Int, _ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        let shape = Self.shapes[index]
        var random = Xoshiro256StarStar(seed: 7)
        for format in Self.formats {
            for size in 0..<4 {
                let limit: Float = size == 0 ? 0.4 : 1.5 * Float(1 << format.integerBits)
                let (sweeps, lists) = try pair(
                    shape, format, kernels, .uniform(limit: limit, biases: true))
                let label = "\(shape), \(format.text), \(size)"
                #expect(sweeps.matrix() == lists.matrix(), "\(label)")
                #expect(sweeps.bias == lists.bias)
                let form = sweeps.form
                #expect(
                    form.findings(sweeps.memory.parameters, sweeps.memory.workspace).isEmpty)
                let (slopes, other) = (FixedVector(shape.inputs), FixedVector(shape.inputs))
                for step in 0..<4 {
                    fill(
                        [(sweeps.x, lists.x), (sweeps.delta, lists.delta), (slopes, other)],
                        format, size, &random)
                    sweeps.feedforward()
                    lists.feedforward()
                    let hasSlopes = step != 1
                    sweeps.update(hasSlopes ? slopes : nil, shift: step, isFirst: step == 3)
                    lists.update(hasSlopes ? other : nil, shift: step, isFirst: step == 3)
                    #expect(sweeps.y.values == lists.y.values, "\(label)")
                    #expect(sweeps.e.values == lists.e.values, "\(label)")
                    #expect(sweeps.bias == lists.bias, "\(label)")
                    #expect(sweeps.matrix() == lists.matrix(), "\(label)")
                    #expect(sweeps.saturations == lists.saturations, "\(label)")
                    #expect(sweeps.y.padsAreZero && sweeps.e.padsAreZero)
                }
            }
        }
    }

    /// The network of the hardware learns the same, edge by edge, as it did with lists.
    @Test func learningIsThatOfLists() throws {
        let format = try #require(FixedFormat(10, 2, 7))
        let first = try pair(Self.shapes[0], format, .best, .normal(deviation: 0.17))
        let second = try pair(Self.shapes[1], format, .best, .normal(deviation: 0.2))
        let sigmoid = FixedSigmoidTable(format)
        var random = Xoshiro256StarStar(seed: 2)
        let samples = (0..<10).map { _ in
            (0..<1024).map { _ in Int16(max(0, random.index(below: 600) - 472)) }
        }
        for step in 0..<400 {
            let label = random.index(below: 10)
            for (first, second) in [(first.sweeps, second.sweeps), (first.lists, second.lists)] {
                first.x.set(samples[label])
                first.feedforward()
                let (slopes, output) = (FixedVector(64), FixedVector(32))
                sigmoid.apply(first.y, second.x, slopes, first.kernels)
                second.feedforward()
                sigmoid.apply(second.y, output, nil, first.kernels)
                second.delta.set(
                    (0..<32).map { output.values[$0] - ($0 == label ? 127 : 0) })
                second.update(slopes, shift: 3)
                first.delta.set(second.e.values)
                first.update(nil, shift: 3, isFirst: true)
            }
            guard step % 100 == 99 else { continue }
            #expect(first.sweeps.matrix() == first.lists.matrix(), "step \(step)")
            #expect(second.sweeps.matrix() == second.lists.matrix(), "step \(step)")
            #expect(first.sweeps.bias == first.lists.bias)
            #expect(second.sweeps.saturations == second.lists.saturations)
        }
        let fresh = try pair(Self.shapes[0], format, .best, .normal(deviation: 0.17))
        #expect(fresh.sweeps.matrix() != first.sweeps.matrix(), "it has learned")
    }

    @Test func stochasticIncrementsAreThoseOfLists() throws {
        let increment = Increment.stochastic(StochasticRule(bitCount: 8))
        let format = try #require(FixedFormat(10, 2, 7))
        for shape in Self.shapes {
            let (sweeps, lists) = try pair(
                shape, format, .best, .uniform(limit: 3.9, biases: true))
            var random = Xoshiro256StarStar(seed: 1)
            fill([(sweeps.x, lists.x), (sweeps.delta, lists.delta)], format, 1, &random)
            sweeps.update(nil, shift: 1, increment)
            lists.update(nil, shift: 1, increment)
            #expect(sweeps.matrix() == lists.matrix(), "\(shape)")
            #expect(sweeps.bias == lists.bias)
            #expect(sweeps.saturations == lists.saturations)
            #expect(sweeps.generatorState == lists.generatorState)
        }
    }

    /// What has no form for sweeps is listed.
    @Test func otherPatternsAreListed() throws {
        let format = try #require(FixedFormat(10, 2, 7))
        let other = [
            // A random order, 16 rows, too few columns, dither with two neurons per clock.
            (64, 32, 16, 32, SparseFamily.clashFree(.type1, dither: false)),
            (1024, 64, 4, 64, .clashFree(.type2, dither: false)),
            (64, 32, 16, 16, .clashFree(.type2, dither: false)),
            (1024, 64, 4, 128, .clashFree(.type2, dither: true)),
            (64, 32, 16, 32, .structured),
        ]
        for (inputs, outputs, outDegree, parallelism, family) in other {
            let pattern = try SparsePattern(
                family, inputs: inputs, outputs: outputs, outDegree: outDegree,
                parallelism: parallelism, seed: 1)
            let form = try #require(FixedEdgeJunction(.sparse(pattern), format: format))
            #expect(!form.liesInSweeps, "\(family)")
        }
    }
}
