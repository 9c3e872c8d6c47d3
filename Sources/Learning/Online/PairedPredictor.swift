// Two states predict the same labelled sample: what the guard compares. Both only run FF, so
// neither learns from it, and both are asked before the label has any effect.
//
// Beside them stands what no features are needed for: of targets their running mean, over about 256
// samples, before this one. A state that is no better than that has no skill.
//
// Invariants: reads both sections and writes neither; allocates nothing.

import Kernels

/// The errors of two states on one sample. Classification: 0 right, 1 wrong; else mean absolute
/// errors over the targets, an error that is not finite counts as infinite.
package struct PairedErrors: Equatable, Sendable {
    /// Of the first state.
    package var first: Double
    /// Of the second.
    package var second: Double
    /// Of the running mean of the targets; nil for classes, and before 32 targets.
    package var constant: Double?

    /// - first, second, constant: see the properties.
    package init(first: Double, second: Double, constant: Double? = nil) {
        self.first = first.isNaN ? .infinity : first
        self.second = second.isNaN ? .infinity : second
        self.constant = constant
    }
}

/// Compares sections of one layout; used by one thread.
package struct PairedPredictor {
    /// In σ: what one feature's error counts as at most, so that one cannot outvote the others.
    static let errorMax = 20.0
    /// Samples that the running mean remembers, and those that it needs.
    static let meanSamples = 256
    static let meanSamplesNeeded = 32

    private let layout: LearnerLayout
    private let predictor: Predictor
    private let input: InputStage
    private let outputs: UnsafeMutablePointer<Float>
    private let next: UnsafeMutablePointer<Float>
    /// The running mean of each target, in the targets' units.
    private let means: UnsafeMutablePointer<Float>
    private var meanCount = 0

    /// Bytes of scratch memory for a layout.
    package static func workspaceBytes(_ layout: LearnerLayout) -> Int {
        ((layout.predictorWorkspaceBytes + 63) & ~63) + 3 * vectorBytes(layout)
    }

    private static func vectorBytes(_ layout: LearnerLayout) -> Int {
        let configuration = layout.configuration
        let count = max(configuration.featureCount, configuration.predictionCount)
        return (count * MemoryLayout<Float>.size + 127) & ~63
    }

    /// - workspace: `workspaceBytes` bytes, 64-byte aligned; cleared here
    package init(
        layout: LearnerLayout, workspace: UnsafeMutableRawPointer, kernels: KernelSet
    ) {
        self.layout = layout
        predictor = Predictor(layout: layout, workspace: workspace, kernels: kernels)
        input = InputStage(layout.configuration, kernels)
        let vectors = workspace + ((layout.predictorWorkspaceBytes + 63) & ~63)
        vectors.initializeMemory(as: UInt8.self, repeating: 0, count: 3 * Self.vectorBytes(layout))
        outputs = vectors.assumingMemoryBound(to: Float.self)
        next = (vectors + Self.vectorBytes(layout)).assumingMemoryBound(to: Float.self)
        means = (vectors + 2 * Self.vectorBytes(layout)).assumingMemoryBound(to: Float.self)
    }

    /// Another comparison begins: targets of long ago are forgotten.
    package mutating func begin() { meanCount = 0 }

    /// Compares two sections on a sample with its label; nil when it has none.
    package mutating func compare(
        _ first: UnsafeRawPointer, _ second: UnsafeRawPointer, features: UnsafeRawPointer,
        label: SampleLabel
    ) -> PairedErrors? {
        switch label {
        case .none: return nil
        case .classIndex(let label):
            guard label >= 0 else { return nil }
            return PairedErrors(
                first: predictor.predict(section: first, features: features, outputs: outputs)
                    == label ? 0 : 1,
                second: predictor.predict(section: second, features: features, outputs: outputs)
                    == label ? 0 : 1)
        case .values(let values):
            let count = layout.configuration.outputCount
            let constant = meanError(count) { (Double(values[$0]), 1) }
            meanCount += 1
            return PairedErrors(
                first: error(first, features, values), second: error(second, features, values),
                constant: constant)
        }
    }

    /// Compares two forecasters: what each foretells from `previous`, of several steps the first,
    /// against `features`; or two autoencoders, whose `previous` are the features themselves. Errors
    /// are in σ of each feature as the second state knows it.
    package mutating func compareForecasts(
        _ first: UnsafeRawPointer, _ second: UnsafeRawPointer, previous: UnsafeRawPointer,
        features: UnsafeRawPointer
    ) -> PairedErrors {
        input.convert(features, next)
        let units = layout.normaliserView(UnsafeMutableRawPointer(mutating: second))
        let constant = meanError(layout.configuration.featureCount, max: Self.errorMax) {
            (Double(input.rawValue($0, next[$0], nil)), unit($0, units))
        }
        meanCount += 1
        return PairedErrors(
            first: forecastError(first, previous, units),
            second: forecastError(second, previous, units), constant: constant)
    }

    /// The mean absolute error of the running means, each target in its unit; then takes the targets
    /// into them: m ← m + (y − m) / min(n, 256).
    private func meanError(
        _ count: Int, max: Double = .infinity, _ target: (Int) -> (value: Double, unit: Double)
    ) -> Double? {
        let weight = 1 / Double(min(meanCount + 1, Self.meanSamples))
        var sum = 0.0
        for index in 0..<count {
            let (value, unit) = target(index)
            let mean = meanCount == 0 ? value : Double(means[index])
            let error = (value - mean).magnitude / unit
            sum += error < max ? error : max
            means[index] = Float(mean + (value - mean) * weight)
        }
        return meanCount < Self.meanSamplesNeeded ? nil : sum / Double(count)
    }

    /// σ of a feature, in its own units.
    private func unit(_ index: Int, _ units: RunningNormaliser?) -> Double {
        let zero = Double(input.rawValue(index, 0, units))
        return max((Double(input.rawValue(index, 1, units)) - zero).magnitude, 1e-30)
    }

    private func error(
        _ section: UnsafeRawPointer, _ features: UnsafeRawPointer, _ values: UnsafePointer<Float>
    ) -> Double {
        _ = predictor.predict(section: section, features: features, outputs: outputs)
        var sum = 0.0
        for index in 0..<layout.configuration.outputCount {
            sum += (Double(outputs[index]) - Double(values[index])).magnitude
        }
        return sum / Double(layout.configuration.outputCount)
    }

    private func forecastError(
        _ section: UnsafeRawPointer, _ previous: UnsafeRawPointer, _ units: RunningNormaliser?
    ) -> Double {
        _ = predictor.predict(section: section, features: previous, outputs: outputs)
        let count = layout.configuration.featureCount
        var sum = 0.0
        for index in 0..<count {
            let real = Double(input.rawValue(index, next[index], nil))
            let difference = (Double(outputs[index]) - real).magnitude / unit(index, units)
            sum += difference < Self.errorMax ? difference : Self.errorMax
        }
        return sum / Double(count)
    }
}

extension OnlineLearner {
    /// The features of a sample that waits for its label; nil when none of that name does.
    package func waitingFeatures(
        producer: Int, epoch: UInt32, sequence: UInt64
    ) -> UnsafeRawPointer? {
        let name = SampleName(producer: producer, epoch: epoch, sequence: sequence)
        guard let pending, let index = pending.find(name) else { return nil }
        return UnsafeRawPointer(pending.features(index))
    }

    /// What a forecast of the producer's next sample starts from; nil before its first.
    package func previousFeatures(producer: Int) -> UnsafeRawPointer? {
        guard layout.configuration.task.forecastSteps > 0, previous.isKnown(producer) else {
            return nil
        }
        return UnsafeRawPointer(previous.value(producer))
    }
}
