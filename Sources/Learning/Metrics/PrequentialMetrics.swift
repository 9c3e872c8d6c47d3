// Prequential metrics: every prediction is scored before its label is learned, for all samples
// and for the newest 1,000, overall and per producer, beside the no-change baseline.
//
// One row per producer and row 0 for all. A row holds counters, sums in Double, and a ring of the
// newest scores, so that figures of the window are sums over what is there and never drift.
//
// Invariants:
//   - `windowCount` = min(scored, 1,000); entry `scored mod 1,000` is the next to be replaced;
//   - a loss that is not finite counts as 0 in the sum, so that it can be read ever after;
//   - what is written depends on scores only, in their order: same samples, same bytes.

import WeightStore

/// Where metrics lie in the section.
struct MetricsFields: Sendable {
    /// Scores in the window.
    static let windowLength = 1_000

    /// Values of one window entry of a row of errors.
    static let errorValues = 3

    let classCount: Int
    let counts: SectionField
    let sums: SectionField
    let window: SectionField
    /// Per class: how many samples had it, and how many of them were predicted.
    let classes: SectionField?
    /// Per step of a forecast of more than one: sums of its error and of no change.
    let steps: SectionField?
    /// Autoencoder: the sum of the errors of the features' running means, and over how many samples.
    let means: SectionField?
    /// The same without a normaliser: how many samples are in the running means, and these.
    let runningMeans: SectionField?

    init(_ c: LearnerConfiguration, _ section: inout SectionLayout) {
        let rows = c.producerCapacity + 1
        counts = section.add("metrics.counts", .u64, shape: [rows, MetricsCount.count])
        sums = section.add("metrics.sums", .f64, shape: [rows, MetricsSum.count])
        if case .classification(let classCount) = c.task {
            self.classCount = classCount
            window = section.add("metrics.window", .u8, shape: [rows, Self.windowLength])
            classes = section.add("metrics.classes", .u64, shape: [rows, classCount, 2])
        } else {
            classCount = 0
            window = section.add(
                "metrics.window", .f32, shape: [rows, Self.windowLength, Self.errorValues])
            classes = nil
        }
        let stepCount = c.task.forecastSteps
        steps =
            stepCount > 1
            ? section.add("metrics.steps", .f64, shape: [rows, stepCount, 2]) : nil
        let isAutoencoder = c.task == .autoencoder
        means = isAutoencoder ? section.add("metrics.means", .f64, shape: [rows, 2]) : nil
        runningMeans =
            isAutoencoder && c.normaliser == .none
            ? section.add("metrics.running-means", .f64, shape: [c.featureCount + 1]) : nil
    }
}

/// What a row of `metrics.counts` holds.
enum MetricsCount {
    static let scored = 0
    static let correct = 1
    static let baselineCorrect = 2
    /// Errors only: samples that had a baseline.
    static let baselineScored = 3
    static let count = 4
}

/// What a row of `metrics.sums` holds.
enum MetricsSum {
    static let loss = 0
    static let absolute = 1
    static let squared = 2
    static let baselineAbsolute = 3
    static let count = 4
}

/// One real-valued prediction, scored: means over its targets.
struct ErrorScore {
    /// What a squared error counts as that is larger, or not a number: figures stay finite.
    static let squaredLimit = 1e30
    /// The same of an error: its square is the limit of squares, so that a root mean square is never
    /// below a mean.
    static let limit = 1e15

    /// Mean |prediction − target|.
    var absolute = 0.0
    /// Mean (prediction − target)².
    var squared = 0.0
    /// Mean |previous target − target|; nil where there is no previous one.
    var baselineAbsolute: Double?

    /// The same with every value at most its limit.
    var limited: ErrorScore {
        ErrorScore(
            absolute: absolute < Self.limit ? absolute : Self.limit,
            squared: squared < Self.squaredLimit ? squared : Self.squaredLimit,
            baselineAbsolute: baselineAbsolute.map { $0 < Self.limit ? $0 : Self.limit })
    }
}

/// A view of the metrics in one section.
struct PrequentialMetrics {
    private let classCount: Int
    private let countsBase: UnsafeMutablePointer<UInt64>
    private let sumsBase: UnsafeMutablePointer<Double>
    private let windowBase: UnsafeMutableRawPointer
    private let classesBase: UnsafeMutablePointer<UInt64>?
    private let stepsBase: UnsafeMutablePointer<Double>?
    private let stepCount: Int
    private let meansBase: UnsafeMutablePointer<Double>?
    /// Autoencoder without a normaliser: the count, then the running means.
    let runningMeans: UnsafeMutablePointer<Double>?

    init(_ fields: MetricsFields, _ section: UnsafeMutableRawPointer) {
        classCount = fields.classCount
        countsBase = (section + fields.counts.offset).assumingMemoryBound(to: UInt64.self)
        sumsBase = (section + fields.sums.offset).assumingMemoryBound(to: Double.self)
        windowBase = section + fields.window.offset
        classesBase = fields.classes.map {
            (section + $0.offset).assumingMemoryBound(to: UInt64.self)
        }
        func doubles(_ field: SectionField?) -> UnsafeMutablePointer<Double>? {
            field.map { (section + $0.offset).assumingMemoryBound(to: Double.self) }
        }
        stepsBase = doubles(fields.steps)
        stepCount = fields.steps?.shape[1] ?? 0
        meansBase = doubles(fields.means)
        runningMeans = doubles(fields.runningMeans)
    }

    /// Scores a class prediction for `producer` and overall; `baseline` is −1 where no previous
    /// label is known, which is never right.
    func score(
        producer: Int, label: Int32, predicted: Int32, baseline: Int32, loss: Double
    ) {
        scoreRow(0, label, predicted, baseline, loss)
        scoreRow(producer + 1, label, predicted, baseline, loss)
    }

    /// Scores a real-valued prediction for `producer` and overall.
    func score(producer: Int, _ score: ErrorScore, loss: Double) {
        scoreRow(0, score, loss)
        scoreRow(producer + 1, score, loss)
    }

    /// Scores one step (from 0) of a forecast for `producer` and overall: mean absolute errors over
    /// the features.
    func score(producer: Int, step: Int, absolute: Double, baseline: Double) {
        guard let stepsBase else { return }
        var row = 0
        while row <= producer + 1 {
            let sums = stepsBase + (row * stepCount + step) * 2
            sums[0] += absolute < ErrorScore.limit ? absolute : ErrorScore.limit
            sums[1] += baseline < ErrorScore.limit ? baseline : ErrorScore.limit
            row += producer + 1
        }
    }

    /// Scores the running means of the features as a reconstruction, for `producer` and overall.
    func score(producer: Int, meansAbsolute: Double) {
        guard let meansBase else { return }
        var row = 0
        while row <= producer + 1 {
            meansBase[row * 2] +=
                meansAbsolute < ErrorScore.limit ? meansAbsolute : ErrorScore.limit
            meansBase[row * 2 + 1] += 1
            row += producer + 1
        }
    }

    private func counts(_ row: Int) -> UnsafeMutablePointer<UInt64> {
        countsBase + row * MetricsCount.count
    }

    private func sums(_ row: Int) -> UnsafeMutablePointer<Double> {
        sumsBase + row * MetricsSum.count
    }

    private func scoreRow(
        _ row: Int, _ label: Int32, _ predicted: Int32, _ baseline: Int32, _ loss: Double
    ) {
        guard let classesBase else { return }
        let counts = counts(row)
        let isCorrect = predicted == label
        let isBaselineCorrect = baseline == label
        let slot = Int(counts[MetricsCount.scored] % UInt64(MetricsFields.windowLength))
        let window = windowBase + row * MetricsFields.windowLength
        window.storeBytes(
            of: (isCorrect ? 1 : 0) | (isBaselineCorrect ? 2 : 0), toByteOffset: slot,
            as: UInt8.self)
        counts[MetricsCount.scored] &+= 1
        counts[MetricsCount.correct] &+= isCorrect ? 1 : 0
        counts[MetricsCount.baselineCorrect] &+= isBaselineCorrect ? 1 : 0
        if loss.isFinite { sums(row)[MetricsSum.loss] += loss }
        let perClass = classesBase + (row * classCount + Int(label)) * 2
        perClass[0] &+= 1
        perClass[1] &+= isCorrect ? 1 : 0
    }

    private func scoreRow(_ row: Int, _ exact: ErrorScore, _ loss: Double) {
        let score = exact.limited
        let counts = counts(row)
        let sums = sums(row)
        let slot = Int(counts[MetricsCount.scored] % UInt64(MetricsFields.windowLength))
        let window =
            windowBase.assumingMemoryBound(to: Float.self)
            + (row * MetricsFields.windowLength + slot) * MetricsFields.errorValues
        window[0] = Float(score.absolute)
        window[1] = Float(score.squared)
        // −1 stands for "no baseline": an absolute error is never negative.
        window[2] = Float(score.baselineAbsolute ?? -1)
        counts[MetricsCount.scored] &+= 1
        if loss.isFinite { sums[MetricsSum.loss] += loss }
        sums[MetricsSum.absolute] += score.absolute
        sums[MetricsSum.squared] += score.squared
        if let baseline = score.baselineAbsolute {
            counts[MetricsCount.baselineScored] &+= 1
            sums[MetricsSum.baselineAbsolute] += baseline
        }
    }
}
