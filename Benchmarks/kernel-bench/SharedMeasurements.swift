// Junctions that all positions of a sample share, beside our own dense one: what a structure gains
// where its weights are used 64, 128 or 784 times per sample. Shapes are those of a small
// convolution (3 taps of 16 channels, 9 taps of 16, to 32) and of the gates of an LSTM (64 to 4 · 64).

import Arithmetic
import Junctions
import Kernels

/// A shared junction with its memory and one sample; lives as long as the process.
private final class SharedRun {
    private let shared: SharedJunction
    private let memory: SharedJunction.Memory
    private let x, y, e, generator: UnsafeMutablePointer<Float>
    /// Errors of either sign, by turns, so that weights stay where they are.
    private var deltas: (now: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>)
    private let count: Int
    private let kernels = KernelSet.best
    private let rule = UpdateRule(learningRate: 0.05, momentum: 0, weightDecay: 0)

    init(
        _ structure: WeightStructure, taps: Int, channels: Int, outputs: Int, count: Int
    ) throws(StructureError) {
        shared = try SharedJunction(
            JunctionSpecification(structure: structure), inputs: taps * channels,
            outputs: outputs, taps: taps, count: count)
        self.count = count
        var random = Xoshiro256StarStar(seed: 1)
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            makeFloats(count, &random, scale: 0)
        }
        memory = SharedJunction.Memory(
            parameters: UnsafeMutableRawPointer(
                floats(shared.junction.form.fields.byteCount / 4)), velocity: nil,
            tables: UnsafeMutableRawPointer(floats(shared.tableBytes(learns: true) / 4 + 16)),
            scratch: UnsafeMutableRawPointer(floats(shared.scratchBytes(learns: true) / 4)))
        let stride = SharedJunction.stride(count)
        (x, e) = (floats(shared.inputs * stride), floats(shared.inputs * stride))
        (y, generator) = (floats(outputs * stride), floats(16))
        deltas = (floats(outputs * stride), floats(outputs * stride))
        shared.prepare(memory.tables, learns: true)
        shared.initialise(
            memory.parameters, memory.tables,
            .normal(deviation: (2 / Float(shared.inputs)).squareRoot()), &random)
        shared.refresh(memory)
        // Half are zeros, as after ReLU.
        for row in 0..<shared.inputs {
            for p in 0..<count { x[row * stride + p] = max(0, random.normal()) }
        }
        for row in 0..<outputs {
            for p in 0..<count where random.index(below: 2) == 0 {
                deltas.now[row * stride + p] = random.normal() * 1e-3
                deltas.next[row * stride + p] = 0 - deltas.now[row * stride + p]
            }
        }
    }

    func feedforward() {
        shared.feedforward(memory.reading, x: x, y: y, count: count, kernels: kernels)
    }

    func backprop() {
        shared.backprop(memory, delta: deltas.now, e: e, count: count, kernels: kernels)
    }

    func update() {
        let state = UnsafeMutableRawPointer(generator).assumingMemoryBound(to: UInt64.self)
        shared.update(
            memory, x: x, delta: deltas.now, count: count, rule: rule, generator: state,
            kernels: kernels)
        deltas = (deltas.next, deltas.now)
    }

    func feedforwardOne() {
        shared.feedforwardOne(memory.reading, x: x, y: y, kernels: kernels)
    }

    func backpropOne() {
        shared.backpropOne(memory, delta: deltas.now, e: e, kernels: kernels)
    }

    func step() {
        feedforward()
        backprop()
        update()
    }
}

/// FF, BP, UP and the step at 64, 128 and 784 positions, and one vector.
func measureShared() throws -> [Row] {
    let structures: [(String, WeightStructure)] = [
        ("dense", .dense), ("nm", .pruned(PruningSettings(kept: 2, group: 8))),
        ("circulant", .circulant(blockSize: 8)),
        (
            "sparse",
            .clashFree(InterleaverSettings(type: 2), .fraction(0.125), seed: 1)
        ),
    ]
    var rows: [Row] = []
    for (taps, channels, outputs) in [(3, 16, 32), (9, 16, 32), (1, 64, 256)] {
        for count in [64, 128, 784] {
            let runs = try structures.map { _, structure in
                try SharedRun(
                    structure, taps: taps, channels: channels, outputs: outputs, count: count)
            }
            var parts: [(String, (SharedRun) -> () -> Void)] = [
                ("ff", SharedRun.feedforward), ("bp", SharedRun.backprop),
                ("up", SharedRun.update), ("step", SharedRun.step),
            ]
            if count == 64, taps == 1 {
                parts += [("ff.one", SharedRun.feedforwardOne), ("bp.one", SharedRun.backpropOne)]
            }
            for (part, body) in parts {
                let times = mediansInTurns(batches: 31, runs.map(body))
                for (index, (name, _)) in structures.enumerated() {
                    rows.append(
                        Row(
                            name: "many.\(name).\(taps * channels)-\(outputs).\(count).\(part)",
                            value: times[index], unit: "us",
                            reference: index == 0 ? nil : times[0]))
                }
            }
        }
    }
    return rows
}
