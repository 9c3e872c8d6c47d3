// What charging costs: the share of a training step that goes into counting it.
//
// Two learners over the same section and the same scratch memory, one of them on a device, take
// turns, block by block: whatever memory and machine do, they do to both. The small network is the
// hard case: its step is short.

import Accelerator
import Arithmetic
import Junctions
import Kernels
import Learning
import Platform

/// A learner that is charged and one that is not, in the same memory; lives as long as the process.
final class AccountedLearner {
    private let charged: OnlineLearner
    private let free: OnlineLearner
    private let features: UnsafeMutableRawPointer
    private let featureBytes: Int
    private let classCount: Int
    private var sequence: UInt64 = 0
    private static let sampleCount = 512

    init(_ configuration: LearnerConfiguration, on device: DeviceDescription) throws {
        try configuration.validate()
        var onDevice = configuration
        onDevice.device = device
        let (layout, plain) = (LearnerLayout(onDevice), LearnerLayout(configuration))
        precondition(layout.device != nil, "the network runs on the device")
        precondition(layout.section == plain.section, "a device changes no shape")
        func memory(_ bytes: Int) -> UnsafeMutableRawPointer {
            .allocate(byteCount: bytes, alignment: 64)
        }
        let section = memory(layout.section.byteCount)
        let workspace = memory(layout.workspaceBytes)
        // In this order: whoever comes later clears the scratch memory, and the rows are in it.
        free = OnlineLearner(
            layout: plain, section: section, workspace: workspace, kernels: .best)
        charged = OnlineLearner(
            layout: layout, section: section, workspace: workspace, kernels: .best)
        charged.initialise()
        featureBytes = configuration.featureCount * configuration.elementType.bytes
        classCount = configuration.outputCount
        features = memory(featureBytes * Self.sampleCount)
        fill(configuration)
    }

    private func fill(_ configuration: LearnerConfiguration) {
        var random = Xoshiro256StarStar(seed: 1)
        for index in 0..<(configuration.featureCount * Self.sampleCount) {
            if configuration.elementType == .u8 {
                let value = random.index(below: 5) == 0 ? 200 : 0
                features.storeBytes(of: UInt8(value), toByteOffset: index, as: UInt8.self)
            } else {
                features.storeBytes(of: random.normal(), toByteOffset: 4 * index, as: Float.self)
            }
        }
    }

    /// Nanoseconds of a step over `count` samples.
    private func step(_ learner: OnlineLearner, _ count: Int) -> Double {
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        for _ in 0..<count {
            sequence &+= 1
            let index = Int(sequence % UInt64(Self.sampleCount))
            _ = learner.sample(
                producer: 0, epoch: 1, sequence: sequence,
                features: features + index * featureBytes,
                label: .classIndex(Int32(index % classCount)))
        }
        return Double(clock.nowNanoseconds - start) / Double(count)
    }

    /// Medians over many short turns, since a busy machine disturbs long ones: a step that is
    /// charged, in nanoseconds, and the share of it that charging takes, in percent.
    func measure(turns: Int = 3_001, count: Int) -> (step: Double, share: Double) {
        _ = step(charged, 8 * count)
        var steps: [Double] = []
        var shares: [Double] = []
        for turn in 0..<turns {
            // Who comes first changes from turn to turn.
            let before = turn % 2 == 0 ? step(free, count) : 0
            let with = step(charged, count)
            let without = turn % 2 == 0 ? before : step(free, count)
            steps.append(with)
            shares.append((with - without) / with * 100)
        }
        return (steps.sorted()[turns / 2], shares.sorted()[turns / 2])
    }
}

/// The FPGA's network and the smallest of the examples; `device.accounting` is the larger share.
///
/// - all: also the shares and the steps of both
func measureAccounting(all: Bool) throws -> [Row] {
    guard let format = FixedFormat(10, 2, 7) else { throw BenchError.noSuchFormat }
    let junctions = [(4, 128), (16, 32)].map { degree, parallelism in
        JunctionSpecification(
            structure: .clashFree(
                InterleaverSettings(type: 2, parallelism: parallelism), .outDegree(degree),
                seed: 1),
            arithmetic: .fixed(format))
    }
    let digits = LearnerConfiguration(
        featureCount: 784, elementType: .u8, inputScale: 1 / 256, normaliser: .none,
        task: .classification(classCount: 10), hidden: [64], hiddenActivation: .sigmoid,
        outputActivation: .sigmoid, loss: .crossEntropy, initialisation: .glorotNormal, seed: 1,
        learningRate: 0.125, junctions: junctions, inputWidth: 1024, outputWidth: 32)
    let prices = LearnerConfiguration(
        featureCount: 8, elementType: .f32, normaliser: .running(clip: 5, horizon: 0),
        task: .classification(classCount: 2), hidden: [16], hiddenActivation: .relu,
        outputActivation: .softmax, loss: .crossEntropy, initialisation: .heUniform, seed: 1,
        learningRate: 0.03)
    let large = try AccountedLearner(digits, on: accountedDevice).measure(count: 32)
    let small = try AccountedLearner(prices, on: accountedDevice).measure(count: 256)
    var rows = [
        Row(
            name: "device.accounting", value: max(large.share, small.share), unit: "%",
            reference: 3)
    ]
    if all {
        for (name, one) in [("fpga", large), ("8-16-2", small)] {
            rows.append(
                Row(name: "device.accounting.\(name)", value: one.share, unit: "%", reference: 3))
            rows.append(
                Row(name: "device.accounting.\(name).step", value: one.step, unit: "ns"))
        }
    }
    return rows
}

/// The edge processors of the FPGA, with floats besides: what a row holds makes no difference.
private let accountedDevice = DeviceDescription(
    name: "bench", title: "edge processors", source: "arXiv 1806.01087", clockHertz: 15e6,
    memory: DeviceMemory(capacityBits: 1 << 24, widthBits: 32),
    arithmetic: DeviceArithmetic(fixedBits: 10, floatBits: 32),
    edgeProcessors: EdgeProcessors(count: 160))
