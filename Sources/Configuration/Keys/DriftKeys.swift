// [drift]: what watches the loss, its thresholds, and what follows an alarm. Without a detector the
// table has one line.

/// The keys of the table.
enum DriftKeys {
    static let detectors = ["none", "page-hinkley", "adwin"]
    static let responses = ["nothing", "raise-rate", "re-warm", "ask-guard"]

    static let all: [KeyDefinition] = [
        key("detector", .choice(detectors), .value(.text("none"))),
        key("delta", .real(0...1000), .derived),
        key("threshold", .real(0...1e9, excludesLow: true), .derived),
        key("minimum", .integer(1...1_000_000_000), .derived),
        key("forgetting", .real(0...1, excludesLow: true), .derived),
        key("buckets", .integer(2...64), .derived),
        key("check", .integer(1...1_000_000), .derived),
        key("limit", .real(0...1e6, excludesLow: true), .derived),
        key("unit", .real(0...1e30), .derived),
        key("on-alarm", .choice(responses), .derived),
        key("raise-factor", .real(1...1e6, excludesLow: true), .derived),
        key("raise-samples", .integer(1...1_000_000_000), .derived),
        key("re-warm-count", .integer(100...1_000_000_000), .derived),
    ]

    /// Keys that only one detector has.
    static let ofDetector = [
        "threshold": "page-hinkley", "minimum": "page-hinkley", "forgetting": "page-hinkley",
        "buckets": "adwin", "check": "adwin",
    ]

    /// Keys that only one response has.
    static let ofResponse = [
        "raise-factor": "raise-rate", "raise-samples": "raise-rate", "re-warm-count": "re-warm",
    ]

    private static func key(
        _ name: String, _ kind: ValueKind, _ standard: KeyDefinition.Standard
    ) -> KeyDefinition {
        KeyDefinition(section: "drift", name: name, kind: kind, standard: standard)
    }
}
