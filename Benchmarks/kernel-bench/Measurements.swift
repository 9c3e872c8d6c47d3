// What is measured: every kernel of weight at two sizes in every set, the whole step, small
// layers, and the machine's own streams over the same bytes.

import Arithmetic
import Kernels

/// The sets worth timing: the portable build is a comparison, not a choice, on x86-64.
let measuredSets: [KernelSet] = KernelSet.all.filter {
    $0.name != "portable" || KernelSet.best.name == "portable"
}

/// Everything dense, in every set worth timing.
func measureDense() -> [Row] {
    var rows: [Row] = []
    for set in measuredSets {
        rows.append(measureStep(inputs: 784, hidden: 128, outputs: 10, set))
        rows.append(measureStep(inputs: 784, hidden: 128, outputs: 10, set, tanh: true))
        rows.append(measureStep(inputs: 8, hidden: 16, outputs: 2, set))
        rows += measureJunction(inputs: 784, outputs: 128, set)
        rows += measureJunction(inputs: 1024, outputs: 1024, set)
        rows += measureJunction(inputs: 8, outputs: 16, set)
        rows += measureElementwise(set)
    }
    return rows + measureStreams(bytes: 4 << 20)
}

/// FF, BP with UP (with and without an error to pass on), and momentum, at one size.
func measureJunction(inputs: Int, outputs: Int, _ set: KernelSet) -> [Row] {
    var random = Xoshiro256StarStar(seed: 2)
    let junction = Junction(inputs: inputs, outputs: outputs, &random)
    let velocity = makeFloats(outputs * junction.rowStride, &random, scale: 0)
    let biasVelocity = makeFloats(outputs, &random, scale: 0)
    let x = makeFloats(inputs, &random, scale: 1)
    let y = makeFloats(outputs, &random, scale: 1)
    let delta = makeFloats(outputs, &random, scale: 1e-3)
    let e = makeFloats(inputs, &random, scale: 0)
    let stride = junction.rowStride
    let suffix = "\(inputs)x\(outputs).\(set.name)"
    let row = { (name: String, body: () -> Void) in
        Row(name: "\(name).\(suffix)", value: medianMicroseconds(batches: 51, body), unit: "us")
    }
    return [
        row("ff") { set.feedforward(junction.w, junction.bias, x, y, outputs, stride) },
        row("bpup") {
            set.backpropUpdate(
                junction.w, junction.bias, x, delta, e, outputs, stride, 1e-3, 0)
        },
        row("up") {
            set.backpropUpdate(
                junction.w, junction.bias, x, delta, nil, outputs, stride, 1e-3, 0)
        },
        row("bpup-decay") {
            set.backpropUpdate(
                junction.w, junction.bias, x, delta, e, outputs, stride, 1e-3, 1e-3)
        },
        row("bpup-momentum") {
            set.backpropUpdateMomentum(
                junction.w, velocity, junction.bias, biasVelocity, x, delta, e, outputs, stride,
                1e-3, 0.9, 0)
        },
    ]
}

/// One training step of a network with one hidden layer.
func measureStep(
    inputs: Int, hidden: Int, outputs: Int, _ set: KernelSet, tanh: Bool = false
) -> Row {
    let network = Network(
        inputs: inputs, hidden: hidden, outputs: outputs, kernels: set, tanh: tanh)
    let time = medianMicroseconds { network.step() }
    precondition(network.lossSum.isFinite, "the network left the numbers")
    let shape = "\(inputs)-\(hidden)-\(outputs)" + (tanh ? ".tanh" : "")
    return Row(name: "step.\(shape).\(set.name)", value: time, unit: "us")
}

/// The elementwise kernels and a sample's way in, for 784 values.
func measureElementwise(_ set: KernelSet) -> [Row] {
    var random = Xoshiro256StarStar(seed: 3)
    let count = 784
    let y = makeFloats(count, &random, scale: 1)
    let out = makeFloats(count, &random, scale: 1)
    let raw = UnsafeRawPointer(makeFloats(count, &random, scale: 1))
    let mean = UnsafeMutablePointer<Double>.allocate(capacity: 2 * count)
    defer { mean.deallocate() }
    mean.initialize(repeating: 0.5, count: 2 * count)
    let row = { (name: String, body: () -> Void) in
        Row(
            name: "\(name).784.\(set.name)", value: medianMicroseconds(batches: 31, body),
            unit: "us")
    }
    return [
        row("relu") { set.relu(y, count) },
        row("sigmoid") { set.sigmoid(y, count) },
        row("tanh") { set.tanh(y, count) },
        row("softmax") { set.softmax(y, count) },
        row("convert-u8") { set.convertU8(raw, out, count, 0, 1 / 255) },
        row("normalise") {
            set.normalise(y, mean, mean + count, out, count, 1e-4, 8, true)
        },
        row("first-outside") { precondition(set.firstOutside(raw, count, -2, 2) == -1) },
    ]
}
