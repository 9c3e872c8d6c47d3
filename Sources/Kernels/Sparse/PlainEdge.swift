// The definitions of the kernels over listed edges: scalar, edge by edge.

extension PlainKernels {
    static func edgeFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ left: UnsafePointer<UInt32>,
        _ starts: UnsafePointer<UInt32>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ rowStride: Int, _ inDegree: Int
    ) {
        for j in 0..<outputs {
            let at = starts.map { Int($0[j]) } ?? j * rowStride
            let end = starts.map { Int($0[j + 1]) } ?? at + inDegree
            let sum = laneSum(end - at) { $0.addingProduct(w[at + $1], x[Int(left[at + $1])]) }
            y[j] = sum + bias[j]
        }
    }

    static func edgeBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ pairs: UnsafeMutablePointer<Float>,
        _ inputs: Int, _ outputs: Int, _ rowStride: Int,
        _ inDegree: Int, _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        for i in 0..<padded(inputs) { e?[i] = 0 }
        for j in 0..<outputs {
            let at = starts.map { Int($0[j]) } ?? j * rowStride
            let end = starts.map { Int($0[j + 1]) } ?? at + inDegree
            let step = -(learningRate * delta[j])
            if delta[j] == 0, keep == 1 { continue }
            for edge in at..<end {
                let i = Int(left[edge])
                if let e { e[i] = e[i].addingProduct(w[edge], delta[j]) }
                let kept = keep == 1 ? w[edge] : keep * w[edge]
                w[edge] = kept.addingProduct(step, x[i])
            }
            bias[j] += step
        }
    }

    static func edgeBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int, _ rowStride: Int,
        _ inDegree: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        for i in 0..<padded(inputs) { e?[i] = 0 }
        for j in 0..<outputs {
            let at = starts.map { Int($0[j]) } ?? j * rowStride
            let end = starts.map { Int($0[j + 1]) } ?? at + inDegree
            for edge in at..<end {
                let i = Int(left[edge])
                if let e { e[i] = e[i].addingProduct(w[edge], delta[j]) }
                let increment = (decay * w[edge]).addingProduct(delta[j], x[i])
                velocity[edge] = increment.addingProduct(momentum, velocity[edge])
                w[edge] = w[edge].addingProduct(-learningRate, velocity[edge])
            }
            biasVelocity[j] = delta[j].addingProduct(momentum, biasVelocity[j])
            bias[j] = bias[j].addingProduct(-learningRate, biasVelocity[j])
        }
    }
}

extension PlainKernels {
    static func turn(
        _ from: UnsafePointer<Float>, _ order: UnsafePointer<UInt32>,
        _ to: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { to[i] = from[Int(order[i])] }
    }

    static func turnBack(
        _ from: UnsafePointer<Float>, _ order: UnsafePointer<UInt32>,
        _ to: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { to[Int(order[i])] = from[i] }
    }

    static func turnedFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ inputs: Int, _ outputs: Int, _ inDegree: Int
    ) {
        for j in 0..<outputs {
            let row = w + j * inDegree
            let x = turned + j * inDegree % inputs
            y[j] = laneSum(inDegree) { $0.addingProduct(row[$1], x[$1]) } + bias[j]
        }
    }

    static func turnedBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ turnedError: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int,
        _ inDegree: Int, _ learningRate: Float, _ decay: Float
    ) {
        for i in 0..<inputs { turnedError?[i] = 0 }
        for j in 0..<outputs {
            // One row of a dense junction, with the vectors where the row finds its neurons. The
            // dense definition clears e, so a row's errors are added here.
            let at = j * inDegree % inputs
            if let error = turnedError {
                let isPassedOver = delta[j] == 0 && 1 - learningRate * decay == 1
                for k in 0..<(isPassedOver ? 0 : inDegree) {
                    error[at + k] = error[at + k].addingProduct(w[j * inDegree + k], delta[j])
                }
            }
            backpropUpdate(
                w + j * inDegree, bias + j, turned + at, delta + j, nil, 1, inDegree,
                learningRate, decay)
        }
    }

    static func turnedBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ turnedError: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int,
        _ inDegree: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        for i in 0..<inputs { turnedError?[i] = 0 }
        for j in 0..<outputs {
            let at = j * inDegree % inputs
            for k in 0..<inDegree {
                guard let error = turnedError else { break }
                error[at + k] = error[at + k].addingProduct(w[j * inDegree + k], delta[j])
            }
            backpropUpdateMomentum(
                w + j * inDegree, velocity + j * inDegree, bias + j, biasVelocity + j,
                turned + at, delta + j, nil, 1, inDegree, learningRate, momentum, decay)
        }
    }
}
