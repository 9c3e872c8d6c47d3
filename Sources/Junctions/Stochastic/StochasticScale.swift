// From magnitudes to probabilities, without a rounding anywhere: bit l of a neuron is set where
// u_l · S < |v|, which is u_l < |v| / S.
//
// Legend: v a value of a vector, S its scale, u a random number (a multiple of 2⁻²⁴ below 1).

/// What a vector is divided by, and what its magnitudes are compared with.
package enum StochasticScale {
    /// S of a vector whose largest |v| has these bits; 0 where there is nothing to update: all
    /// is zero, or something is not finite (BP and the biases show that).
    ///
    /// In Double, where powers of two from 2⁻¹⁴⁹ to 2¹²⁸ are normal numbers.
    package static func scale(
        largestBits: UInt32, _ scaling: StochasticRule.Scaling
    ) -> Double {
        let largest = Float(bitPattern: largestBits)
        if largest == 0 || !largest.isFinite { return 0 }
        switch scaling {
        case .none: return 1
        case .maximum: return Double(largest)
        case .powerOfTwo:
            // 2^⌈log₂ v⌉: a mantissa that is not 0 carries over into the exponent.
            let mantissa: UInt64 = (1 << 52) - 1
            return Double(bitPattern: (Double(largest).bitPattern + mantissa) & ~mantissa)
        }
    }

    /// The largest float that is not above u · S: for every float v, threshold < |v| exactly where
    /// u · S < |v|. The product of 24 bits by 24 is exact in Double.
    package static func threshold(_ u: Float, _ scale: Double) -> Float {
        let product = Double(u) * scale
        let nearest = Float(product)
        return Double(nearest) > product ? nearest.nextDown : nearest
    }

    /// What one common bit is worth: η · (S_x · S_δ) / L in Double, each operation rounded by
    /// itself, then rounded to float. A shift where η and L are powers of two.
    package static func step(
        learningRate: Float, _ left: Double, _ right: Double, bitCount: Int
    ) -> Float {
        Float(Double(learningRate) * (left * right) / Double(bitCount))
    }
}
