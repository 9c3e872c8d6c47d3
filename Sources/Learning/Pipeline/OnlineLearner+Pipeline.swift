// The pipelined learner: a labelled sample enters, a junction cycle runs, and another sample, J − 1
// labelled samples older, comes out and is scored with what it carried along.
//
// Whatever belongs to the moment of a sample's arrival is done when it enters: normalised inputs,
// baseline, learning rate. What belongs to its prediction is done when that comes out, in the same
// order of samples as without the pipeline: the statistics of regression targets hold the targets
// of the samples before it, and no others.

import Junctions
import Kernels

extension OnlineLearner {
    /// Labelled samples inside the pipeline: entered, and their last update is yet to come; 0 in
    /// the sequential schedule.
    public var inFlightCount: Int { pipeline?.inFlightCount ?? 0 }

    // Entering

    /// The input of the sample that enters next, from raw features, with the statistics of now.
    func prepareEntry(_ pipeline: borrowing Pipeline, _ features: UnsafeRawPointer) -> LayerBank {
        let bank = pipeline.rings[0].bank(pipeline.next)
        input.prepare(
            features, raw: network.raw(workspace), into: bank.values, normaliser, kernels)
        network.narrowInput(bank, kernels)
        return bank
    }

    /// Classification: the sample enters, and a cycle runs.
    ///
    /// - fixed: the prediction, where it was fixed before the label came
    func enter(
        _ pipeline: borrowing Pipeline, _ name: SampleName, _ features: UnsafeRawPointer,
        classIndex: Int32, baseline: Int32, fixed: Int32?
    ) -> CompletedSample? {
        precondition(
            classIndex >= 0 && classIndex < network.outputCount, "a class of this learner")
        _ = prepareEntry(pipeline, features)
        let slot = pipeline.slot(pipeline.next)
        pipeline.enter(
            slot, name, rate: rule.learningRate, flags: fixed == nil ? 0 : PipelineFlag.isPredicted)
        let classes = pipeline.classes(slot)
        classes[0] = classIndex
        classes[1] = baseline
        classes[2] = fixed ?? 0
        previous.remember(name.producer, classIndex: classIndex)
        return runCycle(pipeline)
    }

    /// Regression: the same with targets in data units.
    func enter(
        _ pipeline: borrowing Pipeline, _ name: SampleName, _ features: UnsafeRawPointer,
        values: UnsafePointer<Float>, baseline: UnsafePointer<Float>?,
        fixed: UnsafePointer<Float>?
    ) -> CompletedSample? {
        _ = prepareEntry(pipeline, features)
        let slot = pipeline.slot(pipeline.next)
        pipeline.enter(
            slot, name, rate: rule.learningRate,
            flags: (fixed == nil ? 0 : PipelineFlag.isPredicted)
                | (baseline == nil ? 0 : PipelineFlag.hasBaseline))
        let count = network.outputCount
        pipeline.values(slot, 0).update(from: values, count: count)
        for (index, source) in [baseline, fixed].enumerated() {
            let place = pipeline.values(slot, index + 1)
            if let source {
                place.update(from: source, count: count)
            } else {
                place.update(repeating: 0, count: count)
            }
        }
        previous.remember(name.producer, values)
        return runCycle(pipeline)
    }

    /// Forecast: the producer's previous sample enters, and `features` are what it should have
    /// foretold.
    func enterForecast(
        _ pipeline: borrowing Pipeline, _ name: SampleName, _ features: UnsafeRawPointer
    ) -> CompletedSample? {
        let slot = pipeline.slot(pipeline.next)
        let sample = pipeline.values(slot, 0)
        let change = pipeline.values(slot, 1)
        let raw = network.raw(workspace)
        input.prepare(features, raw: raw, into: change, normaliser, kernels)
        unlimited(raw, change, into: pipeline.values(slot, 2))
        let bank = prepareEntry(pipeline, previous.value(name.producer))
        sample.update(from: bank.values, count: network.inputCount)
        for index in 0..<network.outputCount { change[index] -= sample[index] }
        pipeline.enter(slot, name, rate: rule.learningRate, flags: 0)
        return runCycle(pipeline)
    }

    // The cycle

    /// One junction cycle, whose sample has entered; returns what came out.
    private func runCycle(_ pipeline: borrowing Pipeline) -> CompletedSample? {
        let now = pipeline.next
        let count = pipeline.junctionCount
        for index in 0..<count {
            let entered = now - index
            let left = pipeline.rings[index]
            let right = pipeline.rings[index + 1]
            if entered >= 0 {
                network.feedforward(
                    index, from: left.bank(entered), to: right.bank(entered), section, workspace,
                    kernels, counting: section)
            }
            let learned = now - 2 * count + index + 1
            if learned >= 0 { learnJunction(pipeline, index, learned) }
        }
        let completed = now - count + 1
        let outcome = completed >= 0 ? comeOut(pipeline, completed) : nil
        pipeline.advance()
        return outcome
    }

    /// BP and UP of junction `index` for a sample.
    private func learnJunction(_ pipeline: borrowing Pipeline, _ index: Int, _ sample: Int) {
        let slot = pipeline.slot(sample)
        guard !pipeline.has(PipelineFlag.isSkipped, slot) else { return }
        let rule = UpdateRule(learningRate: pipeline.rate(slot), momentum: 0, weightDecay: 0)
        let isUpdated = network.backpropUpdate(
            index, left: pipeline.rings[index].bank(sample),
            right: pipeline.rings[index + 1].bank(sample), section, workspace, rule,
            generatorState, kernels)
        if !isUpdated {
            pipeline.set(PipelineFlag.isSkipped, slot)
            countUpdate(false)
        } else if index == 0 {
            countUpdate(true)
        }
    }

    // Coming out

    /// Scores the sample whose output FF of the last junction has just written, and leaves its
    /// output error in the registers.
    private func comeOut(_ pipeline: borrowing Pipeline, _ sample: Int) -> CompletedSample {
        let slot = pipeline.slot(sample)
        let name = pipeline.name(slot)
        switch layout.configuration.task {
        case .classification:
            let classes = pipeline.classes(slot)
            let isFixed = pipeline.has(PipelineFlag.isPredicted, slot)
            let predicted = isFixed ? classes[2] : network.predictedClass(workspace)
            network.setTarget(workspace, classIndex: Int(classes[0]))
            let loss = setError(pipeline, sample, slot)
            metrics.score(
                producer: name.producer, label: classes[0], predicted: predicted,
                baseline: classes[1], loss: loss)
            return CompletedSample(
                name: name, predictedClass: predicted, loss: Float(loss), anomalyScore: 0)
        case .regression:
            let (loss, anomaly) = scoreTargets(
                pipeline.values(slot, 0),
                baseline: pipeline.has(PipelineFlag.hasBaseline, slot)
                    ? pipeline.values(slot, 1) : nil,
                fixed: pipeline.has(PipelineFlag.isPredicted, slot)
                    ? pipeline.values(slot, 2) : nil,
                name.producer
            ) { setError(pipeline, sample, slot) }
            return CompletedSample(
                name: name, predictedClass: -1, loss: Float(loss), anomalyScore: anomaly)
        case .forecast:
            network.target(workspace).update(
                from: pipeline.values(slot, 1), count: network.outputCount)
            let (loss, anomaly) = scoreForecast(
                pipeline.values(slot, 0), next: pipeline.values(slot, 2), name.producer
            ) { setError(pipeline, sample, slot) }
            return CompletedSample(
                name: name, predictedClass: -1, loss: Float(loss), anomalyScore: anomaly)
        }
    }

    /// Loss of the output against the target, and the output error into its register. A loss that
    /// is not finite teaches nothing: see `update`.
    private func setError(_ pipeline: borrowing Pipeline, _ sample: Int, _ slot: Int) -> Double {
        let bank = pipeline.rings[pipeline.junctionCount].bank(sample)
        let target = network.target(workspace)
        let loss = network.lossValue(bank, target, kernels)
        guard loss.isFinite else {
            pipeline.set(PipelineFlag.isSkipped, slot)
            countUpdate(false)
            // Nobody reads it, but it is part of the state.
            bank.errors.update(repeating: 0, count: network.boundaries[network.layers.count].count)
            return loss
        }
        network.setOutputDelta(bank, target, kernels)
        network.narrowOutputDelta(bank, kernels)
        return loss
    }
}

extension LearnerLayout {
    /// Labelled samples inside the pipeline of a section of this layout; 0 without one.
    public func inFlightCount(_ section: UnsafeRawPointer) -> Int {
        guard let pipeline else { return 0 }
        let cycle = section.load(fromByteOffset: pipeline.cycle.offset, as: UInt64.self)
        return Int(min(cycle, UInt64(2 * pipeline.junctionCount - 1)))
    }
}
