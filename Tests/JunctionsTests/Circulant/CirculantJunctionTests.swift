// Goal: a block-circulant junction is a dense junction whose matrix is made of circulants, for
// every block size and ragged edges; its gradient is the true one; learning the spectra is
// learning the defining vectors. Method: against loops in Double over the expanded matrix, and
// finite differences.

import Arithmetic
import Junctions
import Kernels
import Testing

/// A junction of a legal structure.
func circulantJunction(_ inputs: Int, _ outputs: Int, _ k: Int) throws -> CirculantJunction {
    CirculantJunction(
        try CirculantStructure(inputs: inputs, outputs: outputs, blockSize: k))
}

@Suite struct CirculantJunctionTests {
    private typealias Bench = FormBench<CirculantJunction>

    static let sizes = [2, 4, 8, 16, 32, 64, 128, 256]
    static let rules = [
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0),
        UpdateRule(learningRate: 0.1, momentum: 0, weightDecay: 0.01),
        UpdateRule(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01),
    ]

    /// One block that is not full; whole blocks; ragged on both sides; more than sixteen blocks.
    static func shapes(_ k: Int) -> [(Int, Int)] {
        [
            (1, 1), (2 * k, k), (k + k / 2 + 1, 2 * k - 1),
            k <= 16 ? (19 * k - 3, 17 * k + 1) : (k, k),
        ]
    }

    private func bench(
        _ shape: (Int, Int), _ k: Int, seed: UInt64, momentum: Bool = false
    ) throws -> Bench {
        Bench(try circulantJunction(shape.0, shape.1, k), seed: seed, momentum: momentum)
    }

    @Test(arguments: sizes)
    func theMatrixConsistsOfCirculants(k: Int) throws {
        for shape in Self.shapes(k) {
            let bench = try bench(shape, k, seed: 1)
            let matrix = bench.matrix(.feedforward)
            for row in 1..<max(shape.1, 2) where row < shape.1 && row % k != 0 {
                for column in 1..<max(shape.0, 2) where column < shape.0 && column % k != 0 {
                    #expect(matrix[row][column] == matrix[row - 1][column - 1])
                }
            }
            #expect(matrix == bench.matrix(.backprop))
            // Drawn in the time domain: k numbers in ±1 per block, whatever k.
            #expect(matrix.joined().allSatisfy { abs($0) < 1.0001 })
        }
    }

    @Test(arguments: sizes, KernelSet.all.map(\.name))
    func feedforwardIsTheProduct(k: Int, name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name })
        for shape in Self.shapes(k) {
            let bench = try bench(shape, k, seed: 1)
            bench.feedforward(kernels)
            let weights = bench.matrix(.feedforward)
            for row in 0..<shape.1 {
                let expected = (0..<shape.0).reduce(bench.bias[row]) {
                    $0 + weights[row][$1] * Double(bench.x[$1])
                }
                #expect(abs(Double(bench.y[row]) - expected) < 2e-5 * Double(max(shape.0, 8)))
            }
            let padded = DenseJunction.paddedCount(shape.1)
            #expect((shape.1..<padded).allSatisfy { bench.y[$0] == 0 })
        }
    }

    /// The sum along each wrapped diagonal of the blocks of a dense gradient.
    private func projected(_ gradient: [[Double]], _ k: Int) -> [[Double]] {
        var sums: [[Int]: Double] = [:]
        let key = { (row: Int, column: Int) in
            [row / k, column / k, (row % k - column % k + k) % k]
        }
        for (row, values) in gradient.enumerated() {
            for (column, value) in values.enumerated() {
                sums[key(row, column), default: 0] += value
            }
        }
        return gradient.enumerated().map { row, values in
            values.indices.map { sums[key(row, $0)] ?? 0 }
        }
    }

    @Test(arguments: sizes, rules)
    func backpropAndUpdateAreTheirDefinitions(k: Int, rule: UpdateRule) throws {
        for shape in Self.shapes(k) where shape.0 * shape.1 <= 1 << 17 {
            let bench = try bench(shape, k, seed: 2, momentum: rule.momentum > 0)
            let (inputs, outputs) = shape
            let rate = Double(rule.learningRate)
            var weights = bench.matrix(.backprop)
            var velocity = weights.map { $0.map { _ in 0.0 } }
            var (biases, biasVelocity) = (bench.bias, bench.bias.map { _ in 0.0 })
            // Used three times, as a convolution uses its junction at several places of a sample;
            // FF in between, which must not disturb anything.
            for _ in 0..<3 {
                bench.feedforward(.best)
                bench.update(rule, .best)
                for column in 0..<inputs {
                    let expected = (0..<outputs).reduce(0.0) {
                        $0 + weights[$1][column] * Double(bench.delta[$1])
                    }
                    let error = abs(Double(bench.e[column]) - expected)
                    #expect(error < 4e-5 * Double(max(outputs, 8)))
                }
                let gradient = projected(
                    (0..<outputs).map { row in
                        (0..<inputs).map { Double(bench.delta[row]) * Double(bench.x[$0]) }
                    }, k)
                for row in 0..<outputs {
                    for column in 0..<inputs {
                        let decay = Double(rule.weightDecay) * weights[row][column]
                        velocity[row][column] =
                            Double(rule.momentum) * velocity[row][column]
                            + gradient[row][column] + decay
                        weights[row][column] -= rate * velocity[row][column]
                    }
                    biasVelocity[row] =
                        Double(rule.momentum) * biasVelocity[row] + Double(bench.delta[row])
                    biases[row] -= rate * biasVelocity[row]
                }
            }
            let learned = bench.matrix(.feedforward)
            for row in 0..<outputs {
                #expect(abs(bench.bias[row] - biases[row]) < 1e-5)
                for column in 0..<inputs {
                    let error = abs(learned[row][column] - weights[row][column])
                    #expect(error < 1e-5 + 1e-5 * abs(weights[row][column]))
                }
            }
            #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace).isEmpty)
        }
    }

    /// A predictor has read-only parameters and a workspace for FF only.
    @Test(arguments: [2, 8, 64])
    func predictionsNeedOnlyTheSmallWorkspace(k: Int) throws {
        let bench = try bench((3 * k + 1, 18 * k - 1), k, seed: 6)
        bench.feedforward(.best)
        let outputs = bench.form.structure.outputs
        let expected = (0..<outputs).map { bench.y[$0] }
        let before = bench.parameterBytes
        let bytes = bench.form.feedforwardBytes
        let workspace = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
        defer { workspace.deallocate() }
        workspace.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        (workspace + bytes).initializeMemory(as: UInt8.self, repeating: 0xA5, count: 64)
        bench.form.prepare(workspace, forUpdates: false)
        bench.form.feedforward(
            bench.memory.parameters, workspace, x: bench.x, y: bench.y, kernels: .best)
        #expect((0..<outputs).map { bench.y[$0] } == expected)
        #expect(bench.parameterBytes == before)
        #expect(
            (0..<64).allSatisfy {
                workspace.load(fromByteOffset: bytes + $0, as: UInt8.self) == 0xA5
            })
    }

    @Test func theFirstJunctionHasNobodyToItsLeft() throws {
        let with = try bench((20, 37), 8, seed: 3)
        let without = try bench((20, 37), 8, seed: 3)
        with.update(Self.rules[1], .best)
        without.update(Self.rules[1], .best, isFirst: true)
        #expect(with.parameterBytes == without.parameterBytes)
        #expect((0..<20).allSatisfy { without.e[$0] == 0 })
    }

    @Test(arguments: sizes)
    func storageIsTheFormula(k: Int) throws {
        for (inputs, outputs) in [(1024, 1024), (784, 128), (5, 1000), (257, 255)] {
            let form = try circulantJunction(inputs, outputs, k)
            let expected = ((outputs + k - 1) / k) * ((inputs + k - 1) / k) * k
            #expect(form.weightCount == expected)
            #expect(form.fields[0].elementCount == expected)
            #expect(form.fields[0].rowStride < form.fields[0].shape[2] + 16)
            #expect(form.fanIn == inputs && form.fanOut == outputs)
            #expect(form.feedforwardBytes % 64 == 0 && form.updateBytes(.exact) % 64 == 0)
        }
    }

    @Test(arguments: [-8, 0, 1, 3, 12, 257, 512])
    func otherSizesAreRefused(k: Int) throws {
        #expect {
            try CirculantStructure(inputs: 4, outputs: 4, blockSize: k)
        } throws: { error in
            guard let error = error as? StructureError else { return false }
            return error.property == "block" && error.found == "\(k)"
                && error.expected.hasPrefix("a power of two from 2 to 256: ")
        }
    }

    @Test func wrongSpectraAreFound() throws {
        let bench = try bench((20, 20), 4, seed: 4)
        let weights = bench.memory.parameters.assumingMemoryBound(to: Float.self)
        weights[3] = .nan
        weights[15] = 1
        let findings = bench.form.findings(bench.memory.parameters, bench.memory.workspace)
        #expect(
            findings == [
                "weights: 1 numbers are not finite",
                "weights: 1 numbers of the padding are not zero",
            ])
    }
}
