// Which edges a lane-aligned junction has. Banks are lanes: left neuron q lies in bank q mod 16
// and row q div 16. Sixteen right neurons (a group) read a whole row, neuron l bank l xor s, so
// every bank is read once: sixteen edges (a block) are one vector, and free of clashes. The
// pattern of blocks is thereby lifted by the group of sixteen shifts, as quasi-cyclic codes lift
// theirs by rotations.
//
// Legend: R rows of left neurons, G groups of right neurons, both rounded up; dᵢₙ blocks of a
// group, dₒᵤₜ blocks of a row; G · dᵢₙ = R · dₒᵤₜ.
//
// Invariants: a pattern follows from two counts, one degree and a seed, and is never stored;
// every group has dᵢₙ blocks, every row dₒᵤₜ; a group reads each row ⌊dᵢₙ / R⌋ times or once more,
// each time with another shift, so no edge occurs twice.

/// The edges of one lane-aligned clash-free junction.
///
/// Where a count of neurons is not a multiple of 16, the last row or group holds padding neurons.
/// They have edges like others, which no matrix, no count and no update knows: their weights are
/// zero and stay zero. So both degrees are exact where both counts are multiples of 16, and
/// otherwise hold with padding neurons counted.
public struct LaneAlignedPattern: Equatable, Sendable {
    /// Left neurons, at least 1.
    public private(set) var inputs: Int
    /// Right neurons, at least 1.
    public let outputs: Int
    /// dᵢₙ: blocks per group, which is edges per right neuron; 1 to 16 R.
    public private(set) var inDegree: Int
    /// How often the pattern is repeated along the left neurons, [tap][channel]; 1 unless the
    /// channels are a multiple of 16.
    public private(set) var taps = 1
    /// Everything drawn follows from it.
    public let seed: UInt64
    /// Edges between real neurons: inDegree · outputs, less those from padding neurons.
    public private(set) var edgeCount: Int

    /// R
    public var rows: Int { (inputs + 15) / 16 }
    /// G
    public var groups: Int { (outputs + 15) / 16 }
    /// G · dᵢₙ
    public var blockCount: Int { groups * inDegree }
    /// dₒᵤₜ: blocks per row, which is edges per left neuron.
    public var outDegree: Int { blockCount / rows }
    /// Share of edges present: dᵢₙ / 16 R.
    public var density: Double { Double(inDegree) / Double(16 * rows) }

    /// A pattern of that density: k / (16 · gcd(R, G)) for a whole number k.
    /// - density: above 0, at most 1; a thousandth of a step of error is taken as meant
    public init(
        inputs: Int, outputs: Int, density: Double, seed: UInt64
    ) throws(StructureError) {
        try Self.check(inputs: inputs, outputs: outputs)
        let steps = 16 * Self.commonDivisor(inputs, outputs)
        let wanted = density * Double(steps)
        let nearest = wanted.rounded()
        // Not a number fails every comparison.
        guard nearest >= 1, nearest <= Double(steps), abs(wanted - nearest) <= 1e-3 else {
            let inDegree = density * Double((inputs + 15) / 16 * 16)
            throw StructureError(
                "density", found: "\(density) (in-degree \(inDegree))",
                expected: "a multiple of 1/\(steps), at most 1: "
                    + Self.nearest(wanted, steps).list { Double($0) / Double(steps) })
        }
        self.init(
            inputs: inputs, outputs: outputs,
            inDegree: Int(nearest) * ((inputs + 15) / 16) * 16 / steps, checkedSeed: seed)
    }

    /// A pattern of that dₒᵤₜ: a multiple of G / gcd(R, G), at most 16 G.
    public init(
        inputs: Int, outputs: Int, outDegree: Int, seed: UInt64
    ) throws(StructureError) {
        try Self.check(inputs: inputs, outputs: outputs)
        let (rows, groups) = ((inputs + 15) / 16, (outputs + 15) / 16)
        let unit = groups / Self.commonDivisor(inputs, outputs)
        guard outDegree >= 1, outDegree <= 16 * groups, outDegree % unit == 0 else {
            let near = Self.nearest(Double(outDegree) / Double(unit), 16 * groups / unit)
            throw StructureError(
                "out-degree", found: "\(outDegree)",
                expected: "a multiple of \(unit), at most \(16 * groups): "
                    + near.list { $0 * unit })
        }
        self.init(
            inputs: inputs, outputs: outputs, inDegree: rows * outDegree / groups,
            checkedSeed: seed)
    }

    private init(inputs: Int, outputs: Int, inDegree: Int, checkedSeed seed: UInt64) {
        self.inputs = inputs
        self.outputs = outputs
        self.inDegree = inDegree
        self.seed = seed
        edgeCount = inDegree * outputs
        if inputs % 16 != 0 { edgeCount -= paddingEdgeCount() }
    }

    /// This pattern at each of `taps` taps; `inputs` is a multiple of 16.
    func repeated(taps: Int) -> LaneAlignedPattern {
        precondition(self.taps == 1 && taps > 0 && inputs % 16 == 0, "taps are whole rows")
        var pattern = self
        (pattern.taps, pattern.inputs) = (taps, taps * inputs)
        (pattern.inDegree, pattern.edgeCount) = (taps * inDegree, taps * edgeCount)
        return pattern
    }

    /// Neurons on both sides, and rows that fit into a word.
    private static func check(inputs: Int, outputs: Int) throws(StructureError) {
        for (name, count) in [("inputs", inputs), ("outputs", outputs)]
        where count < 1 || count > 1 << 24 {
            throw StructureError(name, found: "\(count)", expected: "1 to 2²⁴")
        }
    }

    /// gcd(R, G)
    private static func commonDivisor(_ inputs: Int, _ outputs: Int) -> Int {
        var (a, b) = ((inputs + 15) / 16, (outputs + 15) / 16)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    /// The whole numbers on both sides of `wanted` among 1 ... highest; one, where both are it.
    private static func nearest(_ wanted: Double, _ highest: Int) -> ClosedRange<Int> {
        if wanted >= Double(highest) { return highest...highest }
        // Not a number is not above 1.
        guard wanted > 1 else { return 1...1 }
        return Int(wanted)...Int(wanted) + 1
    }
}

extension ClosedRange<Int> {
    /// `0.25 or 0.5`, or one alone.
    fileprivate func list<Value>(_ value: (Int) -> Value) -> String {
        count == 1 ? "\(value(lowerBound))" : "\(value(lowerBound)) or \(value(upperBound))"
    }
}
