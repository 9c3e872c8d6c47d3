// Autoencoder: what the network reads is what it shall say. A hidden layer narrower than the sample lets
// through only what samples have in common, so a sample that is like no other comes out wrong.
//
// Target is the network's own input: normalised with statistics from before the sample, and limited to
// ± clip. Scored against it, before it is learned: the reconstruction; beside it the previous sample
// of the same producer, and the running mean of every feature. With the normaliser that mean is 0 in
// network units; without one it is kept here, over the newest 1,000 samples as an exponential average, of
// the samples before this one.
//
// The anomaly score comes from the RMS over features of reconstruction − sample, where the sample is not
// limited, or a reading 1,000σ away would look like one at the limit; and its percentile says how
// many of the errors so far were smaller.

import Kernels

extension OnlineLearner {
    func reconstruct(_ name: SampleName, _ features: UnsafeRawPointer) -> SampleOutcome {
        if let pipeline {
            let completed = enterReconstruction(pipeline, kernels, name, features)
            learnStatistics()
            previous.remember(name.producer, features)
            return SampleOutcome(decision: .learned, completed: completed)
        }
        feedforward(features)
        // Where the output errors will lie, which are not needed until the update.
        let scratch = network.outputDelta(workspace)
        let sample = network.input(workspace)
        network.target(workspace).update(from: sample, count: network.inputCount)
        unlimited(network.raw(workspace), sample, into: scratch)
        let error = reconstructionError(network.output(workspace), scratch)
        var baseline: UnsafePointer<Float>?
        if previous.isKnown(name.producer) {
            input.prepare(
                UnsafeRawPointer(previous.value(name.producer)), raw: scratch, into: scratch,
                normaliser, kernels)
            baseline = UnsafePointer(scratch)
        }
        let score = reconstructionScore(baseline: baseline)
        scoreMeans(name.producer)
        let loss = update()
        metrics.score(producer: name.producer, score, loss: loss)
        watchLoss(name.producer, loss)
        let judgement = judge(name.producer, error)
        learnStatistics()
        previous.remember(name.producer, features)
        return SampleOutcome(decision: .learned, loss: Float(loss), judgement: judgement)
    }

    /// RMS over features of the output against the sample without limit.
    func reconstructionError(
        _ output: UnsafePointer<Float>, _ unlimited: UnsafePointer<Float>
    ) -> Double {
        Self.reconstructionError(output, unlimited, network.outputCount)
    }

    static func reconstructionError(
        _ output: UnsafePointer<Float>, _ unlimited: UnsafePointer<Float>, _ count: Int
    ) -> Double {
        var sum = 0.0
        for index in 0..<count {
            let difference = Double(output[index]) - Double(unlimited[index])
            sum += difference * difference
        }
        return (sum / Double(count)).squareRoot()
    }

    /// The output against `network.target`, beside the previous sample where there is one.
    func reconstructionScore(baseline: UnsafePointer<Float>?) -> ErrorScore {
        let output = network.output(workspace)
        let target = network.target(workspace)
        let share = 1 / Double(network.outputCount)
        var score = ErrorScore()
        var baselineSum = 0.0
        for index in 0..<network.outputCount {
            let difference = Double(output[index]) - Double(target[index])
            score.absolute += difference.magnitude * share
            score.squared += difference * difference * share
            if let baseline {
                baselineSum += (Double(baseline[index]) - Double(target[index])).magnitude
            }
        }
        if baseline != nil { score.baselineAbsolute = baselineSum * share }
        return score
    }

    /// Scores the running means against `network.target`, and takes it into those that are kept here.
    func scoreMeans(_ producer: Int) {
        let target = network.target(workspace)
        let count = network.outputCount
        guard let means = metrics.runningMeans else {
            var sum = 0.0
            for index in 0..<count { sum += Double(target[index].magnitude) }
            metrics.score(producer: producer, meansAbsolute: sum / Double(count))
            return
        }
        let weight = 1 / min(means[0] + 1, AnomalyScale.horizon)
        var sum = 0.0
        for index in 0..<count {
            let difference = Double(target[index]) - means[index + 1]
            sum += difference.magnitude
            means[index + 1] += weight * difference
        }
        if means[0] > 0 {
            metrics.score(producer: producer, meansAbsolute: sum / Double(count))
        }
        means[0] += 1
    }
}
