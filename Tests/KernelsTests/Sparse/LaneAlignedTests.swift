// Goal: the lane-aligned kernels of every set give the bytes of the definitions, and these mean
// y = Wx + b, e = Wᵀδ and W ← W − η(δxᵀ + λW). Method: random blocks, rows read several times in
// a row among them, values that hurt; the definitions against a dense matrix in Double.

import Arithmetic
import Kernels
import Testing

/// One junction's numbers; blocks drawn as freely as kernels allow, so that a group may read a
/// row at once again.
private struct LaneAlignedNumbers {
    let inputs, outputs, slots: Int
    let w, velocity, bias, biasVelocity, x, delta: Floats
    let blocks: [UInt32]

    var rows: Int { (inputs + 15) / 16 }
    var groups: Int { (outputs + 15) / 16 }

    init(inputs: Int, outputs: Int, slots: Int, values: Values, seed: UInt64) {
        var random = Xoshiro256StarStar(seed: seed)
        (self.inputs, self.outputs, self.slots) = (inputs, outputs, slots)
        let (rows, groups) = ((inputs + 15) / 16, (outputs + 15) / 16)
        let shared = slots / rows * rows
        let blocks = (0..<groups * slots).map { index in
            let slot = index % slots
            let row = slot < shared ? slot % rows : random.index(below: rows)
            return UInt32(64 * row + random.index(below: 16))
        }
        self.blocks = blocks
        let matrix = { (random: inout Xoshiro256StarStar) in
            Floats(16 * blocks.count) { index in
                let (block, lane) = (blocks[index / 16], index % 16)
                let left = Int(block / 64) * 16 + (lane ^ Int(block % 64))
                let right = index / 16 / slots * 16 + lane
                return left < inputs && right < outputs ? values.next(&random) : 0
            }
        }
        w = matrix(&random)
        velocity = matrix(&random)
        bias = Floats(outputs) { _ in values.next(&random) }
        biasVelocity = Floats(outputs) { _ in values.next(&random) }
        x = Floats(inputs) { _ in values.next(&random) }
        // Where the seed is even, some groups have no error at all.
        let silent = (0..<groups).map { _ in random.index(below: 3) == 0 && seed % 2 == 0 }
        delta = Floats(outputs) { silent[$0 / 16] ? 0 : values.next(&random) }
    }

    func feedforward(_ set: KernelSet) -> Floats {
        let y = Floats(outputs) { _ in 7 }
        blocks.withUnsafeBufferPointer { blocks in
            guard let words = blocks.baseAddress else { return }
            set.laneAligned.feedforward(
                w.pointer, bias.pointer, x.pointer, y.pointer, words, outputs, slots)
        }
        return y
    }

    func update(_ set: KernelSet, error: Bool, momentum: Float?, decay: Float) -> Floats {
        let e = Floats(inputs) { _ in 7 }
        blocks.withUnsafeBufferPointer { blocks in
            guard let words = blocks.baseAddress else { return }
            let left = error ? e.pointer : nil
            if let momentum {
                set.laneAligned.backpropUpdateMomentum(
                    w.pointer, velocity.pointer, bias.pointer, biasVelocity.pointer, x.pointer,
                    delta.pointer, left, words, rows, outputs, slots, 0.05, momentum, decay)
            } else {
                set.laneAligned.backpropUpdate(
                    w.pointer, bias.pointer, x.pointer, delta.pointer, left, words, rows, outputs,
                    slots, 0.05, decay)
            }
        }
        return e
    }

    /// W as a dense matrix; blocks that occur twice add up.
    var dense: [[Double]] {
        var matrix = [[Double]](
            repeating: Array(repeating: 0, count: 16 * rows), count: 16 * groups)
        for (index, block) in blocks.enumerated() {
            for lane in 0..<16 {
                let left = Int(block / 64) * 16 + (lane ^ Int(block % 64))
                matrix[index / slots * 16 + lane][left] += Double(w.pointer[16 * index + lane])
            }
        }
        return matrix
    }
}

struct LaneAlignedTests {
    /// (inputs, outputs, slots): one group, four and more, ragged on either side, one slot.
    static let shapes = [
        (1, 1, 1), (16, 16, 3), (40, 64, 5), (33, 70, 7), (160, 17, 9), (64, 200, 1),
        (48, 160, 8),
    ]

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func feedforward(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs, slots) in Self.shapes {
            for seed: UInt64 in 1...3 {
                let n = LaneAlignedNumbers(
                    inputs: inputs, outputs: outputs, slots: slots, values: values, seed: seed)
                let (found, expected) = (n.feedforward(set), n.feedforward(.plain))
                #expect(
                    firstDifference([found.bits], [expected.bits]) == nil,
                    "\(inputs)-\(outputs), \(slots) slots, seed \(seed)")
                #expect(found.guardsStand && found.padsAreZero)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func backpropUpdate(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs, slots) in Self.shapes {
            for (error, momentum, decay) in [
                (true, nil, 0), (false, nil, 0), (true, nil, 0.125), (false, nil, 0.01),
                (true, 0.9, 0), (false, 0.9, 0.125),
            ] as [(Bool, Float?, Float)] {
                for seed: UInt64 in 4...5 {
                    let run = { (set: KernelSet) -> [[UInt32]] in
                        let n = LaneAlignedNumbers(
                            inputs: inputs, outputs: outputs, slots: slots, values: values,
                            seed: seed)
                        var e = n.update(set, error: error, momentum: momentum, decay: decay)
                        e = n.update(set, error: error, momentum: momentum, decay: decay)
                        #expect(e.guardsStand && n.w.guardsStand && n.velocity.guardsStand)
                        #expect(n.bias.guardsStand && n.biasVelocity.guardsStand)
                        return [
                            n.w.bits, n.velocity.bits, n.bias.bits, n.biasVelocity.bits, e.bits,
                        ]
                    }
                    #expect(
                        firstDifference(run(set), run(.plain)) == nil,
                        "\(inputs)-\(outputs), error \(error), momentum \(momentum ?? 0), \(decay)")
                }
            }
        }
    }

    /// The definitions against three lines of mathematics, in Double.
    @Test func plainIsTheMathematics() {
        let n = LaneAlignedNumbers(
            inputs: 37, outputs: 41, slots: 6, values: .ordinary, seed: 11)
        let (old, oldBias) = (n.dense, Floats(copying: n.bias))
        let y = n.feedforward(.plain)
        let oldWeights = Floats(copying: n.w)
        let e = n.update(.plain, error: true, momentum: nil, decay: 0)
        for j in 0..<41 {
            let sum = (0..<37).reduce(Double(oldBias.pointer[j])) {
                $0 + old[j][$1] * Double(n.x.pointer[$1])
            }
            #expect(abs(Double(y.pointer[j]) - sum) < 1e-5)
            let step = 0.05 * Double(n.delta.pointer[j])
            #expect(
                abs(Double(n.bias.pointer[j]) - Double(oldBias.pointer[j]) + step) < 1e-6)
        }
        for i in 0..<37 {
            let sum = (0..<41).reduce(0.0) { $0 + old[$1][i] * Double(n.delta.pointer[$1]) }
            #expect(abs(Double(e.pointer[i]) - sum) < 1e-5)
        }
        for (index, block) in n.blocks.enumerated() {
            for lane in 0..<16 {
                let left = Int(block / 64) * 16 + (lane ^ Int(block % 64))
                let right = index / 6 * 16 + lane
                let step = 0.05 * Double(n.delta.pointer[right]) * Double(n.x.pointer[left])
                let weight = Double(oldWeights.pointer[16 * index + lane])
                #expect(abs(Double(n.w.pointer[16 * index + lane]) - (weight - step)) < 1e-6)
            }
        }
    }

    /// Weights, velocities and errors of padding neurons are zero before and after.
    @Test(arguments: KernelSet.all.map(\.name), [Float?.none, 0.9])
    func paddingStaysZero(name: String, momentum: Float?) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let n = LaneAlignedNumbers(
            inputs: 19, outputs: 37, slots: 8, values: .ordinary, seed: 3)
        let e = n.update(set, error: true, momentum: momentum, decay: 0.01)
        #expect(e.padsAreZero && n.bias.padsAreZero && n.biasVelocity.padsAreZero)
        for (index, block) in n.blocks.enumerated() {
            for lane in 0..<16 {
                let left = Int(block / 64) * 16 + (lane ^ Int(block % 64))
                if left >= 19 || index / 8 * 16 + lane >= 37 {
                    #expect(n.w.pointer[16 * index + lane].bitPattern == 0)
                    #expect(n.velocity.pointer[16 * index + lane].bitPattern == 0)
                }
            }
        }
    }

    /// A group without errors is passed over: not even a weight of −0, which a sum with +0 would
    /// make +0, is touched; with decay it is not passed over.
    @Test(arguments: KernelSet.all.map(\.name))
    func aGroupWithoutErrorsIsPassedOver(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let n = LaneAlignedNumbers(
            inputs: 32, outputs: 32, slots: 2, values: .ordinary, seed: 6)
        for index in 0..<64 { n.w.pointer[index] = -0.0 }
        for j in 0..<16 { n.delta.pointer[j] = j % 2 == 0 ? 0 : -0.0 }
        n.delta.pointer[16] = 1
        _ = n.update(set, error: true, momentum: nil, decay: 0)
        #expect((0..<32).allSatisfy { n.w.pointer[$0].bitPattern == Float(-0.0).bitPattern })
        n.w.pointer[0] = 1
        _ = n.update(set, error: true, momentum: nil, decay: 0.5)
        let keep = 1 - Float(0.05) * 0.5
        #expect(n.w.pointer[0] == keep)
    }
}
