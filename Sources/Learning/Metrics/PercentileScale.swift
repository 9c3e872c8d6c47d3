// How unusual an error is, calibrated: the share of the errors so far that are below it, in [0, 1].
// Newer errors weigh more, so that it follows what the errors have become.
//
// A histogram of fixed size over the errors' binary logarithm, read off the bits of a Float: 32
// bins per octave from 2⁻³² to 2³², each 1/32 to 1/64 of its errors wide. Inside a bin errors count as
// evenly spread. So the answer is off by at most the share of the errors in the one bin, and by far less
// where errors are spread over many bins: for bins h wide and a density f of log e by h² |f′| / 8, which
// is 0.01 for a normal one of σ = 0.06; and as an estimate of a probability p it has the standard error
// √(p (1 − p) / 1,999) of 1,999 samples, ≤ 0.0112, since the weights 0.999ᵏ are as good as that many
// equal ones. Errors below 2⁻³² are 0; at 2³² and above, and not numbers, above all others.
//
// The sums are kept as a Fenwick tree (P. M. Fenwick, A new data structure for cumulative frequency
// tables, Software: Practice and Experience 24(3), 1994): node i holds the weights of the bins
// i − (i & −i) + 1 … i, so that counting and asking take 11 additions each.
//
// Invariants:
//   - an error is judged before it counts; nothing is judged before 100 errors;
//   - a new error weighs 1000/999 of the one before; at 2²⁰ everything is divided by 2²⁰, exactly;
//   - row 0 is of all producers together: that is what a query is judged by; row p + 1 of producer p.

import WeightStore

/// Where the histograms lie in the section.
struct PercentileFields: Sendable {
    /// Fenwick trees, [producers + 1, bins].
    let histogram: SectionField
    /// Count, weight of the next error, newest percentile (−1: none); per row.
    let state: SectionField

    init(_ c: LearnerConfiguration, _ section: inout SectionLayout) {
        let rows = c.producerCapacity + 1
        histogram = section.add(
            "percentile.histogram", .f32, shape: [rows, PercentileScale.binCount])
        state = section.add("percentile.state", .f64, shape: [rows, 3])
    }
}

/// A view of one row.
package struct PercentileScale {
    /// Bins of a histogram; a power of two.
    package static let binCount = 2_048
    /// Samples that the weights look back on.
    package static let horizon = 1_000.0
    /// Errors before anything is judged.
    package static let warmUpCount = 100.0
    /// Bits of a Float below those that name a bin.
    private static let fractionBits: UInt32 = 18
    /// The bits of 2⁻³² that name its bin.
    private static let firstBin: UInt32 = 95 << 5
    private static let growth = horizon / (horizon - 1)
    private static let largestWeight = 1_048_576.0

    private let nodes: UnsafeMutablePointer<Float>
    private let state: UnsafeMutablePointer<Double>

    /// - row: 0 for all producers, p + 1 for producer p
    init(_ fields: PercentileFields, _ section: UnsafeMutableRawPointer, row: Int) {
        self.init(
            nodes: (section + fields.histogram.offset).assumingMemoryBound(to: Float.self)
                + row * Self.binCount,
            state: (section + fields.state.offset).assumingMemoryBound(to: Double.self) + row * 3)
    }

    /// - nodes: `binCount` numbers. - state: three; all 0 at the start
    package init(nodes: UnsafeMutablePointer<Float>, state: UnsafeMutablePointer<Double>) {
        self.nodes = nodes
        self.state = state
    }

    /// Judges an error (≥ 0), then counts it; nil during the warm-up.
    package func judge(_ error: Double) -> Float? {
        let percentile = rank(error)
        count(error)
        state[2] = Double(percentile ?? -1)
        return percentile
    }

    /// What `judge` last said; nil before it said anything.
    package var newest: Double? {
        // A state may come from outside.
        state[0] > Self.warmUpCount && (0...1).contains(state[2]) ? state[2] : nil
    }

    /// The share of the errors so far below an error, in [0, 1]; nil during the warm-up. Reads only.
    package func rank(_ error: Double) -> Float? {
        guard state[0] >= Self.warmUpCount else { return nil }
        let (bin, fraction) = Self.place(error)
        let below = sum(bin)
        let upTo = sum(bin + 1)
        let share = (below + fraction * (upTo - below)) / nodes[Self.binCount - 1]
        // The sums are rounded, each for itself.
        return share > 0 ? min(share, 1) : 0
    }

    private func count(_ error: Double) {
        if state[0] == 0 { state[1] = 1 }
        let weight = Float(state[1])
        var node = Self.place(error).bin + 1
        while node <= Self.binCount {
            nodes[node - 1] += weight
            node += node & -node
        }
        state[0] += 1
        state[1] *= Self.growth
        if state[1] >= Self.largestWeight { scaleDown() }
    }

    private func scaleDown() {
        let factor = Float(1 / Self.largestWeight)
        for node in 0..<Self.binCount { nodes[node] *= factor }
        state[1] /= Self.largestWeight
    }

    /// The weights of the first `count` bins.
    private func sum(_ count: Int) -> Float {
        var node = count
        var sum: Float = 0
        while node > 0 {
            sum += nodes[node - 1]
            node &= node - 1
        }
        return sum
    }

    /// The bin of an error, and where in it the error lies, from 0 to 1.
    static func place(_ error: Double) -> (bin: Int, fraction: Float) {
        // Not a number is the most unusual of all.
        let value = error < 0x1p32 ? Float(max(error, 0)) : 0x1p32
        let code = value.bitPattern >> fractionBits
        if code < firstBin { return (0, 0) }
        let bin = Int(code - firstBin)
        if bin >= binCount { return (binCount - 1, 1) }
        let rest = value.bitPattern & (1 << fractionBits - 1)
        return (bin, Float(rest) * 0x1p-18)
    }
}
