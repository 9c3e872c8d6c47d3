// The format of a fixed-point number, (b_w, b_n, b_f) of Dey et al. (arXiv 1711.01343).

/// b_w bits: one sign, b_n before the point, b_f behind it. A number q stands for q · 2^−b_f.
public struct FixedFormat: Equatable, Hashable, Sendable {
    /// b_w, 4 to 16.
    public let width: Int
    /// b_n, at least 0.
    public let integerBits: Int
    /// b_f, at least 3: the derivative of the sigmoid is kept in b_f − 2 bits.
    public let fractionBits: Int

    /// The format (b_w, b_n, b_f), or nil unless b_w = 1 + b_n + b_f, 4 ≤ b_w ≤ 16, b_n ≥ 0 and
    /// b_f ≥ 3.
    public init?(_ width: Int, _ integerBits: Int, _ fractionBits: Int) {
        guard width == 1 + integerBits + fractionBits, (4...16).contains(width),
            integerBits >= 0, fractionBits >= 3
        else { return nil }
        self.width = width
        self.integerBits = integerBits
        self.fractionBits = fractionBits
    }

    /// Largest number: 2^(b_w − 1) − 1.
    public var highest: Int16 { Int16(truncatingIfNeeded: (1 << (width - 1)) - 1) }
    /// Smallest number: −2^(b_w − 1).
    public var lowest: Int16 { Int16(truncatingIfNeeded: -(1 << (width - 1))) }
    /// `(10,2,7)`
    public var text: String { "(\(width),\(integerBits),\(fractionBits))" }
}
