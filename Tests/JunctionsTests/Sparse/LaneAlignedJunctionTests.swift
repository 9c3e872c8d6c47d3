// Goal: the lane-aligned junction means y = Wx + b, e = Wᵀδ and W ← W − η(δxᵀ + λW) on its edges
// and nothing elsewhere, any number of times per sample. Method: against loops in Double over the
// expanded matrix; finite differences; all kernel sets byte for byte.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct LaneAlignedJunctionTests {
    /// (inputs, outputs, density): whole and ragged, rows left out, once, and several times.
    static let shapes: [(Int, Int, Double)] = [
        (1, 1, 1), (16, 16, 1.0 / 16), (64, 64, 1.0 / 64), (64, 80, 1.0 / 16), (48, 96, 0.5),
        (40, 33, 0.25), (70, 20, 0.375), (128, 10, 0.125), (33, 47, 1),
    ]

    private func form(_ shape: (Int, Int, Double)) throws -> LaneAlignedJunction {
        LaneAlignedJunction(
            try LaneAlignedPattern(
                inputs: shape.0, outputs: shape.1, density: shape.2, seed: 21))
    }

    /// Left neurons of each right neuron, from the list of edges.
    private func edges(_ pattern: LaneAlignedPattern) -> [Set<Int>] {
        var left = [UInt32](repeating: 0, count: pattern.outputs * pattern.inDegree)
        left.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { pattern.fill(base) }
        }
        return (0..<pattern.outputs).map { j in
            let own = left[j * pattern.inDegree..<(j + 1) * pattern.inDegree]
            return Set(own.map { Int($0) }.filter { $0 < pattern.inputs })
        }
    }

    @Test(arguments: shapes, KernelSet.all.map(\.name))
    func feedforwardIsTheProduct(_ shape: (Int, Int, Double), _ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        let bench = FormBench(try form(shape), seed: 1)
        bench.feedforward(kernels)
        let weights = bench.matrix(.feedforward)
        let edges = edges(bench.form.pattern)
        for row in 0..<shape.1 {
            let expected = (0..<shape.0).reduce(bench.bias[row]) {
                $0 + weights[row][$1] * Double(bench.x[$1])
            }
            #expect(abs(Double(bench.y[row]) - expected) < 1e-5 * Double(shape.0))
            // Exactly the edges of the pattern have weights.
            #expect(Set((0..<shape.0).filter { weights[row][$0] != 0 }) == edges[row])
        }
        for row in shape.1..<DenseJunction.paddedCount(shape.1) { #expect(bench.y[row] == 0) }
        #expect(bench.form.weightCount == edges.reduce(0) { $0 + $1.count })
        #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace) == [])
    }

    @Test(
        arguments: shapes,
        [
            UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0),
            UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0.01),
            UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01),
        ])
    func backpropAndUpdateAreTheirDefinitions(
        _ shape: (Int, Int, Double), _ rule: UpdateRule
    ) throws {
        let (inputs, outputs, _) = shape
        let bench = FormBench(try form(shape), seed: 2, momentum: rule.momentum > 0)
        let edges = edges(bench.form.pattern)
        let rate = Double(rule.learningRate)
        var weights = bench.matrix(.backprop)
        var velocity = weights.map { $0.map { _ in 0.0 } }
        var biases = bench.bias
        var biasVelocity = biases.map { _ in 0.0 }
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
                for column in edges[row] {
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
        }
        let padding = DenseJunction.paddedCount(inputs)
        #expect((inputs..<padding).allSatisfy { bench.e[$0].bitPattern == 0 })
        #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace) == [])
    }

    /// The increment of a weight is the slope of L = Σ y²/2, and e is L's slope in x.
    @Test(arguments: shapes)
    func errorsAndIncrementsAreSlopes(_ shape: (Int, Int, Double)) throws {
        let bench = FormBench(try form(shape), seed: 7)
        func loss() -> Double {
            bench.feedforward(.plain)
            return (0..<shape.1).reduce(0.0) {
                $0 + Double(bench.y[$1]) * Double(bench.y[$1]) / 2
            }
        }
        func slope(_ value: UnsafeMutablePointer<Float>) -> Double {
            let (old, step) = (value.pointee, Float(0x1p-7))
            defer { value.pointee = old }
            value.pointee = old + step
            let above = loss()
            value.pointee = old - step
            return (above - loss()) / Double(2 * step)
        }
        let weights = bench.memory.parameters.assumingMemoryBound(to: Float.self)
        let count = bench.form.pattern.blockCount * 16
        let real = (0..<count).filter { weights[$0] != 0 }
        let picked = stride(from: 0, to: real.count, by: max(1, real.count / 12)).map { real[$0] }
        let slopes = picked.map { slope(weights + $0) }
        let errors = (0..<min(shape.0, 12)).map { slope(bench.x + $0) }
        let old = picked.map { Double(weights[$0]) }
        _ = loss()
        for row in 0..<shape.1 { bench.delta[row] = bench.y[row] }
        bench.update(UpdateRule(learningRate: 0.125, momentum: 0, weightDecay: 0), .best)
        for (index, place) in picked.enumerated() {
            let increment = (old[index] - Double(weights[place])) / 0.125
            #expect(abs(increment - slopes[index]) < 2e-3 * (1 + abs(increment)))
        }
        for (column, expected) in errors.enumerated() {
            let found = Double(bench.e[column])
            #expect(abs(found - expected) < 2e-3 * (1 + abs(found)))
        }
    }

    @Test(arguments: shapes, [Float(0), 0.9])
    func everySetGivesTheSameBytes(_ shape: (Int, Int, Double), _ momentum: Float) throws {
        let rule = UpdateRule(learningRate: 0.1, momentum: momentum, weightDecay: 0.001)
        let run = { (set: KernelSet) throws -> [UInt8] in
            let bench = FormBench(try form(shape), seed: 3, momentum: momentum > 0)
            for _ in 0..<3 {
                bench.feedforward(set)
                for row in 0..<shape.1 { bench.delta[row] = bench.y[row] / 8 }
                bench.update(rule, set)
                for column in 0..<shape.0 { bench.x[column] -= bench.e[column] / 8 }
            }
            return bench.parameterBytes
        }
        let expected = try run(.plain)
        for set in KernelSet.all { #expect(try run(set) == expected, "\(set.name)") }
    }

    @Test func theFirstJunctionHasNobodyToItsLeft() throws {
        let shape = (70, 40, 0.25)
        let (with, without) = (
            FormBench(try form(shape), seed: 4), FormBench(try form(shape), seed: 4)
        )
        let rule = UpdateRule(learningRate: 0.05, momentum: 0, weightDecay: 0)
        with.update(rule, .best)
        without.update(rule, .best, isFirst: true)
        #expect(with.parameterBytes == without.parameterBytes)
        #expect((0..<70).allSatisfy { without.e[$0] == 0 })
    }

    /// A predictor reads another's parameters with a workspace of its own, for FF only.
    @Test func aPredictorNeedsOnlyItsOwnTables() throws {
        let form = try form((64, 80, 1.0 / 16))
        let bench = FormBench(form, seed: 5)
        bench.feedforward(.best)
        let own = UnsafeMutableRawPointer.allocate(
            byteCount: form.feedforwardBytes, alignment: 64)
        let y = UnsafeMutablePointer<Float>.allocate(capacity: 80)
        defer {
            own.deallocate()
            y.deallocate()
        }
        form.prepare(own, forUpdates: false)
        form.feedforward(bench.memory.parameters, own, x: bench.x, y: y, kernels: .best)
        #expect((0..<80).allSatisfy { y[$0].bitPattern == bench.y[$0].bitPattern })
    }

    /// Storage is a value per edge, and a seed; words of blocks are made again from the seed.
    @Test func storageIsByFormula() throws {
        let whole = try form((1024, 512, 1.0 / 32))
        #expect(whole.weightCount == 1024 * 512 / 32)
        #expect(whole.fields[0].byteCount == 4 * whole.weightCount)
        #expect(whole.fields.map(\.name) == ["weights", "bias"])
        #expect(whole.feedforwardBytes == 4 * whole.weightCount / 16)
        #expect(whole.updateBytes(.exact) == 0)
        #expect((whole.fanIn, whole.fanOut) == (32, 16))
        let ragged = try form((40, 33, 0.25))
        #expect(ragged.fields[0].byteCount == 4 * 48 * 12)
        #expect(ragged.weightCount < 48 * 12)
    }

    @Test func wrongParametersAreNamed() throws {
        let bench = FormBench(try form((20, 20, 0.5)), seed: 6)
        let memory = bench.memory
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let count = bench.form.pattern.blockCount * 16
        let real = try #require((0..<count).first { weights[$0] != 0 })
        let padding = try #require((0..<count).first { weights[$0] == 0 })
        weights[real] = .nan
        weights[padding] = 1
        memory.workspace.assumingMemoryBound(to: UInt32.self)[0] ^= 16
        let findings = bench.form.findings(memory.parameters, memory.workspace)
        #expect(findings.contains("pattern: 1 blocks do not read sixteen banks of their row"))
        #expect(findings.contains("weights: 1 numbers are not finite"))
        #expect(findings.contains { $0.hasSuffix("of padding neurons are not zero") })
    }
}
