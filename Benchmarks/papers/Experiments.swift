// Every experiment, paper by paper.

/// All recipes.
enum Experiments {
    static let recipes: [Recipe] =
        sparse + stochastic + circulant + pruned
}
