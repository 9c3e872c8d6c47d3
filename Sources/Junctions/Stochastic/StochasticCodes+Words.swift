// Codes as words, for structures whose sixteen lanes belong to sixteen right neurons and therefore
// to as many lines of the table: there bits are counted.

import Kernels

extension StochasticConverter {
    /// 32-bit planes of a word: 1 for L ≤ 32, else 2.
    package var planeCount: Int { rule.bitCount > 32 ? 2 : 1 }

    /// Bytes of the words of both sides, a multiple of 64.
    package var wordBytes: Int {
        planeCount * 4 * (DenseJunction.paddedCount(inputs) + DenseJunction.paddedCount(outputs))
    }

    /// Writes the words of all neurons in ascending order of u: bits 0 ..< r of a left neuron of
    /// rank r, and order[0 ..< q] of a right neuron of rank q.
    /// - words: [planes][padded inputs], then [planes][padded outputs]; 64-byte aligned
    package func writeWords(_ codes: StochasticCodes, _ words: UnsafeMutablePointer<Int32>) {
        let (leftCount, rightCount) = (
            DenseJunction.paddedCount(inputs), DenseJunction.paddedCount(outputs)
        )
        let right = words + planeCount * leftCount
        for i in 0..<leftCount {
            let rank = UInt64(codes.left[i] & 127)
            // A shift by 64 is one too far; Swift's smart shift gives 0, and 0 − 1 all bits.
            write((1 << rank) &- 1, words + i, leftCount)
        }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 65) { ofRank in
            ofRank[0] = 0
            if codes.step != 0 {
                for q in 0..<rule.bitCount {
                    ofRank[q + 1] = ofRank[q] | bit(codes.order, q)
                }
            }
            for j in 0..<rightCount {
                write(ofRank[Int(codes.right[j] & 127)], right + j, rightCount)
            }
        }
    }

    /// The place of bit q. Equal u have one place in `order`; their bits are always set together
    /// at the left, so that the next free place is as good.
    private func bit(_ order: UnsafePointer<Int32>, _ q: Int) -> UInt64 {
        let before = (0..<q).count { order[$0] == order[q] }
        return 1 << UInt64(Int(order[q]) + before)
    }

    private func write(_ word: UInt64, _ place: UnsafeMutablePointer<Int32>, _ planeStride: Int) {
        place[0] = Int32(truncatingIfNeeded: word)
        if planeCount > 1 { place[planeStride] = Int32(truncatingIfNeeded: word >> 32) }
    }
}

extension StochasticCodes {
    /// What the weight between left neuron i and right neuron j adds: −sign · (step · count); −0
    /// where it adds nothing. For structures without kernels of their own.
    package func addend(_ i: Int, _ j: Int, bitCount: Int) -> Float {
        if step == 0 || left[i] == 0 || right[j] == 0 { return -0.0 }
        let line = table + Int(right[j] & 127) * StochasticKernels.lineStride(bitCount)
        let addend = line[Int(left[i] & 127)]
        return addend != 0 && left[i] ^ right[j] < 0 ? -addend : addend
    }
}
