// The packed form of ESSOP: the bits of a neuron in one word; signs by XOR, magnitudes by AND and
// a count of bits. For every sharing of random numbers, also those kept for comparison.
//
// Order of drawing: `elements` and `sides`: L values u, then L values v (which `sides` does not
// use); `nothing`: L values for each left neuron, then L for each right neuron.

import Arithmetic

/// An outer product of two vectors of words; a value without memory of its own.
package struct PackedOuterProduct: Equatable, Sendable {
    /// Left neurons.
    package let inputs: Int
    /// Right neurons.
    package let outputs: Int
    /// L, scaling and sharing.
    package let rule: StochasticRule

    /// An outer product of vectors of these lengths.
    package init(inputs: Int, outputs: Int, rule: StochasticRule) {
        self.inputs = inputs
        self.outputs = outputs
        self.rule = rule
    }

    /// Bytes of scratch memory, a multiple of 64: one word per neuron.
    package var byteCount: Int { ((inputs + outputs) * 8 + 63) & ~63 }

    /// Writes the words of all neurons, left ones first, and returns what one common bit is worth;
    /// 0 where there is nothing to update.
    /// - words: inputs + outputs words, written
    package func convert(
        x: UnsafePointer<Float>, delta: UnsafePointer<Float>, learningRate: Float,
        generator: UnsafeMutablePointer<UInt64>, words: UnsafeMutablePointer<UInt64>
    ) -> Float {
        let leftScale = scale(x, inputs)
        let rightScale = scale(delta, outputs)
        var random = Xoshiro256StarStar(loadingFrom: generator)
        defer { random.store(to: generator) }
        words.update(repeating: 0, count: inputs + outputs)
        let right = words + inputs
        if rule.sharing == .nothing {
            for i in 0..<inputs {
                for l in 0..<rule.bitCount {
                    words[i] |= bit(l, random.uniform(), x[i], leftScale)
                }
            }
            for j in 0..<outputs {
                for l in 0..<rule.bitCount {
                    right[j] |= bit(l, random.uniform(), delta[j], rightScale)
                }
            }
        } else {
            for l in 0..<rule.bitCount {
                let u = random.uniform()
                for i in 0..<inputs { words[i] |= bit(l, u, x[i], leftScale) }
                if rule.sharing == .sides {
                    for j in 0..<outputs { right[j] |= bit(l, u, delta[j], rightScale) }
                }
            }
            for l in 0..<rule.bitCount {
                let v = random.uniform()
                if rule.sharing == .sides { continue }
                for j in 0..<outputs { right[j] |= bit(l, v, delta[j], rightScale) }
            }
        }
        if leftScale == 0 || rightScale == 0 {
            words.update(repeating: 0, count: inputs + outputs)
            return 0
        }
        return StochasticScale.step(
            learningRate: learningRate, leftScale, rightScale, bitCount: rule.bitCount)
    }

    /// W[j,i] ← W[j,i] − sign · (step · count) where both neurons have bits.
    /// - words: of `convert`. - rowStride: floats from row to row
    package func update(
        _ weights: UnsafeMutablePointer<Float>, _ rowStride: Int, x: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, words: UnsafePointer<UInt64>, step: Float
    ) {
        let right = words + inputs
        for j in 0..<outputs where right[j] != 0 {
            for i in 0..<inputs where words[i] != 0 {
                weights[j * rowStride + i] -= increment(
                    words[i], right[j], isNegative: (x[i] < 0) != (delta[j] < 0), step)
            }
        }
    }

    /// sign · (step · count) of two words.
    package func increment(
        _ left: UInt64, _ right: UInt64, isNegative: Bool, _ step: Float
    ) -> Float {
        let count = (left & right).nonzeroBitCount
        if count == 0 { return 0 }
        let magnitude = step * Float(count)
        return isNegative ? -magnitude : magnitude
    }

    /// BP exactly, UP stochastically on dense weights, the bias exactly.
    func backpropUpdate(
        _ weights: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ rowStride: Int, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, learningRate: Float,
        generator: UnsafeMutablePointer<UInt64>, scratch: UnsafeMutableRawPointer
    ) {
        let words = scratch.assumingMemoryBound(to: UInt64.self)
        if let e { e.update(repeating: 0, count: rowStride) }
        for j in 0..<outputs where delta[j] != 0 {
            if let e {
                for i in 0..<inputs {
                    e[i] = e[i].addingProduct(weights[j * rowStride + i], delta[j])
                }
            }
            bias[j] += -(learningRate * delta[j])
        }
        let step = convert(
            x: x, delta: delta, learningRate: learningRate, generator: generator, words: words)
        update(weights, rowStride, x: x, delta: delta, words: words, step: step)
    }

    private func scale(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
        var largest: UInt32 = 0
        for i in 0..<count { largest = max(largest, values[i].magnitude.bitPattern) }
        return StochasticScale.scale(largestBits: largest, rule.scaling)
    }

    private func bit(_ l: Int, _ u: Float, _ value: Float, _ scale: Double) -> UInt64 {
        Double(u) * scale < Double(value.magnitude) ? 1 << UInt64(l) : 0
    }
}
