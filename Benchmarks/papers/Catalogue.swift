// Every experiment, paper by paper.

/// All recipes.
enum Catalogue {
    static let recipes: [Recipe] =
        sparse + stochastic + circulant + pruned
}
