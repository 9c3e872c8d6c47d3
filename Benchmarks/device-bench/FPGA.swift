// The network that Dey et al. put on an FPGA (arXiv 1711.01343, 1806.01087): 1024-64-32, 5,120 edges,
// (10,2,7), through the whole online learner: conversion, scoring, loss, metrics and registers
// included. The FPGA learned a sample every 34 clocks of 15 MHz: 441,000 per second.

import Accelerator
import Arithmetic
import Junctions
import Kernels
import Learning
import Platform

/// Samples per second of the FPGA.
let samplesPerSecondOfTheFPGA = 441_000.0

/// Why nothing could be measured.
enum BenchError: Error {
    case noSuchFormat
}

/// A learner of the FPGA's network with memory of its own; lives as long as the process.
final class FPGALearner {
    private let learner: OnlineLearner
    private let digits: Digits
    private var next = 0
    private var sequence: UInt64 = 0

    init(_ schedule: Schedule, _ digits: Digits) throws {
        guard let format = FixedFormat(10, 2, 7) else { throw BenchError.noSuchFormat }
        let junctions = [(4, 128), (16, 32)].map { degree, parallelism in
            JunctionSpecification(
                structure: .clashFree(
                    InterleaverSettings(type: 2, parallelism: parallelism), .outDegree(degree),
                    seed: 1),
                arithmetic: .fixed(format))
        }
        let configuration = LearnerConfiguration(
            featureCount: Digits.pixelCount, elementType: .u8, inputScale: 1 / 256,
            normaliser: .none, task: .classification(classCount: 10), hidden: [64],
            hiddenActivation: .sigmoid, outputActivation: .sigmoid, loss: .crossEntropy,
            initialisation: .glorotNormal, seed: 1, learningRate: 0.125, junctions: junctions,
            inputWidth: 1024, outputWidth: 32, schedule: schedule)
        try configuration.validate()
        let layout = LearnerLayout(configuration)
        func memory(_ bytes: Int) -> UnsafeMutableRawPointer {
            .allocate(byteCount: bytes, alignment: 64)
        }
        learner = OnlineLearner(
            layout: layout, section: memory(layout.section.byteCount),
            workspace: memory(layout.workspaceBytes), kernels: .best)
        learner.initialise()
        self.digits = digits
    }

    /// Learns the next `count` digits, again from the first after the last.
    func learn(_ count: Int) {
        digits.pixels.withUnsafeBytes { pixels in
            guard let base = pixels.baseAddress else { return }
            for _ in 0..<count {
                sequence &+= 1
                _ = learner.sample(
                    producer: 0, epoch: 1, sequence: sequence,
                    features: base + next * Digits.pixelCount,
                    label: .classIndex(Int32(digits.classes[next])))
                next = next + 1 == Digits.limit ? 0 : next + 1
            }
        }
    }

    /// Samples per second over `count` samples.
    func rate(_ count: Int) -> Double {
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        learn(count)
        return Double(count) * 1e9 / Double(clock.nowNanoseconds - start)
    }
}

/// Samples per second, pipelined and sequential, in turns; the medians of many rounds.
///
/// - all: also what `scripts/bench` does not need
func measureFPGA(all: Bool) throws -> [Row] {
    let digits = Digits.load()
    let learners = try [Schedule.pipeline, .sequential].map { try FPGALearner($0, digits) }
    for learner in learners { learner.learn(Digits.limit) }
    var rates = learners.map { _ in [Double]() }
    for _ in 0..<31 {
        for (index, learner) in learners.enumerated() { rates[index].append(learner.rate(8_192)) }
    }
    let medians = rates.map { $0.sorted()[$0.count / 2] }
    var rows = [
        Row(
            name: "device.fpga.library", value: medians[0], unit: "samples/s",
            reference: samplesPerSecondOfTheFPGA)
    ]
    if all {
        rows.append(
            Row(
                name: "device.fpga.library.sequential", value: medians[1], unit: "samples/s",
                reference: samplesPerSecondOfTheFPGA))
        rows.append(Row(name: "device.fpga.real-digits", value: digits.areReal ? 1 : 0, unit: ""))
    }
    return rows
}

/// Nothing but the pipelined learner, for a profiler.
func runPipeline(seconds: Double) throws {
    let learner = try FPGALearner(.pipeline, Digits.load())
    let clock = MachineClock()
    let start = clock.nowNanoseconds
    var count = 0
    while Double(clock.nowNanoseconds - start) < seconds * 1e9 {
        learner.learn(8_192)
        count += 8_192
    }
    let nanoseconds = Double(clock.nowNanoseconds - start)
    print("\(count) samples, \(nanoseconds / Double(count)) ns each")
}
