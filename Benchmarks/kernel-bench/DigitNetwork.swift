// A network that learns digits, for activations and errors as they really are: 784-1024-1024-10
// with ReLU learns mnist (from MILLRACE_DATA or ../shared/data; a synthetic stream where neither
// has it), then x and δ of its 1024 × 1024 junction are kept for some hundred samples.

import Arithmetic
import Glibc
import Kernels

/// x and δ of one junction for some samples.
struct CapturedErrors {
    static let neurons = 1024
    let isReal: Bool
    /// Share of test-then-train predictions that were right, over the captured samples.
    let accuracy: Double
    fileprivate(set) var pairs:
        [(x: UnsafeMutablePointer<Float>, delta: UnsafeMutablePointer<Float>)] = []
}

/// Trains 784-1024-1024-10 one sample at a time and keeps what its middle junction then sees.
func captureErrors(trained: Int, kept: Int) -> CapturedErrors {
    let data = Digits(count: trained + kept)
    let network = DigitNetwork()
    var random = Xoshiro256StarStar(seed: 1)
    var pairs: [(x: UnsafeMutablePointer<Float>, delta: UnsafeMutablePointer<Float>)] = []
    var right = 0
    for sample in 0..<trained + kept {
        let isRight = network.learn(data.pixels(sample), data.label(sample))
        if sample < trained { continue }
        right += isRight ? 1 : 0
        let pair = (
            x: makeFloats(CapturedErrors.neurons, &random, scale: 0),
            delta: makeFloats(CapturedErrors.neurons, &random, scale: 0)
        )
        pair.x.update(from: network.first, count: CapturedErrors.neurons)
        pair.delta.update(from: network.secondError, count: CapturedErrors.neurons)
        pairs.append(pair)
    }
    return CapturedErrors(
        isReal: data.isReal, accuracy: Double(right) / Double(kept), pairs: pairs)
}

/// 784-1024-1024-10 with ReLU and softmax, plain SGD.
private final class DigitNetwork {
    private static let learningRate: Float = 0.01
    private let junctions: [Junction]
    private let kernels = KernelSet.best
    let first, secondError: UnsafeMutablePointer<Float>
    private let second, output, delta, firstError: UnsafeMutablePointer<Float>

    init() {
        var random = Xoshiro256StarStar(seed: 5)
        let neurons = CapturedErrors.neurons
        junctions = [(784, neurons), (neurons, neurons), (neurons, 10)].map {
            let junction = Junction(inputs: $0, outputs: $1, &random)
            // He: uniform within √(6 / inputs).
            let limit = (6 / Float($0)).squareRoot()
            for index in 0..<$1 * junction.rowStride where index % junction.rowStride < $0 {
                junction.w[index] = random.uniform(-limit, limit)
            }
            for row in 0..<$1 { junction.bias[row] = 0 }
            return junction
        }
        let make = { (random: inout Xoshiro256StarStar, count: Int) in
            makeFloats(count, &random, scale: 0)
        }
        (first, second) = (make(&random, neurons), make(&random, neurons))
        (firstError, secondError) = (make(&random, neurons), make(&random, neurons))
        (output, delta) = (make(&random, 10), make(&random, 10))
    }

    /// Test, then train; whether the prediction was right.
    func learn(_ x: UnsafePointer<Float>, _ label: Int) -> Bool {
        forward(0, x, first)
        kernels.relu(first, junctions[0].outputs)
        forward(1, first, second)
        kernels.relu(second, junctions[1].outputs)
        forward(2, second, output)
        kernels.softmax(output, 10)
        let isRight = (0..<10).allSatisfy { output[$0] <= output[label] }
        _ = kernels.crossEntropy(output, label, delta, 10)
        backward(2, second, delta, secondError)
        kernels.reluDelta(second, secondError, junctions[1].outputs)
        backward(1, first, secondError, firstError)
        kernels.reluDelta(first, firstError, junctions[0].outputs)
        backward(0, x, firstError, nil)
        return isRight
    }

    private func forward(
        _ index: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        let junction = junctions[index]
        kernels.feedforward(
            junction.w, junction.bias, x, y, junction.outputs, junction.rowStride)
    }

    private func backward(
        _ index: Int, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?
    ) {
        let junction = junctions[index]
        kernels.backpropUpdate(
            junction.w, junction.bias, x, delta, e, junction.outputs, junction.rowStride,
            Self.learningRate, 0)
    }
}

/// The first images of mnist's training set, or noisy stripes where there is no mnist.
private final class Digits {
    let isReal: Bool
    private let images, labels: [UInt8]
    private let x: UnsafeMutablePointer<Float>

    init(count: Int) {
        var random = Xoshiro256StarStar(seed: 3)
        x = makeFloats(784, &random, scale: 0)
        let directory = getenv("MILLRACE_DATA").map { String(cString: $0) } ?? "../shared/data"
        let images = Self.bytes("\(directory)/mnist/train.x.npy", count * 784)
        let labels = Self.bytes("\(directory)/mnist/train.y.npy", count)
        if let images, let labels {
            (isReal, self.images, self.labels) = (true, images, labels)
        } else {
            isReal = false
            self.labels = (0..<count).map { _ in UInt8(random.index(below: 10)) }
            self.images = self.labels.flatMap { label in
                (0..<784).map { pixel in
                    let isLit = pixel / 28 % 10 == Int(label) && random.index(below: 3) > 0
                    return isLit ? 255 : random.index(below: 8) == 0 ? 128 : 0
                }
            }
        }
    }

    /// Pixels from 0 to 1, valid until the next call.
    func pixels(_ sample: Int) -> UnsafePointer<Float> {
        for pixel in 0..<784 { x[pixel] = Float(images[sample * 784 + pixel]) / 255 }
        return UnsafePointer(x)
    }

    func label(_ sample: Int) -> Int { Int(labels[sample]) }

    /// The first bytes of the array in a .npy file of bytes.
    private static func bytes(_ path: String, _ count: Int) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 10)
        guard fread(&header, 1, 10, file) == 10 else { return nil }
        fseek(file, Int(header[8]) + Int(header[9]) << 8, SEEK_CUR)
        var values = [UInt8](repeating: 0, count: count)
        return fread(&values, 1, count, file) == count ? values : nil
    }
}
