// The choice of kernels, and golden bits of whole kernels: the same on every processor.

import Arithmetic
import Kernels
import Testing

struct ChoiceTests {
    @Test func theBestIsAmongAll() {
        #expect(KernelSet.all.first?.name == "plain")
        #expect(KernelSet.all.contains { $0.name == KernelSet.best.name })
        #expect(Set(KernelSet.all.map(\.name)).count == KernelSet.all.count)
    }

    /// What each kind of processor gets, without having it.
    @Test func everyProcessorGetsSomething() {
        #if arch(x86_64)
            let expected: [(Int32, String)] = [
                (0, "plain"), (3, "x86-64-v3"), (4, "x86-64-v4"),
            ]
        #else
            let expected: [(Int32, String)] = [(0, "plain"), (64, "portable")]
        #endif
        for (instructionSet, name) in expected {
            #expect(KernelSet.fastest(instructionSet: instructionSet).name == name)
            #expect(
                KernelSet.available(instructionSet: instructionSet).contains { $0.name == name })
        }
    }

    /// Ten training steps of a small network from a fixed seed, in every set: one digest.
    @Test(arguments: KernelSet.all.map(\.name))
    func goldenTraining(name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let first = JunctionNumbers(inputs: 37, outputs: 21, values: .ordinary, seed: 1)
        let second = JunctionNumbers(inputs: 21, outputs: 5, values: .ordinary, seed: 2)
        let hidden = Floats(21)
        let hiddenError = Floats(21)
        let output = Floats(5)
        let delta = Floats(5)
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for step in 0..<10 {
            set.feedforward(
                first.w.pointer, first.bias.pointer, first.x.pointer, hidden.pointer, 21,
                first.rowStride)
            (step % 2 == 0 ? set.tanh : set.sigmoid)(hidden.pointer, 21)
            set.feedforward(
                second.w.pointer, second.bias.pointer, hidden.pointer, output.pointer, 5,
                second.rowStride)
            set.softmax(output.pointer, 5)
            let loss = set.crossEntropy(output.pointer, step % 5, delta.pointer, 5)
            set.backpropUpdateMomentum(
                second.w.pointer, second.velocity.pointer, second.bias.pointer,
                second.biasVelocity.pointer, hidden.pointer, delta.pointer, hiddenError.pointer,
                5, second.rowStride, 0.05, 0.9, 0.001)
            (step % 2 == 0 ? set.tanhDelta : set.sigmoidDelta)(
                hidden.pointer, hiddenError.pointer, 21)
            set.backpropUpdate(
                first.w.pointer, first.bias.pointer, first.x.pointer, hiddenError.pointer, nil,
                21, first.rowStride, 0.05, 0)
            for bits in [loss.bitPattern] + first.w.bits + second.w.bits {
                digest = (digest ^ UInt64(bits)) &* 0x100_0000_01B3
            }
        }
        #expect(digest == 605_755_062_171_590_596)
    }
}
