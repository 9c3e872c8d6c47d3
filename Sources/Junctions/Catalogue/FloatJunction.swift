// The float32 forms behind one name. The choice is made once per call, outside every loop.

import Kernels

/// A junction in float32.
package enum FloatJunction: Equatable, Sendable {
    case dense(DenseJunction)

    /// What every form answers.
    package var form: any FloatJunctionForm {
        switch self {
        case .dense(let form): form
        }
    }

    /// See `FloatJunctionForm.feedforward`.
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        switch self {
        case .dense(let form):
            form.feedforward(parameters, workspace, x: x, y: y, kernels: kernels)
        }
    }

    /// See `FloatJunctionForm.backpropUpdate`.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        switch self {
        case .dense(let form):
            form.backpropUpdate(
                memory, x: x, delta: delta, e: e, rule: rule, generator: generator,
                kernels: kernels)
        }
    }
}
