// The fixed-point forms behind one name.

import Arithmetic
import Kernels

/// A junction in fixed point.
package enum FixedJunction: Equatable, Sendable {
    /// What every form answers.
    package var form: any FixedJunctionForm {
        switch self {}
    }

    /// Of every number of the junction.
    package var format: FixedFormat { form.format }

    /// See `FixedJunctionForm.feedforward`.
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        switch self {}
    }

    /// See `FixedJunctionForm.backpropUpdate`.
    @inline(__always)
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        switch self {}
    }
}
