// Goal: N:M in fixed point sees the N largest of M along inputs and along outputs, of equals the
// first, and otherwise is the dense junction; views follow every update.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct FixedPrunedTests {
    /// The N largest of a list, of equals the first; zeros elsewhere.
    private func pruned(_ weights: [Int16], _ kept: Int) -> [Int16] {
        let order = weights.indices.sorted {
            (Int(weights[$1].magnitude), $0) < (Int(weights[$0].magnitude), $1)
        }
        let stays = Set(order.prefix(kept))
        return weights.indices.map { stays.contains($0) ? weights[$0] : 0 }
    }

    @Test(arguments: [(1, 4), (2, 4), (2, 8), (4, 8), (2, 16), (3, 3)])
    func viewsAndPasses(_ kept: Int, _ group: Int) throws {
        let format = try #require(FixedFormat(8, 2, 5))
        let (inputs, outputs) = (37, 21)
        let form = FixedPrunedJunction(
            inputs: inputs, outputs: outputs, keptCount: kept, groupCount: group, format: format)
        let bench = FixedBench(form, .best, seed: 4)
        let forward = FixedBench(
            FixedDenseJunction(inputs: inputs, outputs: outputs, format: format), .best)
        let backward = FixedBench(
            FixedDenseJunction(inputs: inputs, outputs: outputs, format: format), .best)
        var random = Xoshiro256StarStar(seed: 6)
        let slopes = FixedVector(inputs)
        slopes.set((0..<inputs).map { _ in Int16(random.index(below: 8)) })
        for step in 0..<5 {
            bench.x.set((0..<inputs).map { _ in Int16(random.index(below: 32)) })
            bench.delta.set((0..<outputs).map { _ in Int16(random.index(below: 33)) - 16 })
            let master = bench.rows
            var expected = master
            for row in 0..<outputs {
                for first in stride(from: 0, to: inputs, by: group) {
                    let range = first..<min(first + group, inputs)
                    let view = pruned(range.map { master[row * inputs + $0] }, kept)
                    for (column, value) in zip(range, view) {
                        expected[row * inputs + column] = value
                    }
                }
            }
            #expect(bench.matrix(.feedforward) == expected)
            forward.setRows(expected)
            for column in 0..<inputs {
                for first in stride(from: 0, to: outputs, by: group) {
                    let range = first..<min(first + group, outputs)
                    let view = pruned(range.map { master[$0 * inputs + column] }, kept)
                    for (row, value) in zip(range, view) {
                        expected[row * inputs + column] = value
                    }
                }
            }
            #expect(bench.matrix(.backprop) == expected)
            backward.setRows(expected)
            #expect(form.findings(bench.memory.parameters, bench.memory.workspace).isEmpty)
            for other in [forward, backward] {
                other.x.set(bench.x.values)
                other.delta.set(bench.delta.values)
                other.setBias(bench.bias)
            }
            bench.feedforward()
            forward.feedforward()
            #expect(bench.y.values == forward.y.values)
            bench.update(slopes, shift: step % 3)
            backward.update(slopes, shift: step % 3)
            #expect(bench.e.values == backward.e.values)
            forward.setRows(master)
            forward.update(slopes, shift: step % 3)
            #expect(bench.rows == forward.rows)
            #expect(bench.bias == forward.bias)
        }
    }

    @Test func aViewThatIsNotTheMastersIsFound() throws {
        let format = try #require(FixedFormat(10, 2, 7))
        let form = FixedPrunedJunction(
            inputs: 16, outputs: 4, keptCount: 2, groupCount: 8, format: format)
        let bench = FixedBench(form, .best, seed: 4)
        bench.setRows(bench.rows.map { 0 - $0 })
        #expect(form.findings(bench.memory.parameters, bench.memory.workspace).count == 1)
        bench.setRows(bench.rows.map { _ in 600 })
        #expect(form.findings(bench.memory.parameters, bench.memory.workspace).count == 2)
    }
}
