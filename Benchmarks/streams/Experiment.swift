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

    static let all: [Experiment] = har + ecg + gas + drift + elec2 + mnist

    private static let har = [
        Experiment(name: "har", variant: "convolutions", example: "har-conv", stream: .har),
        Experiment(
            name: "har", variant: "convolutions, 2:8", example: "har-conv", stream: .har,
            settings: ["block.1.structure=pruned", "block.1.pattern=2:8"]),
        Experiment(
            name: "har", variant: "convolutions, circulant 8", example: "har-conv", stream: .har,
            settings: ["block.1.structure=circulant", "block.1.block=8"]),
        Experiment(name: "har", variant: "LSTM", example: "har-lstm", stream: .har),
        Experiment(
            name: "har", variant: "LSTM, circulant 8", example: "har-lstm", stream: .har,
            settings: ["block.1.structure=circulant", "block.1.block=8"]),
        Experiment(
            name: "har", variant: "LSTM, circulant 16", example: "har-lstm", stream: .har,
            settings: ["block.1.structure=circulant", "block.1.block=16"]),
        Experiment(name: "har", variant: "768-128-12", example: "har", stream: .har),
    ]

    private static let ecg = [
        Experiment(name: "ecg", variant: "convolutions", example: "ecg-conv", stream: .ecg),
        Experiment(name: "ecg", variant: "128-64-5", example: "ecg", stream: .ecg),
    ]

    private static let gas = [
        Experiment(name: "gas", variant: "128-128-6", example: "gas-drift", stream: .gas),
        Experiment(name: "gas", variant: "128-32-6", example: "gas", stream: .gas),
    ]

    /// What makes the network of gas.toml that of gas-drift.toml.
    private static let wide = ["network.hidden=[128]", "input.clip=3"]

    /// What is done about an alarm, and about none. Without a response the detector is there all
    /// the same, so that its alarms are counted.
    private static let drift = [
        Experiment(
            name: "gas drift", variant: "Page-Hinkley, nothing", example: "gas-drift",
            stream: .gasDrift, settings: ["drift.on-alarm=nothing"]),
        Experiment(
            name: "gas drift", variant: "Page-Hinkley, re-warm", example: "gas-drift",
            stream: .gasDrift),
        Experiment(
            name: "gas drift", variant: "Page-Hinkley, rate × 2", example: "gas-drift",
            stream: .gasDrift,
            settings: [
                "drift.on-alarm=raise-rate", "drift.raise-factor=2", "drift.raise-samples=200",
            ]),
        Experiment(
            name: "gas drift", variant: "ADWIN, re-warm", example: "gas", stream: .gasDrift,
            settings: wide + [
                "input.horizon=0", "drift.detector=adwin", "drift.delta=0.5", "drift.check=4",
                "drift.on-alarm=re-warm",
            ]),
        Experiment(
            name: "gas drift", variant: "no detector, horizon 500", example: "gas",
            stream: .gasDrift, settings: wide),
    ]

    private static let elec2 = [
        Experiment(name: "elec2", variant: "8-16-2", example: "elec2", stream: .elec2),
        Experiment(
            name: "elec2", variant: "8-64-2", example: "elec2", stream: .elec2,
            settings: ["network.hidden=[64]"]),
    ]

    private static let mnist = [
        Experiment(name: "mnist", variant: "convolutions", example: "mnist-conv", stream: .mnist),
        Experiment(
            name: "mnist", variant: "convolutions, L = 8", example: "mnist-conv", stream: .mnist,
            settings: ["junction.rule=stochastic", "junction.stream-bits=8"]),
        Experiment(
            name: "mnist", variant: "convolutions, L = 16", example: "mnist-conv", stream: .mnist,
            settings: ["junction.rule=stochastic", "junction.stream-bits=16"]),
        Experiment(name: "mnist", variant: "784-128-10", example: "mnist", stream: .mnist),
    ]
}
