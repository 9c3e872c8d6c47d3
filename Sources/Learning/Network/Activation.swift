// Activation functions and their derivatives, in place over padded vectors.
//
// Invariant: the padding of a layer's outputs is zero after `apply` (sigmoid would make it ½,
// and the next junction would then learn weights for neurons that do not exist).

import Junctions
import Kernels

extension Activation {
    /// y ← f(y) for `count` values; the padding behind them is made zero.
    func apply(_ y: UnsafeMutablePointer<Float>, _ count: Int, _ kernels: KernelSet) {
        let padded = DenseJunction.paddedCount(count)
        switch self {
        case .identity: break
        case .relu: kernels.relu(y, padded)
        case .leakyRelu: kernels.leakyRelu(y, padded)
        case .sigmoid: kernels.sigmoid(y, padded)
        case .tanh: kernels.tanh(y, padded)
        case .softmax: kernels.softmax(y, count)
        }
        var index = count
        while index < padded {
            y[index] = 0
            index += 1
        }
    }

    /// e ← e · f′, where f′ follows from the output y; elementwise functions only.
    func multiplyByDerivative(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ paddedCount: Int,
        _ kernels: KernelSet
    ) {
        switch self {
        case .identity: break
        case .relu: kernels.reluDelta(y, e, paddedCount)
        case .leakyRelu: kernels.leakyReluDelta(y, e, paddedCount)
        case .sigmoid: kernels.sigmoidDelta(y, e, paddedCount)
        case .tanh: kernels.tanhDelta(y, e, paddedCount)
        case .softmax: preconditionFailure("softmax is for outputs only")
        }
    }
}
