// Regression: the label is one value per target. With the running normaliser the network learns
// targets in σ of each target (statistics from before the sample); errors are scored in the units
// of the data.

extension OnlineLearner {
    func regress(
        _ name: SampleName, _ features: UnsafeRawPointer, _ label: SampleLabel
    ) -> SampleOutcome {
        let values = Self.values(label)
        if let pipeline, let values {
            let completed = enter(
                pipeline, kernels, name, features, values: values,
                baseline: previousTargets(name.producer), fixed: nil)
            learnStatistics()
            return SampleOutcome(decision: .learned, completed: completed)
        }
        feedforward(features)
        var decision = SampleDecision.expired
        var expired: SampleName?
        var loss = Double.nan
        var judgement = Judgement()
        if let values {
            (loss, judgement) = scoreTargets(
                values, baseline: previousTargets(name.producer), fixed: nil, name.producer
            ) { update() }
            previous.remember(name.producer, values)
            decision = .learned
        } else if let pending {
            let (index, pushedOut) = pending.push(name, features: features)
            fixPrediction(pending.values(index), previousTargets(name.producer))
            expired = pushedOut
            decision = .pending
        }
        learnStatistics()
        return SampleOutcome(
            decision: decision, expired: expired, loss: Float(loss), judgement: judgement)
    }

    func learnLate(
        _ pending: PendingTable, _ index: Int, _ name: SampleName,
        _ values: UnsafePointer<Float>
    ) -> LabelOutcome {
        let fixed = pending.values(index)
        let count = network.outputCount
        let baseline = fixed[2 * count] == 1 ? UnsafePointer(fixed + count) : nil
        if let pipeline {
            let completed = enter(
                pipeline, kernels, name, pending.features(index), values: values,
                baseline: baseline,
                fixed: fixed)
            pending.remove(index)
            return .learned(predictedClass: -1, loss: .nan, completed: completed)
        }
        feedforward(pending.features(index))
        let (loss, _) = scoreTargets(
            values, baseline: baseline, fixed: fixed, name.producer
        ) { update() }
        previous.remember(name.producer, values)
        pending.remove(index)
        return .learned(predictedClass: -1, loss: Float(loss))
    }

    /// Scores the output in the workspace, or a prediction that was fixed earlier, and learns or
    /// lets learn; returns loss and judgement.
    ///
    /// - learn: what becomes of the output and `network.target`; returns the loss
    func scoreTargets(
        _ values: UnsafePointer<Float>, baseline: UnsafePointer<Float>?,
        fixed: UnsafePointer<Float>?, _ producer: Int, learn: () -> Double
    ) -> (Double, Judgement) {
        // The errors' place serves as scratch until the update fills it.
        let predicted = network.outputDelta(workspace)
        if fixed == nil { predictTargets(predicted) }
        let score = score(values, baseline: baseline, predicted: fixed ?? UnsafePointer(predicted))
        let target = network.target(workspace)
        target.update(from: values, count: network.outputCount)
        targetNormaliser?.normalise(target, target, kernels)
        let loss = learn()
        targetNormaliser?.learn(values)
        metrics.score(producer: producer, score, loss: loss)
        watchLoss(producer, loss)
        return (loss, judge(producer, score.absolute))
    }

    /// The output in the units of the data.
    private func predictTargets(_ predicted: UnsafeMutablePointer<Float>) {
        let z = network.output(workspace)
        for index in 0..<network.outputCount {
            predicted[index] = targetNormaliser?.original(index, z[index]) ?? z[index]
        }
    }

    /// Predicted values, previous targets, and 1 where there are the latter.
    private func fixPrediction(
        _ fixed: UnsafeMutablePointer<Float>, _ baseline: UnsafePointer<Float>?
    ) {
        let count = network.outputCount
        predictTargets(fixed)
        for index in 0..<count {
            fixed[count + index] = baseline?[index] ?? 0
        }
        fixed[2 * count] = baseline == nil ? 0 : 1
    }

    private func previousTargets(_ producer: Int) -> UnsafePointer<Float>? {
        guard previous.isKnown(producer) else { return nil }
        return UnsafePointer(previous.value(producer).assumingMemoryBound(to: Float.self))
    }

    private func score(
        _ values: UnsafePointer<Float>, baseline: UnsafePointer<Float>?,
        predicted: UnsafePointer<Float>
    ) -> ErrorScore {
        let count = network.outputCount
        var score = ErrorScore()
        var baselineSum = 0.0
        for index in 0..<count {
            let difference = Double(predicted[index]) - Double(values[index])
            score.absolute += difference.magnitude / Double(count)
            score.squared += difference * difference / Double(count)
            if let baseline {
                baselineSum += (Double(baseline[index]) - Double(values[index])).magnitude
            }
        }
        if baseline != nil { score.baselineAbsolute = baselineSum / Double(count) }
        return score
    }

    private static func values(_ label: SampleLabel) -> UnsafePointer<Float>? {
        switch label {
        case .none: return nil
        case .classIndex(let classIndex):
            precondition(classIndex < 0, "a regression learns values")
            return nil
        case .values(let values): return values
        }
    }
}
