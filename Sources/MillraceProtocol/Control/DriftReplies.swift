// What the daemon tells of drift: the detector, its alarms, and what follows them.

/// An alarm in `status`.
public struct DriftAlarmReply: Codable, Equatable, Sendable {
    /// 1 = the first since the learner was fresh.
    public var number: UInt64
    /// Scored samples, of all or of the producer, when it was raised.
    public var sample: UInt64
    /// Mean loss before the change, each loss limited.
    public var lossBefore: Double
    /// Mean loss from the change to the alarm.
    public var lossAfter: Double
    /// Samples from the change to the alarm, as the detector estimates it.
    public var samplesAfter: UInt64

    /// - See the properties.
    public init(
        number: UInt64, sample: UInt64, lossBefore: Double, lossAfter: Double,
        samplesAfter: UInt64
    ) {
        self.number = number
        self.sample = sample
        self.lossBefore = lossBefore
        self.lossAfter = lossAfter
        self.samplesAfter = samplesAfter
    }
}

/// The detector over all producers in `status`.
public struct DriftStatus: Codable, Equatable, Sendable {
    /// page-hinkley or adwin.
    public var detector: String
    /// nothing, raise-rate, re-warm or ask-guard.
    public var onAlarm: String
    /// Alarms since the learner was fresh.
    public var alarms: UInt64
    /// Mean loss as the detector has it now, each loss limited.
    public var level: Double
    /// Samples that are still to be learned with a raised rate.
    public var raisedSamples: UInt64
    /// The last alarm; absent before the first.
    public var newest: DriftAlarmReply?

    /// - See the properties.
    public init(
        detector: String, onAlarm: String, alarms: UInt64, level: Double, raisedSamples: UInt64,
        newest: DriftAlarmReply?
    ) {
        self.detector = detector
        self.onAlarm = onAlarm
        self.alarms = alarms
        self.level = level
        self.raisedSamples = raisedSamples
        self.newest = newest
    }
}

/// The detector of one producer in `status`.
public struct ProducerDrift: Codable, Equatable, Sendable {
    /// Alarms since the learner was fresh.
    public var alarms: UInt64
    /// Mean loss as the detector has it now, each loss limited.
    public var level: Double
    /// The last alarm; absent before the first.
    public var newest: DriftAlarmReply?

    /// - See the properties.
    public init(alarms: UInt64, level: Double, newest: DriftAlarmReply?) {
        self.alarms = alarms
        self.level = level
        self.newest = newest
    }
}
