// Which edges a pre-defined sparse junction has: a rule and a seed, never a stored mask.
//
// Legend: p left neurons, n right neurons, fo = `outDegree`, fi = `inDegree` = p·fo/n, z =
// `parallelism` (edges per clock), D = p/z rows of each left memory. Edges are numbered by RIGHT
// neuron: edge e = c·z + j is handled in clock c by lane j and ends at right neuron e div fi.
//
// Invariants: a pattern exists only when it is legal; the same pattern value gives the same edges
// on every machine; no right neuron has two edges from one left neuron.

/// A pre-defined sparse pattern.
public struct SparsePattern: Equatable, Sendable {
    /// How the edges are chosen.
    public let family: SparseFamily
    /// p, left neurons: channels of every tap.
    public private(set) var inputs: Int
    /// n, right neurons.
    public let outputs: Int
    /// |W|, edges.
    public private(set) var edgeCount: Int
    /// How often the pattern is repeated along the left neurons, [tap][channel]: the places of
    /// a convolution's kernel, which all have the edges of the first. Of the families' rules,
    /// those about sweeps and clocks hold for each tap by itself.
    public private(set) var taps = 1
    /// z, edges per clock: a divisor of p. Of the random families it says only how the emulated
    /// device would count.
    public let parallelism: Int
    /// Of the generator (xoshiro256**) that draws the edges.
    public let seed: UInt64

    /// fo: edges of a left neuron; the mean, rounded up, where degrees are free.
    public var outDegree: Int { (edgeCount + inputs - 1) / inputs }
    /// fi: edges of a right neuron; the mean, rounded up, where degrees are free.
    public var inDegree: Int { (edgeCount + outputs - 1) / outputs }
    /// Share of the p·n possible edges that exist.
    public var density: Double { Double(edgeCount) / Double(inputs * outputs) }
    /// D, rows of each of the z left memories: neuron q lies in memory q mod z, row q div z.
    public var memoryRows: Int { inputs / taps / parallelism }
    /// Whether all sweeps read the left neurons in the same order.
    var repeatsOneSweep: Bool {
        switch family {
        case .zeros, .clashFree(.type3, _): true
        default: false
        }
    }
    /// Right neurons whose edges lie on both sides of the end of a sweep exist unless this holds.
    var sweepsHoldWholeNeurons: Bool { inputs % inDegree == 0 }

    /// A pattern of a given density, 0 < density ≤ 1.
    ///
    /// Where degrees are exact, legal densities are k/gcd(p, n), met to within 10⁻⁶; else the
    /// edges are density·p·n, rounded, at least one.
    /// - parallelism: z. nil chooses p/16 where that is whole and divides fi or is divided by it:
    ///   memories of 16 rows, for which there are the fastest kernels. Else the smallest divisor
    ///   of p below p that is at least fi, so that a right neuron reads no memory twice (without
    ///   dither), or the largest below p where there is none.
    public init(
        _ family: SparseFamily, inputs: Int, outputs: Int, density: Double,
        parallelism: Int? = nil, seed: UInt64
    ) throws(StructureError) {
        let cells = try Self.checkedCells(inputs, outputs)
        guard density > 0, density <= 1 else {
            throw StructureError("density", found: "\(density)", expected: "above 0, at most 1")
        }
        let edges: Int
        if family.hasExactDegrees {
            let divisor = Self.greatestCommonDivisor(inputs, outputs)
            let steps = (density * Double(divisor)).rounded()
            guard steps >= 1, abs(density - steps / Double(divisor)) <= 1e-6 else {
                throw Self.illegal(density: density, inputs, outputs, divisor)
            }
            edges = cells / divisor * Int(steps)
        } else {
            edges = max(1, Int((density * Double(cells)).rounded()))
        }
        try self.init(family, inputs, outputs, edges: edges, parallelism, seed)
    }

    /// A pattern of a given out-degree, 1 to n, with which p·fo/n is a whole number where degrees
    /// are exact.
    /// - parallelism: as above
    public init(
        _ family: SparseFamily, inputs: Int, outputs: Int, outDegree: Int,
        parallelism: Int? = nil, seed: UInt64
    ) throws(StructureError) {
        _ = try Self.checkedCells(inputs, outputs)
        let step = outputs / Self.greatestCommonDivisor(inputs, outputs)
        guard (1...outputs).contains(outDegree) else {
            throw StructureError(
                "out-degree", found: "\(outDegree)",
                expected: family.hasExactDegrees && step > 1
                    ? "a multiple of \(step), at most \(outputs)" : "1 to \(outputs)")
        }
        guard !family.hasExactDegrees || outDegree % step == 0 else {
            let found = Double(inputs) * Double(outDegree) / Double(outputs)
            throw StructureError(
                "out-degree", found: "\(outDegree) (in-degree \(found))",
                expected: "a multiple of \(step): "
                    + Self.nearest(outDegree, step: step, atMost: outputs))
        }
        try self.init(family, inputs, outputs, edges: inputs * outDegree, parallelism, seed)
    }

    private init(
        _ family: SparseFamily, _ inputs: Int, _ outputs: Int, edges: Int, _ parallelism: Int?,
        _ seed: UInt64
    ) throws(StructureError) {
        (self.family, self.inputs, self.outputs, self.seed) = (family, inputs, outputs, seed)
        edgeCount = edges
        let inDegree = (edges + outputs - 1) / outputs
        if let parallelism {
            guard parallelism > 0, parallelism <= inputs, inputs % parallelism == 0 else {
                throw StructureError(
                    "parallelism", found: "\(parallelism)",
                    expected: "a divisor of the \(inputs) inputs: "
                        + Self.nearestDivisors(of: inputs, to: parallelism))
            }
            self.parallelism = parallelism
        } else {
            self.parallelism = Self.chosenParallelism(inputs: inputs, inDegree: inDegree)
        }
    }
}

extension SparsePattern {
    /// This pattern at each of `taps` taps.
    func repeated(taps: Int) -> SparsePattern {
        precondition(self.taps == 1 && taps > 0, "a pattern is repeated once")
        var pattern = self
        (pattern.taps, pattern.inputs) = (taps, taps * inputs)
        pattern.edgeCount = taps * edgeCount
        return pattern
    }

    /// The pattern of one tap.
    package var ofOneTap: SparsePattern {
        var pattern = self
        (pattern.taps, pattern.inputs) = (1, inputs / taps)
        pattern.edgeCount = edgeCount / taps
        return pattern
    }

    /// p·n where the shape is one; indices have 31 bits.
    private static func checkedCells(_ inputs: Int, _ outputs: Int) throws(StructureError) -> Int {
        guard inputs > 0, outputs > 0 else {
            throw StructureError(
                "shape", found: "\(inputs) to \(outputs)", expected: "at least 1 to 1")
        }
        let (cells, overflow) = inputs.multipliedReportingOverflow(by: outputs)
        guard !overflow, cells <= Int(Int32.max) else {
            throw StructureError(
                "structure", found: "\(inputs) x \(outputs) neurons with listed edges",
                expected: "at most \(Int32.max) possible edges, or lane-aligned")
        }
        return cells
    }

    private static func illegal(
        density: Double, _ inputs: Int, _ outputs: Int, _ divisor: Int
    ) -> StructureError {
        let below = Int(density * Double(divisor))
        let candidates = [below, below + 1].filter { (1...divisor).contains($0) }
        let values = candidates.map { "\(Double($0) / Double(divisor))" }
        return StructureError(
            "density", found: "\(density) (in-degree \(density * Double(inputs)))",
            expected: "a multiple of 1/\(divisor): " + values.joined(separator: " or "))
    }

    /// The multiples of `step` around `value`.
    private static func nearest(_ value: Int, step: Int, atMost limit: Int) -> String {
        let below = value / step * step
        let both = [below, below + step].filter { $0 >= step && $0 <= limit }
        return both.map(String.init).joined(separator: " or ")
    }

    /// The divisors of `number` around `value`.
    private static func nearestDivisors(of number: Int, to value: Int) -> String {
        let all = divisors(of: number)
        let both = [all.last { $0 < value }, all.first { $0 > value }].compactMap(\.self)
        return both.map(String.init).joined(separator: " or ")
    }

    private static func chosenParallelism(inputs: Int, inDegree: Int) -> Int {
        let whole = inputs / 16
        if inputs % 16 == 0, whole % inDegree == 0 || inDegree % whole == 0 { return whole }
        let proper = divisors(of: inputs).filter { $0 < inputs || inputs == 1 }
        return proper.first { $0 >= inDegree } ?? proper.last ?? 1
    }

    /// All divisors, ascending.
    private static func divisors(of number: Int) -> [Int] {
        var small: [Int] = []
        var candidate = 1
        while candidate * candidate <= number {
            if number % candidate == 0 { small.append(candidate) }
            candidate += 1
        }
        let large = small.reversed().map { number / $0 }
        return small + large.drop { $0 == small.last }
    }

    static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
