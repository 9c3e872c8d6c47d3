// The definitions of the kernels of many positions: scalar, in the order of the documentation.

import CLanes

extension PlainKernels {
    static func combineRows(
        _ m: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ terms: Int, _ rowStride: Int, _ isReversed: Bool
    ) {
        let quarter = (terms + 3) / 4
        for c in 0..<rowStride {
            var sums = SIMD4<Float>.zero
            for t in 0..<terms {
                let n = t / quarter
                sums[n] = sums[n].addingProduct(m[t * rowStride + c], x[t])
            }
            let sum = (sums[0] + sums[2]) + (sums[1] + sums[3])
            y[c] = bias.map { sum + $0[c] } ?? sum
        }
    }

    static func sharedEdgeProduct(
        _ w: UnsafePointer<Float>, _ edges: SharedEdges, _ bias: UnsafePointer<Float>?,
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        for row in 0..<edges.rows {
            for p in 0..<stride {
                var sum: Float = 0
                for edge in Int(edges.starts[row])..<Int(edges.starts[row + 1]) {
                    sum = sum.addingProduct(
                        w[Int(edges.weights[edge])], x[Int(edges.others[edge]) * stride + p])
                }
                y[row * stride + p] = bias.map { sum + $0[row] } ?? sum
            }
        }
    }

    static func sharedEdgeSums(
        _ delta: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ edges: SharedEdges,
        _ sums: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        for row in 0..<edges.rows {
            for edge in Int(edges.starts[row])..<Int(edges.starts[row + 1]) {
                let other = x + Int(edges.others[edge]) * stride
                sums[Int(edges.weights[edge])] = laneSum(stride) {
                    $0.addingProduct(delta[row * stride + $1], other[$1])
                }
            }
        }
    }

    static func sharedEdgeProductOne(
        _ w: UnsafePointer<Float>, _ edges: SharedEdges, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<edges.rows {
            let first = Int(edges.starts[row])
            var sums = SIMD4<Float>.zero
            for edge in first..<Int(edges.starts[row + 1]) {
                let lane = (edge - first) % 4
                sums[lane] = sums[lane].addingProduct(
                    w[Int(edges.weights[edge])], x[Int(edges.others[edge])])
            }
            y[row] = (sums[0] + sums[2]) + (sums[1] + sums[3])
        }
    }

    static func sharedRowSums(
        _ rows: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ count: Int,
        _ stride: Int
    ) {
        for row in 0..<count { sums[row] = laneSum(stride) { $0 + rows[row * stride + $1] } }
    }

    static func sharedStep(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
        _ sums: UnsafePointer<Float>, _ paddedCount: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        for index in 0..<paddedCount {
            guard let velocity else {
                let kept = keep == 1 ? w[index] : keep * w[index]
                w[index] = kept.addingProduct(-learningRate, sums[index])
                continue
            }
            let increment =
                decay == 0 ? sums[index] : sums[index].addingProduct(decay, w[index])
            velocity[index] = increment.addingProduct(momentum, velocity[index])
            w[index] = w[index].addingProduct(-learningRate, velocity[index])
        }
    }
}
