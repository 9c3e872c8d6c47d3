// Every set against the definition, bit by bit: FF, and BP with UP, plain and with momentum.

import Arithmetic
import Kernels
import Testing

struct DenseTests {
    /// (inputs, outputs): one, less than a chunk, whole chunks, odd rests of rows and columns.
    static let shapes = [
        (1, 1), (8, 16), (16, 2), (17, 3), (31, 5), (48, 4), (100, 66), (128, 10), (130, 129),
        (784, 128),
    ]

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func feedforward(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in Self.shapes {
            for seed: UInt64 in 1...3 {
                let n = JunctionNumbers(
                    inputs: inputs, outputs: outputs, values: values, seed: seed)
                let expected = Floats(outputs)
                let found = Floats(outputs)
                KernelSet.plain.feedforward(
                    n.w.pointer, n.bias.pointer, n.x.pointer, expected.pointer, outputs,
                    n.rowStride)
                set.feedforward(
                    n.w.pointer, n.bias.pointer, n.x.pointer, found.pointer, outputs, n.rowStride)
                #expect(
                    firstDifference([found.bits], [expected.bits]) == nil,
                    "\(inputs)-\(outputs), seed \(seed)")
                #expect(found.guardsStand)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func backpropUpdate(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in Self.shapes {
            for (hasError, decay) in [(true, 0), (false, 0), (true, 0.125), (false, 0.01)]
                as [(Bool, Float)]
            {
                for seed: UInt64 in 1...2 {
                    let run = { (set: KernelSet) -> [[UInt32]] in
                        let n = JunctionNumbers(
                            inputs: inputs, outputs: outputs, values: values, seed: seed)
                        let e = Floats(inputs) { _ in 7 }
                        set.backpropUpdate(
                            n.w.pointer, n.bias.pointer, n.x.pointer, n.delta.pointer,
                            hasError ? e.pointer : nil, outputs, n.rowStride, 0.05, decay)
                        #expect(e.guardsStand && n.w.guardsStand && n.bias.guardsStand)
                        return [n.w.bits, n.bias.bits, e.bits]
                    }
                    #expect(
                        firstDifference(run(set), run(.plain)) == nil,
                        "\(inputs)-\(outputs), error \(hasError), decay \(decay), seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Values.allCases)
    func backpropUpdateMomentum(name: String, values: Values) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (inputs, outputs) in Self.shapes {
            for (hasError, decay) in [(true, 0), (false, 0), (true, 0.125)] as [(Bool, Float)] {
                let run = { (set: KernelSet) -> [[UInt32]] in
                    let n = JunctionNumbers(
                        inputs: inputs, outputs: outputs, values: values, seed: 5)
                    let e = Floats(inputs) { _ in 7 }
                    for _ in 0..<2 {
                        set.backpropUpdateMomentum(
                            n.w.pointer, n.velocity.pointer, n.bias.pointer,
                            n.biasVelocity.pointer, n.x.pointer, n.delta.pointer,
                            hasError ? e.pointer : nil, outputs, n.rowStride, 0.05, 0.9, decay)
                    }
                    #expect(e.guardsStand && n.w.guardsStand && n.velocity.guardsStand)
                    return [
                        n.w.bits, n.velocity.bits, n.bias.bits, n.biasVelocity.bits, e.bits,
                    ]
                }
                #expect(
                    firstDifference(run(set), run(.plain)) == nil,
                    "\(inputs)-\(outputs), error \(hasError), decay \(decay), seed 5")
            }
        }
    }

    /// The definition itself against the three lines of mathematics, in Double.
    @Test func plainIsTheMathematics() {
        let n = JunctionNumbers(inputs: 37, outputs: 9, values: .ordinary, seed: 11)
        let old = Floats(copying: n.w)
        let oldBias = Floats(copying: n.bias)
        let y = Floats(9)
        let e = Floats(37)
        let rate: Float = 0.1
        KernelSet.plain.feedforward(
            n.w.pointer, n.bias.pointer, n.x.pointer, y.pointer, 9, n.rowStride)
        KernelSet.plain.backpropUpdate(
            n.w.pointer, n.bias.pointer, n.x.pointer, n.delta.pointer, e.pointer, 9, n.rowStride,
            rate, 0)
        for j in 0..<9 {
            var sum = Double(oldBias.pointer[j])
            for i in 0..<37 {
                let weight = Double(old.pointer[j * n.rowStride + i])
                sum += weight * Double(n.x.pointer[i])
                let step = Double(rate) * Double(n.delta.pointer[j]) * Double(n.x.pointer[i])
                #expect(abs(Double(n.w.pointer[j * n.rowStride + i]) - (weight - step)) < 1e-6)
            }
            #expect(abs(Double(y.pointer[j]) - sum) < 1e-5)
            let biasStep = Double(rate) * Double(n.delta.pointer[j])
            #expect(abs(Double(n.bias.pointer[j]) - Double(oldBias.pointer[j]) + biasStep) < 1e-6)
        }
        for i in 0..<37 {
            let sum = (0..<9).reduce(0.0) {
                $0 + Double(old.pointer[$1 * n.rowStride + i]) * Double(n.delta.pointer[$1])
            }
            #expect(abs(Double(e.pointer[i]) - sum) < 1e-5)
        }
    }

    /// The pads of W, velocity and e are zero before and after.
    @Test(arguments: KernelSet.all.map(\.name))
    func padsStayZero(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let n = JunctionNumbers(inputs: 19, outputs: 7, values: .ordinary, seed: 3)
        let e = Floats(19)
        set.backpropUpdate(
            n.w.pointer, n.bias.pointer, n.x.pointer, n.delta.pointer, e.pointer, 7, n.rowStride,
            0.1, 0.01)
        set.backpropUpdateMomentum(
            n.w.pointer, n.velocity.pointer, n.bias.pointer, n.biasVelocity.pointer, n.x.pointer,
            n.delta.pointer, e.pointer, 7, n.rowStride, 0.1, 0.9, 0.01)
        #expect(e.padsAreZero)
        for j in 0..<7 {
            for i in 19..<n.rowStride {
                #expect(n.w.pointer[j * n.rowStride + i] == 0)
                #expect(n.velocity.pointer[j * n.rowStride + i] == 0)
            }
        }
    }
}
