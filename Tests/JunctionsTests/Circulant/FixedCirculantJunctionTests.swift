// Goal: the 16-bit circulant junction computes what the float one does, within its rounding, and
// learns as well; it counts what it saturates and refuses formats that its transforms cannot have.
// Method: both junctions from one seed, side by side.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct FixedCirculantJunctionTests {
    static let sizes = [2, 4, 8, 16, 32, 64]

    /// A bench with activations in 0 … 1 and errors around zero.
    private func bench(_ inputs: Int, _ outputs: Int, _ k: Int) throws -> FixedCirculantBench {
        let bench = try FixedCirculantBench(inputs, outputs, k, seed: 3, limit: 0.1)
        var random = Xoshiro256StarStar(seed: 4)
        for i in 0..<inputs { bench.x[i] = circulantFixed(random.uniform()) }
        for i in 0..<outputs { bench.delta[i] = circulantFixed(random.uniform(-0.5, 0.5)) }
        return bench
    }

    @Test(arguments: sizes)
    func feedforwardAndBackpropAreNearFloats(k: Int) throws {
        let (inputs, outputs) = (3 * k + 5, 2 * k + 1)
        let bench = try bench(inputs, outputs, k)
        let matrix = bench.matrix
        let bias = (bench.memory.parameters + bench.form.fields.offset(1))
            .assumingMemoryBound(to: Int16.self)
        bench.feedforward()
        // Rounding of x̂ by half a unit meets weights; that of sums arrives by itself.
        let bound = Float(1 + k.trailingZeroBitCount) * 1.5 / 2048
        for row in 0..<outputs {
            let expected = (0..<inputs).reduce(circulantFloat(bias[row])) {
                $0 + matrix[row * inputs + $1] * circulantFloat(bench.x[$1])
            }
            #expect(abs(circulantFloat(bench.y[row]) - expected) < bound)
        }
        for i in 0..<inputs { bench.derivative[i] = i % 3 == 0 ? 0 : 1024 }
        bench.update(learningShift: 4, withDerivative: true)
        for column in 0..<inputs {
            let sum = (0..<outputs).reduce(Float(0)) {
                $0 + matrix[$1 * inputs + column] * circulantFloat(bench.delta[$1])
            }
            let expected = sum * circulantFloat(bench.derivative[column])
            #expect(abs(circulantFloat(bench.e[column]) - expected) < bound)
        }
        #expect((0..<4).allSatisfy { bench.saturations[$0] == 0 })
    }

    @Test(arguments: sizes)
    func updatesAreNearFloats(k: Int) throws {
        let (inputs, outputs) = (3 * k, 2 * k)
        let bench = try bench(inputs, outputs, k)
        let before = bench.matrix
        // Three times, as a junction may be used within one sample.
        for _ in 0..<3 { bench.update(learningShift: 3, isFirst: true) }
        let after = bench.matrix
        // Three roundings of weights; and x̂ and δ̂, wrong by about a unit, meet k values of about
        // ½: √k/2 units each time, times η, and five deviations of that.
        let bound = (3 + Float(k).squareRoot()) / 2048
        for row in 0..<outputs {
            for column in 0..<inputs {
                var sum: Float = 0
                let offset = (row - column % k + k) % k
                let block = (row / k * k, column / k * k)
                for c in 0..<k {
                    let r = (c + offset) % k
                    sum +=
                        circulantFloat(bench.delta[block.0 + r])
                        * circulantFloat(bench.x[block.1 + c])
                }
                let moved = before[row * inputs + column] - after[row * inputs + column]
                #expect(abs(moved - 3 * sum / 8) < bound + 0.01 * abs(sum))
            }
        }
        #expect((0..<inputs).allSatisfy { bench.e[$0] == 0 })
        #expect(bench.form.findings(bench.memory.parameters, bench.memory.workspace).isEmpty)
    }

    @Test func everySetGivesTheSameParameters() throws {
        let benches = try KernelSet.all.map { kernels in
            let bench = try bench(100, 70, 8)
            for _ in 0..<3 {
                bench.feedforward(kernels)
                bench.form.backpropUpdate(
                    bench.memory, x: bench.x, delta: bench.delta, derivative: nil, e: bench.e,
                    learningShift: 2, increment: .exact, generator: bench.generator,
                    kernels: kernels)
            }
            return bench
        }
        let bytes = benches.map { bench in
            Array(
                UnsafeRawBufferPointer(
                    start: bench.memory.parameters, count: bench.form.fields.byteCount))
        }
        #expect(bytes.allSatisfy { $0 == bytes[0] })
    }

    @Test func saturationsAreCounted() throws {
        let bench = try bench(64, 64, 16)
        for i in 0..<64 {
            bench.x[i] = .max
            bench.delta[i] = .min
        }
        for _ in 0..<2 {
            bench.feedforward()
            bench.update(learningShift: 0)
        }
        #expect((0..<4).allSatisfy { bench.saturations[$0] > 0 })
        #expect(bench.form.fields[2].isLearned == false)
    }

    @Test func otherFormatsAreRefused() throws {
        let structure = try CirculantStructure(inputs: 8, outputs: 8, blockSize: 8)
        for (width, integerBits, fractionBits) in [(8, 2, 5), (12, 3, 8), (16, 8, 7)] {
            let format = try #require(FixedFormat(width, integerBits, fractionBits))
            #expect(throws: StructureError.self) {
                try FixedCirculantStructure(structure, format: format)
            }
        }
    }

    @Test func storageIsTheFormula() throws {
        let bench = try bench(100, 70, 8)
        #expect(bench.form.weightCount == 13 * 9 * 8)
        #expect(bench.form.fields[0].elementCount == 13 * 9 * 8)
        #expect(bench.form.fields[0].rowStride == 32)
    }
}
