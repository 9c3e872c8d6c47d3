// The sigmoid and its derivative as tables (Dey et al., arXiv 1711.01343, and its hardware).
//
// Domain: [−2^b_n, 2^b_n), but never wider than [−8, 8). A table has one entry per number of the
// domain, 4096 at most: where the domain has more numbers, 2^indexShift neighbours share an entry,
// which holds the value at the lowest of them, as if the low bits of the address were left out.
// Invariant: exponentials are made of IEEE additions, multiplications and divisions in Double, in a
// stated order, so that the tables are the same bytes on every machine.

/// The shape of the sigmoid's tables for a format, and their entries.
public struct FixedSigmoid: Equatable, Sendable {
    /// Of sums, outputs and derivatives.
    public let format: FixedFormat
    /// Entries of each table: a power of two, at most 4096.
    public let entryCount: Int
    /// Low bits of a number that do not take part in its index.
    public let indexShift: Int
    /// The domain is −limit ..< limit, in units of 2^−b_f.
    public let limit: Int

    /// The tables of a format.
    public init(_ format: FixedFormat) {
        self.format = format
        limit = 1 << (min(format.integerBits, 3) + format.fractionBits)
        entryCount = min(2 * limit, 4096)
        indexShift = (2 * limit / entryCount).trailingZeroBitCount
    }

    /// σ of the numbers that entry `index` stands for: round(σ · 2^b_f), halves upwards, at most
    /// 2^b_f − 1.
    public func value(_ index: Int) -> Int16 {
        let scale = Double(1 << format.fractionBits)
        let rounded = (Self.logistic(argument(index)) * scale + 0.5).rounded(.down)
        return Int16(min(rounded, scale - 1))
    }

    /// σ′ of the same numbers: round(σ′ · 2^b_f), halves upwards, at most 2^(b_f − 2) − 1.
    public func derivative(_ index: Int) -> Int16 {
        let sigma = Self.logistic(argument(index))
        let scaled = sigma * (1 - sigma) * Double(1 << format.fractionBits)
        return Int16(min((scaled + 0.5).rounded(.down), Double(1 << (format.fractionBits - 2)) - 1))
    }

    /// σ below the domain (1 LSB) and σ′ outside of it (1 LSB, never 0, so that a saturated neuron
    /// can come back).
    public var lowestOutput: Int16 { 1 }
    /// σ above the domain: 1 − 2^−b_f.
    public var highestOutput: Int16 { Int16(truncatingIfNeeded: (1 << format.fractionBits) - 1) }

    /// Writes both tables, `entryCount` numbers each.
    public func fill(
        values: UnsafeMutablePointer<Int16>, derivatives: UnsafeMutablePointer<Int16>
    ) {
        for index in 0..<entryCount {
            values[index] = value(index)
            derivatives[index] = derivative(index)
        }
    }

    /// The lowest number of an entry, as a real number.
    private func argument(_ index: Int) -> Double {
        Double((index << indexShift) - limit) / Double(1 << format.fractionBits)
    }

    /// 1 / (1 + e⁻ˣ) for |x| ≤ 8, within 10⁻¹²: e^(−|x|/1024) by Taylor's series, squared ten
    /// times.
    private static func logistic(_ x: Double) -> Double {
        let step = -x.magnitude / 1024
        var exponential = 1.0
        for power in stride(from: 8.0, through: 1, by: -1) {
            exponential = 1 + exponential * step / power
        }
        for _ in 0..<10 { exponential *= exponential }
        return (x < 0 ? exponential : 1) / (1 + exponential)
    }
}
