// Paper 1: ESSOP, the stochastic outer product (Joshi et al., arXiv 2003.11256).

import Junctions

extension Experiments {
    static let stochastic: [Recipe] = lengths + ablations

    /// 1.3: 784-128-10 ReLU, both junctions, streams of 1 to 32 bits.
    private static let lengths: [Recipe] =
        [stochasticRecipe("1.3", "exact", 0, .exact)]
        + [1, 2, 4, 8, 16, 32].map { (bits: Int) in
            stochasticRecipe(
                "1.3", "L = \(bits)", bits, .stochastic(StochasticRule(bitCount: bits)))
        }

    /// 1.4: what each part of the method is good for, at L = 8.
    private static let ablations: [Recipe] = [
        ("without scaling", StochasticRule(bitCount: 8, scaling: .none)),
        ("scaled by the maximum", StochasticRule(bitCount: 8, scaling: .maximum)),
        ("nothing shared", StochasticRule(bitCount: 8, sharing: .nothing)),
        ("one stream for both sides", StochasticRule(bitCount: 8, sharing: .sides)),
    ].map { (variant: String, rule: StochasticRule) in
        stochasticRecipe("1.4", variant, rule.bitCount, .stochastic(rule))
    }

    private static func stochasticRecipe(
        _ experiment: String, _ variant: String, _ bits: Int, _ increment: Increment
    ) -> Recipe {
        Recipe(
            experiment: experiment, variant: variant, settings: [("bits", Double(bits))],
            junctions: { _ in
                [JunctionSpecification](
                    repeating: JunctionSpecification(increment: increment), count: 2)
            }, rates: .falling(from: 0.02, to: 0.001), seeds: 5)
    }
}
