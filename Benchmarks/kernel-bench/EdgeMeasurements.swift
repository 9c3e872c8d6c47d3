// The whole step (FF, then BP with UP) of pre-defined sparse junctions, edge by edge, against our
// dense kernels of the same shape, batch by batch in turn.

import Arithmetic
import Junctions
import Kernels
import Platform

/// One junction with numbers to work on; lives as long as the process.
private final class SparseStep {
    private let form: EdgeJunction
    private let memory: JunctionMemory
    private let x, y, delta, e: UnsafeMutablePointer<Float>
    private let generator: UnsafeMutablePointer<UInt64>
    private let rule = UpdateRule(learningRate: 1e-6, momentum: 0, weightDecay: 0)

    init(_ pattern: SparsePattern) {
        form = EdgeJunction(pattern)
        var random = Xoshiro256StarStar(seed: 4)
        let take = { (bytes: Int, random: inout Xoshiro256StarStar) in
            UnsafeMutableRawPointer(makeFloats(max(bytes, 64) / 4, &random, scale: 0))
        }
        memory = JunctionMemory(
            parameters: take(form.fields.byteCount, &random), velocity: nil,
            workspace: take(form.feedforwardBytes + form.updateBytes(.exact), &random))
        x = makeFloats(pattern.inputs, &random, scale: 1)
        e = makeFloats(pattern.inputs, &random, scale: 0)
        y = makeFloats(pattern.outputs, &random, scale: 0)
        delta = makeFloats(pattern.outputs, &random, scale: 1e-3)
        generator = take(64, &random).assumingMemoryBound(to: UInt64.self)
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace, .uniform(limit: 0.1, biases: true), &random)
    }

    func feedforward() {
        form.feedforward(memory.parameters, memory.workspace, x: x, y: y, kernels: .best)
    }

    func update() {
        form.backpropUpdate(
            memory, x: x, delta: delta, e: e, rule: rule, generator: generator, kernels: .best)
    }
}

/// The dense step of the same shape.
private final class DenseStep {
    private let junction: Junction
    private let x, y, delta, e: UnsafeMutablePointer<Float>

    init(inputs: Int, outputs: Int) {
        var random = Xoshiro256StarStar(seed: 4)
        junction = Junction(inputs: inputs, outputs: outputs, &random)
        x = makeFloats(inputs, &random, scale: 1)
        e = makeFloats(inputs, &random, scale: 0)
        y = makeFloats(outputs, &random, scale: 0)
        delta = makeFloats(outputs, &random, scale: 1e-3)
    }

    func step() {
        KernelSet.best.feedforward(
            junction.w, junction.bias, x, y, junction.outputs, junction.rowStride)
        KernelSet.best.backpropUpdate(
            junction.w, junction.bias, x, delta, e, junction.outputs, junction.rowStride, 1e-6, 0)
    }
}

/// Whole steps at 1024 × 1024 for densities 1/4 to 1/32: the dense time and the sparse time of the
/// same run, and their ratio.
func measureEdges() -> [Row] {
    let size = 1024
    let dense = DenseStep(inputs: size, outputs: size)
    let families: [SparseFamily] = [
        .structured, .clashFree(.type1, dither: false), .clashFree(.type2, dither: false),
        .clashFree(.type2, dither: true), .clashFree(.type3, dither: false),
    ]
    var rows: [Row] = []
    for share in [4, 8, 16, 32] {
        for family in families {
            guard
                let pattern = try? SparsePattern(
                    family, inputs: size, outputs: size, density: 1 / Double(share), seed: 7)
            else { continue }
            let sparse = SparseStep(pattern)
            let times = interleavedMicroseconds(
                [
                    dense.step,
                    {
                        sparse.feedforward()
                        sparse.update()
                    }, sparse.feedforward, sparse.update,
                ])
            let name = "edges.1-\(share).\(family)"
            rows += [
                Row(name: "\(name).dense", value: times[0], unit: "us"),
                Row(name: "\(name).step", value: times[1], unit: "us"),
                Row(name: "\(name).ff", value: times[2], unit: "us"),
                Row(name: "\(name).bpup", value: times[3], unit: "us"),
                Row(name: "\(name).ratio", value: times[0] / times[1], unit: "x"),
            ]
        }
    }
    return rows
}

/// Medians of one call of each body, measured in turn: a, b, …, a, b, …. A batch is about 200 µs:
/// far shorter than a time slice, so that a neighbour spoils few of them, and long enough that
/// the caches of one body are its own for most of it.
private func interleavedMicroseconds(_ bodies: [() -> Void]) -> [Double] {
    let clock = MachineClock()
    let batch = { (body: () -> Void, repetitions: Int) -> Double in
        let start = clock.nowNanoseconds
        for _ in 0..<repetitions { body() }
        return Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions)
    }
    let repetitions = bodies.map { body in
        let quickest = (0..<5).map { _ in batch(body, 4) }.min() ?? 200
        return max(1, Int(200 / quickest))
    }
    var times = bodies.map { _ in [Double]() }
    for _ in 0..<151 {
        for (index, body) in bodies.enumerated() {
            times[index].append(batch(body, repetitions[index]))
        }
    }
    return times.map { $0.sorted()[$0.count / 2] }
}
