// Goal: edges that are not rows of a dense matrix (lists, and blocks of sixteen lanes) learn by the
// paper's bits as well, on every set of kernels. Method: against truth values, every L.

import Arithmetic
import Junctions
import Kernels
import Testing

@Suite struct StochasticEdgeTests {
    /// 48 left and 16 right neurons, three blocks, as many edges in lists.
    private struct Case {
        let rule: StochasticRule
        var x: [Float]
        var delta: [Float]
        var weights: [Float]
        var edges: [UInt32]
        var blocks: [UInt32] = [0 * 64 + 5, 1 * 64 + 0, 2 * 64 + 15]
        let seed: UInt64

        init(bitCount: Int) {
            rule = StochasticRule(bitCount: bitCount)
            seed = UInt64(bitCount)
            var random = Xoshiro256StarStar(seed: seed)
            x = (0..<48).map { $0 % 5 == 1 ? 0 : random.normal() }
            delta = (0..<16).map { $0 % 7 == 3 ? 0 : random.normal() }
            weights = (0..<48).map { $0 % 4 == 0 ? -0.0 : random.normal() }
            edges = (0..<48).map { _ in UInt32(random.index(below: 48)) }
        }

        var reference: StochasticReference {
            var generator = Xoshiro256StarStar(seed: seed)
            return StochasticReference(
                x: x, delta: delta, rule: rule, learningRate: 0.2, generator: &generator)
        }

        /// Converts, and hands the codes to `body`.
        mutating func withCodes(
            _ kernels: StochasticKernels,
            _ body: (inout [Float], StochasticConverter, StochasticCodes) -> Void
        ) -> [UInt32] {
            var generator = Xoshiro256StarStar(seed: seed).words
            let converter = StochasticConverter(inputs: 48, outputs: 16, rule: rule)
            let scratch = UnsafeMutableRawPointer.allocate(
                byteCount: converter.byteCount, alignment: 64)
            defer { scratch.deallocate() }
            let codes = converter.convert(
                x: x, delta: delta, learningRate: 0.2, generator: &generator, scratch: scratch,
                kernels: kernels)
            var learned = weights
            body(&learned, converter, codes)
            return learned.map(\.bitPattern)
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func listedEdges(_ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name }).stochastic
        for bitCount in 1...64 {
            var example = Case(bitCount: bitCount)
            let edges = example.edges
            let reference = example.reference
            // Three edges for each right neuron.
            let expected = example.weights.enumerated().map { edge, weight in
                (weight - reference.increment(edge / 3, Int(edges[edge]))).bitPattern
            }
            let found = example.withCodes(kernels) { weights, _, codes in
                weights.withUnsafeMutableBufferPointer { weights in
                    edges.withUnsafeBufferPointer { edges in
                        guard let w = weights.baseAddress, let list = edges.baseAddress else {
                            return
                        }
                        for j in 0..<16 where codes.right[j] != 0 {
                            kernels.updateEdges(
                                w + 3 * j, list + 3 * j, 3, codes.left, codes.right[j],
                                codes.table, bitCount)
                        }
                    }
                }
            }
            #expect(found == expected, "L = \(bitCount)")
        }
    }

    @Test(arguments: KernelSet.all.map(\.name))
    func blocksOfSixteenLanes(_ name: String) throws {
        let kernels = try #require(KernelSet.all.first { $0.name == name }).stochastic
        for bitCount in 1...64 {
            var example = Case(bitCount: bitCount)
            let (x, delta, blocks) = (example.x, example.delta, example.blocks)
            let reference = example.reference
            let expected = example.weights.enumerated().map { edge, weight in
                let lane = edge % 16
                let left = 16 * (edge / 16) + (lane ^ Int(blocks[edge / 16] % 64))
                return (weight - reference.increment(lane, left)).bitPattern
            }
            let found = example.withCodes(kernels) { weights, converter, codes in
                var words = [Int32](repeating: 0, count: converter.wordBytes / 4)
                converter.writeWords(codes, &words)
                let planes = converter.planeCount
                let right = Array(words[(48 * planes)...])
                kernels.updateBlocks(
                    &weights, blocks, 3, x, delta, words, 48, right, 16, planes, codes.step)
            }
            #expect(found == expected, "L = \(bitCount)")
        }
    }
}
