// When each operation of a junction runs.

/// The order of FF, BP and UP over samples and junctions.
public enum Schedule: String, Equatable, Sendable, CaseIterable {
    /// One sample at a time: FF of every junction, then BP and UP of every junction.
    case sequential
    /// Junction pipelining with operational parallelism (Dey et al., arXiv 1711.01343): in every
    /// junction cycle all junctions work on different samples, and each does FF, BP and UP at
    /// once. With J junctions, counted from 1 at the input, cycle t does FF of junction i for
    /// sample t − i + 1, and BP and UP of junction i for sample t − 2J + i, all with the weights
    /// as they were at the start of t. Plain SGD.
    case pipeline
}
