// What an N:M junction keeps, in which passes, and how its master learns.
//
// BDWP (arXiv 2309.13015) multiplies by N of M weights in FF and, grouped the other way, in BP.
// SR-STE prunes FF alone; its BP multiplies by the same pruned matrix, and only the weight's
// increment passes straight through to the dense master. Their text on the update can be read in
// two ways, hence `WeightUpdate`.

/// N of M weights, and the variant of training with them.
public struct PruningPattern: Equatable, Sendable {
    /// Which passes multiply by pruned weights.
    public enum Variant: String, Equatable, Sendable, CaseIterable {
        /// FF by groups along inputs, BP by groups along outputs: two masks of one master.
        case both = "bdwp"
        /// FF by groups along inputs; BP multiplies by FF's pruned matrix.
        case forwardOnly = "sr-ste"
        /// FF dense, BP by groups along outputs.
        case backwardOnly = "sdwp"
    }

    /// Which weights of the master the increment δxᵀ reaches.
    public enum WeightUpdate: String, Equatable, Sendable, CaseIterable {
        /// All.
        case dense
        /// Those that FF keeps (that BP keeps, where FF is dense). Decays reach all.
        case masked
    }

    /// N: weights kept of a group.
    public let kept: Int
    /// M: consecutive weights that form a group.
    public let group: Int
    /// Which passes are pruned.
    public let variant: Variant
    /// Which weights learn.
    public let weightUpdate: WeightUpdate
    /// λ′ of SR-STE, on top of weight decay, on weights that FF drops: increment += λ′·w.
    public let droppedDecay: Float

    /// What is supported, as (N, M).
    public static let supported = [(1, 4), (2, 4), (1, 8), (2, 8), (4, 8), (2, 16)]

    /// N of M.
    /// - droppedDecay: nil for the variant's own: 2·10⁻⁴ for SR-STE, else 0
    public init(
        kept: Int, group: Int, variant: Variant = .both, weightUpdate: WeightUpdate = .dense,
        droppedDecay: Float? = nil
    ) throws(StructureError) {
        guard Self.supported.contains(where: { $0 == (kept, group) }) else {
            let names = Self.supported.map { "\($0.0):\($0.1)" }.joined(separator: ", ")
            throw StructureError(
                "pruning", found: "\(kept):\(group)", expected: "one of \(names)")
        }
        let decay = droppedDecay ?? (variant == .forwardOnly ? 2e-4 : 0)
        guard decay >= 0, decay.isFinite else {
            throw StructureError(
                "dropped decay", found: "\(decay)", expected: "a number of at least 0")
        }
        guard decay == 0 || variant != .backwardOnly else {
            throw StructureError(
                "dropped decay", found: "\(decay)",
                expected: "0 where FF is dense, as FF drops no weight")
        }
        self.kept = kept
        self.group = group
        self.variant = variant
        self.weightUpdate = weightUpdate
        self.droppedDecay = decay
    }

    /// FF multiplies by a view.
    var prunesFeedforward: Bool { variant != .backwardOnly }
    /// BP has groups of its own.
    var prunesBackprop: Bool { variant != .forwardOnly }
    /// S: kept weights per chunk of sixteen.
    var slots: Int { 16 * kept / group }

    /// Weights kept of `count` in a row; a ragged last group keeps N, or all that it has.
    func keptCount(of count: Int) -> Int {
        count / group * kept + min(kept, count % group)
    }
}
