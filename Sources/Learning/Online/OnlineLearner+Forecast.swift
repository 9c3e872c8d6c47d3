// Forecast of one step: the newest sample is the target of the one before it, of the same producer.
//
// The network learns the change: the forecast is the sample plus what the output neurons say. The
// last junction of a fresh forecaster is zero, so it starts as the no-change baseline and improves
// from there; slow readings need no time to learn that they mostly stay.
//
// When sample t + 1 comes, the network reads sample t, and its output is scored against sample
// t + 1, both normalised with statistics from before t + 1. Neither the weights nor the statistics
// have seen sample t + 1, so this is the forecast that could have been asked for a moment before
// it came. Errors are means over features in network units (σ with the running normaliser). What
// is learned and scored is limited to ± clip; what is judged as unusual is not, or a reading 1,000σ
// away would look like one at the limit.

extension OnlineLearner {
    func forecast(_ name: SampleName, _ features: UnsafeRawPointer) -> SampleOutcome {
        let producer = name.producer
        var loss = Double.nan
        var judgement = Judgement()
        var completed: CompletedSample?
        if previous.isKnown(producer) {
            if let pipeline {
                completed = enterForecast(pipeline, kernels, name, features)
            } else {
                (loss, judgement) = learnForecast(producer, features)
            }
        }
        if normaliser != nil {
            input.convert(features, network.raw(workspace))
            learnStatistics()
        }
        previous.remember(producer, features)
        return SampleOutcome(
            decision: .learned, loss: Float(loss), judgement: judgement, completed: completed)
    }

    /// Loss and judgement of the forecast that the producer's previous sample gives.
    private func learnForecast(
        _ producer: Int, _ features: UnsafeRawPointer
    ) -> (Double, Judgement) {
        let target = network.target(workspace)
        let sample = network.input(workspace)
        let next = network.outputDelta(workspace)
        input.prepare(features, network, workspace, normaliser, kernels)
        target.update(from: sample, count: network.inputCount)
        // The next sample without limit lies where the output errors will, which are not needed
        // until the update.
        unlimited(network.raw(workspace), target, into: next)
        feedforward(previous.value(producer))
        for index in 0..<network.outputCount { target[index] -= sample[index] }
        return scoreForecast(sample, next: next, producer) { update() }
    }

    /// Scores the output in the workspace against the change in `network.target`, and learns or
    /// lets learn; returns loss and judgement.
    ///
    /// - sample: what the network read. - next: the next sample without limit
    /// - learn: what becomes of output and target; returns the loss
    func scoreForecast(
        _ sample: UnsafePointer<Float>, next: UnsafePointer<Float>, _ producer: Int,
        learn: () -> Double
    ) -> (Double, Judgement) {
        let score = forecastScore()
        let unlimitedError = unlimitedError(sample, next)
        let loss = learn()
        metrics.score(producer: producer, score, loss: loss)
        watchLoss(producer, loss)
        return (loss, judge(producer, unlimitedError))
    }

    /// A sample in network units without limit, from its raw features and what they are with it.
    func unlimited(
        _ raw: UnsafePointer<Float>, _ limited: UnsafePointer<Float>,
        into unlimited: UnsafeMutablePointer<Float>
    ) {
        if let normaliser {
            normaliser.normaliseUnlimited(raw, unlimited, kernels)
        } else {
            unlimited.update(from: limited, count: network.inputCount)
        }
    }

    /// RMS over features of the forecast against the next sample without limit.
    private func unlimitedError(
        _ sample: UnsafePointer<Float>, _ next: UnsafePointer<Float>
    ) -> Double {
        let change = network.output(workspace)
        var sum = 0.0
        for index in 0..<network.outputCount {
            let difference = Double(sample[index]) + Double(change[index]) - Double(next[index])
            sum += difference * difference
        }
        return (sum / Double(network.outputCount)).squareRoot()
    }

    /// The forecast change against the real one, beside no change at all.
    private func forecastScore() -> ErrorScore {
        let output = network.output(workspace)
        let change = network.target(workspace)
        let share = 1 / Double(network.outputCount)
        var score = ErrorScore()
        var baseline = 0.0
        for index in 0..<network.outputCount {
            let difference = Double(output[index]) - Double(change[index])
            score.absolute += difference.magnitude * share
            score.squared += difference * difference * share
            baseline += Double(change[index].magnitude) * share
        }
        score.baselineAbsolute = baseline
        return score
    }
}
