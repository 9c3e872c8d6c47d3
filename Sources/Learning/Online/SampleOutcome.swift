// What goes into learning one sample, and what comes out. All plain values: nothing here owns
// memory, so nothing is allocated per sample.

/// What a sample is labelled with.
public enum SampleLabel {
    /// Not (yet) known; also for forecasts and autoencoders, which need none.
    case none
    /// The class, 0 ..< classCount; −1 is the same as `none`.
    case classIndex(Int32)
    /// One value per target, finite, in data units; read during the call only.
    case values(UnsafePointer<Float>)
}

/// Names a sample that waits or waited for its label.
public struct SampleName: Equatable, Sendable {
    /// Index of the producer.
    public let producer: Int
    /// Epoch of the producer.
    public let epoch: UInt32
    /// Number of the sample in it.
    public let sequence: UInt64

    /// The name of one sample.
    public init(producer: Int, epoch: UInt32, sequence: UInt64) {
        self.producer = producer
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// What was decided about a sample.
public enum SampleDecision: Equatable, Sendable {
    /// Its label is learned (a forecast sample is learned when it comes: it labels those before it;
    /// so is one of an autoencoder, which labels itself).
    case learned
    /// It waits for its label.
    case pending
    /// It came without a label and no sample can wait.
    case expired
}

/// What learning a sample returned.
public struct SampleOutcome: Equatable, Sendable {
    /// What was decided. A sample that entered the pipeline is learned: it is as durable in the
    /// registers as it would be in the weights.
    public let decision: SampleDecision
    /// A waiting sample that was pushed out to make room, if any.
    public let expired: SampleName?
    /// The class predicted before learning, −1 unless classifying, and when the sample entered the
    /// pipeline: its prediction comes out later.
    public let predictedClass: Int32
    /// Loss of that prediction; NaN when no label, or no prediction, is known yet.
    public let loss: Float
    /// How unusual the newest error is, in σ of the logarithm of the errors so far; 0 while too
    /// few are known and for classifications.
    public let anomalyScore: Float
    /// The share of the producer's errors so far that are below the newest, in [0, 1]; nil while too
    /// few are known, and where errors are not ranked.
    public let anomalyPercentile: Float?
    /// What came out of the pipeline during the call; nil in the sequential schedule, where the
    /// figures above are the sample's own.
    public let completed: CompletedSample?

    init(
        decision: SampleDecision, expired: SampleName? = nil, predictedClass: Int32 = -1,
        loss: Float = .nan, judgement: Judgement = Judgement(), completed: CompletedSample? = nil
    ) {
        self.decision = decision
        self.expired = expired
        self.predictedClass = predictedClass
        self.loss = loss
        anomalyScore = judgement.score
        anomalyPercentile = judgement.percentile
        self.completed = completed
    }
}

/// A sample whose prediction came out of the pipeline and was scored, J − 1 labelled samples after
/// it entered.
public struct CompletedSample: Equatable, Sendable {
    /// The name under which it entered.
    public let name: SampleName
    /// The class that was predicted (where the label came late: when the sample came), −1 unless
    /// classifying.
    public let predictedClass: Int32
    /// Loss of the network's output.
    public let loss: Float
    /// As `SampleOutcome.anomalyScore`, of this sample.
    public let anomalyScore: Float
    /// As `SampleOutcome.anomalyPercentile`, of this sample.
    public let anomalyPercentile: Float?

    init(
        name: SampleName, predictedClass: Int32 = -1, loss: Double,
        judgement: Judgement = Judgement()
    ) {
        self.name = name
        self.predictedClass = predictedClass
        self.loss = Float(loss)
        anomalyScore = judgement.score
        anomalyPercentile = judgement.percentile
    }
}

/// What came of a late label.
public enum LabelOutcome: Equatable, Sendable {
    /// The waiting sample was learned; `loss` is that of the network as it is now, and NaN when
    /// the sample entered the pipeline, which `completed` came out of.
    case learned(predictedClass: Int32, loss: Float, completed: CompletedSample? = nil)
    /// No such sample waits: it is unknown, already learned, or expired.
    case unknownSample
}
