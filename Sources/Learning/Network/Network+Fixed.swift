// Fixed point in the network: activation functions by table, and the crossings from floats at the
// first and last layer of neurons.
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

    /// The float inputs as what a fixed-point first junction reads, cut off towards −∞.
    @inline(__always)
    func narrowInput(_ bank: LayerBank, _ kernels: KernelSet) {
        guard let format = boundaries[0].consumedFormat else { return }
        kernels.fixed.truncate(
            bank.values, bank.consumed, boundaries[0].count, format.width, format.fractionBits)
    }

    /// What the last block gave as what a fixed-point junction behind it reads, to nearest.
    @inline(__always)
    func narrowBlocks(_ bank: LayerBank, _ kernels: KernelSet) {
        guard let format = boundaries[0].consumedFormat else { return }
        kernels.fixed.round(
            bank.values, bank.consumed, boundaries[0].count, format.width, format.fractionBits)
    }

    /// The outputs of a fixed-point last junction as floats, exactly.
    @inline(__always)
    func widenOutput(_ bank: LayerBank, _ kernels: KernelSet) {
        let boundary = boundaries[layers.count]
        guard let format = boundary.producedFormat else { return }
        kernels.fixed.expand(bank.produced, bank.values, boundary.count, format.fractionBits)
    }

    /// The float errors of the outputs as what a fixed-point last junction reads, to nearest.
    @inline(__always)
    func narrowOutputDelta(_ bank: LayerBank, _ kernels: KernelSet) {
        let boundary = boundaries[layers.count]
        guard let format = boundary.producedFormat else { return }
        kernels.fixed.round(
            bank.errors, bank.producedErrors, boundary.count, format.width, format.fractionBits)
    }

    /// y ← f(y) at the right of fixed-point junction `index`, and f′ where BP will need it.
    @inline(__always)
    func applyFixed(
        _ index: Int, _ bank: LayerBank, _ workspace: UnsafeMutableRawPointer,
        _ kernels: KernelSet
    ) {
        let y = bank.produced
        let count = boundaries[index + 1].count
        let derivatives = learns && index + 1 < layers.count ? bank.derivatives : nil
        switch layers[index].activation {
        case .identity: break
        case .relu:
            kernels.fixed.clippedRelu(y, y, derivatives, count, layers[index].fractionBits)
        case .sigmoid:
            guard let tables = layers[index].sigmoidTables else {
                preconditionFailure("a fixed-point sigmoid has tables")
            }
            kernels.fixed.sigmoid(
                y, y, derivatives, count, tables.values(workspace),
                tables.derivatives(workspace), tables.sigmoid.limit, tables.sigmoid.indexShift,
                layers[index].fractionBits)
        case .leakyRelu, .tanh, .softmax:
            preconditionFailure("validate refuses this in fixed point")
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
