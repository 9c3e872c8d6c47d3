// UP of weights that are not rows of a dense matrix: listed edges, and blocks of sixteen edges.
//
// Legend as in StochasticKernelSet.swift; *words*: the bits of a neuron as 32-bit planes, bits 0 to 31
// of all neurons and then, for L > 32, bits 32 to 63.

import CLanes

extension VectorKernels {
    /// Edges in lists. See `StochasticKernels.updateEdges`.
    @inline(never)
    package static func stochasticUpdateEdges(
        _ weights: UnsafeMutablePointer<Float>, _ edges: UnsafePointer<UInt32>, _ count: Int,
        _ left: UnsafePointer<Int32>, _ right: Int32, _ table: UnsafePointer<Float>,
        _ bitCount: Int
    ) {
        let stride = stochasticLineStride(bitCount)
        let line = table + Int(truncatingIfNeeded: right & 127) &* stride
        var k = 0
        while k < count {
            let code = left[Int(truncatingIfNeeded: edges[k])]
            let addend = line[Int(truncatingIfNeeded: code & 127)]
            // −0 where nothing is to be added; its sign must not change.
            let flip = addend == 0 ? 0 : UInt32(bitPattern: (code ^ right) & Int32.min)
            weights[k] += Float(bitPattern: addend.bitPattern ^ flip)
            k &+= 1
        }
    }

    /// A block of sixteen edges, one for each lane. See `StochasticKernels.updateBlock`.
    @inline(never)
    package static func stochasticUpdateBlocks(
        _ weights: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>, _ count: Int,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ leftWords: UnsafePointer<Int32>, _ leftCount: Int,
        _ rightWords: UnsafePointer<Int32>, _ rightCount: Int, _ planeCount: Int, _ step: Float
    ) {
        let low = loadCodes(rightWords, 0)
        let high = planeCount > 1 ? loadCodes(rightWords, rightCount) : SIMD16<Int32>.zero
        let errorSigns = unsafeBitCast(load(delta, 0), to: SIMD16<Int32>.self)
        let lanes = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        var k = 0
        while k < count {
            let block = blocks[k]
            let i = Int(truncatingIfNeeded: block &>> 6) &* 16
            let index = lanes ^ SIMD16(repeating: Int32(truncatingIfNeeded: block & 15))
            var counts = lanes_popcount(permuted(loadCodes(leftWords, i), index) & low)
            if planeCount > 1 {
                let words = permuted(loadCodes(leftWords, leftCount &+ i), index)
                counts = counts &+ lanes_popcount(words & high)
            }
            let xs = unsafeBitCast(lanes_permute(load(x, i), index), to: SIMD16<Int32>.self)
            // −(step · count), and −0 where the count is 0; turned over where the signs differ.
            let products = every(-step) * lanes_to_float(counts)
            let addend = lanes_flip_nonzero(products, xs ^ errorSigns)
            let nothing = lanes_to_float(counts) .== Lanes.zero
            let weight = load(weights, 16 &* k)
            store(
                weight + addend.replacing(with: every(-0.0), where: nothing), weights, 16 &* k)
            k &+= 1
        }
    }

    @_transparent
    private static func permuted(
        _ words: SIMD16<Int32>, _ index: SIMD16<Int32>
    ) -> SIMD16<Int32> {
        unsafeBitCast(
            lanes_permute(unsafeBitCast(words, to: Lanes.self), index), to: SIMD16<Int32>.self)
    }
}
