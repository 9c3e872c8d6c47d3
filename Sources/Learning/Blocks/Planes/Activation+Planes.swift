// Activation functions over whole planes; elementwise functions only.

import Kernels

extension Activation {
    /// y ← f(y), padding zero.
    func apply(_ y: UnsafeMutablePointer<Float>, _ shape: BlockShape, _ kernels: KernelSet) {
        let count = shape.paddedCount
        switch self {
        case .identity: break
        case .relu: kernels.relu(y, count)
        case .leakyRelu: kernels.leakyRelu(y, count)
        case .tanh: kernels.tanh(y, count)
        case .sigmoid:
            kernels.sigmoid(y, count)
            shape.clearPadding(y)
        case .softmax: preconditionFailure("softmax is for outputs only")
        }
    }
}

extension BlockShape {
    /// Makes the padding of every plane zero.
    func clearPadding(_ values: UnsafeMutablePointer<Float>) {
        switch self {
        case .flat(let count): values.clear(count, stride)
        case .planar(let rows, let columns, let channels):
            guard rows * columns < stride else { return }
            for channel in 0..<channels {
                (values + channel * stride).clear(rows * columns, stride)
            }
        }
    }
}
