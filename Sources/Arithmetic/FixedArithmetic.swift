// Fixed-point arithmetic as the hardware of Dey et al. (arXiv 1711.01343) does it, bit for bit.
//
// Legend: q is a number of a format (b_w, b_n, b_f), standing for q · 2^−b_f, held in the low bits
// of an Int16 with its sign extended; lo and hi are the ends of the format.
// Invariants: every result lies within lo ... hi; nothing depends on the machine.

extension FixedFormat {
    /// The product of two numbers.
    ///
    /// p = a · b in 2 b_w bits. p ≥ 2^(2 b_w − b_n − 2) saturates to hi, p < −2^(2 b_w − b_n − 2)
    /// to lo; anything else is shifted right by b_f, towards −∞. The highest discarded bit is then
    /// added (round half up) unless the result is hi already. It is added to a product that was
    /// saturated to lo too: the hardware does so.
    @inlinable
    public func multiply(_ a: Int16, _ b: Int16) -> Int16 {
        let product = Int32(a) * Int32(b)
        var result = Int32(highest)
        if !saturates(product) {
            result = product >> Int32(fractionBits)
        } else if product < 0 {
            result = Int32(lowest)
        }
        if result != Int32(highest) { result += (product >> Int32(fractionBits - 1)) & 1 }
        return Int16(truncatingIfNeeded: result)
    }

    /// Whether `multiply` saturates: decided on the product before it is rounded.
    @inlinable
    public func saturates(_ product: Int32) -> Bool {
        // 2 b_w − b_n − 2 = b_w − 1 + b_f, 30 at most.
        let limit = Int64(1) << Int64(2 * width - integerBits - 2)
        return Int64(product) >= limit || Int64(product) < -limit
    }

    /// `sum`, saturated to the format.
    @inlinable
    public func saturate(_ sum: Int32) -> Int16 {
        Int16(truncatingIfNeeded: min(max(sum, Int32(lowest)), Int32(highest)))
    }

    /// a + b, saturated.
    @inlinable
    public func add(_ a: Int16, _ b: Int16) -> Int16 { saturate(Int32(a) + Int32(b)) }

    /// db = −δ · 2^−shift, rounded half up and saturated: the increment of a bias for the
    /// learning rate 2^−shift. Only −lo at shift 0 saturates.
    /// - shift: 0 to 15
    @inlinable
    public func biasIncrement(_ delta: Int16, shift: Int) -> Int16 {
        saturate((-Int32(delta) + ((Int32(1) << Int32(shift)) >> 1)) >> Int32(shift))
    }
}

// Between floats and fixed point.
extension FixedFormat {
    /// The largest number that is not above `value` (towards −∞), saturated; 0 for NaN. For inputs
    /// and fresh weights.
    public func truncating(_ value: Float) -> Int16 {
        clamped((value * Float(sign: .plus, exponent: fractionBits, significand: 1)).rounded(.down))
    }

    /// The nearest number, halves upwards, saturated; 0 for NaN. For values that come from a
    /// junction in floats.
    public func rounding(_ value: Float) -> Int16 {
        let scaled = value * Float(sign: .plus, exponent: fractionBits, significand: 1)
        let below = scaled.rounded(.down)
        // Exact, where scaled + ½ might not be.
        return clamped(scaled - below >= 0.5 ? below + 1 : below)
    }

    /// q · 2^−b_f, exactly.
    public func float(_ number: Int16) -> Float {
        Float(number) * Float(sign: .plus, exponent: -fractionBits, significand: 1)
    }

    private func clamped(_ whole: Float) -> Int16 {
        if whole.isNaN { return 0 }
        return Int16(min(max(whole, Float(lowest)), Float(highest)))
    }
}
