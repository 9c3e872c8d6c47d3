// The definitions of dense products with many vectors: scalar, in the order of the documentation.

extension PlainKernels {
    static func feedforwardMany(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int, _ rowStride: Int,
        _ count: Int
    ) {
        for j in 0..<outputs {
            for b in 0..<count {
                var sum: Float = 0
                for i in 0..<inputs {
                    sum = sum.addingProduct(w[j * rowStride + i], x[i * count + b])
                }
                y[j * count + b] = sum + bias[j]
            }
        }
    }

    static func backpropMany(
        _ w: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ outputs: Int, _ inputs: Int, _ rowStride: Int,
        _ count: Int
    ) {
        for i in 0..<inputs {
            for b in 0..<count {
                var sum: Float = 0
                for j in 0..<outputs {
                    sum = sum.addingProduct(w[j * rowStride + i], delta[j * count + b])
                }
                e[i * count + b] = sum
            }
        }
    }

    static func outerSum(
        _ start: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
        _ steps: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int,
        _ count: Int
    ) {
        for j in 0..<rows {
            for i in 0..<rowStride {
                var value = start[j * rowStride + i]
                for b in 0..<count {
                    value = value.addingProduct(
                        steps[b * 16 + j], x[(i / 16 * count + b) * 16 + i % 16])
                }
                sum[j * rowStride + i] = value
            }
        }
    }

    static func chunkVectors(
        _ from: UnsafePointer<Float>, _ stride: Int, _ to: UnsafeMutablePointer<Float>,
        _ rows: Int, _ real: Int, _ count: Int, _ factor: Float
    ) {
        for r in 0..<rows {
            for b in 0..<count {
                to[(r / 16 * count + b) * 16 + r % 16] =
                    b < real ? from[b * stride + r] * factor : 0
            }
        }
    }

    static func turnOver(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ rows: Int,
        _ count: Int, _ factor: Float
    ) {
        for r in 0..<rows {
            for b in 0..<count {
                to[(r / 16 * count + b) * 16 + r % 16] = from[r * count + b] * factor
            }
        }
    }
}
