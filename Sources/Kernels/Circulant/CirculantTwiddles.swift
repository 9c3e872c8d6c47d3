// The cosines that transforms turn by: a quarter of a circle of 256 steps, from a series in
// Double whose every operation is an IEEE one, so that all machines have the same bits.

/// Tables of cos(2πm/256). sin(2πm/256) is entry 64 − m.
public enum CirculantTwiddles {
    /// Entries that are filled: m = 0 … 64.
    public static let count = 65
    /// Floats (or 16-bit numbers) to set aside.
    public static let paddedCount = 80

    /// cos(2πm/256) for 0 ≤ m ≤ 64; error below 2⁻⁵¹.
    public static func cosine(_ m: Int) -> Double {
        precondition((0...64).contains(m), "a quarter of a circle")
        if m == 64 { return 0 }
        // Around the nearer axis, where |angle| ≤ π/4 and the series is short.
        return m <= 32 ? series(m, start: 0) : series(64 - m, start: 1)
    }

    /// The Taylor series of cos (start 0) or sin (start 1) of 2πm/256, smallest terms last.
    private static func series(_ m: Int, start: Int) -> Double {
        let angle = Double(m) * (Double.pi / 128)
        var term = start == 0 ? 1 : angle
        var sum = term
        for n in stride(from: start + 2, through: start + 18, by: 2) {
            term = -(term * angle * angle) / Double(n * (n - 1))
            sum += term
        }
        return sum
    }

    /// Fills the table of the float kernels.
    /// - cosines: `paddedCount` floats
    public static func fill(_ cosines: UnsafeMutablePointer<Float>) {
        for m in 0..<paddedCount { cosines[m] = m < count ? Float(cosine(m)) : 0 }
    }

    /// Fills the table of the 16-bit kernels: round(cos · 2^14), 1 as 16384.
    /// - cosines: `paddedCount` numbers
    public static func fillFixed(_ cosines: UnsafeMutablePointer<Int16>) {
        for m in 0..<paddedCount {
            cosines[m] = m < count ? Int16((cosine(m) * 16384).rounded()) : 0
        }
    }
}
