// N:M junctions against our dense ones, 1024 × 1024: single vectors, and micro-batches with our own
// dense micro-batch beside them. Half of x and of δ is zero, as after ReLU.

import Arithmetic
import Junctions
import Kernels

/// Samples of the micro-batch whose whole step is a row of `make bench`. Selecting costs the same for
/// any number of samples, so many are better; a stride of a power of two would use half of L1.
private let microBatch = 320

/// A form with its memory and one micro-batch; lives as long as the process.
private final class ManyRun<Form: ManyVectorForm> {
    fileprivate let form: Form
    fileprivate let memory: JunctionMemory
    private let scratch: UnsafeMutableRawPointer
    fileprivate let x, y, e: UnsafeMutablePointer<Float>
    /// Errors of either sign, by turns, so that weights stay where they are.
    fileprivate var deltas: (now: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>)
    private let count: Int
    fileprivate let kernels = KernelSet.best
    private let rule = UpdateRule(learningRate: 0.05, momentum: 0, weightDecay: 0)

    init(_ form: Form, count: Int) {
        (self.form, self.count) = (form, count)
        var random = Xoshiro256StarStar(seed: 1)
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            makeFloats(count, &random, scale: 0)
        }
        memory = JunctionMemory(
            parameters: UnsafeMutableRawPointer(floats(form.fields.byteCount / 4)), velocity: nil,
            workspace: UnsafeMutableRawPointer(
                floats((form.feedforwardBytes + form.updateBytes(.exact)) / 4 + 16)))
        scratch = UnsafeMutableRawPointer(floats(form.manyBytes(count) / 4 + 16))
        (x, e) = (floats(form.inputs * count), floats(form.inputs * count))
        y = floats(form.outputs * count)
        deltas = (floats(form.outputs * count), floats(form.outputs * count))
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace,
            .normal(deviation: (2 / Float(form.inputs)).squareRoot()), &random)
        form.refresh(memory)
        for index in 0..<form.inputs * count { x[index] = max(0, random.normal()) }
        for index in 0..<form.outputs * count where random.index(below: 2) == 0 {
            deltas.now[index] = random.normal() * 1e-3
            deltas.next[index] = 0 - deltas.now[index]
        }
    }

    func feedforward() {
        form.feedforwardMany(
            memory.parameters, memory.workspace, x: x, y: y, count: count, kernels: kernels)
    }

    /// BP and UP.
    func update() {
        form.backpropUpdateMany(
            memory, scratch: scratch, x: x, delta: deltas.now, e: e, count: count, rule: rule,
            kernels: kernels)
        deltas = (deltas.next, deltas.now)
    }

    func step() {
        feedforward()
        update()
    }
}

extension ManyRun where Form == PrunedJunction {
    func backpropByView() {
        form.backpropByView(memory, delta: deltas.now, e: e, kernels: kernels)
    }
}

private func settings(_ kept: Int, _ group: Int) -> WeightStructure {
    .pruned(PruningSettings(kept: kept, group: group))
}

/// 2:8: FF, BP, the whole step, and the whole step of a micro-batch.
func measurePrunedForTable() throws -> [Row] {
    let name = "structure.nm.2-8"
    var rows = try measure(name, settings(2, 8), errors: .half)
    rows[0] = Row(
        name: name + ".step", value: rows[0].value, unit: "us", reference: rows[0].reference)
    rows.append(try measureBackprop(name))
    return rows + (try measureMany([microBatch]).filter { $0.name.hasSuffix(".step.many") })
}

/// BP alone, by the view that it has of its own. Dense BP is fused with UP and has no time of its
/// own; its measure is the dense product of the same size, FF.
private func measureBackprop(_ name: String) throws -> Row {
    let dense = try JunctionRun(.dense)
    let pattern = try PruningPattern(kept: 2, group: 8)
    let pruned = ManyRun(
        PrunedJunction(inputs: 1024, outputs: 1024, pattern: pattern), count: 16)
    let times = mediansInTurns([dense.feedforward, pruned.backpropByView])
    return Row(name: name + ".bp", value: times[1], unit: "us", reference: times[0])
}

/// FF, BP with UP, and the step of micro-batches.
private func measureMany(_ counts: [Int]) throws -> [Row] {
    let pattern = try PruningPattern(kept: 2, group: 8)
    return counts.flatMap { count -> [Row] in
        let dense = ManyRun(DenseJunction(inputs: 1024, outputs: 1024), count: count)
        let pruned = ManyRun(
            PrunedJunction(inputs: 1024, outputs: 1024, pattern: pattern), count: count)
        let parts: [(String, () -> Void, () -> Void)] = [
            ("ff", dense.feedforward, pruned.feedforward),
            ("bpup", dense.update, pruned.update), ("step", dense.step, pruned.step),
        ]
        return parts.map { part, dense, pruned in
            let times = mediansInTurns(batches: 21, batchMicroseconds: 4_000, [dense, pruned])
            let suffix = count == microBatch ? ".many" : ".\(count)"
            return Row(
                name: "structure.nm.2-8.\(part)\(suffix)", value: times[1], unit: "us",
                reference: times[0])
        }
    }
}

/// Every pattern at batch 1, and micro-batches of 2:8.
func measurePruned() throws -> [Row] {
    var rows: [Row] = []
    for (kept, group) in PruningPattern.supported {
        let name = "structure.nm.\(kept)-\(group)"
        rows += try measure(name, settings(kept, group), errors: .half)
    }
    return rows + (try measureMany([64, 320]))
}
