// Goal: fixed-point junctions keep the promises of a form. Method: lists of edges against a dense
// junction with zeros where no edge is; stochastic increments against a naive computation; a small
// network that learns.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct FixedJunctionTests {
    static let formats = [(8, 2, 5), (10, 2, 7), (16, 4, 11)].compactMap {
        FixedFormat($0.0, $0.1, $0.2)
    }
    static let families: [SparseFamily] = [
        .random, .structured, .zeros, .clashFree(.type1, dither: true),
        .clashFree(.type2, dither: false),
    ]

    private func fill(
        _ vector: FixedVector, _ random: inout Xoshiro256StarStar, _ format: FixedFormat,
        limit: Int16
    ) {
        vector.set(
            (0..<vector.count).map { _ in
                Int16(random.index(below: 2 * Int(limit) + 1) - Int(limit))
            })
    }

    @Test(arguments: families, KernelSet.all.map(\.name))
    func edgesAreADenseJunctionWithZeros(_ family: SparseFamily, _ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs, density) in [(64, 32, 0.25), (256, 16, 0.125), (48, 40, 0.5)] {
            let pattern = try SparsePattern(
                family, inputs: inputs, outputs: outputs, density: density, seed: 5)
            for (index, format) in Self.formats.enumerated() {
                let form = try #require(FixedEdgeJunction(.sparse(pattern), format: format))
                let edges = FixedBench(form, kernels)
                let dense = FixedBench(
                    FixedDenseJunction(inputs: inputs, outputs: outputs, format: format), kernels)
                #expect(form.weightCount == pattern.edgeCount)
                #expect(form.findings(edges.memory.parameters, edges.memory.workspace).isEmpty)
                var random = Xoshiro256StarStar(seed: 7)
                let slopes = FixedVector(inputs)
                let present = isEdge(form, edges)
                for step in 0..<4 {
                    // Tame numbers first, then everything.
                    let limit = step < 2 ? Int16(1 << format.fractionBits) - 1 : format.highest
                    for vector in [edges.x, slopes, edges.delta] {
                        fill(vector, &random, format, limit: limit)
                    }
                    dense.x.set(edges.x.values)
                    dense.delta.set(edges.delta.values)
                    dense.setRows(edges.matrix())
                    dense.setBias(edges.bias)
                    edges.feedforward()
                    dense.feedforward()
                    edges.update(slopes, shift: index)
                    dense.update(slopes, shift: index)
                    #expect(edges.y.values == dense.y.values)
                    #expect(edges.e.values == dense.e.values)
                    #expect(edges.bias == dense.bias)
                    #expect(
                        edges.matrix() == zip(dense.rows, present).map { $1 ? $0 : 0 },
                        "\(family), \(format.text)")
                    #expect(edges.y.padsAreZero && edges.e.padsAreZero)
                }
                #expect(edges.saturations[0] == dense.saturations[0])
                #expect(edges.saturations[1] == dense.saturations[1])
            }
        }
    }

    /// Which cells have an edge: where weights of 1 LSB show.
    private func isEdge(
        _ form: FixedEdgeJunction, _ bench: FixedBench<FixedEdgeJunction>
    ) -> [Bool] {
        let old = bench.rows
        bench.setRows(old.map { _ in 1 })
        defer { bench.setRows(old) }
        return bench.matrix().map { $0 != 0 }
    }

    @Test func tooManyLeftNeuronsForIndices() throws {
        let pattern = try SparsePattern(
            .structured, inputs: 65_536, outputs: 2, outDegree: 1, seed: 1)
        let format = try #require(FixedFormat(10, 2, 7))
        #expect(FixedEdgeJunction(.sparse(pattern), format: format) == nil)
    }

    /// Bits of one side, as the rule says: u < |v| / S.
    private func bits(_ value: Int16, _ largest: Int, _ draws: [Float]) -> [Bool] {
        var scale = 1
        while scale < largest { scale *= 2 }
        return draws.map { Double($0) < Double(value.magnitude) / Double(scale) }
    }

    @Test(arguments: [1, 3, 8, 64])
    func stochasticIncrementsAreTheirDefinition(_ bitCount: Int) throws {
        let increment = Increment.stochastic(StochasticRule(bitCount: bitCount))
        for format in Self.formats {
            let bench = FixedBench(
                FixedDenseJunction(inputs: 37, outputs: 5, format: format), .best, seed: 3,
                .uniform(limit: 3.9, biases: true), increment)
            var random = Xoshiro256StarStar(seed: 11)
            for (shift, limit) in [(0, Int16(1) << format.fractionBits), (2, format.highest)] {
                fill(bench.x, &random, format, limit: limit)
                fill(bench.delta, &random, format, limit: limit)
                var generator = bench.generatorState.withUnsafeBytes { bytes in
                    Xoshiro256StarStar(
                        state: (
                            bytes.load(as: UInt64.self),
                            bytes.load(fromByteOffset: 8, as: UInt64.self),
                            bytes.load(fromByteOffset: 16, as: UInt64.self),
                            bytes.load(fromByteOffset: 24, as: UInt64.self)
                        ))
                }
                let u = (0..<bitCount).map { _ in generator.uniform() }
                let v = (0..<bitCount).map { _ in generator.uniform() }
                let (largestX, largestDelta) = (
                    bench.x.values.map { Int($0.magnitude) }.max() ?? 0,
                    bench.delta.values.map { Int($0.magnitude) }.max() ?? 0
                )
                var (scaleX, scaleDelta) = (1, 1)
                while scaleX < largestX { scaleX *= 2 }
                while scaleDelta < largestDelta { scaleDelta *= 2 }
                let (old, oldBias) = (bench.rows, bench.bias)
                bench.update(nil, shift: shift, increment)
                #expect(
                    bench.generatorState == [
                        generator.state.0, generator.state.1, generator.state.2,
                        generator.state.3,
                    ])
                for j in 0..<5 {
                    let d = bits(bench.delta.values[j], largestDelta, v)
                    for i in 0..<37 {
                        let x = bits(bench.x.values[i], largestX, u)
                        let count = zip(d, x).filter { $0 && $1 }.count
                        let sign = (bench.delta.values[j] < 0) == (bench.x.values[i] < 0) ? 1.0 : -1
                        let exact =
                            -sign * Double(count * scaleX) * Double(scaleDelta)
                            / Double(1 << (format.fractionBits + shift)) / Double(bitCount)
                        let step = Int32(max(-1e6, min(1e6, (exact + 0.5).rounded(.down))))
                        let held = Int32(format.saturate(step))
                        #expect(
                            bench.rows[j * 37 + i]
                                == format.saturate(Int32(old[j * 37 + i]) + held))
                    }
                    let db = format.biasIncrement(bench.delta.values[j], shift: shift)
                    #expect(bench.bias[j] == format.add(oldBias[j], db))
                }
            }
        }
    }

    @Test func stochasticEdgesAreTheDenseOnes() throws {
        let format = try #require(FixedFormat(10, 2, 7))
        let increment = Increment.stochastic(StochasticRule(bitCount: 8))
        let pattern = try SparsePattern(
            .structured, inputs: 64, outputs: 16, density: 0.25, seed: 2)
        let form = try #require(FixedEdgeJunction(.sparse(pattern), format: format))
        let edges = FixedBench(form, .best)
        let dense = FixedBench(FixedDenseJunction(inputs: 64, outputs: 16, format: format), .best)
        var random = Xoshiro256StarStar(seed: 1)
        fill(edges.x, &random, format, limit: 127)
        fill(edges.delta, &random, format, limit: 127)
        dense.x.set(edges.x.values)
        dense.delta.set(edges.delta.values)
        dense.setRows(edges.matrix())
        dense.setBias(edges.bias)
        // Both draw from the same state.
        for word in 0..<4 { dense.setGenerator(word, edges.generatorState[word]) }
        let present = isEdge(form, edges)
        edges.update(nil, shift: 1, increment)
        dense.update(nil, shift: 1, increment)
        #expect(edges.matrix() == zip(dense.rows, present).map { $1 ? $0 : 0 })
        #expect(edges.bias == dense.bias)
        #expect(edges.e.values == dense.e.values)
    }

    /// 2,000 vectors of 64 bits, classes by how many are set: 64-16-4 in (10,2,7) with fan-out 2.
    @Test func learns() throws {
        let format = try #require(FixedFormat(10, 2, 7))
        let pattern = { (inputs: Int, outputs: Int) throws in
            try #require(
                try FixedEdgeJunction(
                    .sparse(
                        SparsePattern(
                            .clashFree(.type2, dither: false), inputs: inputs, outputs: outputs,
                            outDegree: 4, seed: 3)), format: format))
        }
        let first = FixedBench(try pattern(64, 16), .best, seed: 1, .normal(deviation: 0.25))
        let second = FixedBench(try pattern(16, 4), .best, seed: 2, .normal(deviation: 0.3))
        let sigmoid = FixedSigmoidTable(format)
        let (slopes, output) = (FixedVector(16), FixedVector(4))
        var random = Xoshiro256StarStar(seed: 5)
        var right = 0
        for step in 0..<8_000 {
            let density = random.uniform()
            let x = (0..<64).map { _ in random.uniform() < density ? Int16(127) : 0 }
            let label = min(3, x.filter { $0 != 0 }.count / 16)
            first.x.set(x)
            first.feedforward()
            sigmoid.apply(first.y, second.x, slopes, .best)
            second.feedforward()
            sigmoid.apply(second.y, output, nil, .best)
            let best = (0..<4).max { output.values[$0] < output.values[$1] }
            if step >= 7_000, best == label { right += 1 }
            second.delta.set((0..<4).map { output.values[$0] - ($0 == label ? 128 : 0) })
            second.update(slopes, shift: 3)
            first.delta.set(second.e.values)
            first.update(nil, shift: 3, isFirst: true)
        }
        #expect(right > 700, "\(right) of the last 1,000")
    }
}
