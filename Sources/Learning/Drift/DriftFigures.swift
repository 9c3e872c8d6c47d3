// What a learner section tells of drift: to `status`, to `generations`, to the log.

/// The newest alarm of a detector.
public struct DriftAlarm: Equatable, Sendable, BitwiseCopyable {
    /// 1 = the first.
    public let number: UInt64
    /// Scored samples, of the producer or of all, when it was raised.
    public let sample: UInt64
    /// Mean loss before the change, each loss limited.
    public let before: Double
    /// Mean loss from the change to the alarm.
    public let after: Double
    /// Samples from the change to the alarm, as the detector estimates it.
    public let samplesAfter: UInt64

    /// - See the properties.
    public init(
        number: UInt64, sample: UInt64, before: Double, after: Double, samplesAfter: UInt64
    ) {
        self.number = number
        self.sample = sample
        self.before = before
        self.after = after
        self.samplesAfter = samplesAfter
    }
}

/// Alarms of a section so far.
public struct DriftFigures: Equatable, Sendable {
    /// Alarms since the learner was fresh.
    public let alarms: UInt64
    /// The last of them.
    public let newest: DriftAlarm?
    /// Mean loss as the detector has it now, each loss limited.
    public let level: Double
    /// Samples that are still to be learned with a raised rate.
    public let raisedSamples: UInt64
}

/// Whose detectors raised an alarm on one sample.
public struct RaisedAlarms: Equatable, Sendable {
    /// That over all producers.
    public let isOverall: Bool
    /// The producer whose own did, if any.
    public let producer: Int?
}

extension LearnerLayout {
    /// Alarms in a section of this layout; nil without a detector. Only reads.
    ///
    /// - producer: one producer's detector, or the one over all (nil)
    public func driftFigures(_ section: UnsafeRawPointer, producer: Int?) -> DriftFigures? {
        DriftWatch(self, UnsafeMutableRawPointer(mutating: section))?.figures(producer: producer)
    }
}
