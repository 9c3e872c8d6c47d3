// Learners with every cell of the catalogue between two dense float32 junctions, so that values
// and errors cross over from one arithmetic to the other; and networks that are of one cell only.

import Arithmetic
import Junctions
import Learning

extension LearnerConfiguration {
    /// Every cell that exists, by its words.
    static let cells: [(String, LearnerConfiguration)] =
        StructureKind.allCases.flatMap { kind in
            variants(kind).flatMap { structure in
                increments.flatMap { increment in
                    arithmetics(kind).compactMap { cell(structure, increment, $0) }
                }
            }
        } + [
            (
                "fixed throughout",
                throughout(.clashFree(InterleaverSettings(type: 2), .outDegree(4), seed: 5))
            ),
            ("fixed, dense throughout", throughout(.dense)),
        ]

    private static func variants(_ kind: StructureKind) -> [WeightStructure] {
        let half = EdgeDensity.fraction(0.5)
        return switch kind {
        case .dense: [.dense]
        case .random: [.random(half, seed: 3)]
        case .structured: [.structured(half, seed: 3)]
        case .clashFree: [.clashFree(InterleaverSettings(type: 3), half, seed: 3)]
        case .laneAligned: [.laneAligned(half, seed: 3)]
        case .circulant: [.circulant(blockSize: 8)]
        case .pruned: [.pruned(PruningSettings(kept: 2, group: 8))]
        }
    }

    private static let increments: [Increment] = [
        .exact, .stochastic(StochasticRule(bitCount: 8)),
    ]

    private static func arithmetics(_ kind: StructureKind) -> [NumberArithmetic] {
        let formats = kind == .circulant ? [(16, 4, 11)] : [(12, 3, 8), (16, 4, 11)]
        return [.float32]
            + formats.compactMap { FixedFormat($0.0, $0.1, $0.2) }.map { .fixed($0) }
    }

    private static func cell(
        _ structure: WeightStructure, _ increment: Increment, _ arithmetic: NumberArithmetic
    ) -> (String, LearnerConfiguration)? {
        let specification = JunctionSpecification(
            structure: structure, increment: increment, arithmetic: arithmetic)
        if case .absent = specification.status { return nil }
        var configuration = LearnerConfiguration.classifier(
            features: 9, hidden: [32, 32], classes: 4, pending: 5, producers: 2)
        configuration.hiddenActivation = .sigmoid
        configuration.learningRate = 0.0625
        configuration.junctions = [JunctionSpecification(), specification, JunctionSpecification()]
        return (specification.text, configuration)
    }

    /// A network of fixed-point junctions with wider first and last layers than the data.
    private static func throughout(_ structure: WeightStructure) -> LearnerConfiguration {
        var configuration = LearnerConfiguration.classifier(
            features: 9, hidden: [32], classes: 4, normaliser: .running(clip: 3, horizon: 0))
        configuration.hiddenActivation = .sigmoid
        configuration.outputActivation = .sigmoid
        configuration.learningRate = 0.125
        configuration.initialisation = .glorotNormal
        configuration.inputWidth = 16
        configuration.outputWidth = 8
        let arithmetic = FixedFormat(10, 2, 7).map { NumberArithmetic.fixed($0) } ?? .float32
        let specification = JunctionSpecification(structure: structure, arithmetic: arithmetic)
        configuration.junctions = [specification, specification]
        return configuration
    }
}
