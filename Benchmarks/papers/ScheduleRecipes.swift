// Paper 0: the junction pipeline and its delayed updates against sequential learning, on the
// published network for mnist. Same seeds, same weights at the start, same order of samples.

import Arithmetic
import Junctions
import Learning

extension Experiments {
    /// 0.8: three formats, both schedules.
    static let schedules: [Recipe] = scheduledFormats.flatMap { format in
        [Recipe.Manner.pipeline, .sequential].map { manner in
            Recipe(
                experiment: "0.8", variant: "\(format.text) \(manner.rawValue)",
                settings: [("bits", Double(format.width))], trainCount: 12_544,
                isShuffled: false, epochs: 15, hidden: [64], inputWidth: 1024, outputWidth: 32,
                hiddenActivation: .sigmoid, outputActivation: .sigmoid,
                initialisation: .glorotNormal,
                junctions: { seed in
                    [
                        scheduled(format, 128, 4, patternSeed(seed, 0)),
                        scheduled(format, 32, 16, patternSeed(seed, 1)),
                    ]
                }, rates: .halving, inputBits: 8, seeds: 5, manner: manner)
        }
    }

    private static let scheduledFormats: [FixedFormat] = [
        FixedFormat(8, 2, 5), FixedFormat(10, 2, 7), FixedFormat(16, 4, 11),
    ].compactMap { $0 }

    private static func scheduled(
        _ format: FixedFormat, _ parallelism: Int, _ outDegree: Int, _ seed: UInt64
    ) -> JunctionSpecification {
        JunctionSpecification(
            structure: .clashFree(
                InterleaverSettings(type: 2, parallelism: parallelism), .outDegree(outDegree),
                seed: seed),
            arithmetic: .fixed(format))
    }
}
