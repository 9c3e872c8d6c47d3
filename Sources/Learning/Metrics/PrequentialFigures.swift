// Prequential figures: what the metrics of a section say, read from the learner's own section
// or from any slot. Figures that nothing is known about yet are nil.

/// How often predictions agreed with labels.
public struct AgreementFigures: Equatable, Sendable {
    /// Predictions scored.
    public let count: Int
    /// Share of right predictions, p.
    public let accuracy: Double
    /// Share that the previous label of the same producer would have got right, p₀.
    public let noChange: Double
    /// (p − p₀) / (1 − p₀): 0 is no better than repeating the previous label, 1 is perfect; nil
    /// where the baseline is always right.
    public let kappaTemporal: Double?

    init?(count: Int, correct: Int, baselineCorrect: Int) {
        guard count > 0 else { return nil }
        self.count = count
        accuracy = Double(correct) / Double(count)
        noChange = Double(baselineCorrect) / Double(count)
        kappaTemporal = noChange < 1 ? (accuracy - noChange) / (1 - noChange) : nil
    }
}

/// How far predictions were from targets. Regression: in the units of the targets; else in
/// σ of each feature (with the running normaliser) so that features can be averaged.
public struct ErrorFigures: Equatable, Sendable {
    /// Predictions scored.
    public let count: Int
    /// MAE.
    public let meanAbsoluteError: Double
    /// RMSE.
    public let rootMeanSquareError: Double
    /// MAE₀ of repeating the previous target of the same producer; nil without one.
    public let noChangeMeanAbsoluteError: Double?
    /// 1 − MAE / MAE₀: 0 is no better than repeating, 1 is perfect; nil where MAE₀ is 0.
    public let skill: Double?

    init?(count: Int, absolute: Double, squared: Double, baselineCount: Int, baseline: Double) {
        guard count > 0 else { return nil }
        self.count = count
        meanAbsoluteError = absolute / Double(count)
        rootMeanSquareError = (squared / Double(count)).squareRoot()
        let noChange = baselineCount > 0 ? baseline / Double(baselineCount) : nil
        noChangeMeanAbsoluteError = noChange
        skill = noChange.flatMap { $0 > 0 ? 1 - absolute / Double(count) / $0 : nil }
    }
}

/// How far one step of a forecast was from its target, over all samples, in the units of
/// `ErrorFigures`.
public struct StepFigures: Equatable, Sendable {
    /// MAE.
    public let meanAbsoluteError: Double
    /// MAE₀ of repeating the sample that the forecast starts from.
    public let noChangeMeanAbsoluteError: Double
}

/// How often one class was recognised.
public struct ClassRecall: Equatable, Sendable {
    /// Samples of that class.
    public let count: Int
    /// Those that were predicted.
    public let correct: Int

    /// correct / count; nil for a class not yet seen.
    public var recall: Double? { count > 0 ? Double(correct) / Double(count) : nil }
}

/// All prequential figures of one producer, or of all.
public struct PrequentialFigures: Equatable, Sendable {
    /// Predictions scored, that is samples whose label is known.
    public let scored: Int
    /// Mean loss of the scored predictions; nil before the first.
    public let meanLoss: Double?
    /// Classification: all samples, and the newest 1,000.
    public let agreement: (overall: AgreementFigures, last1000: AgreementFigures)?
    /// Classification: one entry per class; else empty.
    public let recalls: [ClassRecall]
    /// All but classification: all samples, and the newest 1,000.
    public let errors: (overall: ErrorFigures, last1000: ErrorFigures)?
    /// Forecast of several steps: one entry per step, once anything is scored; else empty.
    public let steps: [StepFigures]
    /// Autoencoder: MAE of saying the running mean of every feature; nil before anything is scored,
    /// and for other tasks.
    public let meanPredictorError: Double?

    /// Reads figures from a learner section.
    ///
    /// - section: at least `layout.section.byteCount` bytes; only read
    /// - producer: index of the producer; nil for all together
    public init(layout: LearnerLayout, section: UnsafeRawPointer, producer: Int?) {
        let row = producer.map { $0 + 1 } ?? 0
        precondition(
            row >= 0 && row <= layout.configuration.producerCapacity, "a producer of this learner")
        let fields = layout.metrics
        let counts =
            (section + fields.counts.offset).assumingMemoryBound(to: UInt64.self)
            + row * MetricsCount.count
        let sums =
            (section + fields.sums.offset).assumingMemoryBound(to: Double.self)
            + row * MetricsSum.count
        scored = Int(counts[MetricsCount.scored])
        meanLoss = scored > 0 ? sums[MetricsSum.loss] / Double(scored) : nil
        if fields.classes != nil {
            agreement = Self.agreement(fields, section, row, counts)
            recalls = Self.recalls(fields, section, row)
            errors = nil
        } else {
            agreement = nil
            recalls = []
            errors = Self.errors(fields, section, row, counts, sums)
        }
        steps = Self.steps(fields, section, row, scored)
        meanPredictorError = fields.means.flatMap { field in
            let sums =
                (section + field.offset).assumingMemoryBound(to: Double.self) + row * 2
            return sums[1] > 0 ? sums[0] / sums[1] : nil
        }
    }

    /// Equal figures.
    public static func == (left: PrequentialFigures, right: PrequentialFigures) -> Bool {
        left.scored == right.scored && left.meanLoss == right.meanLoss
            && left.recalls == right.recalls
            && left.agreement?.overall == right.agreement?.overall
            && left.agreement?.last1000 == right.agreement?.last1000
            && left.errors?.overall == right.errors?.overall
            && left.errors?.last1000 == right.errors?.last1000
            && left.steps == right.steps && left.meanPredictorError == right.meanPredictorError
    }

    private static func steps(
        _ fields: MetricsFields, _ section: UnsafeRawPointer, _ row: Int, _ scored: Int
    ) -> [StepFigures] {
        guard let field = fields.steps, scored > 0 else { return [] }
        let count = field.shape[1]
        let sums =
            (section + field.offset).assumingMemoryBound(to: Double.self) + row * count * 2
        return (0..<count).map {
            StepFigures(
                meanAbsoluteError: sums[2 * $0] / Double(scored),
                noChangeMeanAbsoluteError: sums[2 * $0 + 1] / Double(scored))
        }
    }

    private static func agreement(
        _ fields: MetricsFields, _ section: UnsafeRawPointer, _ row: Int,
        _ counts: UnsafePointer<UInt64>
    ) -> (overall: AgreementFigures, last1000: AgreementFigures)? {
        let scored = Int(counts[MetricsCount.scored])
        let window = section + fields.window.offset + row * MetricsFields.windowLength
        let windowCount = min(scored, MetricsFields.windowLength)
        var correct = 0
        var baselineCorrect = 0
        for index in 0..<windowCount {
            let flags = window.load(fromByteOffset: index, as: UInt8.self)
            correct += Int(flags & 1)
            baselineCorrect += Int(flags >> 1 & 1)
        }
        let overall = AgreementFigures(
            count: scored, correct: Int(counts[MetricsCount.correct]),
            baselineCorrect: Int(counts[MetricsCount.baselineCorrect]))
        let last1000 = AgreementFigures(
            count: windowCount, correct: correct, baselineCorrect: baselineCorrect)
        guard let overall, let last1000 else { return nil }
        return (overall, last1000)
    }

    private static func recalls(
        _ fields: MetricsFields, _ section: UnsafeRawPointer, _ row: Int
    ) -> [ClassRecall] {
        guard let classes = fields.classes else { return [] }
        let values =
            (section + classes.offset).assumingMemoryBound(to: UInt64.self)
            + row * fields.classCount * 2
        return (0..<fields.classCount).map {
            ClassRecall(count: Int(values[2 * $0]), correct: Int(values[2 * $0 + 1]))
        }
    }

    private static func errors(
        _ fields: MetricsFields, _ section: UnsafeRawPointer, _ row: Int,
        _ counts: UnsafePointer<UInt64>, _ sums: UnsafePointer<Double>
    ) -> (overall: ErrorFigures, last1000: ErrorFigures)? {
        let scored = Int(counts[MetricsCount.scored])
        let window =
            (section + fields.window.offset).assumingMemoryBound(to: Float.self)
            + row * MetricsFields.windowLength * MetricsFields.errorValues
        let windowCount = min(scored, MetricsFields.windowLength)
        var absolute = 0.0
        var squared = 0.0
        var baseline = 0.0
        var baselineCount = 0
        for index in 0..<windowCount {
            let entry = window + index * MetricsFields.errorValues
            absolute += Double(entry[0])
            squared += Double(entry[1])
            if entry[2] >= 0 {
                baseline += Double(entry[2])
                baselineCount += 1
            }
        }
        let overall = ErrorFigures(
            count: scored, absolute: sums[MetricsSum.absolute], squared: sums[MetricsSum.squared],
            baselineCount: Int(counts[MetricsCount.baselineScored]),
            baseline: sums[MetricsSum.baselineAbsolute])
        let last1000 = ErrorFigures(
            count: windowCount, absolute: absolute, squared: squared, baselineCount: baselineCount,
            baseline: baseline)
        guard let overall, let last1000 else { return nil }
        return (overall, last1000)
    }
}

/// One number over the newest 1,000 scored samples of all producers, larger is better.
public struct HeadlineFigure: Equatable, Sendable {
    /// Predictions scored since the learner was fresh.
    public let scored: Int
    /// Accuracy in [0, 1], or minus the mean absolute error.
    public let value: Double
    /// Whether `value` is an accuracy.
    public let isAccuracy: Bool
    /// Of `value`, if the samples were independent: √(p (1 − p) / n) of an accuracy; of a mean
    /// absolute error at most √((RMSE² − MAE²) / n), n the samples in the window.
    public let standardError: Double
    /// Classification: the share that repeating the previous label would have got right.
    public let noChange: Double?

    /// - See the properties.
    public init(
        scored: Int, value: Double, isAccuracy: Bool, standardError: Double,
        noChange: Double? = nil
    ) {
        self.noChange = noChange
        self.scored = scored
        self.value = value
        self.isAccuracy = isAccuracy
        self.standardError = standardError
    }
}

extension PrequentialFigures {
    /// Samples scored, and so learned, since the learner was fresh, in a learner section.
    public static func scored(layout: LearnerLayout, section: UnsafeRawPointer) -> UInt64 {
        (section + layout.metrics.counts.offset)
            .load(fromByteOffset: MetricsCount.scored * 8, as: UInt64.self)
    }

    /// The headline of a learner section; nil before anything is scored. Allocates nothing.
    public static func headline(
        layout: LearnerLayout, section: UnsafeRawPointer
    ) -> HeadlineFigure? {
        let fields = layout.metrics
        let counts = (section + fields.counts.offset).assumingMemoryBound(to: UInt64.self)
        let sums = (section + fields.sums.offset).assumingMemoryBound(to: Double.self)
        let scored = Int(counts[MetricsCount.scored])
        if fields.classes != nil {
            guard let figures = agreement(fields, section, 0, counts) else { return nil }
            let accuracy = figures.last1000.accuracy
            return HeadlineFigure(
                scored: scored, value: accuracy, isAccuracy: true,
                standardError: (accuracy * (1 - accuracy) / Double(figures.last1000.count))
                    .squareRoot(),
                noChange: figures.last1000.noChange)
        }
        guard let figures = errors(fields, section, 0, counts, sums) else { return nil }
        let last = figures.last1000
        let spread =
            last.rootMeanSquareError * last.rootMeanSquareError
            - last.meanAbsoluteError * last.meanAbsoluteError
        return HeadlineFigure(
            scored: scored, value: -last.meanAbsoluteError, isAccuracy: false,
            standardError: (max(0, spread) / Double(last.count)).squareRoot())
    }

    /// How unusual the newest error of a producer was, in σ of the logarithm of its errors; for
    /// all producers (nil) the largest of those that have one. Nil for classifications, and before
    /// a first error.
    public static func anomalyScore(
        layout: LearnerLayout, section: UnsafeRawPointer, producer: Int?
    ) -> Double? {
        guard let anomaly = layout.anomaly else { return nil }
        let values = (section + anomaly.offset).assumingMemoryBound(to: Double.self)
        func score(_ row: Int) -> Double? {
            let scale = values + row * AnomalyScale.valuesPerProducer
            return scale[AnomalyScale.count] > 0 ? scale[AnomalyScale.newestScore] : nil
        }
        if let producer { return score(producer) }
        return (0..<layout.configuration.producerCapacity).compactMap(score).max()
    }

    /// The share of a producer's errors so far that are below its newest, in [0, 1]; for all producers
    /// (nil) where the newest error of all lies among all. Nil where errors are not ranked, and before
    /// the first that was.
    public static func anomalyPercentile(
        layout: LearnerLayout, section: UnsafeRawPointer, producer: Int?
    ) -> Double? {
        guard let fields = layout.percentile else { return nil }
        // Only asked for a figure.
        let readable = UnsafeMutableRawPointer(mutating: section)
        return PercentileScale(fields, readable, row: producer.map { $0 + 1 } ?? 0).newest
    }
}
