// The rule of delayed updates as mathematics, in scalar fixed-point arithmetic: no rings, no order
// of junctions. Junctions i = 1 … J, layers of neurons 0 … J, samples m and cycles t from 0, W_i(t)
// the weights of junction i at the start of cycle t:
//
//     a_0(m) = x(m)                 a_i(m) = f(W_i(m + i − 1) · a_{i−1}(m))         FF
//     δ_J(m) = a_J(m) − y(m)        δ_{i−1}(m) = W_i(m + 2J − i)ᵀ (δ_i(m) f′)       BP, i ≥ 2
//     W_i(t + 1) = W_i(t) + UP(δ_i(n), a_{i−1}(n)),  n = t − 2J + i,                UP
//     and W_i(t + 1) = W_i(t) where n < 0.
//
// Every quantity is a function of its indices that asks for what it needs and remembers its value.

import Arithmetic

/// A junction's parameters: weights [right][left], 0 where there is no edge, and biases.
struct FixedWeights: Equatable {
    var weights: [[Int16]]
    var bias: [Int16]
}

/// The network that the rule describes; sigmoids, cross-entropy.
final class DelayRule {
    private let format: FixedFormat
    private let sigmoid: FixedSigmoid
    private let masks: [[[Bool]]]
    private let inputs: [[Int16]]
    private let classes: [Int]
    private let shift: Int
    private let junctionCount: Int
    private var weightsKnown: [[FixedWeights]]
    private var layersKnown: [Int: (a: [Int16], slope: [Int16])] = [:]
    private var errorsKnown: [Int: [Int16]] = [:]

    init(
        _ format: FixedFormat, start: [FixedWeights], masks: [[[Bool]]], inputs: [[Int16]],
        classes: [Int], shift: Int
    ) {
        self.format = format
        sigmoid = FixedSigmoid(format)
        self.masks = masks
        self.inputs = inputs
        self.classes = classes
        self.shift = shift
        junctionCount = start.count
        weightsKnown = start.map { [$0] }
    }

    /// W_i(t), i from 1.
    func weights(_ i: Int, _ t: Int) -> FixedWeights {
        while weightsKnown[i - 1].count <= t {
            let now = weightsKnown[i - 1].count - 1
            let sample = now - 2 * junctionCount + i
            let old = weightsKnown[i - 1][now]
            weightsKnown[i - 1].append(
                sample < 0
                    ? old : updated(old, i, errors(i, sample), layer(i - 1, sample).a))
        }
        return weightsKnown[i - 1][t]
    }

    /// a_i(m) and f′ there.
    func layer(_ i: Int, _ m: Int) -> (a: [Int16], slope: [Int16]) {
        if i == 0 { return (inputs[m], []) }
        let key = m * (junctionCount + 1) + i
        if let known = layersKnown[key] { return known }
        let x = layer(i - 1, m).a
        let w = weights(i, m + i - 1)
        let values = w.weights.indices.map { j -> (Int16, Int16) in
            var sum = Int32(w.bias[j])
            for k in x.indices where masks[i - 1][j][k] {
                sum += Int32(format.multiply(w.weights[j][k], x[k]))
            }
            return activated(Int(format.saturate(sum)))
        }
        let result = (a: values.map(\.0), slope: values.map(\.1))
        layersKnown[key] = result
        return result
    }

    /// δ_i(m).
    func errors(_ i: Int, _ m: Int) -> [Int16] {
        let key = m * (junctionCount + 1) + i
        if let known = errorsKnown[key] { return known }
        var result: [Int16]
        if i == junctionCount {
            let one = Int32(1) << Int32(format.fractionBits)
            result = layer(i, m).a.enumerated().map { j, a in
                format.saturate(Int32(a) - (j == classes[m] ? one : 0))
            }
        } else {
            let w = weights(i + 1, m + 2 * junctionCount - i - 1)
            let delta = errors(i + 1, m)
            let slope = layer(i, m).slope
            result = slope.indices.map { k in
                var sum: Int16 = 0
                for j in delta.indices where masks[i][j][k] {
                    let scaled = format.multiply(delta[j], slope[k])
                    sum = format.add(sum, format.multiply(scaled, w.weights[j][k]))
                }
                return sum
            }
        }
        errorsKnown[key] = result
        return result
    }

    private func updated(
        _ old: FixedWeights, _ i: Int, _ delta: [Int16], _ x: [Int16]
    ) -> FixedWeights {
        var new = old
        for j in delta.indices {
            let step = format.biasIncrement(delta[j], shift: shift)
            for k in x.indices where masks[i - 1][j][k] {
                new.weights[j][k] = format.add(old.weights[j][k], format.multiply(step, x[k]))
            }
            new.bias[j] = format.add(old.bias[j], step)
        }
        return new
    }

    private func activated(_ y: Int) -> (Int16, Int16) {
        if y < -sigmoid.limit { return (sigmoid.lowestOutput, 1) }
        if y >= sigmoid.limit { return (sigmoid.highestOutput, 1) }
        let index = (y + sigmoid.limit) >> sigmoid.indexShift
        return (sigmoid.value(index), sigmoid.derivative(index))
    }
}
