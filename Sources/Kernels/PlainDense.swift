// The definitions of the dense kernels: scalar, lane by lane, as the documentation says.
//
// On a processor without fused multiply-add these are also what runs: `addingProduct` becomes
// a call of fma in libm, which rounds once like the instruction does.

/// The definitions. One scalar step at a time, in the order that every other set must keep.
enum PlainKernels {}

extension PlainKernels {
    /// Σ over sixteen lanes of what `term(lane, i)` adds to lane i mod 16, by halves.
    static func laneSum(_ count: Int, _ step: (_ lane: Float, _ i: Int) -> Float) -> Float {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { lanes in
            lanes.initialize(repeating: 0)
            for i in 0..<count { lanes[i & 15] = step(lanes[i & 15], i) }
            var half = 8
            while half > 0 {
                for lane in 0..<half { lanes[lane] += lanes[lane + half] }
                half /= 2
            }
            return lanes[0]
        }
    }

    static func feedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ rowStride: Int
    ) {
        for j in 0..<outputs {
            let row = w + j * rowStride
            y[j] = laneSum(rowStride) { $0.addingProduct(row[$1], x[$1]) } + bias[j]
        }
    }

    static func backpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        for i in 0..<rowStride { e?[i] = 0 }
        for j in 0..<outputs {
            let step = -(learningRate * delta[j])
            if delta[j] == 0, keep == 1 { continue }
            for i in 0..<rowStride {
                let weight = w[j * rowStride + i]
                if let e { e[i] = e[i].addingProduct(weight, delta[j]) }
                let kept = keep == 1 ? weight : keep * weight
                w[j * rowStride + i] = kept.addingProduct(step, x[i])
            }
            bias[j] += step
        }
    }

    static func backpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ outputs: Int, _ rowStride: Int,
        _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        for i in 0..<rowStride { e?[i] = 0 }
        for j in 0..<outputs {
            for i in 0..<rowStride {
                let index = j * rowStride + i
                let weight = w[index]
                if let e { e[i] = e[i].addingProduct(weight, delta[j]) }
                let increment = (decay * weight).addingProduct(delta[j], x[i])
                velocity[index] = increment.addingProduct(momentum, velocity[index])
                w[index] = weight.addingProduct(-learningRate, velocity[index])
            }
            biasVelocity[j] = delta[j].addingProduct(momentum, biasVelocity[j])
            bias[j] = bias[j].addingProduct(-learningRate, biasVelocity[j])
        }
    }
}
