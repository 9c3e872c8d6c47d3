// The converters of ESSOP: both vectors of an outer product become codes (ranks with signs), and
// the counts of bits in common become one table, whatever structure the weights have.
//
// Order of drawing, whatever is to be updated: L values u, then L values v. Per call they are
// sorted together by u (sets of bits have the same AND in any order of their bits), so that a left
// neuron of rank r has bits 0 ..< r; `order[k]` is the place of the partner of the k-th
// smallest v.
//
// Invariant: after `convert` the generator has moved by exactly 2 L draws.

import Arithmetic
import Kernels

/// Where the results of a conversion lie; valid until the scratch memory is used again.
package struct StochasticCodes {
    /// One code per left neuron, padded to whole vectors; see `StochasticKernels`.
    package let left: UnsafeMutablePointer<Int32>
    /// One code per right neuron, padded to whole vectors.
    package let right: UnsafeMutablePointer<Int32>
    /// L + 1 lines of what a common bit count adds, for right ranks 0 to L.
    package let table: UnsafeMutablePointer<Float>
    /// Multiples of 16, ascending: where sixteen left codes are not all 0.
    package let chunks: UnsafeMutablePointer<Int32>
    /// How many of those there are.
    package let chunkCount: Int
    /// #{u < partner of v} for the k-th smallest v.
    package let order: UnsafeMutablePointer<Int32>
    /// What one common bit is worth, η · S_x · S_δ / L; 0 where there is nothing to update.
    package let step: Float
}

/// Turns x and δ into codes; a value without memory of its own.
package struct StochasticConverter: Equatable, Sendable {
    /// Left neurons.
    package let inputs: Int
    /// Right neurons.
    package let outputs: Int
    /// Numbers shared across elements; the others have no codes.
    package let rule: StochasticRule

    private static let vectorBytes = 64
    private static let numbersBytes = 64 * MemoryLayout<Float>.stride

    /// A converter for vectors of these lengths.
    package init(inputs: Int, outputs: Int, rule: StochasticRule) {
        precondition(inputs > 0 && outputs > 0, "both vectors have elements")
        precondition(rule.sharing == .elements, "codes are of numbers that elements share")
        self.inputs = inputs
        self.outputs = outputs
        self.rule = rule
    }

    /// Bytes of scratch memory, a multiple of 64.
    package var byteCount: Int {
        var bytes = 5 * Self.numbersBytes  // u, v, order, and places of both
        bytes += leftBytes + rightBytes  // codes
        bytes += chunkBytes  // list of chunks
        let stride = StochasticKernels.lineStride(rule.bitCount)
        bytes += (rule.bitCount + 1) * stride * MemoryLayout<Float>.stride  // table
        return bytes
    }

    private var leftBytes: Int { DenseJunction.paddedCount(inputs) * 4 }
    private var rightBytes: Int { DenseJunction.paddedCount(outputs) * 4 }
    private var chunkBytes: Int { (leftBytes / 16 + 63) & ~63 }

    /// Draws 2 L numbers and converts both vectors.
    /// - x: inputs values, padded. - delta: outputs values, padded
    /// - generator: four words. - scratch: `byteCount` bytes, 64-byte aligned, of any content
    package func convert(
        x: UnsafePointer<Float>, delta: UnsafePointer<Float>, learningRate: Float,
        generator: UnsafeMutablePointer<UInt64>, scratch: UnsafeMutableRawPointer,
        kernels: StochasticKernels
    ) -> StochasticCodes {
        let u = scratch.assumingMemoryBound(to: Float.self)
        let v = u + 64
        let order = UnsafeMutableRawPointer(v + 64).assumingMemoryBound(to: Int32.self)
        let places = order + 64
        let left = places + 128
        let right = left + leftBytes / 4
        let chunks = right + rightBytes / 4
        let table = UnsafeMutableRawPointer(chunks + chunkBytes / 4)
            .assumingMemoryBound(to: Float.self)
        let bitCount = rule.bitCount
        Self.draw(u, bitCount, v, generator)
        let (leftCount, rightCount) = (leftBytes / 4, rightBytes / 4)
        let leftScale = StochasticScale.scale(
            largestBits: kernels.largest(x, leftCount), rule.scaling)
        let rightScale = StochasticScale.scale(
            largestBits: kernels.largest(delta, rightCount), rule.scaling)
        if leftScale == 0 || rightScale == 0 {
            left.update(repeating: 0, count: leftCount)
            right.update(repeating: 0, count: rightCount)
            return StochasticCodes(
                left: left, right: right, table: table, chunks: chunks, chunkCount: 0,
                order: order, step: 0)
        }
        Self.makeOrder(u, v, bitCount, places, order, kernels)
        for l in 0..<bitCount {
            u[l] = StochasticScale.threshold(u[l], leftScale)
            v[l] = StochasticScale.threshold(v[l], rightScale)
        }
        kernels.codes(x, leftCount, u, bitCount, left)
        kernels.codes(delta, rightCount, v, bitCount, right)
        let step = StochasticScale.step(
            learningRate: learningRate, leftScale, rightScale, bitCount: bitCount)
        kernels.table(order, bitCount, step, table)
        return StochasticCodes(
            left: left, right: right, table: table, chunks: chunks,
            chunkCount: Self.listChunks(left, leftCount, chunks), order: order, step: step)
    }

    /// L values u, then L values v.
    private static func draw(
        _ u: UnsafeMutablePointer<Float>, _ bitCount: Int, _ v: UnsafeMutablePointer<Float>,
        _ generator: UnsafeMutablePointer<UInt64>
    ) {
        var random = Xoshiro256StarStar(loadingFrom: generator)
        for l in 0..<bitCount { u[l] = random.uniform() }
        for l in 0..<bitCount { v[l] = random.uniform() }
        random.store(to: generator)
    }

    /// order[k] = #{u < u[l]}, where v[l] is the k-th smallest of all v. Equal v come in the order
    /// of l, and equal u have one place: their bits are set together, so that no rank lies
    /// between.
    /// - places: scratch memory for 2 · 64 places
    private static func makeOrder(
        _ u: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ bitCount: Int,
        _ places: UnsafeMutablePointer<Int32>, _ order: UnsafeMutablePointer<Int32>,
        _ kernels: StochasticKernels
    ) {
        let padded = DenseJunction.paddedCount(bitCount)
        kernels.codes(u, padded, u, bitCount, places)
        kernels.codes(v, padded, v, bitCount, places + 64)
        order.update(repeating: -1, count: 64)
        for l in 0..<bitCount {
            var k = Int(places[64 + l])
            while order[k] >= 0 { k += 1 }
            order[k] = places[l]
        }
    }

    private static func listChunks(
        _ codes: UnsafePointer<Int32>, _ count: Int, _ chunks: UnsafeMutablePointer<Int32>
    ) -> Int {
        var found = 0
        var i = 0
        while i < count {
            let vector = UnsafeRawPointer(codes + i).loadUnaligned(as: SIMD16<Int32>.self)
            chunks[found] = Int32(truncatingIfNeeded: i)
            found += vector == .zero ? 0 : 1
            i += 16
        }
        return found
    }
}
