// network.schedule: one sample at a time, or the junction pipeline.

import Accelerator
import Learning

/// The key and its words.
enum ScheduleKey {
    static let definition = KeyDefinition(
        section: "network", name: "schedule", kind: .choice(Schedule.allCases.map(\.rawValue)),
        standard: .value(.text(Schedule.sequential.rawValue)))
}

extension ConfigurationBuilder {
    var schedule: Schedule { Schedule(rawValue: text("network.schedule")) ?? .sequential }

    /// The pipeline is plain SGD.
    mutating func checkSchedule(_ learning: LearningSettings) {
        guard schedule == .pipeline else { return }
        checkPlainDescent(
            learning, "network.schedule = \"pipeline\"", "its late updates are not accumulated",
            otherwise: "choose network.schedule = \"sequential\"")
    }
}
