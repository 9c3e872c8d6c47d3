// The network: layers of neurons with a junction between each two, over memory that the caller
// owns. FF left to right, then the output error, then BP and UP right to left.
//
// Invariants:
//   - the network is a value: it knows shapes and offsets, never addresses;
//   - activations and errors lie in the workspace, padded to whole vectors with zeros;
//   - nothing here allocates after `init`.

import Junctions
import Kernels
import WeightStore

/// One junction with the neurons at its right.
package struct NetworkLayer: Sendable {
    package let junction: DenseJunction
    package let activation: Activation
    /// Byte offsets in the section.
    package fileprivate(set) var weightsOffset = 0
    package fileprivate(set) var biasOffset = 0
    fileprivate var velocityOffset: Int?
    /// Byte offsets in the workspace: the left neurons' outputs and errors, and the right ones'.
    fileprivate let leftOffset: Int
    fileprivate let leftDeltaOffset: Int
    fileprivate let rightOffset: Int
    fileprivate let rightDeltaOffset: Int

    func memory(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> JunctionMemory {
        JunctionMemory(
            parameters: section + weightsOffset, velocity: velocityOffset.map { section + $0 },
            workspace: workspace)
    }
}

/// A feedforward network of dense junctions.
package struct Network: Sendable {
    package private(set) var layers: [NetworkLayer] = []
    package let loss: Loss
    let inputCount: Int
    package let outputCount: Int
    let outputActivation: Activation
    /// Bytes of scratch memory for one pass.
    package let workspaceBytes: Int
    private let inputOffset: Int
    private let rawOffset: Int
    private let outputOffset: Int
    private let outputDeltaOffset: Int
    private let targetOffset: Int

    /// The network of a valid configuration; `addWeights` gives it a place in a section.
    package init(_ c: LearnerConfiguration) {
        var end = 0
        func take(_ count: Int) -> Int {
            defer { end += DenseJunction.paddedCount(count) * MemoryLayout<Float>.stride }
            return end
        }
        let widths = c.widths
        rawOffset = take(c.featureCount)
        let values = widths.map(take)
        let deltas = widths.map(take)
        targetOffset = take(c.outputCount)
        for index in 1..<widths.count {
            let last = index == widths.count - 1
            layers.append(
                NetworkLayer(
                    junction: DenseJunction(inputs: widths[index - 1], outputs: widths[index]),
                    activation: last ? c.outputActivation : c.hiddenActivation,
                    leftOffset: values[index - 1], leftDeltaOffset: deltas[index - 1],
                    rightOffset: values[index], rightDeltaOffset: deltas[index]))
        }
        loss = c.loss
        inputCount = c.featureCount
        outputCount = c.outputCount
        outputActivation = c.outputActivation
        inputOffset = values[0]
        outputOffset = values[widths.count - 1]
        outputDeltaOffset = deltas[widths.count - 1]
        workspaceBytes = end
    }

    /// Adds `junction.I.weights` [outputs, inputs] and `junction.I.bias` [outputs] of every I.
    package mutating func addWeights(to section: inout SectionLayout) {
        for index in layers.indices {
            let junction = layers[index].junction
            layers[index].weightsOffset =
                section.add(
                    "junction.\(index).weights", .f32, shape: [junction.outputs, junction.inputs],
                    rowStride: junction.rowStride
                ).offset
            layers[index].biasOffset =
                section.add(
                    "junction.\(index).bias", .f32, shape: [junction.outputs],
                    rowStride: DenseJunction.paddedCount(junction.outputs)
                ).offset
        }
    }

    /// Adds the velocities in the shapes of the parameters.
    package mutating func addVelocity(to section: inout SectionLayout) {
        for index in layers.indices {
            let junction = layers[index].junction
            let weights = section.add(
                "junction.\(index).weights.velocity", .f32,
                shape: [junction.outputs, junction.inputs], rowStride: junction.rowStride)
            section.add(
                "junction.\(index).bias.velocity", .f32, shape: [junction.outputs],
                rowStride: DenseJunction.paddedCount(junction.outputs))
            layers[index].velocityOffset = weights.offset
        }
    }

    // Workspace

    /// Features as floats, before the normaliser; padded.
    func raw(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + rawOffset).assumingMemoryBound(to: Float.self)
    }

    /// What the first junction reads; padded.
    package func input(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + inputOffset).assumingMemoryBound(to: Float.self)
    }

    /// What the output neurons say; padded.
    package func output(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + outputOffset).assumingMemoryBound(to: Float.self)
    }

    /// Errors of the output neurons; padded.
    package func outputDelta(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + outputDeltaOffset).assumingMemoryBound(to: Float.self)
    }

    /// What the output neurons should have said; padded.
    package func target(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (workspace + targetOffset).assumingMemoryBound(to: Float.self)
    }

    // Passes

    /// FF: from `input` to `output`.
    package func feedforward(
        _ section: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        for layer in layers {
            let y = (workspace + layer.rightOffset).assumingMemoryBound(to: Float.self)
            layer.junction.feedforward(
                section + layer.weightsOffset, workspace,
                x: (workspace + layer.leftOffset).assumingMemoryBound(to: Float.self), y: y,
                kernels: kernels)
            layer.activation.apply(y, layer.junction.outputs, kernels)
        }
    }

    /// BP and UP of every junction, from `outputDelta` to the left.
    package func backpropUpdate(
        _ section: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) {
        var index = layers.count - 1
        while index >= 0 {
            let layer = layers[index]
            let left = (workspace + layer.leftOffset).assumingMemoryBound(to: Float.self)
            let leftDelta = (workspace + layer.leftDeltaOffset).assumingMemoryBound(to: Float.self)
            layer.junction.backpropUpdate(
                layer.memory(section, workspace), x: left,
                delta: (workspace + layer.rightDeltaOffset).assumingMemoryBound(to: Float.self),
                e: index > 0 ? leftDelta : nil, rule: rule, generator: generator,
                kernels: kernels)
            if index > 0 {
                layers[index - 1].activation.multiplyByDerivative(
                    left, leftDelta, layer.junction.rowStride, kernels)
            }
            index -= 1
        }
    }
}
