// What watches the loss, and what the learner does about an alarm. Values without memory; where
// their state lies is in `DriftFields`.
//
// Both detectors see the same number: the prequential loss of a sample, in units of what a guess
// that knows nothing costs, limited. So 1 is "knows nothing", whatever the task, and one failure
// cannot be an alarm by itself.

import Arithmetic

/// The test of Page with a running mean, for rises only.
public struct PageHinkleySettings: Equatable, Sendable {
    /// δ: how far above its mean the loss may lie for nothing, in units; ≥ 0.
    public var delta: Double
    /// λ: the sum that is an alarm, in units; > 0.
    public var threshold: Double
    /// Samples before the first alarm, and after one until the next; ≥ 1.
    public var minimumCount: Int
    /// α in (0, 1]: what sum and mean keep from sample to sample; 1: everything.
    public var forgetting: Double

    /// - See the properties.
    public init(
        delta: Double = 0.2, threshold: Double = 5, minimumCount: Int = 100,
        forgetting: Double = 0.999
    ) {
        self.delta = delta
        self.threshold = threshold
        self.minimumCount = minimumCount
        self.forgetting = forgetting
    }
}

/// ADWIN2.
public struct AdaptiveWindowSettings: Equatable, Sendable {
    /// Rows of buckets, as configured ones always have: the window holds at least
    /// 2²⁴ · bucketsPerRow samples before the oldest are let go.
    public static let standardRows = 24
    /// Samples that either part of a cut must have, as configured ones always have.
    public static let standardShortest = 5

    /// δ in (0, 1): chance of cutting a window without change, at a look.
    public var delta: Double
    /// M: buckets of one size, 2 ... 64; the next makes one of the oldest two.
    public var bucketsPerRow: Int
    /// Samples from look to look; ≥ 1.
    public var checkInterval: Int
    /// Sizes of buckets, 1, 2, 4, …; 1 ... 32.
    public var rowCount: Int
    /// Samples that either part of a cut must have; ≥ 1.
    public var shortest: Int

    /// - See the properties.
    public init(
        delta: Double = 0.002, bucketsPerRow: Int = 5, checkInterval: Int = 32,
        rowCount: Int = standardRows, shortest: Int = standardShortest
    ) {
        self.delta = delta
        self.bucketsPerRow = bucketsPerRow
        self.checkInterval = checkInterval
        self.rowCount = rowCount
        self.shortest = shortest
    }
}

/// What watches the loss.
public enum DriftDetector: Equatable, Sendable {
    /// Nothing; the section has no fields for it.
    case none
    case pageHinkley(PageHinkleySettings)
    case adwin(AdaptiveWindowSettings)

    /// `none`, `page-hinkley` or `adwin`.
    public var name: String {
        switch self {
        case .none: "none"
        case .pageHinkley: "page-hinkley"
        case .adwin: "adwin"
        }
    }
}

/// What an alarm over all producers makes the learner do, once the sample whose loss raised it is
/// learned.
public enum DriftResponse: Equatable, Sendable {
    case nothing
    /// η is `factor` (> 1) times as large for so many learned samples (≥ 1), counted anew by an
    /// alarm meanwhile.
    case raiseRate(factor: Float, samples: Int)
    /// Every settled statistic of the running normalisers counts as if it came from at most
    /// `count` (≥ 100) samples: mean and σ stay, the next values that are taken in weigh
    /// 1 / (count + 1), those after them 1 / (count + 2), … as after a warm-up of that length.
    /// Features are taken in after the loss was seen, so the first are those of the alarm's own
    /// sample, or the next one's where its label came late; targets of a regression before, so
    /// the first are the next label's.
    case reWarm(count: Int)
    /// The learner does nothing; the daemon's guard compares it with the last good generation.
    case askGuard

    /// As in the configuration.
    public var name: String {
        switch self {
        case .nothing: "nothing"
        case .raiseRate: "raise-rate"
        case .reWarm: "re-warm"
        case .askGuard: "ask-guard"
        }
    }
}

/// What watches the loss, and what follows.
public struct DriftSettings: Equatable, Sendable {
    /// What watches the loss.
    public var detector: DriftDetector
    /// What an alarm over all producers leads to.
    public var response: DriftResponse
    /// What a loss counts as at most, or when it is not a number, in units; > 0.
    public var limit: Double
    /// The loss that is one unit; 0: what a guess that knows nothing costs
    /// (`LearnerConfiguration.ignorantLoss`).
    public var unit: Double

    /// - See the properties.
    public init(
        detector: DriftDetector = .none, response: DriftResponse = .nothing, limit: Double = 2,
        unit: Double = 0
    ) {
        self.detector = detector
        self.response = response
        self.limit = limit
        self.unit = unit
    }
}

extension LearnerConfiguration {
    /// The loss of a guess that knows nothing but the task: every class equally probable, or every
    /// target at its mean with σ = 1.
    ///
    /// Cross-entropy over C classes: ln C (softmax), ln C + (C − 1) ln(C / (C − 1)) (sigmoid);
    /// squared error: ½ (1 − 1/C) for classes, ½ outputs for values.
    public var ignorantLoss: Double {
        guard case .classification(let classCount) = task else { return Double(outputCount) / 2 }
        let count = Double(classCount)
        guard loss == .crossEntropy else { return (1 - 1 / count) / 2 }
        let entropy = Double(logFMA(Float(count)))
        guard outputActivation == .sigmoid else { return entropy }
        return entropy + (count - 1) * Double(logFMA(Float(count / (count - 1))))
    }

    /// The loss that is one unit to the detector.
    public var driftUnit: Double { drift.unit > 0 ? drift.unit : ignorantLoss }

    /// Throws the first setting that makes no sense, alone or with the rest.
    func validateDrift() throws(LearnerConfigurationError) {
        try check("drift limit", drift.limit, drift.limit > 0, "finite and above 0")
        try check("drift unit", drift.unit, drift.unit >= 0, "finite and at least 0")
        switch drift.detector {
        case .none:
            if drift.response != .nothing {
                throw .driftUnsuitable("\(drift.response.name) needs a detector")
            }
        case .pageHinkley(let settings):
            try check("drift delta", settings.delta, settings.delta >= 0, "finite, at least 0")
            try check(
                "drift threshold", settings.threshold, settings.threshold > 0,
                "finite and above 0")
            try check(
                "drift forgetting", settings.forgetting,
                settings.forgetting > 0 && settings.forgetting <= 1, "above 0 and at most 1")
            try check("drift minimum", settings.minimumCount, 1...1_000_000_000)
        case .adwin(let settings):
            try check(
                "drift delta", settings.delta, settings.delta > 0 && settings.delta < 1,
                "above 0 and below 1")
            try check("drift buckets", settings.bucketsPerRow, 2...64)
            try check("drift interval", settings.checkInterval, 1...1_000_000)
            try check("drift rows", settings.rowCount, 1...32)
            try check("drift shortest", settings.shortest, 1...1_000_000)
        }
        try validateResponse()
    }

    private func validateResponse() throws(LearnerConfigurationError) {
        switch drift.response {
        case .nothing, .askGuard: break
        case .raiseRate(let factor, let samples):
            try check("raise factor", Double(factor), factor > 1, "finite and above 1")
            try check("raised samples", samples, 1...1_000_000_000)
            var raised = self
            raised.drift.response = .nothing
            raised.learningRate *= factor
            do throws(LearnerConfigurationError) { try raised.validate() } catch {
                throw .driftUnsuitable("the raised learning rate cannot be: \(error)")
            }
        case .reWarm(let count):
            try check("re-warm count", count, WarmUp.length...1_000_000_000)
            guard case .running = normaliser else {
                throw .driftUnsuitable("re-warm needs the running normaliser")
            }
        }
    }

    private func check(
        _ key: String, _ value: Double, _ legal: Bool, _ range: String
    ) throws(LearnerConfigurationError) {
        guard value.isFinite && legal else {
            throw .valueOutOfRange(key: key, value: Float(value), range: range)
        }
    }

    private func check(
        _ key: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(LearnerConfigurationError) {
        guard range.contains(value) else {
            throw .countOutOfRange(
                key: key, value: value, lowest: range.lowerBound, highest: range.upperBound)
        }
    }
}
