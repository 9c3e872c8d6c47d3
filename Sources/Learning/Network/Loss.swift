// Losses: how wrong an output is, and the error δ at the output neurons.
//
// Legend: y outputs after their activation, t targets, δ derivative of the loss by the sums
// before the activation.
//
// Cross-entropy with softmax, and with sigmoid per output, both give δ = y − t: the derivative
// of the activation cancels. Squared error keeps it: δ = (y − t)·f′; with softmax, whose outputs
// depend on each other, δⱼ = yⱼ·(gⱼ − Σₖ gₖ·yₖ) with g = y − t.

import Arithmetic
import Junctions
import Kernels

extension Network {
    /// Writes 1 for `classIndex` and 0 for the others into `target`.
    package func setTarget(
        _ workspace: UnsafeMutableRawPointer, classIndex: Int
    ) {
        precondition(classIndex >= 0 && classIndex < outputCount, "a class of this learner")
        let t = target(workspace)
        for index in 0..<outputCount { t[index] = 0 }
        t[classIndex] = 1
    }

    /// Loss of `output` against `target`; changes nothing.
    package func lossValue(_ workspace: UnsafeMutableRawPointer) -> Double {
        let y = output(workspace)
        let t = target(workspace)
        var sum = 0.0
        switch loss {
        case .crossEntropy:
            for index in 0..<outputCount {
                if t[index] > 0 { sum -= Double(t[index] * Self.safeLog(y[index])) }
                if outputActivation == .sigmoid {
                    sum -= Double((1 - t[index]) * Self.safeLog(1 - y[index]))
                }
            }
        case .squaredError:
            for index in 0..<outputCount {
                let difference = Double(y[index]) - Double(t[index])
                sum += 0.5 * difference * difference
            }
        }
        return sum
    }

    /// δ at the output neurons from `output` and `target`.
    package func setOutputDelta(_ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet) {
        let y = output(workspace)
        let t = target(workspace)
        let delta = outputDelta(workspace)
        for index in 0..<outputCount { delta[index] = y[index] - t[index] }
        guard loss == .squaredError else { return }
        if outputActivation == .softmax {
            var weighted: Float = 0
            for index in 0..<outputCount { weighted += delta[index] * y[index] }
            for index in 0..<outputCount { delta[index] = y[index] * (delta[index] - weighted) }
        } else {
            outputActivation.multiplyByDerivative(
                y, delta, DenseJunction.paddedCount(outputCount), kernels)
        }
    }

    /// log of a probability, limited from below where a Float has rounded it to 0.
    private static func safeLog(_ probability: Float) -> Float {
        logFMA(max(probability, 1e-30))
    }
}
