// A junction over the channels of each position, or over a flat vector.

import Arithmetic
import Junctions
import Kernels

/// A linear block.
package struct LinearForm: BlockForm {
    package let inputShape: BlockShape
    package let outputShape: BlockShape
    package let parts: BlockParts
    package let scratchBytes: Int
    /// Positions; nil for a vector, which lies as the junction for one vector wants it.
    private let positions: Int?
    private let shared: SharedJunction
    private let activation: Activation
    private let learns: Bool
    /// Of a fixed-point junction.
    private let format: FixedFormat?

    init(
        _ block: LinearBlock, _ input: BlockShape, _ purpose: BlockPurpose
    ) throws(StructureError) {
        inputShape = input
        outputShape = try block.outputShape(input)
        let inputs: Int
        switch input {
        case .planar(let rows, let columns, let channels):
            positions = rows * columns
            inputs = channels
        case .flat(let count):
            positions = nil
            inputs = count
        }
        shared = try SharedJunction(
            block.junction, inputs: inputs, outputs: block.neurons, count: positions ?? 1)
        activation = block.activation
        learns = purpose.learns
        format = shared.junction.format
        parts = BlockParts([
            BlockJunction("", shared, uses: positions ?? 1, learns: purpose.learns)
        ])
        scratchBytes =
            shared.scratchBytes(learns: purpose.learns)
            + (positions == nil ? VectorJunction.scratchBytes(shared) : 0)
    }

    package func prepare(_ tables: UnsafeMutableRawPointer) {
        shared.prepare(tables, learns: learns)
    }

    package func refresh(_ memory: BlockMemory) { shared.refresh(junctionMemory(memory)) }

    @inline(__always)
    private func junctionMemory(_ memory: BlockMemory) -> SharedJunction.Memory {
        parts.junctions[0].memory(
            memory, scratchOffset: positions == nil ? VectorJunction.scratchBytes(shared) : 0)
    }

    package func feedforward(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        let place = junctionMemory(memory).reading
        let saturations = parts.junctions[0].saturations(memory)
        if let positions {
            shared.feedforward(
                place, x: x, y: y, count: positions, saturations: saturations, kernels: kernels)
        } else {
            shared.feedforwardOne(place, x: x, y: y, saturations: saturations, kernels: kernels)
            y.clear(outputShape.count, outputShape.stride)
        }
        activation.apply(y, outputShape, kernels)
    }

    package func backpropUpdate(
        _ memory: BlockMemory, x: UnsafePointer<Float>, y: UnsafePointer<Float>,
        delta: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) -> Bool {
        activation.multiplyByDerivative(y, delta, outputShape.paddedCount, kernels)
        let place = junctionMemory(memory)
        let rule = parts.junctions[0].rule(rule)
        guard let positions else {
            VectorJunction.backpropUpdate(
                shared, format, place, memory.scratch, x: x, delta: delta, e: e, rule: rule,
                generator: generator, kernels: kernels)
            return true
        }
        shared.backpropUpdate(
            place, x: x, delta: delta, e: e, count: positions, rule: rule, generator: generator,
            kernels: kernels)
        return true
    }
}

/// A junction of one vector with floats outside.
enum VectorJunction {
    /// Bytes of scratch memory for the vectors of a fixed-point junction.
    static func scratchBytes(_ shared: SharedJunction) -> Int {
        guard shared.junction.format != nil else { return 0 }
        return 2 * (FixedPlace.paddedCount(shared.inputs) * 2)
            + FixedPlace.paddedCount(shared.outputs) * 2
    }

    /// BP and UP in one; x and δ are rounded to the nearest numbers of a fixed-point format.
    static func backpropUpdate(
        _ shared: SharedJunction, _ format: FixedFormat?, _ place: SharedJunction.Memory,
        _ scratch: UnsafeMutableRawPointer, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        let memory = JunctionMemory(
            parameters: place.parameters, velocity: place.velocity, workspace: place.tables)
        switch shared.junction {
        case .float(let junction):
            junction.backpropUpdate(
                memory, x: x, delta: delta, e: e, rule: rule, generator: generator,
                kernels: kernels)
        case .fixed(let junction):
            guard let format else { preconditionFailure("a fixed-point junction has a format") }
            let left = scratch.assumingMemoryBound(to: Int16.self)
            let errors = left + FixedPlace.paddedCount(shared.inputs)
            let right = errors + FixedPlace.paddedCount(shared.inputs)
            errors.update(repeating: 0, count: FixedPlace.paddedCount(shared.inputs))
            right.update(repeating: 0, count: FixedPlace.paddedCount(shared.outputs))
            left.update(repeating: 0, count: FixedPlace.paddedCount(shared.inputs))
            kernels.fixed.round(x, left, shared.inputs, format.width, format.fractionBits)
            kernels.fixed.round(delta, right, shared.outputs, format.width, format.fractionBits)
            junction.backpropUpdate(
                memory, x: left, delta: right, derivative: nil, e: e == nil ? nil : errors,
                learningShift: -Int(rule.learningRate.exponent), increment: rule.increment,
                generator: generator, kernels: kernels)
            guard let e else { return }
            kernels.fixed.expand(errors, e, shared.inputs, format.fractionBits)
            e.clear(shared.inputs, DenseJunction.paddedCount(shared.inputs))
        }
    }
}
