// Goal: a pre-defined sparse junction means y = Wx + b, e = Wᵀδ and the update rule over the
// edges of its pattern and nothing elsewhere, in every layout, any number of times per sample,
// with the same bytes from every kernel set. Method: against loops in Double over the expanded
// matrix, against finite differences, and set against set.

import Arithmetic
import Junctions
import Kernels
import Testing

/// One junction to test.
struct EdgeCase: Sendable, CustomTestStringConvertible {
    let family: SparseFamily
    let inputs, outputs, outDegree: Int
    let parallelism: Int?

    init(_ family: SparseFamily, _ inputs: Int, _ outputs: Int, _ outDegree: Int, z: Int? = nil) {
        (self.family, self.inputs, self.outputs) = (family, inputs, outputs)
        (self.outDegree, parallelism) = (outDegree, z)
    }

    var pattern: SparsePattern {
        get throws {
            try SparsePattern(
                family, inputs: inputs, outputs: outputs, outDegree: outDegree,
                parallelism: parallelism, seed: 9)
        }
    }

    var testDescription: String {
        "\(family) \(inputs)-\(outputs), \(outDegree) of each, z \(parallelism ?? 0)"
    }

    /// Every family at shapes that reach every layout: rows that are whole vectors or not, rows
    /// across the ends of sweeps, one row, several rows per clock, several clocks per row.
    static let all: [EdgeCase] = SparseFamily.all.flatMap { family in
        [
            EdgeCase(family, 1, 1, 1), EdgeCase(family, 20, 30, 6),
            EdgeCase(family, 64, 64, 16), EdgeCase(family, 64, 48, 36),
            EdgeCase(family, 64, 128, 32, z: 4), EdgeCase(family, 96, 64, 8, z: 6),
            EdgeCase(family, 96, 64, 2, z: 6), EdgeCase(family, 96, 64, 4, z: 6),
            EdgeCase(family, 64, 16, 3, z: 4), EdgeCase(family, 80, 35, 14, z: 5),
            EdgeCase(family, 128, 152, 19, z: 8), EdgeCase(family, 512, 64, 2),
            EdgeCase(family, 272, 34, 2, z: 17),
        ]
    }

    static let rules = [
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0),
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0.01),
        UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01),
    ]
}

@Suite struct EdgeJunctionTests {
    private func bench(
        _ edgeCase: EdgeCase, seed: UInt64, momentum: Bool = false
    ) throws -> FormBench<EdgeJunction> {
        FormBench(EdgeJunction(try edgeCase.pattern), seed: seed, momentum: momentum)
    }

    @Test(arguments: EdgeCase.all)
    func theMatrixHasTheEdgesOfThePattern(_ edgeCase: EdgeCase) throws {
        let pattern = try edgeCase.pattern
        let bench = try bench(edgeCase, seed: 1)
        let matrix = bench.matrix(.feedforward)
        let (table, starts) = edges(of: pattern)
        var expected = matrix.map { $0.map { _ in false } }
        for row in 0..<pattern.outputs {
            for edge in starts[row]..<starts[row + 1] {
                expected[row][Int(table[Int(edge)])] = true
            }
        }
        #expect(matrix.map { $0.map { $0 != 0 } } == expected)
        #expect(bench.form.weightCount == pattern.edgeCount)
        #expect(bench.form.fields[0].elementCount == pattern.edgeCount)
        #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace).isEmpty)
        // Weights were drawn in the order of the edges, then biases.
        var generator = Xoshiro256StarStar(seed: 1)
        let distribution = WeightDistribution.uniform(limit: 1, biases: true)
        for row in 0..<pattern.outputs {
            for edge in starts[row]..<starts[row + 1] {
                let weight = Double(distribution.weight(&generator))
                #expect(matrix[row][Int(table[Int(edge)])] == weight)
            }
        }
        #expect(
            bench.bias
                == (0..<pattern.outputs).map { _ in
                    Double(distribution.bias(&generator))
                })
    }

    @Test(arguments: EdgeCase.all)
    func feedforwardIsTheProduct(_ edgeCase: EdgeCase) throws {
        let bench = try bench(edgeCase, seed: 2)
        let weights = bench.matrix(.feedforward)
        bench.feedforward(.best)
        for row in 0..<edgeCase.outputs {
            let expected = (0..<edgeCase.inputs).reduce(bench.bias[row]) {
                $0 + weights[row][$1] * Double(bench.x[$1])
            }
            #expect(abs(Double(bench.y[row]) - expected) < 1e-4)
        }
        for pad in edgeCase.outputs..<DenseJunction.paddedCount(edgeCase.outputs) {
            #expect(bench.y[pad] == 0)
        }
    }

    @Test(arguments: EdgeCase.all, EdgeCase.rules)
    func backpropAndUpdateAreTheirDefinitions(_ edgeCase: EdgeCase, _ rule: UpdateRule) throws {
        let bench = try bench(edgeCase, seed: 3, momentum: rule.momentum > 0)
        let (inputs, outputs) = (edgeCase.inputs, edgeCase.outputs)
        let rate = Double(rule.learningRate)
        var weights = bench.matrix(.backprop)
        let isEdge = weights.map { $0.map { $0 != 0 } }
        var velocity = weights.map { $0.map { _ in 0.0 } }
        var biases = bench.bias
        var biasVelocity = biases.map { _ in 0.0 }
        bench.delta[0] = 0
        for _ in 0..<3 {
            bench.update(rule, .best)
            for column in 0..<inputs {
                let expected = (0..<outputs).reduce(0.0) {
                    $0 + weights[$1][column] * Double(bench.delta[$1])
                }
                #expect(abs(Double(bench.e[column]) - expected) < 1e-4)
            }
            for pad in inputs..<DenseJunction.paddedCount(inputs) { #expect(bench.e[pad] == 0) }
            for row in 0..<outputs {
                let delta = Double(bench.delta[row])
                for column in 0..<inputs where isEdge[row][column] {
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
                #expect(abs(learned[row][column] - weights[row][column]) < 1e-4)
            }
        }
        paddingIsZero(bench)
    }

    private func paddingIsZero(_ bench: FormBench<EdgeJunction>) {
        for (index, field) in bench.form.fields.enumerated() {
            let start = bench.memory.parameters + bench.form.fields.offset(index)
            let values = start.assumingMemoryBound(to: UInt32.self)
            let width = field.shape.last ?? 1
            for entry in 0..<(field.elementCount / width * field.rowStride)
            where entry % field.rowStride >= width {
                #expect(values[entry] == 0)
            }
        }
    }

    @Test(arguments: EdgeCase.all, EdgeCase.rules)
    func everyKernelSetGivesTheSameBytes(_ edgeCase: EdgeCase, _ rule: UpdateRule) throws {
        let run = { (kernels: KernelSet, isFirst: Bool) throws -> [[UInt8]] in
            let bench = try bench(edgeCase, seed: 4, momentum: rule.momentum > 0)
            bench.delta[1 % edgeCase.outputs] = 0
            for _ in 0..<2 {
                bench.feedforward(kernels)
                bench.update(rule, kernels, isFirst: isFirst)
            }
            let bytes = { (floats: UnsafeMutablePointer<Float>, count: Int) in
                Array(UnsafeRawBufferPointer(start: floats, count: 4 * count))
            }
            return [
                bytes(bench.y, edgeCase.outputs), bytes(bench.e, edgeCase.inputs),
                bench.parameterBytes,
            ]
        }
        let expected = try run(.plain, false)
        let first = try run(.plain, true)
        #expect(first[2] == expected[2])
        for kernels in KernelSet.all {
            #expect(try run(kernels, false) == expected, "\(kernels.name)")
            #expect(try run(kernels, true) == first, "\(kernels.name)")
        }
    }

    /// The derivative of L = Σⱼ cⱼ·yⱼ by every weight is cⱼ·xᵢ, and by every input eᵢ.
    @Test(arguments: EdgeCase.all)
    func finiteDifferencesAgree(_ edgeCase: EdgeCase) throws {
        let bench = try bench(edgeCase, seed: 5)
        let loss = { () -> Double in
            bench.feedforward(.best)
            return (0..<edgeCase.outputs).reduce(0.0) {
                $0 + Double(bench.y[$1]) * Double(bench.delta[$1])
            }
        }
        let step: Float = 0.25
        var slopes: [Double] = []
        for column in 0..<edgeCase.inputs {
            let old = bench.x[column]
            bench.x[column] = old + step
            let above = loss()
            bench.x[column] = old - step
            slopes.append((above - loss()) / Double(2 * step))
            bench.x[column] = old
        }
        let before = bench.matrix(.feedforward)
        let rule = UpdateRule(learningRate: 0.5, momentum: 0, weightDecay: 0)
        bench.update(rule, .best)
        for column in 0..<edgeCase.inputs {
            #expect(abs(slopes[column] - Double(bench.e[column])) < 1e-3)
        }
        // What was subtracted from a weight is η times the derivative of the loss by it.
        let after = bench.matrix(.feedforward)
        for row in 0..<edgeCase.outputs {
            for column in 0..<edgeCase.inputs where before[row][column] != 0 {
                let slope = (before[row][column] - after[row][column]) / 0.5
                let expected = Double(bench.delta[row]) * Double(bench.x[column])
                #expect(abs(slope - expected) < 1e-4)
            }
        }
    }

    @Test func aPredictorNeedsOnlyItsOwnTables() throws {
        for edgeCase in EdgeCase.all {
            let bench = try bench(edgeCase, seed: 6)
            let form = bench.form
            let bytes = form.feedforwardBytes
            #expect(bytes % 64 == 0 && form.updateBytes(.exact) % 64 == 0)
            let own = UnsafeMutableRawPointer.allocate(
                byteCount: max(bytes, 64) + 64, alignment: 64)
            defer { own.deallocate() }
            own.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            (own + bytes).initializeMemory(as: UInt8.self, repeating: 0xA5, count: 64)
            form.prepare(own, forUpdates: false)
            bench.feedforward(.best)
            let expected = (0..<form.outputs).map { bench.y[$0] }
            form.feedforward(
                bench.memory.parameters, own, x: bench.x, y: bench.y, kernels: .best)
            #expect((0..<form.outputs).map { bench.y[$0] } == expected)
            let guardBytes = UnsafeRawBufferPointer(start: own + bytes, count: 64)
            #expect(guardBytes.allSatisfy { $0 == 0xA5 })
        }
    }

    @Test func tablesAreNoLargerThanTheyMustBe() throws {
        let bytes = { (family: SparseFamily, z: Int?) throws -> [Int] in
            let pattern = try SparsePattern(
                family, inputs: 1024, outputs: 1024, outDegree: 64, parallelism: z, seed: 1)
            let form = EdgeJunction(pattern)
            #expect(form.fields[0].byteCount == 4 * 65536)
            return [form.feedforwardBytes, form.updateBytes(.exact)]
        }
        let neurons = 4 * 1024
        #expect(try bytes(.structured, nil) == [4 * 65536, 2 * neurons])
        #expect(try bytes(.clashFree(.type1, dither: false), 128) == [4 * 65536, 2 * neurons])
        // Turned activations and errors have a page more, in which they keep off the weights.
        let turned = [2 * neurons + 4096, neurons + 4096]
        #expect(try bytes(.zeros, nil) == turned)
        #expect(try bytes(.clashFree(.type3, dither: true), 128) == turned)
        // The chosen parallelism is 64: memories of sixteen rows, one column per lane and sweep.
        let columns = [turned[0] + 4 * 4096 + 65536, turned[1] + 65536]
        #expect(try bytes(.clashFree(.type2, dither: true), nil) == columns)
    }

    @Test func findingsNameWhatIsWrong() throws {
        let bench = try bench(
            EdgeCase(.clashFree(.type1, dither: false), 64, 32, 4, z: 8), seed: 7)
        let memory = bench.memory
        memory.parameters.storeBytes(of: .nan, toByteOffset: 8, as: Float.self)
        let table = memory.workspace.assumingMemoryBound(to: UInt32.self)
        table[0] = table[1]
        let findings = bench.form.findings(memory.parameters, memory.workspace)
        #expect(findings.contains("pattern: 1 clocks clash"))
        #expect(findings.contains("weights: 1 numbers are not finite"))
        #expect(findings.count == 4)
    }
}
