// Forecast of several steps: the next H samples of the same producer are the targets of one sample,
// all as changes from it.
//
// When sample n comes, in this order, with statistics from before n:
//
//   1. the forecast that was fixed when sample n − 1 came is judged by its first step, against n:
//      the anomaly score;
//   2. the forecast that was fixed when sample n − H came, whose last step is n, is scored, all steps;
//   3. the network reads sample n − H again and learns the changes to n − H + 1 … n;
//   4. n is taken into the statistics, and its forecast is fixed: FF, in the units of the data.
//
// So what is scored is what a query would have been answered right after sample n − H came: neither
// its weights nor its statistics have seen any of its targets, though the weights that learn at n
// have seen all but the last as targets of other samples. Fixing it costs one more FF per sample,
// which the device is charged as an inference, and H · F numbers per sample of the history. With one step
// nothing can come between, and the FF of learning is the forecast (`OnlineLearner+Forecast.swift`).
//
// Errors are in σ as it is known just before the last step came: a unit, the same for forecast, target
// and baseline. All three are limited to ± clip in that unit, as in a forecast of one step: a forecast
// that was fixed while an outlier was all that the statistics knew would otherwise be thousands of σ
// off. Only the sample that is judged as unusual has no limit. The loss is that of the fixed
// forecast, ½ Σ (forecast − target)².

import Kernels

/// Which vector of the workspace holds what.
private enum StepVector {
    static let converted = 0
    static let target = 1
    static let start = 2
    static let foretold = 3
}

extension OnlineLearner {
    func forecastSteps(_ name: SampleName, _ features: UnsafeRawPointer) -> SampleOutcome {
        guard let history else { preconditionFailure("several steps have a history") }
        let producer = name.producer
        let count = history.count(producer)
        var judgement = Judgement()
        if count > 0 { judgement = judgeFirstStep(history, producer, features) }
        var loss = Double.nan
        if count >= UInt64(history.stepCount) {
            loss = scoreSteps(history, producer, features)
            let start = history.features(
                producer, history.slot(producer, ago: history.stepCount))
            if let pipeline {
                enterSteps(pipeline, kernels, name, start)
            } else {
                feedforward(start)
                _ = update()
            }
            // What an alarm changes begins with the next sample.
            watchLoss(producer, loss)
        }
        if normaliser != nil {
            input.convert(features, network.raw(workspace))
            learnStatistics()
        }
        fixForecast(history, producer, features)
        previous.remember(producer, features)
        return SampleOutcome(decision: .learned, loss: Float(loss), judgement: judgement)
    }

    private func vector(_ index: Int) -> UnsafeMutablePointer<Float> {
        layout.vectors.vector(index, workspace)
    }

    /// RMS over features of the newest forecast's first step, against this sample without limit.
    private func judgeFirstStep(
        _ history: ForecastHistory, _ producer: Int, _ features: UnsafeRawPointer
    ) -> Judgement {
        let count = network.inputCount
        let sample = vector(StepVector.target)
        let foretold = vector(StepVector.foretold)
        input.convert(features, sample)
        unlimited(sample, sample, into: sample)
        normaliseForetold(
            history.forecast(producer, history.slot(producer, ago: 1)), into: foretold)
        var sum = 0.0
        for index in 0..<count {
            let difference = Double(foretold[index]) - Double(sample[index])
            sum += difference * difference
        }
        return judge(producer, (sum / Double(count)).squareRoot())
    }

    /// One step of a forecast in network units of now, limited to ± clip as every sample is.
    private func normaliseForetold(
        _ step: UnsafePointer<Float>, into foretold: UnsafeMutablePointer<Float>
    ) {
        foretold.update(from: step, count: network.inputCount)
        normaliser?.normalise(foretold, foretold, kernels)
    }

    /// Scores the forecast whose last step is this sample, and leaves the changes in
    /// `network.target`; returns its loss.
    private func scoreSteps(
        _ history: ForecastHistory, _ producer: Int, _ features: UnsafeRawPointer
    ) -> Double {
        let steps = history.stepCount
        let first = history.slot(producer, ago: steps)
        input.prepare(
            UnsafeRawPointer(history.features(producer, first)),
            raw: vector(StepVector.converted), into: vector(StepVector.start), normaliser, kernels)
        var score = ErrorScore()
        var baseline = 0.0
        for step in 0..<steps {
            let sample =
                step + 1 == steps
                ? features
                : UnsafeRawPointer(
                    history.features(producer, history.slot(producer, ago: steps - step - 1)))
            let forecast =
                history.forecast(producer, first) + step * network.inputCount
            baseline += scoreStep(step, sample, forecast, producer, &score)
        }
        let loss = 0.5 * score.squared
        let share = 1 / Double(network.outputCount)
        score.absolute *= share
        score.squared *= share
        score.baselineAbsolute = baseline * share
        metrics.score(producer: producer, score, loss: loss)
        return loss
    }

    /// Scores one step (from 0) of a forecast against the sample that it is about, adds its errors
    /// to `score`, and leaves the change from `StepVector.start`; returns the sum of the changes'
    /// magnitudes, which is the error of no change.
    private func scoreStep(
        _ step: Int, _ sample: UnsafeRawPointer, _ forecast: UnsafePointer<Float>,
        _ producer: Int, _ score: inout ErrorScore
    ) -> Double {
        let count = network.inputCount
        let start = vector(StepVector.start)
        let target = vector(StepVector.target)
        let foretold = vector(StepVector.foretold)
        let changes = network.target(workspace) + step * count
        input.prepare(
            sample, raw: vector(StepVector.converted), into: target, normaliser, kernels)
        normaliseForetold(forecast, into: foretold)
        var absolute = 0.0
        var baseline = 0.0
        for index in 0..<count {
            let difference = Double(foretold[index]) - Double(target[index])
            let change = target[index] - start[index]
            absolute += difference.magnitude
            score.squared += difference * difference
            baseline += Double(change.magnitude)
            changes[index] = change
        }
        metrics.score(
            producer: producer, step: step, absolute: absolute / Double(count),
            baseline: baseline / Double(count))
        score.absolute += absolute
        return baseline
    }

    /// FF from this sample, with weights and statistics of now: what a query would be answered.
    private func fixForecast(
        _ history: ForecastHistory, _ producer: Int, _ features: UnsafeRawPointer
    ) {
        feedforward(features)
        charges.inferred()
        let forecast = history.append(producer, features)
        let sample = network.input(workspace)
        let change = network.output(workspace)
        let count = network.inputCount
        for step in 0..<history.stepCount {
            for index in 0..<count {
                let place = step * count + index
                let z = sample[index] + change[place]
                forecast[place] = normaliser?.original(index, z) ?? z
            }
        }
    }
}
