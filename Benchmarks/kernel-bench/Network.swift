// The network that the figures are about: inputs-hidden-outputs, ReLU (or tanh, where every row
// has an error), softmax, cross-entropy, one sample at a time, through the kernels alone.

import Arithmetic
import Kernels

/// An array of floats in whole chunks, aligned as a section is.
func makeFloats(
    _ count: Int, _ random: inout Xoshiro256StarStar, scale: Float
) -> UnsafeMutablePointer<Float> {
    let bytes = (count + 15) / 16 * 64
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    let floats = memory.bindMemory(to: Float.self, capacity: bytes / 4)
    for i in 0..<bytes / 4 { floats[i] = i < count ? random.uniform(-scale, scale) : 0 }
    return floats
}

/// One junction's memory; lives as long as the process.
struct Junction {
    let outputs: Int
    let rowStride: Int
    let w: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>

    init(inputs: Int, outputs: Int, _ random: inout Xoshiro256StarStar) {
        self.outputs = outputs
        rowStride = (inputs + 15) / 16 * 16
        let scale = 1 / Float(inputs).squareRoot()
        w = makeFloats(outputs * rowStride, &random, scale: scale)
        for j in 0..<outputs {
            for i in inputs..<rowStride { w[j * rowStride + i] = 0 }
        }
        bias = makeFloats(outputs, &random, scale: scale)
    }
}

/// A network with one hidden layer and a ring of random samples to learn.
final class Network {
    /// Small: the samples repeat, and learning them by heart would leave no errors to work on.
    private static let learningRate: Float = 1e-5

    private let first: Junction
    private let second: Junction
    private let samples: [UnsafeMutablePointer<Float>]
    private let labels: [Int]
    private let hidden: UnsafeMutablePointer<Float>
    private let hiddenError: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<Float>
    private let delta: UnsafeMutablePointer<Float>
    private let kernels: KernelSet
    private let usesTanh: Bool
    private var next = 0
    /// The sum of losses, so that nothing is left out.
    private(set) var lossSum: Float = 0

    init(
        inputs: Int, hidden hiddenCount: Int, outputs: Int, kernels: KernelSet, tanh: Bool = false
    ) {
        usesTanh = tanh
        var random = Xoshiro256StarStar(seed: 1)
        self.kernels = kernels
        first = Junction(inputs: inputs, outputs: hiddenCount, &random)
        second = Junction(inputs: hiddenCount, outputs: outputs, &random)
        samples = (0..<64).map { _ in makeFloats(inputs, &random, scale: 1) }
        labels = (0..<64).map { _ in random.index(below: outputs) }
        hidden = makeFloats(hiddenCount, &random, scale: 0)
        hiddenError = makeFloats(hiddenCount, &random, scale: 0)
        output = makeFloats(outputs, &random, scale: 0)
        delta = makeFloats(outputs, &random, scale: 0)
    }

    /// One training step: test, then train.
    func step() {
        let x = samples[next]
        let label = labels[next]
        next = (next + 1) & 63
        kernels.feedforward(first.w, first.bias, x, hidden, first.outputs, first.rowStride)
        if usesTanh {
            kernels.tanh(hidden, first.outputs)
        } else {
            kernels.relu(hidden, first.outputs)
        }
        kernels.feedforward(
            second.w, second.bias, hidden, output, second.outputs, second.rowStride)
        kernels.softmax(output, second.outputs)
        lossSum += kernels.crossEntropy(output, label, delta, second.outputs)
        kernels.backpropUpdate(
            second.w, second.bias, hidden, delta, hiddenError, second.outputs, second.rowStride,
            Self.learningRate, 0)
        if usesTanh {
            kernels.tanhDelta(hidden, hiddenError, first.outputs)
        } else {
            kernels.reluDelta(hidden, hiddenError, first.outputs)
        }
        kernels.backpropUpdate(
            first.w, first.bias, x, hiddenError, nil, first.outputs, first.rowStride,
            Self.learningRate, 0)
    }
}
