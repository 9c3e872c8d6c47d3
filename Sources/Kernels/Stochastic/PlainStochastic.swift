// The definitions of the stochastic kernels: scalar, one element at a time. That they are the
// paper's bit sets is shown elsewhere, by counting bits one by one.

extension PlainKernels {
    static func stochasticLargest(_ values: UnsafePointer<Float>, _ paddedCount: Int) -> UInt32 {
        var largest: UInt32 = 0
        for i in 0..<paddedCount { largest = max(largest, values[i].magnitude.bitPattern) }
        return largest
    }

    static func stochasticCodes(
        _ values: UnsafePointer<Float>, _ paddedCount: Int, _ thresholds: UnsafePointer<Float>,
        _ bitCount: Int, _ codes: UnsafeMutablePointer<Int32>
    ) {
        for i in 0..<paddedCount {
            var rank: Int32 = 0
            for l in 0..<bitCount where thresholds[l] < values[i].magnitude { rank += 1 }
            codes[i] = rank > 0 && values[i].sign == .minus ? rank | Int32.min : rank
        }
    }

    static func stochasticTable(
        _ order: UnsafePointer<Int32>, _ bitCount: Int, _ step: Float,
        _ table: UnsafeMutablePointer<Float>
    ) {
        let stride = StochasticKernels.lineStride(bitCount)
        for q in 0...bitCount {
            for r in 0..<stride {
                let count = r > bitCount ? 0 : (0..<q).count { order[$0] < r }
                table[q * stride + r] = count == 0 ? -0.0 : -(step * Float(count))
            }
        }
    }

    static func stochasticUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ left: UnsafePointer<Int32>, _ right: UnsafePointer<Int32>,
        _ table: UnsafePointer<Float>, _ bitCount: Int, _ chunks: UnsafePointer<Int32>,
        _ chunkCount: Int, _ outputs: Int, _ rowStride: Int, _ learningRate: Float
    ) {
        for i in 0..<rowStride { e?[i] = 0 }
        for j in 0..<outputs where delta[j] != 0 {
            let row = w + j * rowStride
            if let e {
                for i in 0..<rowStride { e[i] = e[i].addingProduct(row[i], delta[j]) }
            }
            bias[j] += -(learningRate * delta[j])
            if right[j] == 0 { continue }
            let line = table + Int(right[j] & 127) * StochasticKernels.lineStride(bitCount)
            for i in 0..<rowStride where line[Int(left[i] & 127)] != 0 {
                let addend = line[Int(left[i] & 127)]
                row[i] += left[i] ^ right[j] < 0 ? -addend : addend
            }
        }
    }

    static func stochasticUpdateEdges(
        _ weights: UnsafeMutablePointer<Float>, _ edges: UnsafePointer<UInt32>, _ count: Int,
        _ left: UnsafePointer<Int32>, _ right: Int32, _ table: UnsafePointer<Float>,
        _ bitCount: Int
    ) {
        let line = table + Int(right & 127) * StochasticKernels.lineStride(bitCount)
        for k in 0..<count {
            let code = left[Int(edges[k])]
            let addend = line[Int(code & 127)]
            if addend != 0 { weights[k] += code ^ right < 0 ? -addend : addend }
        }
    }

    static func stochasticUpdateBlocks(
        _ weights: UnsafeMutablePointer<Float>, _ blocks: UnsafePointer<UInt32>, _ count: Int,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ leftWords: UnsafePointer<Int32>, _ leftCount: Int,
        _ rightWords: UnsafePointer<Int32>, _ rightCount: Int, _ planeCount: Int, _ step: Float
    ) {
        for k in 0..<count {
            for lane in 0..<16 {
                let i = 16 * Int(blocks[k] / 64) + (lane ^ Int(blocks[k] % 64))
                let common = (0..<planeCount).reduce(0) { sum, plane in
                    let words = leftWords[plane * leftCount + i]
                    return sum + (words & rightWords[plane * rightCount + lane]).nonzeroBitCount
                }
                if common == 0 { continue }
                let magnitude = step * Float(common)
                weights[16 * k + lane] -=
                    (x[i] < 0) != (delta[lane] < 0) ? -magnitude : magnitude
            }
        }
    }
}
