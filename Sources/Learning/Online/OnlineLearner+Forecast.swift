// Forecast: the newest sample is the target of the one before it, of the same producer.
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
    func forecast(_ producer: Int, _ features: UnsafeRawPointer) -> SampleOutcome {
        var loss = Double.nan
        var anomalyScore: Float = 0
        if previous.isKnown(producer) {
            input.prepare(features, network, workspace, normaliser, kernels)
            network.target(workspace).update(
                from: network.input(workspace), count: network.inputCount)
            prepareUnlimited()
            feedforward(previous.value(producer))
            targetBecomesChange()
            let score = forecastScore()
            let unlimitedError = unlimitedError()
            loss = update()
            metrics.score(producer: producer, score, loss: loss)
            anomalyScore = anomalyScale(producer).judge(unlimitedError)
        }
        if normaliser != nil {
            input.convert(features, network.raw(workspace))
            learnStatistics()
        }
        previous.remember(producer, features)
        return SampleOutcome(
            decision: .learned, expired: nil, predictedClass: -1, loss: Float(loss),
            anomalyScore: anomalyScore)
    }

    /// The running scale of a producer's errors; not for classifications.
    func anomalyScale(_ producer: Int) -> AnomalyScale {
        guard let field = layout.anomaly else {
            preconditionFailure("a classification has no scale of errors")
        }
        return AnomalyScale(
            (section + field.offset).assumingMemoryBound(to: Double.self)
                + producer * AnomalyScale.valuesPerProducer)
    }

    /// The next sample in network units without limit, from `network.raw` and `network.input`. It
    /// lies where the output errors will, which are not needed until the update.
    private func prepareUnlimited() {
        let unlimited = network.outputDelta(workspace)
        if let normaliser {
            normaliser.normaliseUnlimited(network.raw(workspace), unlimited, kernels)
        } else {
            unlimited.update(from: network.input(workspace), count: network.inputCount)
        }
    }

    /// RMS over features of the forecast against the next sample without limit.
    private func unlimitedError() -> Double {
        let sample = network.input(workspace)
        let change = network.output(workspace)
        let next = network.outputDelta(workspace)
        var sum = 0.0
        for index in 0..<network.outputCount {
            let difference = Double(sample[index]) + Double(change[index]) - Double(next[index])
            sum += difference * difference
        }
        return (sum / Double(network.outputCount)).squareRoot()
    }

    /// From the next sample in `target` to its difference from the sample in `input`.
    private func targetBecomesChange() {
        let target = network.target(workspace)
        let sample = network.input(workspace)
        for index in 0..<network.outputCount { target[index] -= sample[index] }
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
