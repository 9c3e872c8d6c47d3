// Drift in words: in `status` and in `watch`.

import MillraceProtocol

/// The detector over all producers, part by part.
struct DriftText {
    let drift: DriftStatus

    var parts: [String] {
        var parts = [
            drift.detector, "\(Format.count(drift.alarms)) alarms",
            "loss \(Format.figure(drift.level))",
        ]
        if let newest = drift.newest { parts.append("the last " + Self.alarm(newest)) }
        if drift.raisedSamples > 0 {
            parts.append("rate raised for \(Format.count(drift.raisedSamples)) samples more")
        }
        return parts
    }

    /// `at sample 6,012: loss 0.0312 to 0.8410`
    static func alarm(_ alarm: DriftAlarmReply) -> String {
        "at sample \(Format.count(alarm.sample)): loss \(Format.figure(alarm.lossBefore)) to "
            + Format.figure(alarm.lossAfter)
    }
}
