// Lane-aligned junctions against the dense kernels of the same set, in turns: a machine that is
// slower for a moment is slower for both.

import Arithmetic
import Junctions
import Kernels
import Platform

/// One lane-aligned junction of 1024 × 1024; lives as long as the process.
private struct LaneAligned {
    let slots: Int
    let w, bias: UnsafeMutablePointer<Float>
    let blocks: UnsafeMutablePointer<UInt32>

    init(_ pattern: LaneAlignedPattern, _ random: inout Xoshiro256StarStar) {
        slots = pattern.inDegree
        w = makeFloats(16 * pattern.blockCount, &random, scale: 0.03)
        bias = makeFloats(pattern.outputs, &random, scale: 0.03)
        blocks = .allocate(capacity: pattern.blockCount)
        pattern.fillBlocks(blocks)
    }
}

/// The medians of several bodies, called in turns: one batch of each, then the next round.
private func mediansInTurns(_ bodies: [() -> Void], rounds: Int = 61) -> [Double] {
    let clock = MachineClock()
    func time(_ body: () -> Void, _ repetitions: Int) -> Double {
        let start = clock.nowNanoseconds
        for _ in 0..<repetitions { body() }
        return Double(clock.nowNanoseconds - start) / 1000 / Double(repetitions)
    }
    let repetitions = bodies.map { max(1, Int(400 / max(time($0, 16), 0.1))) }
    var times = [[Double]](repeating: [], count: bodies.count)
    for _ in 0..<rounds {
        for (index, body) in bodies.enumerated() {
            times[index].append(time(body, repetitions[index]))
        }
    }
    return times.map { $0.sorted()[rounds / 2] }
}

/// FF, BP with UP, and the whole step at 1024 × 1024 for several densities, beside dense; then
/// the step with the errors that ReLU leaves, half of them zero.
func measureLaneAligned(_ set: KernelSet) -> [Row] {
    var rows: [Row] = []
    for (name, density) in [("1-4", 0.25), ("1-8", 0.125), ("1-16", 0.0625), ("1-32", 0.03125)] {
        let medians = measureLaneAligned(density: density, set)
        let names = ["ff", "bpup", "step", "step-relu"]
        for (index, measured) in names.enumerated() {
            let (sparse, dense) = (medians[2 * index], medians[2 * index + 1])
            let row = "structure.predefined.\(name).\(measured)"
            rows += [
                Row(name: "\(row).\(set.name)", value: sparse, unit: "us"),
                Row(name: "\(row).dense.\(set.name)", value: dense, unit: "us"),
                Row(name: "\(row).ratio.\(set.name)", value: dense / sparse, unit: "times"),
            ]
        }
    }
    return rows
}

/// Medians, sparse and dense by turns, of FF, BP with UP, the step, the step with half the errors.
private func measureLaneAligned(density: Double, _ set: KernelSet) -> [Double] {
    let count = 1024
    guard
        let pattern = try? LaneAlignedPattern(
            inputs: count, outputs: count, density: density, seed: 1)
    else { return [] }
    var random = Xoshiro256StarStar(seed: 4)
    let sparse = LaneAligned(pattern, &random)
    let dense = Junction(inputs: count, outputs: count, &random)
    let x = makeFloats(count, &random, scale: 1)
    let y = makeFloats(count, &random, scale: 0)
    let e = makeFloats(count, &random, scale: 0)
    let delta = makeFloats(count, &random, scale: 1e-3)
    let half = makeFloats(count, &random, scale: 1e-3)
    for j in 0..<count where random.index(below: 2) == 0 { half[j] = 0 }
    let feedforward = {
        set.laneAligned.feedforward(
            sparse.w, sparse.bias, x, y, sparse.blocks, count, sparse.slots)
    }
    let update = { (delta: UnsafePointer<Float>) in
        set.laneAligned.backpropUpdate(
            sparse.w, sparse.bias, x, delta, e, sparse.blocks,
            pattern.rows, count, sparse.slots, 1e-6, 0)
    }
    let denseFeedforward = {
        set.feedforward(dense.w, dense.bias, x, y, count, dense.rowStride)
    }
    let denseUpdate = { (delta: UnsafePointer<Float>) in
        set.backpropUpdate(
            dense.w, dense.bias, x, delta, e, count, dense.rowStride, 1e-6, 0)
    }
    return mediansInTurns([
        feedforward, denseFeedforward, { update(delta) }, { denseUpdate(delta) },
        {
            feedforward(); update(delta)
        },
        {
            denseFeedforward(); denseUpdate(delta)
        },
        {
            feedforward(); update(half)
        },
        {
            denseFeedforward(); denseUpdate(half)
        },
    ])
}
