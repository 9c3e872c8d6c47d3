// The end of a shortcut: y = f(x + P(s)), where s entered the span. P is nothing, a convolution of
// one tap, or every n-th position with zeros for the channels that s has not (the last ones).
//
// Its place in the graph knows s: the passes take it beside x, and give its error beside e.

import Junctions
import Kernels

/// A sum with a shortcut.
package struct ResidualForm: BlockForm {
    package let inputShape: BlockShape
    package var outputShape: BlockShape { inputShape }
    /// Of what is added.
    let skipShape: BlockShape
    /// Blocks that the shortcut leads around.
    let span: Int
    package let parts: BlockParts
    package let scratchBytes: Int
    private let activation: Activation
    private let way: Way
    private let learns: Bool

    /// How the shortcut leads.
    private enum Way: Equatable, Sendable {
        case identity
        case padded(Patches)
        case convolution(Patches, SharedJunction)
    }

    init(
        _ block: ResidualBlock, _ shapes: [BlockShape], _ purpose: BlockPurpose
    ) throws(StructureError) {
        inputShape = try block.outputShape(shapes)
        skipShape = shapes[shapes.count - 1 - block.span]
        span = block.span
        activation = block.activation
        learns = purpose.learns
        switch block.projection {
        case .none:
            way = .identity
            parts = BlockParts()
            scratchBytes = 0
        case .padded:
            way = .padded(try Self.patches(block, skipShape, inputShape))
            parts = BlockParts()
            scratchBytes = 0
        case .convolution(let specification):
            let patches = try Self.patches(block, skipShape, inputShape)
            guard case .planar(_, _, let channels) = inputShape else {
                preconditionFailure("strides are between planes")
            }
            let shared = try SharedJunction(
                specification, inputs: patches.channels, outputs: channels, count: patches.count)
            way = .convolution(patches, shared)
            parts = BlockParts([
                BlockJunction("", shared, uses: patches.count, learns: purpose.learns)
            ])
            scratchBytes =
                patches.byteCount + shared.scratchBytes(learns: purpose.learns)
                + inputShape.paddedCount * 4
        }
    }

    /// Every n-th position.
    private static func patches(
        _ block: ResidualBlock, _ skip: BlockShape, _ sum: BlockShape
    ) throws(StructureError) -> Patches {
        let strides = try block.strides(from: skip, to: sum)
        let (rows, columns, channels) = try skip.planar("channels")
        guard
            let rowAxis = WindowAxis(
                count: rows, taps: 1, stride: strides.rows, dilation: 1, padding: .zeros(0)),
            let columnAxis = WindowAxis(
                count: columns, taps: 1, stride: strides.columns, dilation: 1, padding: .zeros(0))
        else { preconditionFailure("one position is a window") }
        return Patches(rows: rowAxis, columns: columnAxis, channels: channels, skip)
    }

    package func prepare(_ tables: UnsafeMutableRawPointer) {
        guard case .convolution(_, let shared) = way else { return }
        shared.prepare(tables, learns: learns)
    }

    package func refresh(_ memory: BlockMemory) {
        guard case .convolution(let patches, let shared) = way else { return }
        shared.refresh(junctionMemory(memory, patches))
    }

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) { preconditionFailure("a residual block adds what entered its span") }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool { preconditionFailure("a residual block adds what entered its span") }
}

extension ResidualForm {
    /// Patches, then the junction's scratch memory, then what is added.
    private func junctionMemory(
        _ memory: BlockMemory, _ patches: Patches
    ) -> SharedJunction.Memory {
        parts.junctions[0].memory(
            memory, scratchOffset: inputShape.paddedCount * 4 + patches.byteCount)
    }

    /// The vectors of the shortcut's junction.
    private func vectors(
        _ patches: Patches, _ skip: UnsafePointer<Float>, _ memory: BlockMemory
    ) -> UnsafePointer<Float> {
        if patches.areThePlanes { return skip }
        let gathered = places(memory)
        patches.gather(skip, into: gathered)
        return UnsafePointer(gathered)
    }

    /// Where patches lie.
    private func places(_ memory: BlockMemory) -> UnsafeMutablePointer<Float> {
        (memory.scratch + inputShape.paddedCount * 4).assumingMemoryBound(to: Float.self)
    }

    /// FF: y = f(x + P(skip)).
    func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, skip: UnsafePointer<Float>,
        y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        y.update(from: x, count: inputShape.paddedCount)
        switch way {
        case .identity: Rows.add(skip, y, inputShape.paddedCount)
        case .padded(let patches): patches.addEvery(skip, to: y)
        case .convolution(let patches, let shared):
            let added = memory.scratch.assumingMemoryBound(to: Float.self)
            shared.feedforward(
                junctionMemory(memory, patches).reading, x: vectors(patches, skip, memory),
                y: added, count: patches.count,
                saturations: parts.junctions[0].saturations(memory), kernels: kernels)
            Rows.add(added, y, inputShape.paddedCount)
        }
        activation.apply(y, inputShape, kernels)
    }

    /// BP and UP.
    ///
    /// - skipError: written whole with the error at `skip`; nil when nobody is to its left
    func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, skip: UnsafePointer<Float>,
        y: UnsafePointer<Float>, delta: UnsafeMutablePointer<Float>,
        e: UnsafeMutablePointer<Float>?, skipError: UnsafeMutablePointer<Float>?,
        rule: UpdateRule, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        let count = inputShape.paddedCount
        activation.multiplyByDerivative(y, delta, count, kernels)
        e?.update(from: delta, count: count)
        switch way {
        case .identity: skipError?.update(from: delta, count: count)
        case .padded(let patches):
            if let skipError { patches.scatter(delta, into: skipError) }
        case .convolution(let patches, let shared):
            let place = junctionMemory(memory, patches)
            if let skipError {
                let errors = patches.areThePlanes ? skipError : places(memory)
                shared.backprop(
                    place, delta: delta, e: errors, count: patches.count, kernels: kernels)
                if !patches.areThePlanes { patches.scatter(errors, into: skipError) }
            }
            shared.update(
                place, x: vectors(patches, skip, memory), delta: delta, count: patches.count,
                rule: parts.junctions[0].rule(rule), generator: generator, kernels: kernels)
        }
        return true
    }
}

extension Patches {
    /// y += every n-th position of x, for the channels that x has; one tap.
    func addEvery(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
        for channel in 0..<channels {
            for row in 0..<rows.windows {
                let source = x + channel * planeStride + row * rows.stride * columns.count
                let target = y + channel * stride + row * columns.windows
                for column in 0..<columns.windows {
                    target[column] += source[column * columns.stride]
                }
            }
        }
    }
}
