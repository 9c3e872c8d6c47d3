// Every set against the definition, number by number and counter by counter: FF, BP, UP over dense
// rows; and every product of a small format through every vector path against the arithmetic.

import Arithmetic
import Kernels
import Testing

@Suite struct FixedDenseTests {
    static let shapes = [(1, 1), (33, 5), (64, 4), (70, 9), (200, 13)]

    private func compare(
        _ set: KernelSet, _ wildness: Wildness, _ run: (KernelSet, FixedCase) -> Void
    ) {
        for format in fixedFormats {
            for (inputs, outputs) in Self.shapes {
                let cases = (0..<2).map { _ in
                    FixedCase(
                        format, inputs: inputs, outputs: outputs, columns: inputs, wildness,
                        seed: UInt64(inputs + 1))
                }
                run(.plain, cases[0])
                run(set, cases[1])
                let label = "\(format.text) \(inputs)-\(outputs)"
                #expect(cases[1].state == cases[0].state, "\(label)")
                #expect(cases[1].counters.values == cases[0].counters.values, "\(label)")
                #expect(cases[1].guardsStand)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Wildness.allCases)
    func feedforward(_ name: String, _ wildness: Wildness) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        compare(set, wildness) { set, n in
            set.fixed.feedforward(
                n.w.pointer, n.bias.pointer, n.x.pointer, n.y.pointer, n.outputs, n.rowStride,
                n.format.width, n.format.fractionBits, n.counters.pointer)
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Wildness.allCases)
    func backprop(_ name: String, _ wildness: Wildness) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for hasDerivative in [false, true] {
            compare(set, wildness) { set, n in
                set.fixed.backprop(
                    n.w.pointer, n.delta.pointer, hasDerivative ? n.derivative.pointer : nil,
                    n.e.pointer, n.outputs, n.rowStride, n.format.width, n.format.fractionBits,
                    n.counters.pointer)
            }
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Wildness.allCases)
    func backpropUpdate(_ name: String, _ wildness: Wildness) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (hasError, hasDerivative, shift) in [
            (true, true, 0), (true, true, 3), (true, false, 1), (false, true, 2),
            (false, false, 15),
        ] {
            compare(set, wildness) { set, n in
                for _ in 0..<3 {
                    set.fixed.backpropUpdate(
                        n.w.pointer, n.bias.pointer, n.x.pointer, n.delta.pointer,
                        hasDerivative ? n.derivative.pointer : nil,
                        hasError ? n.e.pointer : nil, n.outputs, n.rowStride, n.format.width,
                        n.format.fractionBits, shift, n.counters.pointer)
                }
            }
        }
    }

    /// All 65,536 products of (8,2,5), in the order of `lowest ... highest` twice.
    @Test(arguments: KernelSet.all.map(\.name))
    func everyProductOfEightBits(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        let format = try #require(FixedFormat(8, 2, 5))
        let all = Array(format.lowest...format.highest)
        // Tame numbers, a whole vector of them at a time, go one way; all of them another.
        for left in [all, Array(Int16(-31)...31)] {
            let x = Numbers(left.count) { left[$0] }
            let bias = Numbers(1)
            for b in all {
                // BP: e[i] = δ ⊗ W[i], and W ⊗ δ with the tame ones as δ.
                let e = Numbers(left.count)
                set.fixed.backprop(
                    x.pointer, Numbers(1) { _ in b }.pointer, nil, e.pointer, 1, x.all.count, 8, 5,
                    nil)
                #expect(Array(e.all[..<left.count]) == left.map { format.multiply($0, b) })
                // UP: W[i] = 0 ⊕ db ⊗ x[i], where db = −δ.
                guard b != format.highest else { continue }
                let w = Numbers(left.count)
                set.fixed.backpropUpdate(
                    w.pointer, bias.pointer, x.pointer, Numbers(1) { _ in b }.pointer, nil, nil, 1,
                    x.all.count, 8, 5, 0, nil)
                let db = format.biasIncrement(b, shift: 0)
                #expect(Array(w.all[..<left.count]) == left.map { format.multiply(db, $0) })
            }
            // FF: a row with one weight for every number of the format.
            for a in left {
                let w = Numbers(32 * all.count) { $0 % 32 == 3 ? all[$0 / 32] : 0 }
                let y = Numbers(all.count)
                let one = Numbers(32) { $0 == 3 ? a : 0 }
                set.fixed.feedforward(
                    w.pointer, Numbers(all.count).pointer, one.pointer, y.pointer, all.count, 32, 8,
                    5, nil)
                #expect(Array(y.all[..<all.count]) == all.map { format.multiply($0, a) })
            }
        }
    }

    /// Sums of FF are exact as long as the largest row that the documentation allows.
    @Test(arguments: KernelSet.all.map(\.name))
    func longRowsDoNotOverflow(_ name: String) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        for (format, count) in [
            (FixedFormat(16, 4, 11), 65_504), (FixedFormat(10, 2, 7), 65_504),
        ] {
            let format = try #require(format)
            for (a, b) in [
                (format.highest, format.highest), (format.lowest, format.highest),
                (Int16(1 << format.fractionBits) - 1, format.lowest),
            ] {
                let w = Numbers(count) { _ in b }
                let x = Numbers(count) { _ in a }
                let y = Numbers(1)
                set.fixed.feedforward(
                    w.pointer, Numbers(1) { _ in format.highest }.pointer, x.pointer, y.pointer, 1,
                    count, format.width, format.fractionBits, nil)
                #expect(y.pointer[0] == (a > 0 && b > 0 ? format.highest : format.lowest))
            }
        }
    }
}
