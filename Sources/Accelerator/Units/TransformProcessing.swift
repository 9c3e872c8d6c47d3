// Transform units: real FFTs and pointwise products for block-circulant junctions (CirCNN, SWM,
// arXiv 1804.11239).
//
// Legend: k block size, Q and P blocks along inputs and outputs, N and M neurons, x̂ a spectrum: k
// real numbers (two real bins, k/2 − 1 complex ones), Ŵ the spectra that are kept and learned.
//
// A transform of k real points is k/4 · log₂ k butterflies (each stage has k/4: conjugate
// symmetry leaves half, and the two real ones of a group share one) of 4 multiply and 6 add. With
// k = 2, two transforms share a butterfly. A product of two spectra is 2 k − 2 multiply and k − 2
// add, and k add to the sum over blocks, which is formed between the transforms.
//
// Per sample, phases one after the other, each ⌈work / units⌉ clocks:
//   FF  Q transforms of x, P·Q products Ŵ·x̂, P inverse transforms. N activation reads, Q k
//       activation writes (x̂, kept for UP); P Q k reads each of Ŵ and x̂, while the sums of one
//       block of outputs are in registers; M bias reads and add, table or compare and M writes as
//       on edge processors.
//   BP  P transforms of δ (M error reads, P k error writes: δ̂, kept for UP), P·Q products
//       conj(Ŵ)·δ̂ (P Q k reads each of Ŵ and δ̂), Q inverse transforms; N multiply with f′ (N
//       derivative reads in fixed point), N error writes. Not of the first junction.
//   UP  P·Q products conj(x̂)·δ̂: P k error reads (δ̂) and P k multiply (rate), P Q k reads of x̂,
//       and of Ŵ, P Q k add and writes; M multiply (rate), M add, M reads and M writes of biases.
//       The first junction's UP pays the transforms of δ, with their reads and writes. With
//       momentum P Q k + M velocity reads, writes, multiply and add.
//   Spectra of weights are words of memory `spectra`; x̂ and δ̂ lie with activations and errors.
//
// Exact: the counts of multiplications (they are those of the published algorithm, twiddle
// factors of 1 included), additions and accesses of this order of work, and its clocks. Modelled:
// no transform waits for its own stages or for memories; work on single numbers (f′, rate, bias)
// is done as they pass; padding that a ragged edge adds is transformed and multiplied, but its
// neurons are neither read nor written.

import Junctions

/// What transform units do for a junction.
package struct TransformProcessing {
    let units: TransformUnits
    let device: DeviceDescription

    /// The units of a device.
    package init(_ units: TransformUnits, _ device: DeviceDescription) {
        self.units = units
        self.device = device
    }

    /// The cost of a junction with blocks of `blockSize`, a power of two ≥ 2.
    package func cost(
        _ junction: DeviceJunction, _ place: JunctionPlace, blockSize: Int
    ) -> JunctionCost {
        let work = TransformWork(junction, place, device.arithmetic, blockSize, units)
        return JunctionCost(
            unit: .transformUnits, parallelism: nil, overheadClocks: 0,
            feedforward: work.feedforward, backprop: place.isFirst ? nil : work.backprop,
            update: work.update, updatesDuringBackprop: false)
    }
}

/// Everything that transform units do for one sample.
private struct TransformWork {
    let units: TransformUnits
    let place: JunctionPlace
    let widths: NumberWidths
    let hasTable: Bool
    /// N, M, k, Q, P
    let inputs, outputs, blockSize, inputBlocks, outputBlocks: Int

    init(
        _ junction: DeviceJunction, _ place: JunctionPlace, _ arithmetic: DeviceArithmetic,
        _ blockSize: Int, _ units: TransformUnits
    ) {
        self.units = units
        self.place = place
        widths = NumberWidths(junction, place, arithmetic)
        hasTable = junction.hasTable
        (inputs, outputs, self.blockSize) = (junction.inputs, junction.outputs, blockSize)
        inputBlocks = (junction.inputs + blockSize - 1) / blockSize
        outputBlocks = (junction.outputs + blockSize - 1) / blockSize
    }

    /// P Q k
    private var spectra: Int { inputBlocks * outputBlocks * blockSize }

    private func addTransforms(_ count: Int, _ cost: inout OperationCost) {
        let butterflies = (count * blockSize * blockSize.trailingZeroBitCount + 3) / 4
        cost.clocks += (butterflies + units.butterflies - 1) / units.butterflies
        cost.actions.add(.multiply, widths, 4 * butterflies)
        cost.actions.add(.add, widths, 6 * butterflies)
    }

    /// P·Q products and their sums.
    private func addProducts(_ cost: inout OperationCost) {
        let multiplications = inputBlocks * outputBlocks * (2 * blockSize - 2)
        cost.clocks += (multiplications + units.multipliers - 1) / units.multipliers
        cost.actions.add(.multiply, widths, multiplications)
        cost.actions.add(.add, widths, multiplications)
        cost.actions.read(.spectra, bits: widths.weightBits, spectra)
    }

    var feedforward: OperationCost {
        var cost = OperationCost()
        cost.actions.read(.activations, bits: widths.leftBits, inputs)
        addTransforms(inputBlocks, &cost)
        cost.actions.write(.activations, bits: widths.bits, inputBlocks * blockSize)
        cost.actions.read(.activations, bits: widths.bits, spectra)
        addProducts(&cost)
        addTransforms(outputBlocks, &cost)
        cost.actions.read(.biases, bits: widths.weightBits, outputs)
        cost.actions.add(.add, widths, outputs)
        let keepsDerivatives = !place.isLast && !widths.isFloat
        if hasTable {
            cost.actions.add(.lookUp, widths, keepsDerivatives ? 2 * outputs : outputs)
        } else {
            cost.actions.add(.compare, widths, outputs)
        }
        if place.isLast {
            cost.actions.add(.add, widths, outputs)
            cost.actions.write(.errors, bits: widths.bits, outputs)
        } else {
            cost.actions.write(.activations, bits: widths.bits, outputs)
            if keepsDerivatives { cost.actions.write(.derivatives, bits: widths.bits, outputs) }
        }
        return cost
    }

    private func addErrorTransforms(_ cost: inout OperationCost) {
        cost.actions.read(.errors, bits: widths.bits, outputs)
        addTransforms(outputBlocks, &cost)
        cost.actions.write(.errors, bits: widths.bits, outputBlocks * blockSize)
    }

    var backprop: OperationCost {
        var cost = OperationCost()
        addErrorTransforms(&cost)
        cost.actions.read(.errors, bits: widths.bits, spectra)
        addProducts(&cost)
        addTransforms(inputBlocks, &cost)
        cost.actions.add(.multiply, widths, inputs)
        if !widths.isFloat { cost.actions.read(.derivatives, bits: widths.bits, inputs) }
        cost.actions.write(.errors, bits: widths.bits, inputs)
        return cost
    }

    var update: OperationCost {
        var cost = OperationCost()
        if place.isFirst { addErrorTransforms(&cost) }
        cost.actions.read(.errors, bits: widths.bits, outputBlocks * blockSize)
        cost.actions.add(.multiply, widths, outputBlocks * blockSize + outputs)
        cost.actions.read(.activations, bits: widths.bits, spectra)
        addProducts(&cost)
        cost.actions.write(.spectra, bits: widths.weightBits, spectra)
        cost.actions.add(.add, widths, outputs)
        cost.actions.read(.biases, bits: widths.weightBits, outputs)
        cost.actions.write(.biases, bits: widths.weightBits, outputs)
        if place.hasMomentum {
            let learned = spectra + outputs
            cost.actions.read(.velocities, bits: widths.weightBits, learned)
            cost.actions.add(.multiply, widths, learned)
            cost.actions.add(.add, widths, learned)
            cost.actions.write(.velocities, bits: widths.weightBits, learned)
        }
        return cost
    }
}
