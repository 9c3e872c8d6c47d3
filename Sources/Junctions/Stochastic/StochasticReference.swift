// ESSOP as the paper says it: bits as truth values, one product of bits after the other. Slow, in
// arrays, and written to be compared with the paper; every other form must give its bytes.

import Arithmetic

/// The bit streams of one outer product.
package struct StochasticReference {
    /// X_i[l] = u_l < |x_i| / S_x, [left][bit].
    package let leftBits: [[Bool]]
    /// D_j[l] = v_l < |δ_j| / S_δ, [right][bit].
    package let rightBits: [[Bool]]
    /// η · S_x · S_δ / L; 0 where there is nothing to update.
    package let step: Float
    private let leftSigns, rightSigns: [Bool]

    /// Draws the random numbers and compares. See `PackedOuterProduct` for the order of drawing.
    package init(
        x: [Float], delta: [Float], rule: StochasticRule, learningRate: Float,
        generator: inout Xoshiro256StarStar
    ) {
        let leftScale = Self.scale(x, rule.scaling)
        let rightScale = Self.scale(delta, rule.scaling)
        let isIdle = leftScale == 0 || rightScale == 0
        var state = generator
        let draw = { (0..<rule.bitCount).map { _ in state.uniform() } }
        let left: [[Float]]
        let right: [[Float]]
        switch rule.sharing {
        case .elements, .sides:
            let (u, v) = (draw(), draw())
            left = x.map { _ in u }
            right = delta.map { _ in rule.sharing == .sides ? u : v }
        case .nothing:
            left = x.map { _ in draw() }
            right = delta.map { _ in draw() }
        }
        generator = state
        leftBits = zip(x, left).map { Self.bits($0, leftScale, $1, isIdle) }
        rightBits = zip(delta, right).map { Self.bits($0, rightScale, $1, isIdle) }
        leftSigns = x.map { $0 < 0 }
        rightSigns = delta.map { $0 < 0 }
        let product = Double(learningRate) * (leftScale * rightScale)
        step = isIdle ? 0 : Float(product / Double(rule.bitCount))
    }

    /// What is subtracted from W[j,i]: the signs by XOR, and step times the number of AND's ones.
    package func increment(_ j: Int, _ i: Int) -> Float {
        let count = zip(leftBits[i], rightBits[j]).count { $0 && $1 }
        if count == 0 { return 0 }
        let magnitude = step * Float(count)
        return leftSigns[i] != rightSigns[j] ? -magnitude : magnitude
    }

    /// S: a power of two not below the largest magnitude, that magnitude, or 1; found without
    /// looking at bits. 0 where all is zero or something is not finite.
    private static func scale(_ values: [Float], _ scaling: StochasticRule.Scaling) -> Double {
        guard values.allSatisfy(\.isFinite) else { return 0 }
        let largest = Double(values.map(\.magnitude).max() ?? 0)
        if largest == 0 { return 0 }
        switch scaling {
        case .none: return 1
        case .maximum: return largest
        case .powerOfTwo:
            var power = 1.0
            while power < largest { power *= 2 }
            while power / 2 >= largest { power /= 2 }
            return power
        }
    }

    private static func bits(
        _ value: Float, _ scale: Double, _ numbers: [Float], _ isIdle: Bool
    ) -> [Bool] {
        let share = isIdle ? 0 : Double(value.magnitude) / scale
        return numbers.map { Double($0) < share }
    }
}
