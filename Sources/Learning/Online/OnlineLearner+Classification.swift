// Classification: the label is a class, the prediction the output with the highest value.

extension OnlineLearner {
    func classify(
        _ name: SampleName, _ features: UnsafeRawPointer, _ label: SampleLabel
    ) -> SampleOutcome {
        let classIndex = Self.classIndex(label)
        if let pipeline, let classIndex {
            let completed = enter(
                pipeline, kernels, name, features, classIndex: classIndex,
                baseline: previous.classIndex(name.producer), fixed: nil)
            learnStatistics()
            return SampleOutcome(decision: .learned, completed: completed)
        }
        feedforward(features)
        let predicted = network.predictedClass(workspace)
        let baseline = previous.classIndex(name.producer)
        var decision = SampleDecision.expired
        var expired: SampleName?
        var loss = Double.nan
        if let classIndex {
            loss = learn(classIndex)
            metrics.score(
                producer: name.producer, label: classIndex, predicted: predicted,
                baseline: baseline, loss: loss)
            watchLoss(name.producer, loss)
            previous.remember(name.producer, classIndex: classIndex)
            decision = .learned
        } else if let pending {
            let (index, pushedOut) = pending.push(name, features: features)
            pending.classes(index)[0] = predicted
            pending.classes(index)[1] = baseline
            expired = pushedOut
            decision = .pending
        }
        learnStatistics()
        return SampleOutcome(
            decision: decision, expired: expired, predictedClass: predicted, loss: Float(loss))
    }

    func learnLate(
        _ pending: PendingTable, _ index: Int, _ name: SampleName, _ classIndex: Int32
    ) -> LabelOutcome {
        let predicted = pending.classes(index)[0]
        let baseline = pending.classes(index)[1]
        if let pipeline {
            let completed = enter(
                pipeline, kernels, name, pending.features(index), classIndex: classIndex,
                baseline: baseline, fixed: predicted)
            pending.remove(index)
            return .learned(predictedClass: predicted, loss: .nan, completed: completed)
        }
        feedforward(pending.features(index))
        let loss = learn(classIndex)
        metrics.score(
            producer: name.producer, label: classIndex, predicted: predicted, baseline: baseline,
            loss: loss)
        watchLoss(name.producer, loss)
        previous.remember(name.producer, classIndex: classIndex)
        pending.remove(index)
        return .learned(predictedClass: predicted, loss: Float(loss))
    }

    private func learn(_ classIndex: Int32) -> Double {
        network.setTarget(workspace, classIndex: Int(classIndex))
        return update()
    }

    private static func classIndex(_ label: SampleLabel) -> Int32? {
        switch label {
        case .none: nil
        case .classIndex(let classIndex): classIndex < 0 ? nil : classIndex
        case .values: preconditionFailure("a classification learns classes")
        }
    }
}
