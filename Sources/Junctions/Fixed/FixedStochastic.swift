// The stochastic outer product (ESSOP, arXiv 2003.11256) in fixed point: plain and scalar.
//
// Legend: L bits of a stream; S_x = 2^a the smallest power of two that is at least max |x|, S_δ = 2^d
// the same of δ, both in units of 2^−b_f; u, v random numbers in [0, 1).
// Bits: X_i[l] = u_l < |x_i| / S_x, D_j[l] = v_l < |δ_j| / S_δ, compared exactly; the same u for all
// i, the same v for all j, drawn anew for every call: first u_1 … u_L, then v_1 … v_L.
// Increment: −(±S_x S_δ / L · popcount(X_i AND D_j) · 2^−s), rounded half up to the format once and
// saturated; the bias takes the exact increment db.

import Arithmetic
import Kernels

/// The streams of one call.
struct FixedStochastic {
    private let format: FixedFormat
    private let learningShift: Int
    private let rule: StochasticRule
    private let inputs: Int
    private let x: UnsafePointer<Int16>
    private let delta: UnsafePointer<Int16>
    /// a and d, or nil where all are zero.
    private let exponents: (x: Int, delta: Int)?
    private let drawsX: Draws
    private let drawsDelta: Draws

    /// Up to 64 random numbers.
    private typealias Draws = SIMD64<Float>

    /// Draws the streams; only `Scaling.powerOfTwo` and `Sharing.elements`.
    /// - generator: four words of state of `Xoshiro256StarStar`
    init(
        _ rule: StochasticRule, _ format: FixedFormat, learningShift: Int,
        x: UnsafePointer<Int16>, inputs: Int, delta: UnsafePointer<Int16>, outputs: Int,
        _ generator: UnsafeMutablePointer<UInt64>
    ) {
        precondition(
            rule.scaling == .powerOfTwo && rule.sharing == .elements,
            "fixed point has stochastic increments with shared streams and shifts only")
        (self.rule, self.format, self.learningShift) = (rule, format, learningShift)
        (self.x, self.inputs, self.delta) = (x, inputs, delta)
        var random = Xoshiro256StarStar(loadingFrom: generator)
        var (first, second) = (Draws.zero, Draws.zero)
        for bit in 0..<rule.bitCount { first[bit] = random.uniform() }
        for bit in 0..<rule.bitCount { second[bit] = random.uniform() }
        random.store(to: generator)
        (drawsX, drawsDelta) = (first, second)
        let largest = { (numbers: UnsafePointer<Int16>, count: Int) in
            (0..<count).reduce(0) { max($0, Int(numbers[$1].magnitude)) }
        }
        let (largestX, largestDelta) = (largest(x, inputs), largest(delta, outputs))
        exponents =
            largestX == 0 || largestDelta == 0
            ? nil : (Self.exponent(largestX), Self.exponent(largestDelta))
    }

    /// ⌈log₂ number⌉ for number > 0.
    private static func exponent(_ number: Int) -> Int {
        Int.bitWidth - (number - 1).leadingZeroBitCount
    }

    /// The bits of a number below S = 2^exponent. Both sides of the comparison are exact.
    private func bits(_ number: Int16, _ exponent: Int, _ draws: Draws) -> UInt64 {
        guard number != 0 else { return 0 }
        let share =
            Float(number.magnitude) * Float(sign: .plus, exponent: -exponent, significand: 1)
        var bits: UInt64 = 0
        for bit in 0..<rule.bitCount where draws[bit] < share { bits |= 1 << UInt64(bit) }
        return bits
    }

    /// The bits of right neuron `row`; 0 where nothing changes.
    func rowBits(_ row: Int) -> UInt64 {
        guard let exponents else { return 0 }
        return bits(delta[row], exponents.delta, drawsDelta)
    }

    /// Adds the increment of an edge to its weight.
    func updateWeight(
        _ weight: UnsafeMutablePointer<Int16>, _ row: Int, _ rowBits: UInt64, _ column: Int,
        _ counters: UnsafeMutablePointer<UInt64>
    ) {
        guard let exponents else { return }
        let count = (bits(x[column], exponents.x, drawsX) & rowBits).nonzeroBitCount
        guard count > 0 else { return }
        let isNegative = (x[column] < 0) == (delta[row] < 0)
        // In units of 2^−b_f: ± count · 2^(a + d − b_f − s) / L.
        let exponent = exponents.x + exponents.delta - format.fractionBits - learningShift
        let numerator = (isNegative ? -count : count) << max(exponent, 0)
        let denominator = rule.bitCount << max(-exponent, 0)
        let increment = Self.floorOfQuotient(2 * numerator + denominator, 2 * denominator)
        add(Int(format.saturate(Int32(clamping: increment))), to: weight, counters)
        if increment < Int(format.lowest) || increment > Int(format.highest) { counters[3] &+= 1 }
    }

    /// Adds their increments to the weights of a whole row, one per left neuron.
    func updateRow(
        _ weights: UnsafeMutablePointer<Int16>, _ row: Int,
        _ counters: UnsafeMutablePointer<UInt64>
    ) {
        let bits = rowBits(row)
        guard bits != 0 else { return }
        for column in 0..<inputs {
            updateWeight(weights + column, row, bits, column, counters)
        }
    }

    /// Adds the exact increment to a bias.
    func updateBias(
        _ bias: UnsafeMutablePointer<Int16>, _ row: Int,
        _ counters: UnsafeMutablePointer<UInt64>
    ) {
        if learningShift == 0, delta[row] == format.lowest { counters[3] &+= 1 }
        add(
            Int(format.biasIncrement(delta[row], shift: learningShift)), to: bias + row, counters)
    }

    private func add(
        _ increment: Int, to number: UnsafeMutablePointer<Int16>,
        _ counters: UnsafeMutablePointer<UInt64>
    ) {
        let sum = Int32(number.pointee) + Int32(increment)
        number.pointee = format.saturate(sum)
        if Int32(number.pointee) != sum { counters[3] &+= 1 }
    }

    private static func floorOfQuotient(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }
}
