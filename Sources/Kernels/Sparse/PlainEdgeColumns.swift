// The definitions of the kernels over the columns of an interleaver: scalar, edge by edge.

extension PlainKernels {
    static func rowsToMemories(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ memories: Int
    ) {
        for i in 0..<16 * memories { to[i] = from[i % 16 * memories + i / 16] }
    }

    static func memoriesToRows(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ memories: Int
    ) {
        for i in 0..<16 * memories { to[i % 16 * memories + i / 16] = from[i] }
    }

    static func columnsFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
        _ memories: UnsafePointer<UInt32>, _ rowOfClock: UnsafePointer<UInt8>,
        _ neurons: UnsafePointer<UInt32>?, _ y: UnsafeMutablePointer<Float>, _ groups: Int,
        _ groupColumns: Int, _ outputs: Int
    ) {
        for j in 0..<outputs { y[j] = 0 }
        for group in 0..<groups {
            for clock in 0..<16 {
                var sums = SIMD4<Float>.zero
                for i in 0..<groupColumns {
                    let column = group * groupColumns + i
                    let row = Int(rowOfClock[16 * column + clock])
                    let product = w[16 * column + row] * turned[Int(memories[column]) + row]
                    sums[i & 3] += product
                }
                let unit = 16 * group + clock
                let j = neurons.map { Int($0[unit]) } ?? unit
                y[j] += (sums[0] + sums[1]) + (sums[2] + sums[3])
            }
        }
        for j in 0..<outputs { y[j] += bias[j] }
    }

    static func columnsBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ memories: UnsafePointer<UInt32>,
        _ clockOfRow: UnsafePointer<UInt8>, _ neurons: UnsafePointer<UInt32>?,
        _ delta: UnsafePointer<Float>, _ turnedError: UnsafeMutablePointer<Float>?,
        _ groups: Int, _ groupColumns: Int, _ inputs: Int, _ outputs: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        for i in 0..<inputs { turnedError?[i] = 0 }
        for edge in 0..<16 * groups * groupColumns {
            let column = edge / 16
            let unit = column / groupColumns * 16 + Int(clockOfRow[edge])
            let d = delta[neurons.map { Int($0[unit]) } ?? unit]
            let i = Int(memories[column]) + edge % 16
            if let e = turnedError { e[i] = e[i].addingProduct(w[edge], d) }
            let kept = keep == 1 ? w[edge] : keep * w[edge]
            w[edge] = kept.addingProduct(-(learningRate * d), turned[i])
        }
        for j in 0..<outputs { bias[j] += -(learningRate * delta[j]) }
    }

    static func columnsBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ memories: UnsafePointer<UInt32>,
        _ clockOfRow: UnsafePointer<UInt8>, _ neurons: UnsafePointer<UInt32>?,
        _ delta: UnsafePointer<Float>, _ turnedError: UnsafeMutablePointer<Float>?,
        _ groups: Int, _ groupColumns: Int, _ inputs: Int, _ outputs: Int,
        _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        for i in 0..<inputs { turnedError?[i] = 0 }
        for edge in 0..<16 * groups * groupColumns {
            let column = edge / 16
            let unit = column / groupColumns * 16 + Int(clockOfRow[edge])
            let d = delta[neurons.map { Int($0[unit]) } ?? unit]
            let i = Int(memories[column]) + edge % 16
            if let e = turnedError { e[i] = e[i].addingProduct(w[edge], d) }
            let increment = (decay * w[edge]).addingProduct(d, turned[i])
            velocity[edge] = increment.addingProduct(momentum, velocity[edge])
            w[edge] = w[edge].addingProduct(-learningRate, velocity[edge])
        }
        for j in 0..<outputs {
            biasVelocity[j] = delta[j].addingProduct(momentum, biasVelocity[j])
            bias[j] = bias[j].addingProduct(-learningRate, biasVelocity[j])
        }
    }
}
