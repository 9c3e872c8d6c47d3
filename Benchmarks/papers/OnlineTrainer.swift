// A run through the learner of the daemon, one sample after the other, in either schedule. In the
// pipeline a prediction comes out later than its sample went in, and is matched by its number.

import Accelerator
import Junctions
import Kernels
import Learning
import Platform

/// One run in progress.
struct OnlineTrainer {
    private let run: Run
    private let data: DataSet
    private let count: Int
    private let layout: LearnerLayout
    private let section: UnsafeMutableRawPointer
    private let workspace: UnsafeMutableRawPointer
    private let questions: UnsafeMutableRawPointer

    init(_ run: Run, _ data: DataSet) {
        self.run = run
        self.data = data
        count = min(run.recipe.trainCount ?? data.train.count, data.train.count)
        layout = LearnerLayout(Self.configuration(run, data, epoch: 0))
        section = clearedMemory(layout.section.byteCount)
        workspace = clearedMemory(layout.workspaceBytes)
        questions = clearedMemory(layout.predictorWorkspaceBytes)
    }

    /// The run's learner as it is in an epoch. Inputs are cut to the bits behind the point by the
    /// network itself.
    private static func configuration(
        _ run: Run, _ data: DataSet, epoch: Int
    ) -> LearnerConfiguration {
        var configuration = run.configuration(data)
        configuration.elementType = .i16
        configuration.inputScale = 1 / 256
        configuration.learningRate = run.recipe.rates.rate(epoch: epoch, progress: 0)
        return configuration
    }

    /// All epochs. A changed rate is a restart: samples under way keep the rate they entered with.
    func finish() -> RunResult {
        defer { for memory in [section, workspace, questions] { memory.deallocate() } }
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        var result = RunResult()
        for junction in layout.network.layers.map(\.junction) {
            result.weights.append(junction.form.weightCount)
            result.bytes.append(junction.form.fields.byteCount)
        }
        var right = [Int](repeating: 0, count: run.recipe.epochs)
        var rightOfLast = right
        for epoch in 0..<run.recipe.epochs {
            let learner = OnlineLearner(
                layout: LearnerLayout(Self.configuration(run, data, epoch: epoch)),
                section: section, workspace: workspace, kernels: .best)
            if epoch == 0 { learner.initialise() } else { learner.stateWasReplaced() }
            for index in 0..<count {
                guard let (number, predicted) = learn(learner, epoch * count + index) else {
                    continue
                }
                let (own, place) = number.quotientAndRemainder(dividingBy: count)
                guard predicted == Int32(data.train.classes[place]) else { continue }
                right[own] += 1
                if place >= count - tail { rightOfLast[own] += 1 }
            }
            if run.recipe.testCount > 0 { result.test.append(test()) }
        }
        // The last predictions of the last epoch are still under way and count as wrong.
        result.streamed = right.map { Double($0) / Double(count) }
        result.prequential = rightOfLast.map { Double($0) / Double(tail) }
        result.seconds = Double(clock.nowNanoseconds - start) / 1e9
        return result
    }

    private var tail: Int { min(1000, count) }

    /// Learns sample `number`; the number and class of the prediction that came out.
    private func learn(_ learner: OnlineLearner, _ number: Int) -> (Int, Int32)? {
        let outcome = withSample(data.train, number % count) { features, classIndex in
            learner.sample(
                producer: 0, epoch: 1, sequence: UInt64(number), features: features,
                label: .classIndex(classIndex))
        }
        guard run.recipe.manner == .pipeline else { return (number, outcome.predictedClass) }
        return outcome.completed.map { (Int($0.name.sequence), $0.predictedClass) }
    }

    private func withSample<Result>(
        _ samples: LabelledSamples, _ index: Int,
        _ body: (UnsafeRawPointer, Int32) -> Result
    ) -> Result {
        samples.values.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("there are samples") }
            return body(
                base + 2 * index * samples.featureCount, Int32(samples.classes[index]))
        }
    }

    /// Share right of the test samples, asked as a query is.
    private func test() -> Double {
        let predictor = Predictor(layout: layout, workspace: questions, kernels: .best)
        let count = min(run.recipe.testCount, data.test.count)
        var outputs = [Float](repeating: 0, count: data.classCount)
        var sum = 0
        for index in 0..<count {
            withSample(data.test, index) { features, classIndex in
                let predicted = predictor.predict(
                    section: section, features: features, outputs: &outputs)
                if predicted == classIndex { sum += 1 }
            }
        }
        return Double(sum) / Double(count)
    }
}
