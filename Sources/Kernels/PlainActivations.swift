// The definitions of activation functions, their derivatives, softmax and the losses.

import Arithmetic

extension PlainKernels {
    static func relu(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in 0..<count where y[i] <= 0 { y[i] = 0 }
        clearPads(y, count)
    }

    static func leakyRelu(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in 0..<count where y[i] <= 0 { y[i] *= 0.01 }
        clearPads(y, count)
    }

    static func sigmoid(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in 0..<count { y[i] = sigmoidFMA(y[i]) }
        clearPads(y, count)
    }

    static func tanh(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in 0..<count { y[i] = tanhFMA(y[i]) }
        clearPads(y, count)
    }

    static func exp(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in 0..<count { y[i] = expFMA(y[i]) }
        clearPads(y, count)
    }

    static func log(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in 0..<count { y[i] = logFMA(y[i]) }
        clearPads(y, count)
    }

    static func leakyReluDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count where !(y[i] > 0) { e[i] *= 0.01 }
        clearPads(e, count)
    }

    static func reluDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { e[i] = y[i] > 0 ? e[i] : 0 }
        clearPads(e, count)
    }

    static func sigmoidDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { e[i] *= y[i] * (1 - y[i]) }
        clearPads(e, count)
    }

    static func tanhDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { e[i] *= Float(1).addingProduct(-y[i], y[i]) }
        clearPads(e, count)
    }

    static func softmax(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        var highest = -Float.infinity
        for i in 0..<count where y[i] > highest { highest = y[i] }
        for i in 0..<count { y[i] = expFMA(y[i] - highest) }
        let sum = laneSum(count) { $0 + y[$1] }
        for i in 0..<count { y[i] /= sum }
        clearPads(y, count)
    }

    static func crossEntropy(
        _ probabilities: UnsafePointer<Float>, _ label: Int,
        _ delta: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Float {
        let probability = probabilities[label]
        for i in 0..<count { delta[i] = probabilities[i] }
        delta[label] = probability - 1
        clearPads(delta, count)
        return -logFMA(probability < .leastNormalMagnitude ? .leastNormalMagnitude : probability)
    }

    static func squaredError(
        _ y: UnsafePointer<Float>, _ target: UnsafePointer<Float>,
        _ delta: UnsafeMutablePointer<Float>, _ count: Int, _ scale: Float
    ) -> Float {
        let sum = laneSum(count) {
            let difference = y[$1] - target[$1]
            return $0.addingProduct(difference, difference)
        }
        for i in 0..<count { delta[i] = (y[i] - target[i]) * scale }
        clearPads(delta, count)
        return sum
    }

    /// Zeroes the entries from `count` up to the next multiple of 16.
    static func clearPads(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        for i in count..<padded(count) { y[i] = 0 }
    }
}
