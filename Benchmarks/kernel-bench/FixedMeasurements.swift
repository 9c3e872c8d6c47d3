// Fixed point in (10,2,7): the FPGA network of Dey et al. (arXiv 1711.01343), 1024-64-32 with 5,120
// edges, one training step at a time (the FPGA did 441,000 per second); and dense 1024×1024 beside
// our float kernels. What is compared is measured by turns.

import Arithmetic
import Kernels
import Platform

/// Medians of several bodies, run by turns in batches of equal length.
func interleavedMicroseconds(
    batches: Int = 61, batchMicroseconds: Double = 300, _ bodies: [() -> Void]
) -> [Double] {
    let clock = MachineClock()
    let repetitions = bodies.map { body in
        var count = 1
        while true {
            let start = clock.nowNanoseconds
            for _ in 0..<count { body() }
            let microseconds = Double(clock.nowNanoseconds - start) / 1000
            if microseconds >= batchMicroseconds / 2 || count >= 1 << 20 { return count }
            count *= 2
        }
    }
    var times = bodies.map { _ in [Double]() }
    for _ in 0..<batches {
        for (index, body) in bodies.enumerated() {
            let start = clock.nowNanoseconds
            for _ in 0..<repetitions[index] { body() }
            times[index].append(
                Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions[index]))
        }
    }
    return times.map { $0.sorted()[batches / 2] }
}

/// Zeroed memory in whole 64 bytes; lives as long as the process.
private func makeWords<Word: BitwiseCopyable>(
    _ count: Int, _ word: Word
) -> UnsafeMutablePointer<Word> {
    let bytes = (count * MemoryLayout<Word>.stride + 63) / 64 * 64
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    let words = raw.bindMemory(to: Word.self, capacity: count)
    for i in 0..<count { words[i] = word }
    return words
}

private func makeNumbers(
    _ count: Int, _ random: inout Xoshiro256StarStar, _ limit: Int
) -> UnsafeMutablePointer<Int16> {
    let numbers = makeWords((count + 31) / 32 * 32, Int16(0))
    for i in 0..<count { numbers[i] = Int16(random.index(below: 2 * limit + 1) - limit) }
    return numbers
}

/// A junction of the FPGA network, dense or with the edges of a clash-free interleaver of type 2.
private struct FixedBenchJunction {
    let inputs, outputs, columns: Int
    let w, bias, scratch: UnsafeMutablePointer<Int16>
    /// Nil where it is dense.
    let edges: FixedEdges?

    /// - outDegree: nil for a dense one. - parallelism: z of the FPGA.
    init(
        inputs: Int, outputs: Int, outDegree: Int?, parallelism: Int,
        _ random: inout Xoshiro256StarStar
    ) {
        (self.inputs, self.outputs) = (inputs, outputs)
        columns = outDegree.map { inputs * $0 / outputs } ?? inputs
        let stride = (columns + 31) / 32 * 32
        w = makeNumbers(outputs * stride, &random, 40)
        bias = makeNumbers(outputs, &random, 20)
        scratch = makeNumbers(stride, &random, 0)
        guard let outDegree else {
            edges = nil
            return
        }
        let memoryRows = inputs / parallelism
        var left: [UInt16] = []
        for _ in 0..<outDegree {
            let start = (0..<parallelism).map { _ in random.index(below: memoryRows) }
            for row in 0..<memoryRows {
                for lane in 0..<parallelism {
                    left.append(
                        UInt16((start[lane] + row) % memoryRows * parallelism + lane))
                }
            }
        }
        let padded = (inputs + 31) / 32 * 32
        let table = makeWords(outputs * stride, FixedEdges.nobody)
        let inverse = makeWords(outputs * padded, FixedEdges.nobody)
        for j in 0..<outputs {
            for (k, i) in left[j * columns..<(j + 1) * columns].sorted().enumerated() {
                table[j * stride + k] = i
                inverse[j * padded + Int(i)] = UInt16(k)
            }
        }
        let isSmall = padded <= max(64, 4 * stride)
        edges = FixedEdges(
            inputs: inputs, outputs: outputs, fan_in: columns, row_stride: stride,
            left: UnsafePointer(table),
            left_blocks: Self.blocks(table, outputs * stride),
            inverse: isSmall ? UnsafePointer(inverse) : nil,
            inverse_blocks: isSmall ? Self.blocks(inverse, outputs * padded) : nil)
    }

    private static func blocks(
        _ table: UnsafeMutablePointer<UInt16>, _ count: Int
    ) -> UnsafePointer<UInt64> {
        let blocks = makeWords(count / 32, UInt64(0))
        for i in 0..<count where table[i] != FixedEdges.nobody {
            blocks[i / 32] |= 1 << UInt64(table[i] / 64)
        }
        let largest = (0..<count / 32).map { blocks[$0].nonzeroBitCount }.max() ?? 0
        for i in 0..<count / 32 where blocks[i] != 0 {
            while blocks[i].nonzeroBitCount < largest { blocks[i] |= blocks[i] + 1 }
        }
        return UnsafePointer(blocks)
    }

    func feedforward(_ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ set: KernelSet)
    {
        if let edges {
            set.fixed.edgeFeedforward(edges, w, bias, x, y, 10, 7, nil)
        } else {
            set.fixed.feedforward(w, bias, x, y, outputs, (inputs + 31) / 32 * 32, 10, 7, nil)
        }
    }

    func backpropUpdate(
        _ x: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>?, _ set: KernelSet
    ) {
        if let edges {
            if let e {
                set.fixed.edgeBackprop(edges, w, delta, derivative, e, scratch, 10, 7, nil)
            }
            set.fixed.edgeUpdate(edges, w, bias, x, delta, 10, 7, 3, nil)
        } else {
            set.fixed.backpropUpdate(
                w, bias, x, delta, derivative, e, outputs, (inputs + 31) / 32 * 32, 10, 7, 3, nil)
        }
    }
}

/// The FPGA network: sigmoids, cross-entropy, η = 2⁻³.
private final class FixedBenchNetwork {
    private let first, second: FixedBenchJunction
    private let samples: [UnsafeMutablePointer<Int16>]
    private let labels: [Int]
    private let hidden, slopes, error, output, values, derivatives: UnsafeMutablePointer<Int16>
    /// Errors of hidden neurons that keep every row busy, or nil to learn from the true ones.
    private let busyError: UnsafeMutablePointer<Int16>?
    private let kernels: KernelSet
    private let sigmoid: FixedSigmoid
    private var next = 0

    init(isSparse: Bool, isBusy: Bool, _ format: FixedFormat, _ kernels: KernelSet) {
        var random = Xoshiro256StarStar(seed: 1)
        self.kernels = kernels
        first = FixedBenchJunction(
            inputs: 1024, outputs: 64, outDegree: isSparse ? 4 : nil, parallelism: 128, &random)
        second = FixedBenchJunction(
            inputs: 64, outputs: 32, outDegree: isSparse ? 16 : nil, parallelism: 32, &random)
        samples = (0..<64).map { _ in
            let x = makeNumbers(1024, &random, 127)
            for i in 0..<1024 { x[i] = max(x[i], 0) }
            return x
        }
        labels = (0..<64).map { _ in random.index(below: 10) }
        hidden = makeNumbers(64, &random, 0)
        slopes = makeNumbers(64, &random, 0)
        error = makeNumbers(64, &random, 0)
        output = makeNumbers(32, &random, 0)
        sigmoid = FixedSigmoid(format)
        values = makeNumbers(sigmoid.entryCount, &random, 0)
        derivatives = makeNumbers(sigmoid.entryCount, &random, 0)
        sigmoid.fill(values: values, derivatives: derivatives)
        busyError = isBusy ? makeNumbers(64, &random, 0) : nil
        // An increment of ±1 for every row, by turns, so that weights stay where they are.
        if let busyError { for i in 0..<64 { busyError[i] = i & 1 == 0 ? 8 : -8 } }
    }

    func step() {
        let x = samples[next]
        let label = labels[next]
        next = (next + 1) & 63
        first.feedforward(x, hidden, kernels)
        activate(hidden, slopes, 64)
        second.feedforward(hidden, output, kernels)
        activate(output, nil, 32)
        output[label] -= 128
        if busyError != nil {
            // Alternate signs, none of them small: every row of both junctions is worked.
            for j in 0..<32 { output[j] = (j + next) & 1 == 0 ? 40 : -40 }
        }
        second.backpropUpdate(hidden, output, slopes, error, kernels)
        if let busyError {
            for i in 0..<64 { busyError[i] = 0 - busyError[i] }
            first.backpropUpdate(x, busyError, nil, nil, kernels)
        } else {
            first.backpropUpdate(x, error, nil, nil, kernels)
        }
    }

    private func activate(
        _ y: UnsafeMutablePointer<Int16>, _ slopes: UnsafeMutablePointer<Int16>?, _ count: Int
    ) {
        kernels.fixed.sigmoid(
            y, y, slopes, count, values, derivatives, sigmoid.limit, sigmoid.indexShift, 7)
    }
}

/// One step of the FPGA network, dense and with edges, learning and with every row busy.
func measureFixedNetwork(_ set: KernelSet) -> [Row] {
    guard let format = FixedFormat(10, 2, 7) else { return [] }
    var networks: [(String, FixedBenchNetwork)] = []
    for isBusy in [false, true] {
        for isSparse in [false, true] {
            let name = (isSparse ? "edges" : "dense") + (isBusy ? "-busy" : "")
            networks.append(
                (name, FixedBenchNetwork(isSparse: isSparse, isBusy: isBusy, format, set)))
        }
    }
    let times = interleavedMicroseconds(networks.map { network in { network.1.step() } })
    return zip(networks, times).flatMap { network, time in
        [
            Row(name: "fixed.step.1024-64-32.\(network.0).\(set.name)", value: time, unit: "us"),
            Row(
                name: "fixed.rate.1024-64-32.\(network.0).\(set.name)", value: 1e6 / time,
                unit: "samples/s"),
        ]
    }
}

/// Dense 1024×1024 in (10,2,7) and in float32, FF, and BP with UP.
func measureFixedDense(_ set: KernelSet) -> [Row] {
    var random = Xoshiro256StarStar(seed: 2)
    let count = 1024
    let junction = Junction(inputs: count, outputs: count, &random)
    let (x, y) = (
        makeFloats(count, &random, scale: 1), makeFloats(count, &random, scale: 1)
    )
    let (delta, e) = (
        makeFloats(count, &random, scale: 1e-3), makeFloats(count, &random, scale: 0)
    )
    let fixed = FixedBenchJunction(
        inputs: count, outputs: count, outDegree: nil, parallelism: 1, &random)
    let fixedX = makeNumbers(count, &random, 127)
    let fixedY = makeNumbers(count, &random, 0)
    let fixedE = makeNumbers(count, &random, 0)
    let slopes = makeNumbers(count, &random, 31)
    // Errors that are worked in every row, and alternate so that weights stay.
    let errors = (0..<2).map { turn in
        let errors = makeNumbers(count, &random, 0)
        for j in 0..<count { errors[j] = (j + turn) & 1 == 0 ? 8 : -8 }
        return errors
    }
    var turn = 0
    let times = interleavedMicroseconds([
        { set.feedforward(junction.w, junction.bias, x, y, count, count) },
        { fixed.feedforward(fixedX, fixedY, set) },
        {
            set.backpropUpdate(
                junction.w, junction.bias, x, delta, e, count, count, 1e-3, 0)
        },
        {
            fixed.backpropUpdate(fixedX, errors[turn & 1], slopes, fixedE, set)
            turn += 1
        },
    ])
    let names = ["float.ff", "fixed.ff", "float.bpup", "fixed.bpup"]
    return zip(names, times).map {
        Row(name: "\($0).1024x1024.\(set.name)", value: $1, unit: "us")
    }
}

/// Fixed point beside float32, in every set worth timing.
func measureFixed() -> [Row] {
    measuredSets.filter { $0.name != "plain" }.flatMap {
        measureFixedNetwork($0) + measureFixedDense($0)
    }
}
