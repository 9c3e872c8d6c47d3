// The definitions of N:M updates: the master learns, then everything is selected anew.

extension PlainKernels {
    static func prunedUpdate(
        _ w: UnsafeMutablePointer<Float>, _ rowStride: Int, _ rows: Int, _ group: Int,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ forwardMasks: UnsafePointer<UInt16>?, _ forwardThresholds: UnsafePointer<Int32>?,
        _ backwardMasks: UnsafePointer<UInt16>?, _ backwardThresholds: UnsafePointer<Int32>?,
        _ changes: UnsafeMutablePointer<UInt16>
    ) {
        for row in 0..<rows where delta[row] != 0 {
            for i in 0..<rowStride {
                let weight = w[row * rowStride + i]
                if let e, let masks = backwardMasks ?? forwardMasks,
                    masks[i] >> UInt16(row) & 1 == 1
                {
                    e[i] = e[i].addingProduct(weight, delta[row])
                }
                w[row * rowStride + i] = weight.addingProduct(steps[row], x[i])
            }
        }
        for chunk in 0..<rowStride / 8 { changes[chunk] = .max }
    }

    static func prunedFollow(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ inputs: Int, _ kept: Int,
        _ group: Int, _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ steps: UnsafePointer<Float>, _ changes: UnsafePointer<UInt16>,
        _ values: UnsafeMutablePointer<Float>?, _ indices: UnsafeMutablePointer<UInt8>?,
        _ forwardMasks: UnsafeMutablePointer<UInt16>?,
        _ forwardThresholds: UnsafeMutablePointer<Int32>?,
        _ backwardMasks: UnsafeMutablePointer<UInt16>?,
        _ backwardThresholds: UnsafeMutablePointer<Int32>?
    ) {
        if let values, let indices {
            prepareForward(
                w, rowStride, rows, rowStride / 16, inputs, kept, group, values, indices,
                forwardMasks, forwardThresholds)
        }
        if let backwardMasks, let backwardThresholds {
            prepareBackward(
                w, rowStride, rows, rowStride / 16, inputs, kept, group, backwardMasks,
                backwardThresholds, nil, nil, 0)
        }
    }

    static func backpropMasked(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ masks: UnsafePointer<UInt16>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            for i in 0..<rowStride where masks[i] >> UInt16(row) & 1 == 1 {
                e[i] = e[i].addingProduct(w[row * rowStride + i], delta[row])
            }
        }
    }

    static func scaleRows(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ masks: UnsafePointer<UInt16>,
        _ keptFactor: Float, _ otherFactor: Float, _ start: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            for i in 0..<rowStride {
                let isKept = masks[i] >> UInt16(row) & 1 == 1
                start[row * rowStride + i] =
                    w[row * rowStride + i] * (isKept ? keptFactor : otherFactor)
            }
        }
    }

    static func finishRows(
        _ start: UnsafePointer<Float>, _ sum: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int,
        _ masks: UnsafePointer<UInt16>, _ isMasked: Bool, _ w: UnsafeMutablePointer<Float>,
        _ velocity: UnsafeMutablePointer<Float>?, _ learningRate: Float, _ momentum: Float
    ) {
        for row in 0..<rows {
            for i in 0..<rowStride {
                let index = row * rowStride + i
                let isKept = masks[i] >> UInt16(row) & 1 == 1
                let g = isMasked && !isKept ? start[index] : sum[index]
                if let velocity {
                    velocity[index] = g.addingProduct(momentum, velocity[index])
                    w[index] = w[index].addingProduct(-learningRate, velocity[index])
                } else {
                    w[index] = g
                }
            }
        }
    }
}
