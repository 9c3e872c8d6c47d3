// conv1d and conv2d: the same junction at every window. The windows of a sample are the vectors of
// the junction, so FF, BP and UP are products of matrices.
//
// Patches are gathered again for UP and never kept: a copy of taps · channels numbers per window
// costs less than its place.

import Junctions
import Kernels

/// A convolution.
package struct ConvolutionForm: BlockForm {
    package let inputShape: BlockShape
    package let outputShape: BlockShape
    package let parts: BlockParts
    package let scratchBytes: Int
    private let patches: Patches
    private let shared: SharedJunction
    private let activation: Activation
    private let learns: Bool

    init(
        _ block: ConvolutionBlock, _ input: BlockShape, _ purpose: BlockPurpose
    ) throws(StructureError) {
        let (rows, columns, channels) = try block.windows(input)
        patches = Patches(rows: rows, columns: columns, channels: channels, input)
        inputShape = input
        outputShape = try block.outputShape(input)
        shared = try SharedJunction(
            block.junction, inputs: patches.taps * channels, outputs: block.channels,
            taps: patches.taps, count: patches.count)
        activation = block.activation
        learns = purpose.learns
        parts = BlockParts([
            BlockJunction("", shared, uses: patches.count, learns: purpose.learns)
        ])
        scratchBytes = patches.byteCount + shared.scratchBytes(learns: purpose.learns)
    }

    package func prepare(_ tables: UnsafeMutableRawPointer) {
        shared.prepare(tables, learns: learns)
    }

    package func refresh(_ memory: BlockMemory) { shared.refresh(junctionMemory(memory)) }

    @inline(__always)
    private func junctionMemory(_ memory: BlockMemory) -> SharedJunction.Memory {
        parts.junctions[0].memory(memory, scratchOffset: patches.byteCount)
    }

    /// The vectors of the junction.
    @inline(__always)
    private func vectors(
        _ x: UnsafePointer<Float>, _ memory: BlockMemory
    ) -> UnsafePointer<Float> {
        if patches.areThePlanes { return x }
        let gathered = memory.scratch.assumingMemoryBound(to: Float.self)
        patches.gather(x, into: gathered)
        return UnsafePointer(gathered)
    }

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        shared.feedforward(
            junctionMemory(memory).reading, x: vectors(x, memory), y: y, count: patches.count,
            saturations: parts.junctions[0].saturations(memory), kernels: kernels)
        activation.apply(y, outputShape, kernels)
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        activation.multiplyByDerivative(y, delta, outputShape.paddedCount, kernels)
        let place = junctionMemory(memory)
        if let e {
            let errors =
                patches.areThePlanes ? e : memory.scratch.assumingMemoryBound(to: Float.self)
            shared.backprop(place, delta: delta, e: errors, count: patches.count, kernels: kernels)
            if !patches.areThePlanes { patches.scatter(errors, into: e) }
        }
        shared.update(
            place, x: vectors(x, memory), delta: delta, count: patches.count,
            rule: parts.junctions[0].rule(rule), generator: generator, kernels: kernels)
        return true
    }
}
