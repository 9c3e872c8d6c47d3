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

/// The whole step at 1024 × 1024 (`structure.predefined.1-16` and so on), FF alone, BP with UP
/// alone, and the step with the errors that ReLU leaves, half of them zero; beside each the dense
/// kernels of the same set.
/// - densities: 1 / n for each n
func measureLaneAligned(_ set: KernelSet, densities: [Int] = [4, 8, 16, 32]) -> [Row] {
    densities.flatMap { density -> [Row] in
        let medians = measureLaneAligned(density: 1 / Double(density), set)
        return [".ff", ".bpup", "", ".relu"].enumerated().flatMap { index, part -> [Row] in
            let name = "structure.predefined.1-\(density)\(part)"
            let (sparse, dense) = (medians[2 * index], medians[2 * index + 1])
            return [
                Row(name: "\(name).\(set.name)", value: sparse, unit: "us"),
                Row(name: "\(name).dense.\(set.name)", value: dense, unit: "us"),
                Row(name: "\(name).ratio.\(set.name)", value: dense / sparse, unit: "times"),
            ]
        }
    }
}

/// Medians, sparse and dense by turns, of FF, BP with UP, the step, the step with half the errors.
private func measureLaneAligned(density: Double, _ set: KernelSet) -> [Double] {
    let count = 1024
    guard
        let pattern = try? LaneAlignedPattern(
            inputs: count, outputs: count, density: density, seed: 1)
    else { preconditionFailure("a power of two from 1/1024 to 1 is a legal density") }
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
