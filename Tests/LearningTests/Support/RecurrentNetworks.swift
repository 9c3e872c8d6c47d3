// Small networks with recurrent layers and normalisations, for tests.

import Arithmetic
import Junctions
import Learning

extension BlockNetworks {
    /// A recurrent layer.
    static func lstm(
        _ units: Int, projected: Int = 0, state: LSTMBlock.State = .window,
        _ output: LSTMBlock.Output = .last,
        _ junction: JunctionSpecification = JunctionSpecification()
    ) -> BlockSpecification {
        .lstm(
            LSTMBlock(
                units: units, projected: projected, state: state, output: output,
                junction: junction))
    }

    /// Recurrent layers with and without projection, whose units are and are not whole chunks.
    static let recurrent: [BlockCase] = [
        BlockCase("lstm", shape: [7, 3], [linear(4), lstm(5)]),
        BlockCase("lstm of whole chunks", shape: [18, 2], [linear(2), lstm(16)]),
        BlockCase(
            "lstm, every position", shape: [6, 2],
            [linear(3), lstm(17, .sequence), .globalPooling(.average)]),
        BlockCase("lstm, projected", shape: [5, 2], [linear(2), lstm(6, projected: 4)]),
        BlockCase(
            "lstm, projected, every position", shape: [5, 2],
            [linear(2), lstm(6, projected: 3, .sequence), lstm(4), linear(5)]),
        BlockCase("lstm, first", shape: [9, 3], [lstm(6)]),
    ]

    /// Every structure in all junctions of a recurrent layer.
    static let recurrentStructured = structures.map { name, structure in
        BlockCase(
            "lstm, \(name)", shape: [5, 4],
            [
                linear(16),
                lstm(16, projected: 16, .sequence, JunctionSpecification(structure: structure)),
                .globalPooling(.average),
            ])
    }

    /// Normalisations, with every activation whose derivative exists everywhere.
    static let norms: [BlockCase] = [
        BlockCase(
            "one group", shape: [9, 3],
            [conv1d(4, kernel: 2), .groupNorm(groups: 1, activation: .tanh), .flatten]),
        BlockCase(
            "groups in an image", shape: [5, 5, 2],
            [
                conv2d(6, kernel: 3), .groupNorm(groups: 3, activation: .sigmoid),
                conv2d(4, kernel: 3), .groupNorm(groups: 2, activation: .tanh),
                .globalPooling(.average),
            ]),
        BlockCase(
            "running statistics", shape: [20, 2],
            [
                conv1d(5, kernel: 2), .runningNorm(rate: 0.01, activation: .sigmoid),
                .globalPooling(.average),
            ]),
    ]

    /// Every kind of number and increment that a recurrent layer can have.
    static let recurrentCells: [BlockCase] = {
        var cells: [(String, JunctionSpecification)] = structures.map {
            ($0.0, JunctionSpecification(structure: $0.1))
        }
        let pruned = WeightStructure.pruned(PruningSettings(kept: 2, group: 8))
        cells.append(("2:8", JunctionSpecification(structure: pruned)))
        cells.append(
            (
                "stochastic",
                JunctionSpecification(increment: .stochastic(StochasticRule(bitCount: 8)))
            ))
        if let format = FixedFormat(16, 4, 11) {
            cells.append(("fixed point", JunctionSpecification(arithmetic: .fixed(format))))
        }
        return cells.map { name, junction in
            BlockCase(
                name, shape: [6, 8],
                [
                    conv1d(8, kernel: 2), .runningNorm(rate: 0.1, activation: .tanh),
                    .groupNorm(groups: 2, activation: .identity),
                    lstm(16, projected: 8, state: .producer(history: 9), .last, junction),
                ]
            ) { configuration in
                configuration.producerCapacity = 2
                configuration.learningRate = 0.0625
            }
        }
    }()
}
