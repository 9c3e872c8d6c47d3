// Block-circulant junctions against our dense kernels, FF and then BP with UP, batch 1, in turns.

import Arithmetic
import Kernels

/// One circulant junction's memory and its step, as `CirculantJunction` puts it together.
private struct CirculantBench {
    let inputs, outputs, k, q, p, rowStride: Int
    let cosines, staging, left, right, errors, partial: UnsafeMutablePointer<Float>
    let w, bias: UnsafeMutablePointer<Float>

    init(inputs: Int, outputs: Int, blockSize: Int, _ random: inout Xoshiro256StarStar) {
        (self.inputs, self.outputs, k) = (inputs, outputs, blockSize)
        q = (inputs + k - 1) / k
        p = (outputs + k - 1) / k
        rowStride = (p + 15) / 16 * 16
        cosines = makeFloats(CirculantTwiddles.paddedCount, &random, scale: 0)
        CirculantTwiddles.fill(cosines)
        staging = makeFloats(16 * k + 16, &random, scale: 0)
        left = makeFloats((q + 15) / 16 * 16 * k, &random, scale: 0)
        errors = makeFloats((q + 15) / 16 * 16 * k, &random, scale: 0)
        right = makeFloats(rowStride * k, &random, scale: 0)
        partial = makeFloats(4096, &random, scale: 0)
        let scale = (Float(k) / Float(inputs)).squareRoot()
        w = makeFloats(q * k * rowStride, &random, scale: scale)
        bias = makeFloats(outputs, &random, scale: scale)
    }

    func feedforward(
        _ set: KernelSet, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        set.circulant.transform(x, inputs, q, k, cosines, staging, left)
        set.circulant.multiply(w, left, right, q, rowStride, k)
        set.circulant.invert(right, p, k, cosines, staging, bias, y, outputs)
    }

    func backpropUpdate(
        _ set: KernelSet, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>
    ) {
        set.circulant.transform(x, inputs, q, k, cosines, staging, left)
        set.circulant.transform(delta, outputs, p, k, cosines, staging, right)
        set.circulant.backpropUpdate(
            w, left, right, errors, partial, q, rowStride, k, 1e-3, 0)
        set.circulant.updateBias(bias, nil, delta, (outputs + 15) / 16 * 16, 1e-3, 0)
        set.circulant.invert(errors, q, k, cosines, staging, nil, e, inputs)
    }
}

/// The whole step FF, BP, UP at `inputs` × `outputs` for each block size: microseconds of both
/// sides, dense over circulant, and the parts.
func measureCirculant(
    inputs: Int = 1024, outputs: Int = 1024, blockSizes: [Int] = [8, 16],
    _ set: KernelSet = .best
) -> [Row] {
    var random = Xoshiro256StarStar(seed: 9)
    let dense = Junction(inputs: inputs, outputs: outputs, &random)
    let x = makeFloats(inputs, &random, scale: 1)
    let y = makeFloats(outputs, &random, scale: 0)
    let delta = makeFloats(outputs, &random, scale: 1e-3)
    let e = makeFloats(inputs, &random, scale: 0)
    var rows: [Row] = []
    for k in blockSizes {
        let bench = CirculantBench(
            inputs: inputs, outputs: outputs, blockSize: k, &random)
        let denseStep = {
            set.feedforward(dense.w, dense.bias, x, y, outputs, dense.rowStride)
            set.backpropUpdate(
                dense.w, dense.bias, x, delta, e, outputs, dense.rowStride, 1e-3, 0)
        }
        let step = {
            bench.feedforward(set, x, y)
            bench.backpropUpdate(set, x, delta, e)
        }
        // In turns, so that whatever else the machine does meets both.
        var (denseTimes, times) = ([Double](), [Double]())
        for _ in 0..<31 {
            denseTimes.append(medianMicroseconds(batches: 3, denseStep))
            times.append(medianMicroseconds(batches: 3, step))
        }
        denseTimes.sort()
        times.sort()
        let (reference, time) = (denseTimes[15], times[15])
        let name = "structure.circulant.\(k)"
        rows += [
            Row(name: name, value: time, unit: "us"),
            Row(name: "\(name).dense", value: reference, unit: "us"),
            Row(name: "\(name).ratio", value: reference / time, unit: "x"),
        ]
    }
    return rows
}

/// The parts of a step at 1024 × 1024.
func measureCirculantParts(blockSize: Int, _ set: KernelSet = .best) -> [Row] {
    var random = Xoshiro256StarStar(seed: 10)
    let bench = CirculantBench(
        inputs: 1024, outputs: 1024, blockSize: blockSize, &random)
    let x = makeFloats(1024, &random, scale: 1)
    let y = makeFloats(1024, &random, scale: 0)
    let row = { (name: String, body: () -> Void) in
        Row(
            name: "circulant.\(blockSize).\(name).\(set.name)",
            value: medianMicroseconds(batches: 31, body), unit: "us")
    }
    let (q, p, k) = (bench.q, bench.p, bench.k)
    return [
        row("transform") {
            set.circulant.transform(x, 1024, q, k, bench.cosines, bench.staging, bench.left)
        },
        row("multiply") {
            set.circulant.multiply(bench.w, bench.left, bench.right, q, bench.rowStride, k)
        },
        row("bpup") {
            set.circulant.backpropUpdate(
                bench.w, bench.left, bench.right, bench.errors, bench.partial, q,
                bench.rowStride, k, 1e-9, 0)
        },
        row("invert") {
            bench.right.update(repeating: 0, count: p * k)
            set.circulant.invert(
                bench.right, p, k, bench.cosines, bench.staging, bench.bias, y, 1024)
        },
        row("ff") { bench.feedforward(set, x, y) },
    ]
}

/// The step of a 16-bit junction at 1024 × 1024, as `FixedCirculantJunction` puts it together.
func measureFixedCirculant(blockSize k: Int, _ set: KernelSet = .best) -> [Row] {
    let blocks = 1024 / k
    let rowStride = (blocks + 31) / 32 * 32
    var random = Xoshiro256StarStar(seed: 11)
    func numbers(_ count: Int, below bound: Int) -> UnsafeMutablePointer<Int16> {
        let numbers = UnsafeMutablePointer<Int16>.allocate(capacity: count)
        for i in 0..<count { numbers[i] = Int16(random.index(below: bound)) }
        return numbers
    }
    let (x, delta) = (numbers(1024, below: 2048), numbers(1024, below: 20))
    let (y, e) = (numbers(1024, below: 1), numbers(1024, below: 1))
    let (left, right) = (numbers(rowStride * k, below: 1), numbers(rowStride * k, below: 1))
    let errors = numbers(rowStride * k, below: 1)
    let w = numbers(blocks * k * rowStride, below: 100)
    let cosines = numbers(CirculantTwiddles.paddedCount, below: 1)
    CirculantTwiddles.fillFixed(cosines)
    let kernels = set.circulant.fixed
    var saturations: (UInt64, UInt64) = (0, 0)
    var count = 0
    let feedforward = {
        count += kernels.transform(x, 1024, blocks, k, cosines, left)
        count += kernels.multiply(w, left, right, blocks, rowStride, k, 11)
        count += kernels.invert(right, blocks, k, cosines, y, 1024)
    }
    let backpropUpdate = {
        count += kernels.transform(x, 1024, blocks, k, cosines, left)
        count += kernels.transform(delta, 1024, blocks, k, cosines, right)
        withUnsafeMutableBytes(of: &saturations) { bytes in
            guard let base = bytes.baseAddress else { return }
            kernels.backpropUpdate(
                w, left, right, errors, blocks, rowStride, k, 11, 20,
                base.assumingMemoryBound(to: UInt64.self))
        }
        count += kernels.invert(errors, blocks, k, cosines, e, 1024)
    }
    let name = "structure.circulant.\(k).fixed16"
    return [
        Row(
            name: "\(name).ff.\(set.name)", value: medianMicroseconds(batches: 31, feedforward),
            unit: "us"),
        Row(
            name: "\(name).bpup.\(set.name)",
            value: medianMicroseconds(batches: 31, backpropUpdate), unit: "us"),
    ]
}
