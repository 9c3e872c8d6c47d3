// Prequential figures in replies: every sample is predicted first and learned afterwards, and
// these numbers are about the predictions.

/// How far one step of a forecast was from what came.
public struct StepError: Codable, Equatable, Sendable {
    /// Samples ahead, from 1.
    public var step: Int
    /// Mean absolute error, in the units of `Figures.mae`.
    public var mae: Double
    /// That of no change.
    public var noChange: Double

    /// - step, mae, noChange: see the properties.
    public init(step: Int, mae: Double, noChange: Double) {
        self.step = step
        self.mae = mae
        self.noChange = noChange
    }
}

/// How well the predictions went, test then train; absent numbers are not defined (yet).
public struct Figures: Codable, Equatable, Sendable {
    /// classification, regression, forecast or autoencoder.
    public var task: String
    /// Samples that were scored.
    public var samples: UInt64
    /// Share of right classes, or the mean absolute error (see `mae`).
    public var overall: Double?
    /// The same over the last 1,000 scored samples.
    public var last1000: Double?
    /// What repeating the producer's previous label (or sample) would have got; of a forecast the
    /// sample that it starts from.
    public var noChange: Double?
    /// Classification: (overall − noChange) / (1 − noChange).
    public var kappaTemporal: Double?
    /// Classification: share of each class that was found; null for a class never seen.
    public var perClassRecall: [Double?]?
    /// Mean absolute error. Regression: in the units of the targets; forecast (mean over its steps)
    /// and autoencoder: in σ of each feature, so that features of different units can be averaged.
    public var mae: Double?
    /// Root of the mean squared error, in the units of `mae`.
    public var rmse: Double?
    /// All but classification: 1 − mae / (mae of no change).
    public var skill: Double?
    /// How unusual the newest error is: (log e − μ) / σ of the running log error.
    public var anomalyScore: Double?
    /// The share of the errors so far that are below the newest, 0 to 1; absent where errors are not
    /// ranked, and while too few are known.
    public var anomalyPercentile: Double?
    /// Autoencoder: the mean absolute error of saying the running mean of every feature.
    public var meanBaseline: Double?
    /// Forecast of several steps: errors by step, at most sixteen, the first and the last among them.
    public var steps: [StepError]?
    /// Mean loss over all scored samples.
    public var loss: Double?

    /// Figures; what is not given is absent.
    public init(
        task: String, samples: UInt64 = 0, overall: Double? = nil, last1000: Double? = nil,
        noChange: Double? = nil, kappaTemporal: Double? = nil, perClassRecall: [Double?]? = nil,
        mae: Double? = nil, rmse: Double? = nil, skill: Double? = nil,
        anomalyScore: Double? = nil, loss: Double? = nil, anomalyPercentile: Double? = nil,
        meanBaseline: Double? = nil, steps: [StepError]? = nil
    ) {
        self.task = task
        self.samples = samples
        self.overall = overall
        self.last1000 = last1000
        self.noChange = noChange
        self.kappaTemporal = kappaTemporal
        self.perClassRecall = perClassRecall
        self.mae = mae
        self.rmse = rmse
        self.skill = skill
        self.anomalyScore = anomalyScore
        self.loss = loss
        self.anomalyPercentile = anomalyPercentile
        self.meanBaseline = meanBaseline
        self.steps = steps
    }
}
