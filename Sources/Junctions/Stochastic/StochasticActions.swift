// What one stochastic outer product does, for reports: the paper's savings are counts of small
// operations, which a processor with vectors does not show in its time.

/// Counts of one outer product of `inputs` by `outputs` elements.
public struct StochasticActions: Equatable, Sendable {
    /// Numbers drawn.
    public var draws = 0
    /// Elements turned into bits: n + m, where an exact outer product has none.
    public var conversions = 0
    /// Comparisons of a magnitude with a number, L for each conversion.
    public var comparisons = 0
    /// Pairs of elements that both have a bit: one XOR of signs and one AND of words each.
    public var ands = 0
    /// Bits that went through those AND's, L for each.
    public var andedBits = 0
    /// Weights whose count of common bits is not 0.
    public var weightTouches = 0
    /// Multiplications of the exact outer product: elements that are not 0 on both sides.
    public var exactMultiplications = 0
    /// Left elements with at least one bit.
    public var leftWithBits = 0
    /// Right elements with at least one bit.
    public var rightWithBits = 0

    /// Nothing done.
    public init() {}

    /// Adds the counts of another outer product.
    public static func += (sum: inout StochasticActions, other: StochasticActions) {
        sum.draws += other.draws
        sum.conversions += other.conversions
        sum.comparisons += other.comparisons
        sum.ands += other.ands
        sum.andedBits += other.andedBits
        sum.weightTouches += other.weightTouches
        sum.exactMultiplications += other.exactMultiplications
        sum.leftWithBits += other.leftWithBits
        sum.rightWithBits += other.rightWithBits
    }
}

extension PackedOuterProduct {
    /// Counts what the product of these words does. - words: of `convert`
    package func actions(
        x: UnsafePointer<Float>, delta: UnsafePointer<Float>, words: UnsafePointer<UInt64>
    ) -> StochasticActions {
        var actions = StochasticActions()
        let right = words + inputs
        let streams = rule.sharing == .nothing ? inputs + outputs : 2
        actions.draws = streams * rule.bitCount
        actions.conversions = inputs + outputs
        actions.comparisons = actions.conversions * rule.bitCount
        actions.leftWithBits = (0..<inputs).count { words[$0] != 0 }
        actions.rightWithBits = (0..<outputs).count { right[$0] != 0 }
        actions.ands = actions.leftWithBits * actions.rightWithBits
        actions.andedBits = actions.ands * rule.bitCount
        for j in 0..<outputs where right[j] != 0 {
            for i in 0..<inputs where words[i] & right[j] != 0 { actions.weightTouches += 1 }
        }
        let leftNonzero = (0..<inputs).count { x[$0] != 0 }
        actions.exactMultiplications = leftNonzero * (0..<outputs).count { delta[$0] != 0 }
        return actions
    }
}
