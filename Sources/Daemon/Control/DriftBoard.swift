// Drift in replies. Like every other number, alarms are read from a generation: those of `status`
// from the pinned one.

import Learning
import MillraceProtocol
import WeightStore

extension NetworkLoop {
    /// The detector over all producers as of the pinned generation; nil without one.
    var driftStatus: DriftStatus? {
        guard let figures = driftFigures(producer: nil) else { return nil }
        let settings = description.configuration.drift
        return DriftStatus(
            detector: settings.detector.name, onAlarm: settings.response.name,
            alarms: figures.alarms, level: figures.level, raisedSamples: figures.raisedSamples,
            newest: figures.newest.map(DriftAlarmReply.init))
    }

    /// The detector of one producer.
    func producerDrift(_ producer: Int) -> ProducerDrift? {
        driftFigures(producer: producer).map {
            ProducerDrift(
                alarms: $0.alarms, level: $0.level, newest: $0.newest.map(DriftAlarmReply.init))
        }
    }

    private func driftFigures(producer: Int?) -> DriftFigures? {
        pin.flatMap {
            description.layout.driftFigures(
                UnsafeRawPointer(ring.learnerMemory($0.slot)), producer: producer)
        }
    }

    /// Alarms until the generation in a readable slot; nil without a detector.
    func driftAlarms(slot: Int) -> UInt64? {
        description.layout.driftFigures(
            UnsafeRawPointer(ring.learnerMemory(slot)), producer: nil)?.alarms
    }

    /// Adds to entries, oldest first, what each has more than the one before.
    static func addDriftSince(to entries: inout [GenerationEntry]) {
        var before: UInt64?
        for index in entries.indices {
            guard let now = entries[index].driftAlarms else { continue }
            // A rollback goes back to a generation with fewer alarms.
            if let before, entries[index].restoredFrom == 0, now >= before {
                entries[index].driftAlarmsSince = now - before
            }
            before = now
        }
    }
}

extension DriftAlarmReply {
    /// The alarm as it goes over the wire.
    init(_ alarm: DriftAlarm) {
        self.init(
            number: alarm.number, sample: alarm.sample, lossBefore: alarm.before,
            lossAfter: alarm.after, samplesAfter: alarm.samplesAfter)
    }
}
