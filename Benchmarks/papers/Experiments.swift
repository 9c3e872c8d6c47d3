// Every experiment, paper by paper.

/// All recipes.
enum Experiments {
    static let recipes: [Recipe] =
        sparse + schedules + stochastic + circulant + pruned
}
