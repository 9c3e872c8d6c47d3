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
        for index in 0..<outputWidth { t[index] = 0 }
        t[classIndex] = 1
    }

    /// Loss of `output` against `target`; what lies in `outputDelta` is lost.
    package func lossValue(
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) -> Double {
        lossValue(boundaries[layers.count].bank(workspace), target(workspace), kernels)
    }

    /// Loss of the values of the outputs' bank against targets t; its errors are lost.
    func lossValue(
        _ bank: LayerBank, _ t: UnsafePointer<Float>, _ kernels: KernelSet
    ) -> Double {
        switch (loss, outputActivation) {
        case (.squaredError, _): halfSquares(bank.values, t)
        case (.crossEntropy, .sigmoid): crossEntropyOfEach(bank, t, kernels)
        case (.crossEntropy, _): crossEntropyOfOne(bank.values, t)
        }
    }

    /// ½ Σⱼ (yⱼ − tⱼ)²
    private func halfSquares(_ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>) -> Double {
        var sum = 0.0
        for index in 0..<outputWidth {
            let difference = Double(y[index]) - Double(t[index])
            sum += 0.5 * difference * difference
        }
        return sum
    }

    /// −log y[class]
    private func crossEntropyOfOne(
        _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>
    ) -> Double {
        var sum = 0.0
        for index in 0..<outputWidth where t[index] == 1 {
            sum -= Double(logFMA(max(y[index], Self.leastProbability)))
        }
        return sum
    }

    /// −Σⱼ log pⱼ, where pⱼ is what output j says of the truth: yⱼ for the class, 1 − yⱼ for the
    /// others.
    private func crossEntropyOfEach(
        _ bank: LayerBank, _ t: UnsafePointer<Float>, _ kernels: KernelSet
    ) -> Double {
        let y = bank.values
        let p = bank.errors
        let padded = DenseJunction.paddedCount(outputWidth)
        for index in 0..<outputWidth {
            p[index] = max(t[index] == 1 ? y[index] : 1 - y[index], Self.leastProbability)
        }
        for index in outputWidth..<padded { p[index] = 1 }
        kernels.log(p, padded)
        var sum = 0.0
        for index in 0..<outputWidth { sum -= Double(p[index]) }
        for index in outputWidth..<padded { p[index] = 0 }
        return sum
    }

    /// A Float rounds a smaller probability to 0, whose logarithm is not finite.
    static let leastProbability: Float = 1e-30

    /// δ at the output neurons from `output` and `target`.
    package func setOutputDelta(_ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet) {
        setOutputDelta(boundaries[layers.count].bank(workspace), target(workspace), kernels)
    }

    /// δ of the outputs' bank, as floats, from its values and targets t.
    func setOutputDelta(_ bank: LayerBank, _ t: UnsafePointer<Float>, _ kernels: KernelSet) {
        let y = bank.values
        let delta = bank.errors
        for index in 0..<outputWidth { delta[index] = y[index] - t[index] }
        guard loss == .squaredError else { return }
        if outputActivation == .softmax {
            var weighted: Float = 0
            for index in 0..<outputWidth { weighted += delta[index] * y[index] }
            for index in 0..<outputWidth { delta[index] = y[index] * (delta[index] - weighted) }
        } else {
            outputActivation.multiplyByDerivative(
                y, delta, DenseJunction.paddedCount(outputWidth), kernels)
        }
    }
}
