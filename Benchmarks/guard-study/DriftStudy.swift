// What the detectors of drift see in real streams, and what their responses are worth: gas batches 8
// and 9 arriving unannounced after 1 to 6, and streams without such a step for alarms that are none.
//
// One line of JSON per stream, setting and seed.

import Kernels
import Learning

/// The study.
struct DriftStudy {
    private let seeds: UInt64
    /// With the rate of the example, and with a tenth of it.
    private let gases: [StudyStream]
    private let others: [StudyStream]
    /// Where batch 8 and batch 9 begin in `gases`.
    private let steps = [5_933, 6_227]

    init(data: String, seeds: UInt64) throws {
        self.seeds = seeds
        var gas = try StudyStream(
            "gas", example: "examples/gas.toml", file: "\(data)/gas/train.x.npy",
            groups: "\(data)/gas/train.batch.npy", poisonStart: 0)
        gas.append(
            try StudyStream(
                "gas", example: "examples/gas.toml", file: "\(data)/gas/test.x.npy",
                groups: "\(data)/gas/test.batch.npy", poisonStart: 0))
        var slow = gas
        slow.rename("gas, a tenth of the rate") { $0.learningRate /= 10 }
        gases = [gas, slow]
        others = [
            try StudyStream(
                "mnist", example: "examples/mnist.toml", file: "\(data)/mnist/train.x.npy",
                limit: 12_544, poisonStart: 0),
            try StudyStream(
                "elec2", example: "examples/elec2.toml", file: "\(data)/elec2/stream.x.npy",
                poisonStart: 0),
        ]
    }

    private static let detectors: [(String, DriftDetector)] = [
        ("page-hinkley", .pageHinkley(PageHinkleySettings())),
        ("adwin", .adwin(AdaptiveWindowSettings())),
    ]

    private static let responses: [(String, DriftResponse)] = [
        ("nothing", .nothing),
        ("raise-rate x 2, 100", .raiseRate(factor: 2, samples: 100)),
        ("raise-rate x 4, 100", .raiseRate(factor: 4, samples: 100)),
        ("raise-rate x 4, 300", .raiseRate(factor: 4, samples: 300)),
        ("re-warm 100", .reWarm(count: 100)),
    ]

    func run() {
        for seed in 1...seeds {
            for (name, detector) in Self.detectors {
                for (response, setting) in Self.responses {
                    for gas in gases { report(gas, name, detector, response, setting, seed) }
                }
                for stream in others {
                    for (response, setting) in [
                        Self.responses[0], Self.responses[1], Self.responses[4],
                    ] {
                        report(stream, name, detector, response, setting, seed)
                    }
                }
            }
        }
    }

    private func report(
        _ stream: StudyStream, _ name: String, _ detector: DriftDetector, _ response: String,
        _ setting: DriftResponse, _ seed: UInt64
    ) {
        let (right, alarms) = learn(
            stream, DriftSettings(detector: detector, response: setting), seed)
        var parts = [
            "\"stream\":\"\(stream.name)\",\"detector\":\"\(name)\"",
            "\"response\":\"\(response)\",\"seed\":\(seed),\"accuracy\":\(mean(right[...]))",
            "\"alarms\":[\(alarms.map { "\($0)" }.joined(separator: ","))]",
        ]
        if stream.name.hasPrefix("gas") {
            let ends = [steps[1], right.count]
            parts.append("\"before\":\(mean(right[(steps[0] - 500)..<steps[0]]))")
            for (index, step) in steps.enumerated() {
                let first = [50, 100, 200].map { "\(mean(right[step..<(step + $0)]))" }
                parts.append(
                    "\"batch\(8 + index)\":[\(first.joined(separator: ",")),"
                        + "\(mean(right[step..<ends[index]]))]")
            }
        }
        print("{" + parts.joined(separator: ",") + "}")
    }

    /// Whether each prediction was right, and the samples that ended with an alarm.
    private func learn(
        _ stream: StudyStream, _ drift: DriftSettings, _ seed: UInt64
    ) -> ([Bool], [Int]) {
        var configuration = stream.configuration
        configuration.seed = seed
        configuration.drift = drift
        let layout = LearnerLayout(configuration)
        let section = UnsafeMutableRawPointer.allocate(
            byteCount: layout.section.byteCount, alignment: 64)
        let workspace = UnsafeMutableRawPointer.allocate(
            byteCount: layout.workspaceBytes, alignment: 64)
        defer {
            section.deallocate()
            workspace.deallocate()
        }
        let learner = OnlineLearner(
            layout: layout, section: section, workspace: workspace, kernels: .best)
        learner.initialise()
        learner.openEpoch(producer: 0, epoch: 1)
        var right: [Bool] = []
        var alarms: [Int] = []
        stream.features.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for index in 0..<stream.count {
                let outcome = learner.sample(
                    producer: 0, epoch: 1, sequence: UInt64(index) + 1,
                    features: base + index * stream.stride,
                    label: .classIndex(stream.classes[index]))
                right.append(outcome.predictedClass == stream.classes[index])
                if learner.takeRaisedAlarms() != nil { alarms.append(index) }
            }
        }
        return (right, alarms)
    }
}
