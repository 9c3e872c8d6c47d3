// The float32 forms behind one name. The choice is made once per call, outside every loop.

import Kernels

/// A junction in float32.
package enum FloatJunction: Equatable, Sendable {
    case dense(DenseJunction)
    case edge(EdgeJunction)
    case laneAligned(LaneAlignedJunction)
    case circulant(CirculantJunction)
    case pruned(PrunedJunction)

    /// What every form answers.
    package var form: any FloatJunctionForm {
        switch self {
        case .dense(let form): form
        case .edge(let form): form
        case .laneAligned(let form): form
        case .circulant(let form): form
        case .pruned(let form): form
        }
    }

    /// See `FloatJunctionForm.feedforward`.
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        switch self {
        case .dense(let form):
            form.feedforward(parameters, workspace, x: x, y: y, kernels: kernels)
        case .edge(let form):
            form.feedforward(parameters, workspace, x: x, y: y, kernels: kernels)
        case .laneAligned(let form):
            form.feedforward(parameters, workspace, x: x, y: y, kernels: kernels)
        case .circulant(let form):
            form.feedforward(parameters, workspace, x: x, y: y, kernels: kernels)
        case .pruned(let form):
            form.feedforward(parameters, workspace, x: x, y: y, kernels: kernels)
        }
    }

    /// See `FloatJunctionForm.backpropUpdate`.
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        func run(_ form: some FloatJunctionForm) {
            form.backpropUpdate(
                memory, x: x, delta: delta, e: e, rule: rule, generator: generator,
                kernels: kernels)
        }
        switch self {
        case .dense(let form): run(form)
        case .edge(let form): run(form)
        case .laneAligned(let form): run(form)
        case .circulant(let form): run(form)
        case .pruned(let form): run(form)
        }
    }
}
