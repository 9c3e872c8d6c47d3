// Short runs of `--fit --data`: the samples are read once and every candidate learns the same, in
// the same order, with the learner of the daemon.

import Client
import Configuration
import Kernels
import Learning
import Platform
import SampleSources

/// What was learned.
struct FitTrainingReport {
    let source: String
    /// Samples that every candidate learned.
    let samples: Int
    /// Samples that the configuration's bounds refuse, or that have no label.
    let refused: Int
    let seed: UInt64
    /// Whether the figure is an accuracy; else a mean absolute error.
    let isAccuracy: Bool
    /// Candidates that learned.
    let trained: Int
    let isInterrupted: Bool
}

/// The runs.
struct FitTraining {
    let source: String
    let columns: SourceColumns
    let samples: Int
    let signals: ProcessSignals

    /// Reads the samples and lets each learner learn them.
    ///
    /// Returns a figure per learner, larger is better; nil for those that the user did not wait for.
    func run(
        _ base: MillraceConfiguration, _ learners: [LearnerConfiguration], names: [String]
    ) throws(ClientError) -> (FitTrainingReport, [Double?]) {
        var data = FitData(base)
        var isInterrupted = try read(&data, base)
        if data.count == 0, !isInterrupted {
            throw ClientError(
                .badData, "\(source): none of \(data.refused) samples can be learned",
                why: "They have no label, or lie outside [input] lower and upper",
                advice: "--label-column, or millrace stream \(source), which says why")
        }
        var bar = FitProgress(total: learners.count)
        defer { bar.clear() }
        var figures: [Double?] = learners.map { _ in nil }
        for (index, learner) in learners.enumerated() where !isInterrupted {
            let outcome = data.learn(learner) { done in
                bar.show(Double(index) + done, names[index])
                return signals.next() == nil
            }
            switch outcome {
            case .interrupted: isInterrupted = true
            case .figure(let figure): figures[index] = figure
            }
        }
        var isAccuracy = false
        if case .classification = base.output.task { isAccuracy = true }
        let report = FitTrainingReport(
            source: source, samples: data.count, refused: data.refused,
            seed: base.learner.seed, isAccuracy: isAccuracy,
            trained: figures.reduce(0) { $0 + ($1 == nil ? 0 : 1) }, isInterrupted: isInterrupted)
        return (report, figures)
    }

    /// Whether the user stopped it.
    private func read(
        _ data: inout FitData, _ base: MillraceConfiguration
    ) throws(ClientError) -> Bool {
        do {
            let source = try SourceCatalog.open(
                self.source, options: columns.options(base.expectedSchema))
            source.notes.forEach { Console.talk("note: \($0)") }
            var batch = SampleBatch(schema: source.schema, capacity: 256)
            var index = 0
            while data.count < samples {
                if signals.next() != nil { return true }
                let outcome = try source.read(
                    from: index, count: min(256, samples - data.count), into: &batch,
                    timeoutMilliseconds: 100)
                switch outcome {
                case .end: return false
                case .notYet: continue
                case .samples(let count):
                    index += count
                    data.take(batch)
                }
            }
            return false
        } catch .badRow(let problem) {
            throw ClientError(
                .badData, problem.description, advice: "a source without bad rows")
        } catch {
            throw ClientError(error)
        }
    }
}

/// Samples in memory.
struct FitData {
    /// What came of a run.
    enum Outcome {
        case figure(Double?)
        case interrupted
    }

    private(set) var count = 0
    private(set) var refused = 0
    private let input: InputSettings
    private let task: LearningTask
    private var features: [UInt8] = []
    private var classes: [Int32] = []
    private var targets: [Float] = []

    init(_ configuration: MillraceConfiguration) {
        input = configuration.input
        task = configuration.output.task
    }

    /// Keeps the samples of a batch that a daemon would learn from.
    mutating func take(_ batch: SampleBatch) {
        let bytes = batch.schema.sampleBytes
        let width = batch.count > 0 ? batch.targets.count / batch.count : 0
        for sample in 0..<batch.count {
            let values = Array(batch.targets[(sample * width)..<((sample + 1) * width)])
            let classIndex = sample < batch.classIndices.count ? batch.classIndices[sample] : -1
            let isLabelled: Bool =
                switch task {
                case .classification: classIndex >= 0
                case .regression: !values.isEmpty && values.allSatisfy(\.isFinite)
                case .forecast, .autoencoder: true
                }
            guard isLabelled, isAdmitted(batch, sample) else {
                refused += 1
                continue
            }
            features += batch.features[(sample * bytes)..<((sample + 1) * bytes)]
            classes.append(classIndex)
            targets += values
            count += 1
        }
    }

    private func isAdmitted(_ batch: SampleBatch, _ sample: Int) -> Bool {
        (0..<batch.schema.featureCount).allSatisfy { feature in
            let value = batch.value(sample: sample, feature: feature)
            let lower = input.lower[input.lower.count == 1 ? 0 : feature]
            let upper = input.upper[input.upper.count == 1 ? 0 : feature]
            return value >= lower && value <= upper
        }
    }

    /// One learner over all samples.
    /// - goesOn: asked every few samples with the share that is done
    func learn(
        _ configuration: LearnerConfiguration, goesOn: (Double) -> Bool
    ) -> Outcome {
        var configuration = configuration
        // The device changes nothing of what is learned, and nobody else sends here.
        configuration.device = nil
        configuration.pendingCapacity = 0
        configuration.producerCapacity = 1
        let layout = LearnerLayout(configuration)
        let section = UnsafeMutableRawPointer.allocate(
            byteCount: layout.section.byteCount, alignment: 64)
        let workspace = UnsafeMutableRawPointer.allocate(
            byteCount: max(64, layout.workspaceBytes), alignment: 64)
        defer {
            section.deallocate()
            workspace.deallocate()
        }
        let learner = OnlineLearner(
            layout: layout, section: section, workspace: workspace, kernels: .best)
        learner.initialise()
        learner.openEpoch(producer: 0, epoch: 1)
        let stride = features.count / max(1, count)
        let width = targets.count / max(1, count)
        let isWhole = features.withUnsafeBytes { bytes in
            targets.withUnsafeBufferPointer { values in
                for sample in 0..<count {
                    if sample % 64 == 0, !goesOn(Double(sample) / Double(count)) { return false }
                    guard let row = bytes.baseAddress.map({ $0 + sample * stride }) else { break }
                    let label: SampleLabel =
                        switch task {
                        case .classification: .classIndex(classes[sample])
                        case .regression:
                            values.baseAddress.map { .values($0 + sample * width) } ?? .none
                        case .forecast, .autoencoder: .none
                        }
                    _ = learner.sample(
                        producer: 0, epoch: 1, sequence: UInt64(sample) + 1, features: row,
                        label: label)
                }
                return true
            }
        }
        guard isWhole else { return .interrupted }
        return .figure(
            PrequentialFigures.headline(layout: layout, section: section).flatMap {
                $0.value.isFinite ? $0.value : nil
            })
    }
}

extension MillraceConfiguration {
    /// What a source must deliver for this configuration.
    var expectedSchema: ExpectedSchema {
        let element: SourceElement =
            switch input.type {
            case .u8: .u8
            case .i16: .i16
            case .f32: .f32
            }
        let labels: SourceLabels =
            switch output.task {
            case .classification(let count):
                .classIndices(classCount: count, names: output.classNames)
            case .regression(let count): .values(count: count)
            case .forecast, .autoencoder: .none
            }
        return ExpectedSchema(
            element: element, featureCount: input.featureCount, featureNames: input.names,
            labels: labels, targetNames: output.targetNames)
    }
}

/// One line on a terminal while candidates learn.
struct FitProgress {
    let total: Int
    private var isShown = false
    private var lastShown: UInt64 = 0
    private let clock = MachineClock()

    init(total: Int) { self.total = total }

    /// Draws the line, at most ten times a second.
    /// - done: candidates, with the share of the one that learns
    mutating func show(_ done: Double, _ name: String) {
        let now = clock.nowNanoseconds
        guard Console.isTerminal, now - lastShown >= 100_000_000 else { return }
        lastShown = now
        isShown = true
        let filled = min(20, Int(done / Double(max(1, total)) * 20))
        let bar =
            String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        Console.talkInPlace("fit  [\(bar)]  \(Int(done))/\(total)  \(name)")
    }

    mutating func clear() {
        if isShown { Console.talkInPlace("") }
        isShown = false
    }
}
