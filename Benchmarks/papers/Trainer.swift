// The loop of an experiment: test, then train, epoch by epoch.

import Arithmetic
import Junctions
import Learning
import Platform

/// What a run found.
struct RunResult: Sendable {
    /// Share right of the last 1,000 samples of every epoch, each predicted before it was learned.
    var prequential: [Double] = []
    /// The same of all samples of an epoch.
    var streamed: [Double] = []
    /// Share right of the test samples after every epoch; empty without any.
    var test: [Double] = []
    /// Weight values of each junction.
    var weights: [Int] = []
    /// Bytes of each junction's parameters, padding included.
    var bytes: [Int] = []
    var seconds = 0.0
}

/// One run in progress.
struct Trainer {
    private let run: Run
    private let data: DataSet
    private let learner: any ExperimentLearner
    private let count: Int

    init(_ run: Run, _ data: DataSet) throws(StructureError) {
        self.run = run
        self.data = data
        learner =
            run.recipe.microBatch == 1
            ? NetworkLearner(run, data) : try MicroBatchLearner(run, data)
        let wanted = min(run.recipe.trainCount ?? data.train.count, data.train.count)
        count = wanted - wanted % learner.blockSize
    }

    /// All epochs.
    func finish() -> RunResult {
        let clock = MachineClock()
        let start = clock.nowNanoseconds
        var result = RunResult()
        for junction in learner.junctions {
            result.weights.append(junction.form.weightCount)
            result.bytes.append(junction.form.fields.byteCount)
        }
        var order = Array(0..<count)
        var shuffler = Xoshiro256StarStar(seed: run.seed &+ 0x5eed)
        for epoch in 0..<run.recipe.epochs {
            if run.recipe.isShuffled { shuffle(&order, &shuffler) }
            learn(order, epoch: epoch, &result)
            if run.recipe.testCount > 0 { result.test.append(test()) }
        }
        result.seconds = Double(clock.nowNanoseconds - start) / 1e9
        return result
    }

    private func shuffle(_ order: inout [Int], _ random: inout Xoshiro256StarStar) {
        for index in stride(from: order.count - 1, to: 0, by: -1) {
            order.swapAt(index, random.index(below: index + 1))
        }
    }

    /// One epoch.
    private func learn(_ order: [Int], epoch: Int, _ result: inout RunResult) {
        let recipe = run.recipe
        let tail = min(1000, count)
        var (all, last) = (0, 0)
        var right = [Bool](repeating: false, count: learner.blockSize)
        for start in stride(from: 0, to: count, by: learner.blockSize) {
            let indices = order[start..<start + learner.blockSize]
            let progress = (Float(epoch) + Float(start) / Float(count)) / Float(recipe.epochs)
            let rule = UpdateRule(
                learningRate: recipe.rates.rate(epoch: epoch, progress: progress), momentum: 0,
                weightDecay: recipe.weightDecay)
            learner.predict(data.train, indices, right: &right)
            for place in 0..<learner.blockSize where right[place] {
                all += 1
                if start + place >= count - tail { last += 1 }
            }
            learner.learn(data.train, indices, rule)
        }
        result.prequential.append(Double(last) / Double(tail))
        result.streamed.append(Double(all) / Double(count))
    }

    /// Share right of the test samples.
    private func test() -> Double {
        let count = min(run.recipe.testCount, data.test.count)
        let order = Array(0..<count)
        var right = [Bool](repeating: false, count: learner.blockSize)
        var sum = 0
        for start in stride(from: 0, to: count, by: learner.blockSize) {
            let indices = order[start..<min(count, start + learner.blockSize)]
            learner.predict(data.test, indices, right: &right)
            for place in 0..<indices.count where right[place] { sum += 1 }
        }
        return Double(sum) / Double(count)
    }
}

extension Run {
    /// The learner over `data`.
    func configuration(_ data: DataSet) -> LearnerConfiguration {
        recipe.configuration(
            seed: seed, features: data.train.featureCount, classes: data.classCount)
    }

    /// Why the run cannot be, or nil.
    func problem(_ data: DataSet) -> String? {
        let configuration = configuration(data)
        let widths = configuration.widths
        for index in 0..<(widths.count - 1) {
            do throws(StructureError) {
                _ = try configuration.junction(index).junction(
                    inputs: widths[index], outputs: widths[index + 1])
            } catch {
                return "junction \(index): \(error)"
            }
        }
        return nil
    }
}
