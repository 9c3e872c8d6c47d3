// Fixed point in the network: activation functions by table, and the crossings to and from floats
// at layers of neurons between junctions of different arithmetic.
//
// Inputs are cut off towards −∞, as the published hardware places pixels in the fraction; values
// and errors that cross a border inside the network are rounded to nearest, so that no error
// drifts. An error that crosses is multiplied by f′ as a float, exactly, before it is rounded. So is
// the error of a squared loss at fixed-point outputs, with f′ of the float output and not of the
// table: the hardware has cross-entropy only, where f′ cancels.

import Arithmetic
import Junctions
import Kernels

extension Network {
    /// Fills the tables of fixed-point activation functions.
    func prepareFixedTables(_ workspace: UnsafeMutableRawPointer) {
        for layer in layers {
            guard let tables = layer.sigmoidTables else { continue }
            tables.sigmoid.fill(
                values: tables.values(workspace), derivatives: tables.derivatives(workspace))
        }
    }

    /// The floats of a layer as numbers of `place`.
    /// - isInput: cut off towards −∞ instead of rounded to nearest
    func narrow(
        _ boundary: LayerBoundary, to place: FixedPlace, isInput: Bool,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        let convert = isInput ? kernels.fixed.truncate : kernels.fixed.round
        convert(
            boundary.values(workspace), place.values(workspace), boundary.count,
            place.format.width, place.format.fractionBits)
    }

    /// The float errors of a layer as numbers of `place`, to nearest.
    func narrowErrors(
        _ boundary: LayerBoundary, to place: FixedPlace, _ workspace: UnsafeMutableRawPointer,
        _ kernels: KernelSet
    ) {
        kernels.fixed.round(
            boundary.errors(workspace), place.errors(workspace), boundary.count,
            place.format.width, place.format.fractionBits)
    }

    /// The numbers of `place` as floats, exactly.
    func widen(
        _ place: FixedPlace, to boundary: LayerBoundary, _ workspace: UnsafeMutableRawPointer,
        _ kernels: KernelSet
    ) {
        kernels.fixed.expand(
            place.values(workspace), boundary.values(workspace), boundary.count,
            place.format.fractionBits)
    }

    /// y ← f(y), and f′ for learning.
    func applyFixed(
        _ layer: NetworkLayer, _ place: FixedPlace, _ count: Int,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        let y = place.values(workspace)
        let derivatives = learns ? place.derivatives(workspace) : nil
        switch layer.activation {
        case .identity: break
        case .relu:
            kernels.fixed.clippedRelu(y, y, derivatives, count, place.format.fractionBits)
        case .sigmoid:
            guard let tables = layer.sigmoidTables else {
                preconditionFailure("a fixed-point sigmoid has tables")
            }
            let sigmoid = tables.sigmoid
            kernels.fixed.sigmoid(
                y, y, derivatives, count, tables.values(workspace),
                tables.derivatives(workspace), sigmoid.limit, sigmoid.indexShift,
                place.format.fractionBits)
        case .tanh, .softmax: preconditionFailure("validate refuses this in fixed point")
        }
    }

    /// BP and UP of a fixed-point junction.
    func backpropUpdate(
        fixed junction: FixedJunction, _ index: Int, _ memory: JunctionMemory,
        _ rule: UpdateRule, _ generator: UnsafeMutablePointer<UInt64>,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet
    ) {
        let left = boundaries[index]
        guard let input = left.fixedInput, let output = boundaries[index + 1].produced else {
            preconditionFailure("a fixed-point junction has fixed-point neighbours")
        }
        let crosses = left.consumed != nil
        let hasDerivative = index > 0 && !crosses && layers[index - 1].activation != .identity
        junction.backpropUpdate(
            memory, x: input.values(workspace), delta: output.errors(workspace),
            derivative: hasDerivative ? input.derivatives(workspace) : nil,
            e: index > 0 ? input.errors(workspace) : nil,
            learningShift: -Int(rule.learningRate.exponent),
            increment: layers[index].specification.increment, generator: generator,
            kernels: kernels)
        if index > 0, crosses {
            kernels.fixed.expand(
                input.errors(workspace), left.errors(workspace), left.count,
                input.format.fractionBits)
        }
    }

    /// e ← e · f′ at a layer that a fixed-point junction produced, in floats.
    func multiplyByFixedDerivative(
        _ place: FixedPlace, _ index: Int, _ workspace: UnsafeMutableRawPointer
    ) {
        guard layers[index - 1].activation != .identity else { return }
        let errors = boundaries[index].errors(workspace)
        let derivatives = place.derivatives(workspace)
        for neuron in 0..<boundaries[index].count {
            errors[neuron] *= place.format.float(derivatives[neuron])
        }
    }
}

/// The sigmoid's tables in the workspace.
struct SigmoidTables: Sendable {
    let sigmoid: FixedSigmoid
    private let valuesOffset: Int
    private let derivativesOffset: Int

    init(_ format: FixedFormat, _ workspace: inout WorkspaceLayout) {
        sigmoid = FixedSigmoid(format)
        valuesOffset = workspace.takeFixed(sigmoid.entryCount)
        derivativesOffset = workspace.takeFixed(sigmoid.entryCount)
    }

    func values(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + valuesOffset).assumingMemoryBound(to: Int16.self)
    }

    func derivatives(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (workspace + derivativesOffset).assumingMemoryBound(to: Int16.self)
    }
}
