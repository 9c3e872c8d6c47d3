// Paper 2: block-circulant weights (SWM, arXiv 1804.11239).

import Arithmetic
import Junctions

extension Experiments {
    static let circulant: [Recipe] = blockSizes + fixedSpectra

    /// 2.3: layer 1 of 784-128-10 in blocks; the last junction dense.
    private static let blockSizes: [Recipe] =
        [blockRecipe("2.3", "dense", 1, JunctionSpecification())]
        + [4, 8, 16, 32, 64].map { (size: Int) in
            blockRecipe(
                "2.3", "k = \(size)", size,
                JunctionSpecification(structure: .circulant(blockSize: size)))
        }

    /// 2.6: the same with spectra in fixed point. η is a power of two there, so here for both; and
    /// sigmoids, since the ReLU of the fixed-point hardware is cut off at 1.
    private static let fixedSpectra: [Recipe] = [
        nil, FixedFormat(16, 4, 11), FixedFormat(16, 3, 12), FixedFormat(16, 2, 13),
    ].map { format in
        var recipe = blockRecipe(
            "2.6", format.map { "k = 8 " + $0.text } ?? "k = 8 float", 8,
            JunctionSpecification(
                structure: .circulant(blockSize: 8),
                arithmetic: format.map { .fixed($0) } ?? .float32))
        recipe.hiddenActivation = .sigmoid
        recipe.initialisation = .glorotNormal
        recipe.rates = .halving
        recipe.epochs = 15
        return recipe
    }

    private static func blockRecipe(
        _ experiment: String, _ variant: String, _ size: Int, _ first: JunctionSpecification
    ) -> Recipe {
        Recipe(
            experiment: experiment, variant: variant, settings: [("block", Double(size))],
            junctions: { _ in [first, JunctionSpecification()] },
            rates: .falling(from: 0.02, to: 0.001), seeds: 5)
    }
}
