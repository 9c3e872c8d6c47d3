// The fixed-point forms behind one name.

import Arithmetic
import Kernels

/// A junction in fixed point.
package enum FixedJunction: Equatable, Sendable {
    case dense(FixedDenseJunction)
    case edge(FixedEdgeJunction)
    case circulant(FixedCirculantJunction)
    case pruned(FixedPrunedJunction)

    /// What every form answers.
    package var form: any FixedJunctionForm {
        switch self {
        case .dense(let form): form
        case .edge(let form): form
        case .circulant(let form): form
        case .pruned(let form): form
        }
    }

    /// Of every number of the junction.
    package var format: FixedFormat { form.format }

    /// See `FixedJunctionForm.feedforward`.
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        func run(_ form: some FixedJunctionForm) {
            form.feedforward(
                parameters, workspace, x: x, y: y, saturations: saturations, kernels: kernels)
        }
        switch self {
        case .dense(let form): run(form)
        case .edge(let form): run(form)
        case .circulant(let form): run(form)
        case .pruned(let form): run(form)
        }
    }

    /// See `FixedJunctionForm.backpropUpdate`.
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        func run(_ form: some FixedJunctionForm) {
            form.backpropUpdate(
                memory, x: x, delta: delta, derivative: derivative, e: e,
                learningShift: learningShift, increment: increment, generator: generator,
                kernels: kernels)
        }
        switch self {
        case .dense(let form): run(form)
        case .edge(let form): run(form)
        case .circulant(let form): run(form)
        case .pruned(let form): run(form)
        }
    }

    /// See `FixedJunctionForm.backprop`.
    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>, kernels: KernelSet
    ) {
        func run(_ form: some FixedJunctionForm) {
            form.backprop(memory, delta: delta, derivative: derivative, e: e, kernels: kernels)
        }
        switch self {
        case .dense(let form): run(form)
        case .edge(let form): run(form)
        case .circulant(let form): run(form)
        case .pruned(let form): run(form)
        }
    }
}
