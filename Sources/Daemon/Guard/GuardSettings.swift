// What the guard of the learner may be told.

/// [guard]
public struct GuardSettings: Equatable, Sendable {
    /// Whether a fall of the figures makes the guard act. Weights that are not finite never
    /// become a generation, whatever this says.
    public var isOn: Bool
    /// What a figure may lose beyond three standard errors: points of accuracy (0.02 is 2 %), and
    /// ten times that share of an error (0.2 is a fifth).
    public var margin: Double
    /// Labelled samples after which a fall that nothing explains is taken as the new level.
    public var patience: Int

    /// - See the properties.
    public init(isOn: Bool = true, margin: Double = 0.02, patience: Int = 10_000) {
        self.isOn = isOn
        self.margin = margin
        self.patience = patience
    }
}
