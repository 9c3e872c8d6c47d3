// What is run: an example of the project on a stream, as it is and with a few values changed.

/// One row of the table; a run for every seed.
struct Experiment: Sendable {
    /// Of the figure that `docs/streams.md` compares: what it is of, and what of it.
    let name: String
    let variant: String
    /// A file of `examples`, without its extension.
    let example: String
    let stream: StreamName
    /// `key=value` over those of the example.
    var settings: [String] = []

    /// `har conv dense`
    var title: String { "\(name) \(variant)" }

    static let all: [Experiment] = elec2 + gas + ecg

    private static let elec2 = [
        Experiment(name: "elec2", variant: "8-16-2", example: "elec2", stream: .elec2)
    ]

    private static let gas = [
        Experiment(name: "gas", variant: "128-32-6", example: "gas", stream: .gas),
        Experiment(name: "gas drift", variant: "no response", example: "gas", stream: .gasDrift),
    ]

    private static let ecg = [
        Experiment(name: "ecg", variant: "128-64-5", example: "ecg", stream: .ecg)
    ]
}
