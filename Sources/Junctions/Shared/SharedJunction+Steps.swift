// FF of the steps of a sequence: one vector after the other through weights that stay as they are.
//
// Of a dense junction the weights are turned over before the first step, in strips of 64 right
// neurons: then a step adds up rows, and no lanes of a vector. Steps take the strips from alternating
// ends, so that what the first cache holds of them is used again. Of others a step is FF of one
// vector.

import Kernels

extension SharedJunction {
    /// Right neurons of a strip.
    private static let strip = 64

    /// Floats of what `startSteps` lays out: [strips][inputs][64], the last strip no wider than
    /// need be, of a dense junction.
    package var stepFloats: Int {
        guard case .float(.dense) = junction else { return 0 }
        return inputs * DenseJunction.paddedCount(outputs)
    }

    /// Lays the weights out for `feedforwardStep`.
    /// - turned: `stepFloats` floats, written
    package func startSteps(
        _ memory: Reading, _ turned: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        guard case .float(.dense(let form)) = junction else { return }
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        for first in Swift.stride(from: 0, to: outputs, by: Self.strip) {
            let rows = min(Self.strip, outputs - first)
            kernels.recurrent.turn(
                weights + first * form.rowStride, form.rowStride, rows, inputs,
                turned + first * inputs, DenseJunction.paddedCount(rows))
        }
    }

    /// FF of one vector: y = W x + b, in the order of `SharedKernels.combineRows` where the
    /// junction is dense.
    /// - x: inputs floats, padded with zeros to a multiple of 16. - y: outputs floats, written;
    ///   padding is left alone, or zero
    /// - turned: of `startSteps`
    /// - step: which of many vectors in a row it is; the numbers do not depend on it
    @inline(__always)
    package func feedforwardStep(
        _ memory: Reading, _ turned: UnsafePointer<Float>, x: UnsafePointer<Float>,
        y: UnsafeMutablePointer<Float>, step: Int, saturations: UnsafeMutablePointer<UInt64>?,
        kernels: KernelSet
    ) {
        guard case .float(.dense) = junction else {
            return feedforwardOne(memory, x: x, y: y, saturations: saturations, kernels: kernels)
        }
        let bias = memory.parameters.assumingMemoryBound(to: Float.self) + learned.weights
        let (padded, last) = (DenseJunction.paddedCount(outputs), (outputs - 1) / Self.strip)
        let combine = kernels.shared.combineRows
        for index in 0...last {
            let first = (step % 2 == 0 ? index : last - index) * Self.strip
            combine(
                turned + first * inputs, x, bias + first, y + first, inputs,
                min(Self.strip, padded - first), step % 2 != 0)
        }
    }
}
