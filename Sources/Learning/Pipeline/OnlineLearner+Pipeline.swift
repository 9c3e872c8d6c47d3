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

    // Entering. The kernels are handed on from here to the last call: a set is so large that taking
    // it out of the learner again and again would show.

    /// The input of the sample that enters next, from raw features, with the statistics of now.
    func prepareEntry(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ features: UnsafeRawPointer
    ) -> LayerBank {
        let bank = pipeline.rings[0][pipeline.rings[0].newest(pipeline.next)]
        if let bytes = network.fixedInputs {
            bytes.convert(features, bank.consumed, workspace, kernels)
            return bank
        }
        input.prepare(
            features, raw: network.raw(workspace), into: bank.values, normaliser, kernels)
        network.narrowInput(bank, kernels)
        return bank
    }

    /// Classification: the sample enters, and a cycle runs.
    ///
    /// - fixed: the prediction, where it was fixed before the label came
    func enter(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ name: SampleName,
        _ features: UnsafeRawPointer,
        classIndex: Int32, baseline: Int32, fixed: Int32?
    ) -> CompletedSample? {
        precondition(
            classIndex >= 0 && classIndex < network.outputCount, "a class of this learner")
        _ = prepareEntry(pipeline, kernels, features)
        let slot = pipeline.slot(pipeline.next)
        pipeline.enter(
            slot, name, rate: takeRule().learningRate,
            flags: fixed == nil ? 0 : PipelineFlag.isPredicted)
        let classes = pipeline.classes(slot)
        classes[0] = classIndex
        classes[1] = baseline
        classes[2] = fixed ?? 0
        previous.remember(name.producer, classIndex: classIndex)
        return runCycle(pipeline, kernels)
    }

    /// Regression: the same with targets in data units.
    func enter(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ name: SampleName,
        _ features: UnsafeRawPointer,
        values: UnsafePointer<Float>, baseline: UnsafePointer<Float>?,
        fixed: UnsafePointer<Float>?
    ) -> CompletedSample? {
        _ = prepareEntry(pipeline, kernels, features)
        let slot = pipeline.slot(pipeline.next)
        pipeline.enter(
            slot, name, rate: takeRule().learningRate,
            flags: (fixed == nil ? 0 : PipelineFlag.isPredicted)
                | (baseline == nil ? 0 : PipelineFlag.hasBaseline))
        let count = network.outputCount
        pipeline.values(slot, 0).update(from: values, count: count)
        keep(baseline, count, pipeline.values(slot, 1))
        keep(fixed, count, pipeline.values(slot, 2))
        previous.remember(name.producer, values)
        return runCycle(pipeline, kernels)
    }

    /// A copy of `source`, or zeros.
    private func keep(
        _ source: UnsafePointer<Float>?, _ count: Int, _ place: UnsafeMutablePointer<Float>
    ) {
        if let source {
            place.update(from: source, count: count)
        } else {
            place.update(repeating: 0, count: count)
        }
    }

    /// Forecast: the producer's previous sample enters, and `features` are what it should have
    /// foretold.
    func enterForecast(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ name: SampleName,
        _ features: UnsafeRawPointer
    ) -> CompletedSample? {
        let slot = pipeline.slot(pipeline.next)
        let sample = pipeline.values(slot, 0)
        let change = pipeline.values(slot, 1)
        let raw = network.raw(workspace)
        input.prepare(features, raw: raw, into: change, normaliser, kernels)
        unlimited(raw, change, into: pipeline.values(slot, 2))
        let bank = prepareEntry(pipeline, kernels, previous.value(name.producer))
        sample.update(from: bank.values, count: network.inputCount)
        for index in 0..<network.outputCount { change[index] -= sample[index] }
        pipeline.enter(slot, name, rate: takeRule().learningRate, flags: 0)
        return runCycle(pipeline, kernels)
    }

    /// Forecast of several steps: the sample H before the newest enters, with the changes in
    /// `network.target`. Its forecast was fixed when it came and is scored already, so that nothing
    /// is said when it comes out.
    func enterSteps(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ name: SampleName,
        _ start: UnsafeRawPointer
    ) {
        let slot = pipeline.slot(pipeline.next)
        pipeline.values(slot, 1).update(
            from: network.target(workspace), count: network.outputCount)
        _ = prepareEntry(pipeline, kernels, start)
        pipeline.enter(slot, name, rate: takeRule().learningRate, flags: 0)
        _ = runCycle(pipeline, kernels)
    }

    /// Autoencoder: the sample enters, and the previous one as what no change would say. The
    /// converted features stay in `network.raw`.
    func enterReconstruction(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ name: SampleName,
        _ features: UnsafeRawPointer
    ) -> CompletedSample? {
        let slot = pipeline.slot(pipeline.next)
        let before = pipeline.values(slot, 1)
        let isKnown = previous.isKnown(name.producer)
        if isKnown {
            input.prepare(
                UnsafeRawPointer(previous.value(name.producer)), raw: before, into: before,
                normaliser, kernels)
        } else {
            before.update(repeating: 0, count: network.inputCount)
        }
        let bank = prepareEntry(pipeline, kernels, features)
        let sample = pipeline.values(slot, 0)
        sample.update(from: bank.values, count: network.inputCount)
        unlimited(network.raw(workspace), sample, into: pipeline.values(slot, 2))
        pipeline.enter(
            slot, name, rate: takeRule().learningRate,
            flags: isKnown ? PipelineFlag.hasBaseline : 0)
        return runCycle(pipeline, kernels)
    }

    // The cycle

    /// One junction cycle, whose sample has entered and is charged; returns what came out.
    private func runCycle(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet
    ) -> CompletedSample? {
        charges.learned()
        let now = pipeline.next
        let count = pipeline.junctionCount
        let slot = pipeline.slot(now)
        var left = pipeline.rings[0].newest(now)
        for index in 0..<count {
            let right = pipeline.rings[index + 1].newest(now)
            if now >= index {
                let read = index == 0 ? left : pipeline.rings[index].before(left)
                network.feedforward(
                    index, from: pipeline.rings[index][read],
                    to: pipeline.rings[index + 1][right], section, workspace, kernels,
                    counting: section)
            }
            if now > 2 * count - index - 2 {
                learnJunction(
                    pipeline, kernels, index, pipeline.rings[index].oldest(left),
                    pipeline.slot(slot, after: index + 1))
            }
            left = right
        }
        let outcome =
            now > count - 2
            ? comeOut(pipeline, kernels, pipeline.slot(slot, after: count + 1)) : nil
        pipeline.advance()
        return outcome
    }

    /// BP and UP of junction `index` for the sample whose registers are `slot`, and whose values
    /// are in bank `left`.
    @inline(__always)
    private func learnJunction(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ index: Int, _ left: Int,
        _ slot: Int
    ) {
        guard !pipeline.has(PipelineFlag.isSkipped, slot) else { return }
        let rule = UpdateRule(learningRate: pipeline.rate(slot), momentum: 0, weightDecay: 0)
        // δ is in every bank of a layer.
        let isUpdated = network.backpropUpdate(
            index, left: pipeline.rings[index][left], right: pipeline.rings[index + 1][0],
            section, workspace, rule, generatorState, kernels)
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
    private func comeOut(_ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ slot: Int)
        -> CompletedSample?
    {
        let name = pipeline.name(slot)
        let bank = pipeline.rings[pipeline.junctionCount][0]
        if network.fixedOutputs == nil { network.widenOutput(bank, kernels) }
        switch layout.configuration.task {
        case .classification:
            return comeOutClass(pipeline, kernels, slot, name)
        case .regression:
            let (loss, judgement) = scoreTargets(
                pipeline.values(slot, 0),
                baseline: pipeline.has(PipelineFlag.hasBaseline, slot)
                    ? pipeline.values(slot, 1) : nil,
                fixed: pipeline.has(PipelineFlag.isPredicted, slot)
                    ? pipeline.values(slot, 2) : nil,
                name.producer
            ) { setError(pipeline, kernels, slot) }
            return CompletedSample(name: name, loss: loss, judgement: judgement)
        case .forecast(steps: 1):
            network.target(workspace).update(
                from: pipeline.values(slot, 1), count: network.outputCount)
            let (loss, judgement) = scoreForecast(
                pipeline.values(slot, 0), next: pipeline.values(slot, 2), name.producer
            ) { setError(pipeline, kernels, slot) }
            return CompletedSample(name: name, loss: loss, judgement: judgement)
        case .forecast:
            network.target(workspace).update(
                from: pipeline.values(slot, 1), count: network.outputCount)
            _ = setError(pipeline, kernels, slot)
            return nil
        case .autoencoder:
            return comeOutReconstruction(pipeline, kernels, slot, name)
        }
    }

    /// The same of an autoencoder.
    private func comeOutReconstruction(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ slot: Int,
        _ name: SampleName
    ) -> CompletedSample {
        network.target(workspace).update(
            from: pipeline.values(slot, 0), count: network.outputCount)
        let error = reconstructionError(
            network.output(workspace), pipeline.values(slot, 2))
        let score = reconstructionScore(
            baseline: pipeline.has(PipelineFlag.hasBaseline, slot)
                ? UnsafePointer(pipeline.values(slot, 1)) : nil)
        scoreMeans(name.producer)
        let loss = setError(pipeline, kernels, slot)
        metrics.score(producer: name.producer, score, loss: loss)
        watchLoss(name.producer, loss)
        return CompletedSample(
            name: name, loss: loss, judgement: judge(name.producer, error))
    }

    /// The same of a classification.
    private func comeOutClass(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ slot: Int,
        _ name: SampleName
    ) -> CompletedSample {
        let classes = pipeline.classes(slot)
        let label = Int(classes[0])
        var predicted: Int32
        var loss: Double
        if let outputs = network.fixedOutputs {
            let bank = pipeline.rings[pipeline.junctionCount][0]
            let count = network.outputWidth
            predicted = Network.highest(UnsafePointer(bank.produced), network.outputCount)
            outputs.setErrors(bank.produced, count, classIndex: label, bank.producedErrors)
            loss = outputs.loss(bank.produced, count, classIndex: label, workspace)
        } else {
            predicted = network.predictedClass(workspace)
            network.setTarget(workspace, classIndex: label)
            loss = setError(pipeline, kernels, slot)
        }
        if pipeline.has(PipelineFlag.isPredicted, slot) { predicted = classes[2] }
        metrics.score(
            producer: name.producer, label: classes[0], predicted: predicted,
            baseline: classes[1], loss: loss)
        watchLoss(name.producer, loss)
        return CompletedSample(
            name: name, predictedClass: predicted, loss: loss)
    }

    /// Loss of the output against the target, and the output error into its register. A loss that
    /// is not finite teaches nothing: see `update`.
    private func setError(
        _ pipeline: borrowing Pipeline, _ kernels: KernelSet, _ slot: Int
    ) -> Double {
        let bank = pipeline.rings[pipeline.junctionCount][0]
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
    /// Samples that a section of this layout has learned: those under way are in its registers, if
    /// not in its weights yet, and the last of them are not scored.
    public func learnedCount(_ section: UnsafeRawPointer) -> UInt64 {
        let scored = PrequentialFigures.scored(layout: self, section: section)
        // Forecasts of several steps are scored before they enter.
        guard let pipeline, configuration.task.forecastSteps < 2 else { return scored }
        let cycle = section.load(fromByteOffset: pipeline.cycle.offset, as: UInt64.self)
        return scored &+ min(cycle, UInt64(pipeline.junctionCount - 1))
    }

    /// Labelled samples inside the pipeline of a section of this layout; 0 without one.
    public func inFlightCount(_ section: UnsafeRawPointer) -> Int {
        guard let pipeline else { return 0 }
        let cycle = section.load(fromByteOffset: pipeline.cycle.offset, as: UInt64.self)
        return Int(min(cycle, UInt64(2 * pipeline.junctionCount - 1)))
    }
}
