// Paper 3: N:M pruning in both directions (BDWP, arXiv 2309.13015).

import Junctions

extension Experiments {
    static let pruned: [Recipe] = patterns + microBatches

    /// 3.4: 784-256-256-10, the junction in the middle pruned, first and last dense.
    private static let patterns: [Recipe] =
        [prunedRecipe("3.4", "dense", nil, 1)]
        + [(2, 4), (2, 8), (1, 8), (2, 16)].flatMap { (kept: Int, group: Int) in
            [
                prunedRecipe(
                    "3.4", "BDWP \(kept):\(group)", PruningSettings(kept: kept, group: group), 1),
                prunedRecipe(
                    "3.4", "SR-STE \(kept):\(group)",
                    PruningSettings(kept: kept, group: group, passes: .forward), 1),
            ]
        }

    /// Prequential accuracy of 2:8 where weights change once per micro-batch.
    private static let microBatches: [Recipe] = [1, 16, 64].flatMap { (size: Int) in
        [nil, PruningSettings(kept: 2, group: 8)].map { settings in
            var recipe = prunedRecipe(
                "3.4b", (settings == nil ? "dense" : "BDWP 2:8") + ", B = \(size)", settings, size)
            recipe.settings.append(("batch", Double(size)))
            switch size {
            case 1: recipe.rates = .falling(from: 0.02, to: 0.001)
            case 16: recipe.rates = .falling(from: 0.01, to: 0.0005)
            default: recipe.rates = .falling(from: 0.005, to: 0.00025)
            }
            return recipe
        }
    }

    private static func prunedRecipe(
        _ experiment: String, _ variant: String, _ settings: PruningSettings?, _ microBatch: Int
    ) -> Recipe {
        let density = settings.map { Double($0.kept) / Double($0.group) } ?? 1
        return Recipe(
            experiment: experiment, variant: variant, settings: [("density", density)],
            hidden: [256, 256],
            junctions: { _ in
                let middle = settings.map { WeightStructure.pruned($0) } ?? .dense
                return [
                    JunctionSpecification(), JunctionSpecification(structure: middle),
                    JunctionSpecification(),
                ]
            }, rates: .falling(from: 0.02, to: 0.001), microBatch: microBatch)
    }
}
