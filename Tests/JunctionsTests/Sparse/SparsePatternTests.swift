// Goal: every pattern has the properties that its family promises, there are as many patterns as
// the authors' formula says, and what is illegal is refused with what would be legal. Method:
// random shapes, and enumeration of every choice that the drawing code can make.

import Arithmetic
import Junctions
import Testing

/// Every sequence of choices, one after another: an odometer whose wheels are found on the way.
private struct AllChoices: IndexSource {
    private var digits: [Int] = []
    private var bounds: [Int] = []
    private var next = 0

    mutating func index(below bound: Int) -> Int {
        if next == digits.count {
            digits.append(0)
            bounds.append(bound)
        }
        defer { next += 1 }
        return digits[next]
    }

    /// Turns to the next sequence; false after the last.
    mutating func advance() -> Bool {
        next = 0
        while let digit = digits.popLast(), let bound = bounds.popLast() {
            if digit + 1 < bound {
                digits.append(digit + 1)
                bounds.append(bound)
                return true
            }
        }
        return false
    }
}

/// Which edges exist, whatever their order: one bit per cell, at most 192 cells.
private struct Adjacency: Hashable {
    var bits: (UInt64, UInt64, UInt64) = (0, 0, 0)

    init(_ table: [UInt32], _ pattern: SparsePattern) {
        for (edge, left) in table.enumerated() {
            let cell = edge / pattern.inDegree * pattern.inputs + Int(left)
            let bit: UInt64 = 1 << UInt64(cell & 63)
            switch cell >> 6 {
            case 0: bits.0 |= bit
            case 1: bits.1 |= bit
            default: bits.2 |= bit
            }
        }
    }

    static func == (a: Adjacency, b: Adjacency) -> Bool { a.bits == b.bits }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bits.0)
        hasher.combine(bits.1)
        hasher.combine(bits.2)
    }
}

@Suite struct SparsePatternTests {
    private func countPatterns(_ pattern: SparsePattern) -> Int {
        var choices = AllChoices()
        var seen: Set<Adjacency> = []
        var table = [UInt32](repeating: 0, count: pattern.edgeCount)
        repeat {
            table.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                pattern.fill(base, choices: &choices)
            }
            seen.insert(Adjacency(table, pattern))
        } while choices.advance()
        return seen.count
    }

    @Test(arguments: [
        (9, 2, 6, 3, SparseFamily.clashFree(.type1, dither: false), 46656),
        (9, 2, 6, 3, .clashFree(.type2, dither: false), 729),
        (9, 2, 6, 3, .clashFree(.type3, dither: false), 27),
        (9, 2, 6, 3, .clashFree(.type2, dither: true), 729),
        (9, 2, 6, 3, .clashFree(.type3, dither: true), 27),
        (12, 2, 12, 4, .clashFree(.type2, dither: true), 236_196),
        (12, 2, 12, 4, .clashFree(.type3, dither: true), 486),
        (12, 2, 12, 4, .clashFree(.type2, dither: false), 6561),
        (9, 2, 6, 3, .zeros, 1),
    ])
    func thereAreAsManyPatternsAsTheFormulaSays(
        _ p: Int, _ fo: Int, _ n: Int, _ z: Int, _ family: SparseFamily, _ count: Int
    ) throws {
        let pattern = try SparsePattern(
            family, inputs: p, outputs: n, outDegree: fo, parallelism: z, seed: 1)
        let formula = try #require(pattern.patternCountLog2)
        let expected = (1..<40).last { 1 << $0 <= count } ?? 0
        #expect(Int(formula + 1e-4) == expected)
        #expect(countPatterns(pattern) == count)
    }

    /// (kk · (3!)⁴)² with kk = 4!/(2!)² = 6.
    @Test func typeOneWithDitherHasSixtyMillionPatterns() throws {
        let pattern = try SparsePattern(
            .clashFree(.type1, dither: true), inputs: 12, outputs: 12, outDegree: 2,
            parallelism: 4, seed: 1)
        let formula = try #require(pattern.patternCountLog2)
        #expect(abs(formula - 25.849625) < 1e-4)
        // Where neither z nor fi divides the other, dither has no formula.
        let odd = try SparsePattern(
            .clashFree(.type1, dither: true), inputs: 24, outputs: 16, outDegree: 4,
            parallelism: 4, seed: 1)
        #expect(odd.patternCountLog2 == nil)
    }

    @Test func smallSetsOfEdgesAreAllReached() throws {
        let free = try SparsePattern(.random, inputs: 3, outputs: 2, density: 0.5, seed: 1)
        #expect(free.edgeCount == 3)
        let formula = try #require(free.patternCountLog2)
        #expect(abs(formula - 4.321928) < 1e-4)  // 6 over 3 is 20
        // 2-regular graphs of 4 left and 4 right neurons: 90.
        let structured = try SparsePattern(
            .structured, inputs: 4, outputs: 4, outDegree: 2, seed: 1)
        #expect(countPatterns(structured) == 90)
        #expect(structured.patternCountLog2 == nil)
    }

    static let shapes = [
        (1, 1), (4, 6), (9, 6), (12, 12), (16, 4), (20, 30), (64, 16), (60, 84), (48, 36),
        (128, 32), (7, 5), (100, 10),
    ]

    @Test(arguments: SparseFamily.all)
    func degreesAreExactAndNoClockClashes(_ family: SparseFamily) throws {
        var generator = Xoshiro256StarStar(seed: 11)
        for (p, n) in Self.shapes {
            for _ in 0..<12 {
                let steps = greatestCommonDivisor(p, n)
                let outDegree = (1 + generator.index(below: steps)) * n / steps
                let divisors = (1...p).filter { p % $0 == 0 }
                let pick = generator.index(below: divisors.count + 1)
                let pattern = try SparsePattern(
                    family, inputs: p, outputs: n, outDegree: outDegree,
                    parallelism: pick < divisors.count ? divisors[pick] : nil,
                    seed: generator.next())
                let (table, starts) = edges(of: pattern)
                let report = pattern.check(table, starts: starts)
                #expect(report.repeatedEdges == 0, "\(pattern)")
                #expect(report.wrongOutDegrees == 0 && report.strayEdges == 0, "\(pattern)")
                if family.isClashFree { #expect(report.clashes == 0, "\(pattern)") }
                #expect(starts.last == UInt32(pattern.edgeCount))
                #expect(table.count == p * outDegree)
                #expect(edges(of: pattern).table == table)
            }
        }
    }

    @Test func checksFindWhatIsWrong() throws {
        let pattern = try SparsePattern(
            .zeros, inputs: 8, outputs: 4, outDegree: 2, parallelism: 4, seed: 0)
        var table = edges(of: pattern).table
        #expect(table == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7])
        table[1] = 4
        var report = pattern.check(table)
        #expect(report.clashes == 1 && report.wrongOutDegrees == 2 && report.repeatedEdges == 0)
        table[1] = 0
        report = pattern.check(table)
        #expect(report.clashes == 1 && report.repeatedEdges == 1)
        table[1] = 8
        #expect(pattern.check(table).strayEdges == 1)
    }

    @Test func sweepsAreWhatTheirTypeSays() throws {
        for type in SparseFamily.Sweep.allCases {
            let pattern = try SparsePattern(
                .clashFree(type, dither: false), inputs: 64, outputs: 32, outDegree: 4,
                parallelism: 8, seed: 5)
            let table = edges(of: pattern).table
            let isRotation = (0..<4).allSatisfy { sweep in
                (0..<8).allSatisfy { lane in
                    let rows = (0..<8).map { Int(table[sweep * 64 + $0 * 8 + lane]) / 8 }
                    return rows == (0..<8).map { (rows[0] + $0) % 8 }
                }
            }
            let isRepeated = table[64..<128].elementsEqual(table[..<64])
            #expect(isRotation == (type != .type1))
            #expect(isRepeated == (type == .type3))
            // Without dither lane j reads memory j.
            #expect(table.enumerated().allSatisfy { Int($1) % 8 == $0 % 8 })
        }
    }

    @Test func scatterOfKnownPatterns() throws {
        // Right neuron j reads one window of four: 1 edge wanted of each of 4 windows, 4 from one.
        let blocks = try SparsePattern(
            .zeros, inputs: 16, outputs: 4, outDegree: 1, parallelism: 4, seed: 0)
        let found = EdgeList.sparse(blocks).scatter
        #expect(found.left == 0.25 && found.right == 1)
        // One edge per window: every row reads i, i + 4, i + 8, i + 12.
        let spread: [UInt32] = (0..<16).map { (edge: UInt32) in edge / 4 + edge % 4 * 4 }
        let even = EdgeList.scatter(
            spread, [0, 4, 8, 12, 16], inputs: 16, outputs: 4, window: 4)
        #expect(even.left == 1 && even.right == 1)
        let full = try SparsePattern(.structured, inputs: 6, outputs: 4, density: 1, seed: 0)
        let all = EdgeList.sparse(full).scatter
        #expect(all.left == 1 && all.right == 1)
        // Random seeds spread better than zeros.
        let values = try [SparseFamily.zeros, .clashFree(.type2, dither: false)].map { family in
            let pattern = try SparsePattern(
                family, inputs: 256, outputs: 64, outDegree: 8, parallelism: 32, seed: 3)
            return EdgeList.sparse(pattern).scatter
        }
        #expect(values[0].left == 0.125 && values[0].left < values[1].left)
    }

    @Test func seedsAreCounted() throws {
        let bits = try SparseFamily.Sweep.allCases.map { type in
            try SparsePattern(
                .clashFree(type, dither: false), inputs: 1024, outputs: 64, outDegree: 4,
                parallelism: 128, seed: 0
            ).seedBits
        }
        #expect(bits == [1024 * 4 * 3, 4 * 128 * 3, 128 * 3])
    }

    @Test func whatIsIllegalIsRefusedWithWhatWouldBeLegal() {
        func refusal(_ make: () throws(StructureError) -> SparsePattern) -> StructureError? {
            do {
                _ = try make()
                return nil
            } catch { return error }
        }
        let density = refusal { () throws(StructureError) in
            try SparsePattern(.structured, inputs: 64, outputs: 128, density: 0.3, seed: 0)
        }
        #expect(density?.property == "density")
        #expect(density?.expected == "a multiple of 1/64: 0.296875 or 0.3125")
        let thin = refusal { () throws(StructureError) in
            try SparsePattern(.zeros, inputs: 64, outputs: 128, density: 0.001, seed: 0)
        }
        #expect(thin?.expected == "a multiple of 1/64: 0.015625")
        let degree = refusal { () throws(StructureError) in
            try SparsePattern(.structured, inputs: 10, outputs: 25, outDegree: 12, seed: 0)
        }
        #expect(degree?.expected == "a multiple of 5: 10 or 15")
        let lanes = refusal { () throws(StructureError) in
            try SparsePattern(
                .zeros, inputs: 1024, outputs: 64, outDegree: 4, parallelism: 100, seed: 0)
        }
        #expect(lanes?.expected == "a divisor of the 1024 inputs: 64 or 128")
        for density in [0, -1, 1.5, .nan] {
            let error = refusal { () throws(StructureError) in
                try SparsePattern(.random, inputs: 8, outputs: 8, density: density, seed: 0)
            }
            #expect(error?.property == "density")
        }
        let shape = refusal { () throws(StructureError) in
            try SparsePattern(.random, inputs: 1 << 40, outputs: 1 << 40, density: 0.5, seed: 0)
        }
        #expect(shape?.property == "structure")
    }

    @Test func parallelismIsChosen() throws {
        let chosen = { (p: Int, n: Int, outDegree: Int) throws -> Int in
            try SparsePattern(
                .zeros, inputs: p, outputs: n, outDegree: outDegree, seed: 0
            ).parallelism
        }
        #expect(try chosen(1024, 1024, 64) == 64)  // memories of 16 rows, fi = 64
        #expect(try chosen(1024, 1024, 32) == 64)  // two right neurons per clock
        #expect(try chosen(784, 128, 8) == 49)
        #expect(try chosen(36, 24, 8) == 12)  // fi = 12
        #expect(try chosen(12, 24, 20) == 6)  // fi = 10: the largest below 12
        #expect(try chosen(7, 7, 2) == 1)
        #expect(try chosen(1, 1, 1) == 1)
    }

    @Test func familiesHaveNames() {
        for family in SparseFamily.all { #expect(SparseFamily(family.description) == family) }
        #expect(SparseFamily("type-4") == nil)
    }
}

/// The edges of a pattern, and where its rows start.
func edges(of pattern: SparsePattern) -> (table: [UInt32], starts: [UInt32]) {
    var table = [UInt32](repeating: .max, count: pattern.edgeCount)
    var starts = [UInt32](repeating: .max, count: pattern.outputs + 1)
    table.withUnsafeMutableBufferPointer { table in
        starts.withUnsafeMutableBufferPointer { starts in
            guard let edges = table.baseAddress, let rows = starts.baseAddress else { return }
            pattern.fill(edges, starts: rows)
        }
    }
    return (table, starts)
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
}
