// ESSOP against exact updates, on activations and errors that a network really had: a ReLU network
// 784-1024-1024-10 learns mnist (from MILLRACE_DATA or ../shared/data; a synthetic stream where
// neither has it), then x and δ of its 1024 × 1024 junction are kept for some hundred samples,
// and both rules learn them, turn by turn.

import Arithmetic
import Glibc
import Junctions
import Kernels
import Platform

/// x and δ of one junction for some samples.
struct CapturedErrors {
    static let neurons = 1024
    let isReal: Bool
    /// Share of test-then-train predictions that were right, over the captured samples.
    let accuracy: Double
    fileprivate(set) var pairs:
        [(x: UnsafeMutablePointer<Float>, delta: UnsafeMutablePointer<Float>)] = []
}

/// UP of ESSOP and of the exact rule at 1024 × 1024, and with BP; then what the bits were like.
func measureStochastic() -> [Row] {
    let captured = captureErrors(trained: 10_000, kept: 256)
    var rows = [
        Row(name: "rule.data.mnist", value: captured.isReal ? 1 : 0, unit: "yes"),
        Row(name: "rule.data.accuracy", value: captured.accuracy, unit: "share"),
    ]
    rows += describe(captured)
    for bitCount in [1, 4, 8, 16, 32, 64] {
        for passesErrors in [false, true] {
            let name = "rule.essop.\(bitCount).\(passesErrors ? "bpup" : "up")"
            let (exact, stochastic) = compare(captured, bitCount, passesErrors: passesErrors)
            rows.append(Row(name: name, value: stochastic, unit: "us"))
            rows.append(Row(name: name + ".exact", value: exact, unit: "us"))
            rows.append(Row(name: name + ".speedup", value: exact / stochastic, unit: "times"))
        }
    }
    return rows
}

/// Medians per call in microseconds, both rules turn by turn over all pairs.
private func compare(
    _ captured: CapturedErrors, _ bitCount: Int, passesErrors: Bool
) -> (exact: Double, stochastic: Double) {
    let rule = StochasticRule(bitCount: bitCount)
    // Both learn the same weights: where a matrix lies in memory alone can halve its speed.
    var random = Xoshiro256StarStar(seed: 8)
    let junction = DenseJunction(
        inputs: CapturedErrors.neurons, outputs: CapturedErrors.neurons)
    let parameters = makeFloats(junction.fields.byteCount / 4, &random, scale: 0.03)
    defer { parameters.deallocate() }
    let run = { (increment: Increment) -> () -> Double in
        let subject = UpdateSubject(
            junction, UnsafeMutableRawPointer(parameters), increment, passesErrors: passesErrors)
        return { subject.microseconds(captured) }
    }
    let (exact, stochastic) = (run(.exact), run(.stochastic(rule)))
    var times: (exact: [Double], stochastic: [Double]) = ([], [])
    for _ in 0..<2 { _ = (exact(), stochastic()) }
    for _ in 0..<15 {
        times.exact.append(exact())
        times.stochastic.append(stochastic())
    }
    return (times.exact.sorted()[7], times.stochastic.sorted()[7])
}

/// A junction that learns by one rule.
private struct UpdateSubject {
    let junction: DenseJunction
    let rule: UpdateRule
    let memory: JunctionMemory
    let generator: UnsafeMutablePointer<UInt64>
    let e: UnsafeMutablePointer<Float>?

    init(
        _ junction: DenseJunction, _ parameters: UnsafeMutableRawPointer, _ increment: Increment,
        passesErrors: Bool
    ) {
        self.junction = junction
        var random = Xoshiro256StarStar(seed: 7)
        rule = UpdateRule(
            learningRate: 1e-4, momentum: 0, weightDecay: 0, increment: increment)
        memory = JunctionMemory(
            parameters: parameters, velocity: nil,
            workspace: UnsafeMutableRawPointer(
                makeFloats(junction.updateBytes(increment) / 4 + 1, &random, scale: 0)))
        generator = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
        random.store(to: generator)
        e = passesErrors ? makeFloats(CapturedErrors.neurons, &random, scale: 0) : nil
    }

    func microseconds(_ captured: CapturedErrors) -> Double {
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        for pair in captured.pairs {
            junction.backpropUpdate(
                memory, x: pair.x, delta: pair.delta, e: e, rule: rule, generator: generator,
                kernels: .best)
        }
        return Double(clock.nowNanoseconds - start) / 1000 / Double(captured.pairs.count)
    }
}

/// Shares of zeros, of neurons without a bit, and counts of small operations per sample.
private func describe(_ captured: CapturedErrors) -> [Row] {
    let neurons = CapturedErrors.neurons
    let zeros = { (values: (Int) -> UnsafeMutablePointer<Float>) -> Double in
        let counts = captured.pairs.indices.map { pair in
            (0..<neurons).count { values(pair)[$0] == 0 }
        }
        return Double(counts.reduce(0, +)) / Double(neurons * counts.count)
    }
    var rows = [
        Row(name: "rule.share.x-zero", value: zeros { captured.pairs[$0].x }, unit: "share"),
        Row(
            name: "rule.share.delta-zero", value: zeros { captured.pairs[$0].delta },
            unit: "share"),
    ]
    for bitCount in [1, 4, 8, 16, 32, 64] {
        var sum = StochasticActions()
        let product = PackedOuterProduct(
            inputs: neurons, outputs: neurons, rule: StochasticRule(bitCount: bitCount))
        var words = [UInt64](repeating: 0, count: 2 * neurons)
        var generator: [UInt64] = [1, 2, 3, 4]
        var chunks = 0
        var bits = (left: 0, right: 0)
        for pair in captured.pairs {
            _ = product.convert(
                x: pair.x, delta: pair.delta, learningRate: 1, generator: &generator,
                words: &words)
            sum += product.actions(x: pair.x, delta: pair.delta, words: words)
            chunks += stride(from: 0, to: neurons, by: 16).count { start in
                words[start..<start + 16].contains { $0 != 0 }
            }
            bits.left += words[..<neurons].reduce(0) { $0 + $1.nonzeroBitCount }
            bits.right += words[neurons...].reduce(0) { $0 + $1.nonzeroBitCount }
        }
        let all = Double(captured.pairs.count * neurons)
        let row = { (name: String, value: Double) in
            Row(name: "rule.essop.\(bitCount).\(name)", value: value, unit: "share")
        }
        rows += [
            row("x-bits-zero", 1 - Double(bits.left) / all / Double(bitCount)),
            row("delta-bits-zero", 1 - Double(bits.right) / all / Double(bitCount)),
            row("columns-without-bits", 1 - Double(sum.leftWithBits) / all),
            row("rows-without-bits", 1 - Double(sum.rightWithBits) / all),
            row("chunks-without-bits", 1 - Double(chunks) / (all / 16)),
            row("weights-touched", Double(sum.weightTouches) / all / Double(neurons)),
        ]
    }
    return rows
}

// MARK: - The network

/// Trains 784-1024-1024-10 one sample at a time and keeps what its middle junction then sees.
private func captureErrors(trained: Int, kept: Int) -> CapturedErrors {
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
