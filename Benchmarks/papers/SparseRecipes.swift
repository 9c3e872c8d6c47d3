// Paper 0: pre-defined sparsity and bit widths (Dey et al., arXiv 1711.01343 and 1806.01087).

import Arithmetic
import Junctions

extension Experiments {
    static let sparse: [Recipe] = bitWidths + smallnet + densities + families + morse

    /// 0.5: the published network for mnist in four formats; starts drawn or all zero.
    private static let bitWidths: [Recipe] = formats.flatMap { format in
        [false, true].map { startsAtZero in
            Recipe(
                experiment: "0.5",
                variant: format.text + (startsAtZero ? " starts at zero" : ""),
                settings: [("bits", Double(format.width))], trainCount: 12_544, testCount: 0,
                isShuffled: false, epochs: 15, hidden: [64], inputWidth: 1024, outputWidth: 32,
                hiddenActivation: .sigmoid, outputActivation: .sigmoid,
                initialisation: .glorotNormal,
                junctions: { seed in
                    [
                        interleaved(format, 128, 4, patternSeed(seed, 0), startsAtZero),
                        interleaved(format, 32, 16, patternSeed(seed, 1), startsAtZero),
                    ]
                }, rates: .halving, inputBits: format.fractionBits, seeds: 5)
        }
    }

    /// 0.5: smallnet, 4 epochs at η = 2⁻³.
    private static let smallnet: [Recipe] = formats.map { format in
        Recipe(
            experiment: "0.5s", variant: format.text,
            settings: [("bits", Double(format.width))], data: .smallnet, testCount: 0,
            isShuffled: false, epochs: 4, hidden: [16], hiddenActivation: .sigmoid,
            outputActivation: .sigmoid, initialisation: .glorotNormal,
            junctions: { seed in
                [
                    interleaved(format, 32, 2, patternSeed(seed, 0), false),
                    interleaved(format, 8, 2, patternSeed(seed, 1), false),
                ]
            }, rates: .constant(0.125), inputBits: format.fractionBits, seeds: 5)
    }

    private static let formats: [FixedFormat] = [
        FixedFormat(8, 2, 5), FixedFormat(10, 2, 7), FixedFormat(12, 3, 8), FixedFormat(16, 4, 11),
    ].compactMap { $0 }

    private static func interleaved(
        _ format: FixedFormat, _ parallelism: Int, _ outDegree: Int, _ seed: UInt64,
        _ startsAtZero: Bool
    ) -> JunctionSpecification {
        JunctionSpecification(
            structure: .clashFree(
                InterleaverSettings(
                    type: 2, parallelism: parallelism, startsAtZero: startsAtZero),
                .outDegree(outDegree), seed: seed),
            arithmetic: .fixed(format))
    }

    /// 0.6: 800-100-10 in floats; 40,500 and 16,200 of 81,000 edges against all of them.
    private static let densities: [Recipe] = [
        ("fully connected", 81_000, nil), ("out-degrees 50 and 10", 41_000, 50),
        ("out-degrees 19 and 10", 16_200, 19),
    ].map { (variant: String, edges: Double, outDegree: Int?) in
        Recipe(
            experiment: "0.6", variant: variant, settings: [("edges", edges)], epochs: 12,
            hidden: [100], inputWidth: 800,
            junctions: { seed in
                guard let outDegree else { return [] }
                let first = WeightStructure.structured(
                    .outDegree(outDegree), seed: patternSeed(seed, 0))
                return [JunctionSpecification(structure: first), JunctionSpecification()]
            }, rates: .falling(from: 0.02, to: 0.0005), weightDecay: 1e-5, seeds: 5)
    }

    /// 0.7: 1024-256-10 whose first junction is sparse, every family at five densities.
    private static let families: [Recipe] =
        [family("dense", 1) { _ in .dense }]
        + [2, 4, 8, 16, 32].flatMap { (part: Int) in
            let density = EdgeDensity.fraction(1 / Double(part))
            return [
                family("random", part) { .random(density, seed: $0) },
                family("structured", part) { .structured(density, seed: $0) },
                family("type 1", part) {
                    .clashFree(InterleaverSettings(type: 1), density, seed: $0)
                },
                family("type 2", part) {
                    .clashFree(InterleaverSettings(type: 2), density, seed: $0)
                },
                family("type 3", part) {
                    .clashFree(InterleaverSettings(type: 3), density, seed: $0)
                },
                family("lane-aligned", part) { .laneAligned(density, seed: $0) },
            ]
        }

    private static func family(
        _ name: String, _ part: Int,
        _ structure: @escaping @Sendable (UInt64) -> WeightStructure
    ) -> Recipe {
        Recipe(
            experiment: "0.7", variant: part == 1 ? name : "\(name) 1/\(part)",
            settings: [("density", 1 / Double(part))], trainCount: 12_544, epochs: 6,
            hidden: [256], inputWidth: 1024,
            junctions: { seed in
                [
                    JunctionSpecification(structure: structure(patternSeed(seed, 0))),
                    JunctionSpecification(),
                ]
            }, rates: .falling(from: 0.02, to: 0.001))
    }

    /// Morse: 64-512-64 on the authors' stream, both junctions sparse.
    private static let morse: [Recipe] = [
        ("dense", 1, false), ("type 2 1/2", 2, false), ("lane-aligned 1/2", 2, true),
        ("type 2 1/4", 4, false), ("lane-aligned 1/4", 4, true),
    ].map { (variant: String, part: Int, isLaneAligned: Bool) in
        Recipe(
            experiment: "0.9", variant: variant, settings: [("density", 1 / Double(part))],
            data: .morse, testCount: 19_200, epochs: 10, hidden: [512],
            junctions: { seed in
                if part == 1 { return [] }
                let density = EdgeDensity.fraction(1 / Double(part))
                return (0..<2).map { index in
                    let own = patternSeed(seed, index)
                    return JunctionSpecification(
                        structure: isLaneAligned
                            ? .laneAligned(density, seed: own)
                            : .clashFree(InterleaverSettings(type: 2), density, seed: own))
                }
            }, rates: .falling(from: 0.02, to: 0.001))
    }
}
