// What goes into learning one sample, and what comes out. All plain values: nothing here owns
// memory, so nothing is allocated per sample.

/// What a sample is labelled with.
public enum SampleLabel {
    /// Not (yet) known; also for forecasts, whose label is the next sample.
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
    /// Its label is learned (a forecast sample is learned when it comes: it labels the previous).
    case learned
    /// It waits for its label.
    case pending
    /// It came without a label and no sample can wait.
    case expired
}

/// What learning a sample returned.
public struct SampleOutcome: Equatable, Sendable {
    /// What was decided.
    public let decision: SampleDecision
    /// A waiting sample that was pushed out to make room, if any.
    public let expired: SampleName?
    /// The class predicted before learning, −1 unless classifying.
    public let predictedClass: Int32
    /// Loss of that prediction; NaN when no label is known yet.
    public let loss: Float
    /// How unusual the newest error is, in σ of the logarithm of the errors so far; 0 while too
    /// few are known and for classifications.
    public let anomalyScore: Float
}

/// What came of a late label.
public enum LabelOutcome: Equatable, Sendable {
    /// The waiting sample was learned; `loss` is that of the network as it is now.
    case learned(predictedClass: Int32, loss: Float)
    /// No such sample waits: it is unknown, already learned, or expired.
    case unknownSample
}
