// One run: an example, a stream, a seed. Every sample is predicted by the daemon's learner before it
// is learned; nothing is seen twice.

import Accelerator
import Configuration
import Kernels
import Learning
import Platform

/// What came of a run.
struct StreamResult: Sendable {
    var right: [Bool] = []
    /// Samples at which the detector over all raised an alarm.
    var alarms: [Int] = []
    var seconds = 0.0
    /// Prequential figures as the daemon reports them.
    var accuracy = 0.0
    var last1000 = 0.0
    var noChange = 0.0

    /// For the eye.
    var text: String {
        func share(_ value: Double) -> String { "\((value * 1e4).rounded() / 1e4)" }
        return "\(share(accuracy)), last 1,000 \(share(last1000)), no change \(share(noChange))"
    }
}

/// A run that can be made.
struct StreamRun: Sendable {
    let experiment: Experiment
    let seed: UInt64
    let configuration: LearnerConfiguration
    /// Classes, by number.
    let classCount: Int
    private let digest: UInt64

    /// Reads the example.
    ///
    /// - extra: assignments over those of the experiment
    init(
        _ experiment: Experiment, seed: UInt64, extra: [String]
    ) throws(ConfigurationErrors) {
        self.experiment = experiment
        self.seed = seed
        let assignments = experiment.settings + extra + ["network.seed=\(seed)"]
        let loaded = try ConfigurationLoader.load(
            path: "examples/\(experiment.example).toml", environment: [:],
            flags: assignments.compactMap(ConfigurationFlag.init(assignment:)),
            checksDevice: false)
        var learner = loaded.learner
        learner.pendingCapacity = 0
        learner.producerCapacity = 1
        configuration = learner
        classCount = loaded.outputCount
        // FNV-1a of everything that the run depends on.
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(ResultsFile.version) \(learner) \(experiment.stream)".utf8 {
            value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        digest = value
    }

    var title: String { "\(experiment.title), seed \(seed)" }

    /// What names the run in the file.
    var key: String { "\(experiment.title) \(seed) \(String(digest, radix: 16))" }

    /// Learns the whole stream.
    func finish(_ samples: Samples) -> StreamResult {
        let layout = LearnerLayout(configuration)
        let section = Self.memory(layout.section.byteCount)
        let workspace = Self.memory(layout.workspaceBytes)
        defer { for memory in [section, workspace] { memory.deallocate() } }
        let learner = OnlineLearner(
            layout: layout, section: section, workspace: workspace, kernels: .best)
        learner.initialise()
        learner.openEpoch(producer: 0, epoch: 1)
        var result = StreamResult()
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        samples.features.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for index in 0..<samples.count {
                let outcome = learner.sample(
                    producer: 0, epoch: 1, sequence: UInt64(index) + 1,
                    features: base + index * samples.stride,
                    label: .classIndex(samples.classes[index]))
                result.right.append(outcome.predictedClass == samples.classes[index])
                if learner.takeRaisedAlarms()?.isOverall == true { result.alarms.append(index) }
            }
        }
        result.seconds = Double(clock.nowNanoseconds - start) / 1e9
        if let agreement = learner.metrics(producer: nil).agreement {
            result.accuracy = agreement.overall.accuracy
            result.last1000 = agreement.last1000.accuracy
            result.noChange = agreement.overall.noChange
        }
        return result
    }

    private static func memory(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
        return base
    }
}
