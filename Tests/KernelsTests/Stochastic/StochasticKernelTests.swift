// Goal: every set of kernels gives the bytes of the definition, for every L, whole and odd shapes,
// values that hurt, with and without an error to pass on. Method: bit for bit against plain, and
// plain against the counting of bits.

import Arithmetic
import Kernels
import Testing

@Suite struct StochasticKernelTests {
    static let shapes = [(1, 1), (16, 2), (17, 3), (31, 70), (48, 5), (130, 66)]
    static let others = KernelSet.all.map(\.name).filter { $0 != "plain" }

    @Test(arguments: others, Values.allCases)
    func largestIsTheSame(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for seed: UInt64 in 1...20 {
            var random = Xoshiro256StarStar(seed: seed)
            let numbers = Floats(random.index(below: 100) + 1) { _ in values.next(&random) }
            let found = set.stochastic.largest(numbers.pointer, numbers.paddedCount)
            let expected = (0..<numbers.count).map { numbers.pointer[$0].magnitude.bitPattern }
            #expect(found == expected.max())
        }
    }

    @Test(arguments: others, Values.allCases)
    func codesAreTheSame(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for bitCount in 1...64 {
            var random = Xoshiro256StarStar(seed: UInt64(bitCount))
            let numbers = Floats(random.index(below: 60) + 1) { _ in values.next(&random) }
            let thresholds = Floats(bitCount) { _ in values.next(&random).magnitude }
            let run = { (set: KernelSet) in
                codes(numbers.paddedCount) {
                    set.stochastic.codes(
                        numbers.pointer, numbers.paddedCount, thresholds.pointer, bitCount, $0)
                }
            }
            #expect(run(set) == run(.plain), "L = \(bitCount)")
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func aTableCountsCommonBits(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for bitCount in 1...64 {
            var random = Xoshiro256StarStar(seed: UInt64(bitCount))
            let order = permutation(bitCount, &random)
            let stride = StochasticKernels.lineStride(bitCount)
            let table = Floats((bitCount + 1) * stride) { _ in 7 }
            let step: Float = 0.1
            order.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                set.stochastic.table(base, bitCount, step, table.pointer)
            }
            #expect(table.guardsStand && stride > bitCount)
            for q in 0...bitCount {
                for r in 0..<stride {
                    let count = r > bitCount ? 0 : order[..<q].count { $0 < r }
                    let expected: Float = count == 0 ? -0.0 : -(step * Float(count))
                    let found = table.pointer[q * stride + r]
                    #expect(found.bitPattern == expected.bitPattern, "\(bitCount) \(q) \(r)")
                }
            }
        }
    }

    @Test(arguments: others, [false, true])
    func updateIsTheSame(name: String, hasError: Bool) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for bitCount in 1...64 {
            for (index, (inputs, outputs)) in Self.shapes.enumerated() {
                let values = Values.allCases[(bitCount + index) % Values.allCases.count]
                let example = UpdateCase(inputs, outputs, bitCount, values, seed: UInt64(bitCount))
                let found = example.run(set, hasError: hasError)
                let expected = example.run(.plain, hasError: hasError)
                #expect(
                    firstDifference(found, expected) == nil,
                    "\(inputs)-\(outputs), L = \(bitCount), \(values)")
            }
        }
    }

    /// The error passed on and the bias have the bytes of the exact kernel.
    @Test(arguments: KernelSet.all.map(\.name))
    func backpropIsExact(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for bitCount in [1, 8, 15, 16, 31, 32, 64] {
            let example = UpdateCase(70, 67, bitCount, .sparse, seed: 4)
            let n = JunctionNumbers(inputs: 70, outputs: 67, values: .sparse, seed: 4)
            let e = Floats(70)
            set.backpropUpdate(
                n.w.pointer, n.bias.pointer, n.x.pointer, n.delta.pointer, e.pointer, 67,
                n.rowStride, UpdateCase.learningRate, 0)
            let found = example.run(set, hasError: true)
            #expect(found[1] == n.bias.bits && found[2] == e.bits)
        }
    }

    private func codes(_ count: Int, _ body: (UnsafeMutablePointer<Int32>) -> Void) -> [Int32] {
        let memory = UnsafeMutablePointer<Int32>.allocate(capacity: count)
        defer { memory.deallocate() }
        memory.initialize(repeating: 7, count: count)
        body(memory)
        return (0..<count).map { memory[$0] }
    }
}

/// 0 ..< count in a random order.
private func permutation(_ count: Int, _ random: inout Xoshiro256StarStar) -> [Int32] {
    var list = (0..<Int32(count)).map { $0 }
    for index in list.indices.reversed() where index > 0 {
        list.swapAt(index, random.index(below: index + 1))
    }
    return list
}

/// One call of `update` with random codes that fit its errors.
private struct UpdateCase {
    static let learningRate: Float = 0.05
    let inputs, outputs, bitCount: Int
    let values: Values
    let seed: UInt64

    init(_ inputs: Int, _ outputs: Int, _ bitCount: Int, _ values: Values, seed: UInt64) {
        self.inputs = inputs
        self.outputs = outputs
        self.bitCount = bitCount
        self.values = values
        self.seed = seed
    }

    func run(_ set: KernelSet, hasError: Bool) -> [[UInt32]] {
        let n = JunctionNumbers(inputs: inputs, outputs: outputs, values: values, seed: seed)
        let e = Floats(inputs) { _ in 7 }
        var random = Xoshiro256StarStar(seed: seed &+ 1)
        // A third of the left neurons and a half of the right ones have no bits; whole chunks,
        // too.
        let emptyChunk = random.index(below: 5)
        var left = (0..<n.rowStride).map { i -> Int32 in
            let isEmpty = i >= inputs || i / 16 == emptyChunk || random.index(below: 3) == 0
            return isEmpty ? 0 : code(&random)
        }
        var right = (0..<outputs).map { j -> Int32 in
            n.delta.pointer[j] == 0 || random.index(below: 2) == 0 ? 0 : code(&random)
        }
        var chunks = stride(from: 0, to: n.rowStride, by: 16).filter { start in
            left[start..<start + 16].contains { $0 != 0 }
        }.map { Int32($0) }
        let chunkCount = chunks.count
        chunks.append(-1)
        var order = permutation(bitCount, &random)
        let table = Floats((bitCount + 1) * StochasticKernels.lineStride(bitCount))
        KernelSet.plain.stochastic.table(&order, bitCount, 0.01, table.pointer)
        set.stochastic.update(
            n.w.pointer, n.bias.pointer, n.delta.pointer, hasError ? e.pointer : nil, &left,
            &right, table.pointer, bitCount, &chunks, chunkCount, outputs, n.rowStride,
            Self.learningRate)
        #expect(e.guardsStand && n.w.guardsStand && n.bias.guardsStand)
        return [n.w.bits, n.bias.bits, e.bits]
    }

    private func code(_ random: inout Xoshiro256StarStar) -> Int32 {
        let rank = Int32(random.index(below: bitCount) + 1)
        return random.index(below: 2) == 0 ? rank : rank | Int32.min
    }
}
