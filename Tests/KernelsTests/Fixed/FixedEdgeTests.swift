// Every set against the definition over lists of edges: with and without the table of which edge
// starts at a left neuron, gathered by blocks and one by one, rows of different lengths.

import Arithmetic
import Kernels
import Testing

@Suite struct FixedEdgeTests {
    /// (inputs, outputs, edges of a row).
    static let shapes = [(5, 3, 2), (64, 7, 32), (100, 9, 40), (300, 6, 64), (33, 4, 33)]

    /// Left neurons of every row, ascending; some rows are shorter.
    private func rows(
        _ inputs: Int, _ outputs: Int, _ count: Int, _ random: inout Xoshiro256StarStar
    ) -> [[Int]] {
        (0..<outputs).map { row in
            var left = Array(0..<inputs)
            let wanted = row % 3 == 2 ? count / 2 : count
            while left.count > wanted { left.remove(at: random.index(below: left.count)) }
            return left
        }
    }

    @Test(arguments: KernelSet.all.map(\.name), Wildness.allCases)
    func everySetIsTheDefinition(_ name: String, _ wildness: Wildness) throws {
        let set = try #require(KernelSet.all.first { $0.name == name })
        var random = Xoshiro256StarStar(seed: 4)
        for format in fixedFormats {
            for (inputs, outputs, count) in Self.shapes {
                let rows = rows(inputs, outputs, count, &random)
                for (hasInverse, hasBlocks) in [(true, true), (false, true), (true, false)] {
                    let tables = EdgeTables(
                        rows, inputs: inputs, hasInverse: hasInverse, hasBlocks: hasBlocks)
                    let found = run(set, tables.edges, format, wildness, rows)
                    let expected = run(.plain, tables.edges, format, wildness, rows)
                    #expect(
                        found == expected,
                        "\(format.text) \(inputs)-\(outputs), inverse \(hasInverse)")
                    withExtendedLifetime(tables) {}
                }
            }
        }
    }

    private func run(
        _ set: KernelSet, _ edges: FixedEdges, _ format: FixedFormat, _ wildness: Wildness,
        _ rows: [[Int]]
    ) -> [[Int16]] {
        let n = FixedCase(
            format, inputs: edges.inputs, outputs: edges.outputs, columns: edges.fan_in, wildness,
            seed: 9)
        for (j, row) in rows.enumerated() {
            for k in row.count..<edges.row_stride { n.w.pointer[j * edges.row_stride + k] = 0 }
        }
        let scratch = Numbers(edges.row_stride)
        var state: [[Int16]] = []
        for (shift, hasDerivative) in [(0, true), (2, false), (1, true)] {
            set.fixed.edgeFeedforward(
                edges, n.w.pointer, n.bias.pointer, n.x.pointer, n.y.pointer, format.width,
                format.fractionBits, n.counters.pointer)
            set.fixed.edgeBackprop(
                edges, n.w.pointer, n.delta.pointer, hasDerivative ? n.derivative.pointer : nil,
                n.e.pointer, scratch.pointer, format.width, format.fractionBits,
                n.counters.pointer)
            set.fixed.edgeUpdate(
                edges, n.w.pointer, n.bias.pointer, n.x.pointer, n.delta.pointer, format.width,
                format.fractionBits, shift, n.counters.pointer)
            state += n.state
        }
        #expect(n.guardsStand && scratch.guardsStand)
        return state
    }
}
