// N:M junctions against our dense ones, interleaved: dense, N:M, dense, N:M … in one run, since two
// runs of a shared machine cannot be compared. 1024 × 1024 throughout; half of x and of δ is zero, as
// after ReLU, unless a row says `full`.

import Arithmetic
import Junctions
import Kernels
import Platform

/// Times of two ways to do one thing, taken in turns: medians in microseconds.
private func interleaved(
    rounds: Int, _ repetitions: Int, _ first: () -> Void, _ second: () -> Void
) -> (first: Double, second: Double) {
    let clock = MachineClock()
    var times: [[Double]] = [[], []]
    for round in 0..<rounds + 3 {
        for index in 0..<2 {
            let start = clock.nowNanoseconds
            for _ in 0..<repetitions { index == 0 ? first() : second() }
            let time = Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions)
            if round >= 3 { times[index].append(time) }
        }
    }
    return (times[0].sorted()[rounds / 2], times[1].sorted()[rounds / 2])
}

/// A form with its memory and one micro-batch; lives as long as the process.
private final class PrunedBench<Form: ManyVectorForm> {
    let form: Form
    let memory: JunctionMemory
    let scratch: UnsafeMutableRawPointer
    let x, delta, y, e: UnsafeMutablePointer<Float>
    private var deltas: (now: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>)
    let count: Int
    let state = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
    let kernels = KernelSet.best
    let rule: UpdateRule

    /// - zeros: of four values of x and δ, how many are zero. - magnitude: of δ
    init(_ form: Form, count: Int, zeros: Int, magnitude: Float, learningRate: Float) {
        self.form = form
        self.count = count
        rule = UpdateRule(learningRate: learningRate, momentum: 0, weightDecay: 0)
        func take(_ bytes: Int) -> UnsafeMutableRawPointer {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 4096)
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, 64))
            return raw
        }
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            take(count * 4).assumingMemoryBound(to: Float.self)
        }
        memory = JunctionMemory(
            parameters: take(form.fields.byteCount), velocity: nil,
            workspace: take(form.feedforwardBytes + form.updateBytes(.exact)))
        scratch = take(form.manyBytes(count))
        (x, e) = (floats(form.inputs * count), floats(form.inputs * count))
        (y, delta) = (floats(form.outputs * count), floats(form.outputs * count))
        deltas = (delta, floats(form.outputs * count))
        var random = Xoshiro256StarStar(seed: 1)
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace,
            .normal(deviation: (2 / Float(form.inputs)).squareRoot()), &random)
        form.refresh(memory)
        for index in 0..<form.inputs * count {
            x[index] = random.index(below: 4) < zeros ? 0 : abs(random.normal())
        }
        for index in 0..<form.outputs * count {
            delta[index] = random.index(below: 4) < zeros ? 0 : random.normal() * magnitude
        }
        for index in 0..<form.outputs * count { deltas.next[index] = 0 - delta[index] }
        random.store(to: state)
    }

    func feedforward() {
        form.feedforward(memory.parameters, memory.workspace, x: x, y: y, kernels: kernels)
    }

    /// BP and UP; the sign of δ changes each time, so that weights stay where they are.
    func update() {
        form.backpropUpdate(
            memory, x: x, delta: delta, e: e, rule: rule, generator: state, kernels: kernels)
        for index in 0..<form.outputs { delta[index] = 0 - delta[index] }
    }

    func step() {
        feedforward()
        update()
    }

    func feedforwardMany() {
        form.feedforwardMany(
            memory.parameters, memory.workspace, x: x, y: y, count: count, kernels: kernels)
    }

    func updateMany() {
        form.backpropUpdateMany(
            memory, scratch: scratch, x: x, delta: deltas.now, e: e, count: count, rule: rule,
            kernels: kernels)
        // The other sign by the other buffer: negating here would be timed.
        deltas = (deltas.next, deltas.now)
    }

    func stepMany() {
        feedforwardMany()
        updateMany()
    }
}

private func rows(_ name: String, _ times: (first: Double, second: Double)) -> [Row] {
    [
        Row(name: "\(name).dense", value: times.first, unit: "us"),
        Row(name: name, value: times.second, unit: "us"),
        Row(name: "\(name).ratio", value: times.first / times.second, unit: "times"),
    ]
}

/// What the patterns gain at 1024 × 1024.
func measurePruned() throws -> [Row] {
    var result: [Row] = []
    for (kept, group) in PruningPattern.supported {
        let pattern = try PruningPattern(kept: kept, group: group)
        let name = "structure.nm.\(kept)-\(group)"
        let form = PrunedJunction(inputs: 1024, outputs: 1024, pattern: pattern)
        let dense = DenseJunction(inputs: 1024, outputs: 1024)
        let a = PrunedBench(dense, count: 16, zeros: 2, magnitude: 1e-3, learningRate: 0.05)
        let b = PrunedBench(form, count: 16, zeros: 2, magnitude: 1e-3, learningRate: 0.05)
        result += rows("\(name).ff", interleaved(rounds: 51, 10, a.feedforward, b.feedforward))
        if (kept, group) == (2, 8) { result += try measureBDWP(pattern) }
    }
    return result
}

/// 2:8 in full: BP alone, whole steps of one vector, and of micro-batches.
private func measureBDWP(_ pattern: PruningPattern) throws -> [Row] {
    let form = PrunedJunction(inputs: 1024, outputs: 1024, pattern: pattern)
    let dense = DenseJunction(inputs: 1024, outputs: 1024)
    let name = "structure.nm.2-8"
    var result: [Row] = []
    // BP alone: dense BP is FF of a matrix of the same size; N:M's is a product with its view.
    let a = PrunedBench(dense, count: 16, zeros: 0, magnitude: 1, learningRate: 1e-6)
    let transposed = PrunedBench(
        PrunedJunction(inputs: 1024, outputs: 1024, pattern: pattern), count: 16, zeros: 0,
        magnitude: 1, learningRate: 1e-6)
    result += rows(
        "\(name).bp", interleaved(rounds: 51, 10, a.feedforward, transposed.feedforward))
    for (suffix, zeros, magnitude) in [("", 2, 1e-3), (".calm", 2, 1e-5), (".full", 0, 1e-3)]
        as [(String, Int, Float)]
    {
        let a = PrunedBench(
            dense, count: 16, zeros: zeros, magnitude: magnitude, learningRate: 0.05)
        let b = PrunedBench(
            form, count: 16, zeros: zeros, magnitude: magnitude, learningRate: 0.05)
        result += rows("\(name).step\(suffix)", interleaved(rounds: 51, 4, a.step, b.step))
        result += rows("\(name).up\(suffix)", interleaved(rounds: 51, 4, a.update, b.update))
    }
    result += try measureMicroBatches([64, 320])
    return result
}

/// 2:8 with micro-batches.
func measureMicroBatches(_ counts: [Int]) throws -> [Row] {
    let pattern = try PruningPattern(kept: 2, group: 8)
    let form = PrunedJunction(inputs: 1024, outputs: 1024, pattern: pattern)
    let dense = DenseJunction(inputs: 1024, outputs: 1024)
    let name = "structure.nm.2-8"
    var result: [Row] = []
    for count in counts {
        let a = PrunedBench(dense, count: count, zeros: 2, magnitude: 1e-3, learningRate: 0.05)
        let b = PrunedBench(form, count: count, zeros: 2, magnitude: 1e-3, learningRate: 0.05)
        result += rows(
            "\(name).ff.\(count)", interleaved(rounds: 21, 1, a.feedforwardMany, b.feedforwardMany))
        result += rows(
            "\(name).up.\(count)", interleaved(rounds: 21, 1, a.updateMany, b.updateMany))
        result += rows(
            "\(name).step.\(count)", interleaved(rounds: 21, 1, a.stepMany, b.stepMany))
    }
    return result
}
