// What one junction does with one sample, from bank to bank: FF with the activation function of
// its right neurons, and BP with UP. Both schedules are made of these two.

import Junctions
import Kernels

extension Network {
    /// FF of junction `index`, and what the next one reads: from the values of `left` to those of
    /// `right`, with f′ where BP will need it.
    ///
    /// - counting: the section, where saturations shall be counted; nil counts nothing
    @inline(__always)
    func feedforward(
        _ index: Int, from left: LayerBank, to right: LayerBank, _ section: UnsafeRawPointer,
        _ workspace: UnsafeMutableRawPointer, _ kernels: KernelSet,
        counting: UnsafeMutableRawPointer?
    ) {
        let count = boundaries[index + 1].count
        switch layers[index].junction {
        case .float(let junction):
            junction.feedforward(
                section + layers[index].parametersOffset,
                workspace + layers[index].workspaceOffset,
                x: left.values, y: right.values, kernels: kernels)
            layers[index].activation.apply(right.values, count, kernels)
        case .fixed(let junction):
            junction.feedforward(
                section + layers[index].parametersOffset,
                workspace + layers[index].workspaceOffset,
                x: left.consumed, y: right.produced,
                saturations: layers[index].saturations(counting), kernels: kernels)
            applyFixed(index, right, workspace, kernels)
            // Floats of the outputs are made by those who want them (`widenOutput`).
            if boundaries[index + 1].hasFloats, index + 1 < layers.count {
                kernels.fixed.expand(
                    right.produced, right.values, count, layers[index].fractionBits)
            }
        }
        if let format = boundaries[index + 1].consumedFormat {
            kernels.fixed.round(
                right.values, right.consumed, count, format.width, format.fractionBits)
        }
    }

    /// BP and UP of junction `index`: from δ of `right`, and from x and f′ of `left`, to δ of
    /// `left` and to new weights.
    ///
    /// - Returns: false, and nothing is changed, where activations or errors are beyond ± 10¹⁵ or
    ///   not numbers
    @inline(__always)
    func backpropUpdate(
        _ index: Int, left: LayerBank, right: LayerBank, _ section: UnsafeMutableRawPointer,
        _ workspace: UnsafeMutableRawPointer, _ rule: UpdateRule,
        _ generator: UnsafeMutablePointer<UInt64>, _ kernels: KernelSet
    ) -> Bool {
        let memory = layers[index].memory(section, workspace)
        switch layers[index].junction {
        case .float(let junction):
            guard Self.isBounded(right.errors, boundaries[index + 1].count, kernels),
                Self.isBounded(left.values, boundaries[index].count, kernels)
            else { return false }
            junction.backpropUpdate(
                memory, x: left.values, delta: right.errors,
                e: hasErrors(index) ? left.errors : nil,
                rule: layers[index].rule(rule), generator: generator, kernels: kernels)
        case .fixed(let junction):
            junction.backpropUpdate(
                memory, x: left.consumed, delta: right.producedErrors,
                derivative: hasFixedDerivative(index) ? left.derivatives : nil,
                e: hasErrors(index) ? left.consumedErrors : nil,
                learningShift: -Int(rule.learningRate.exponent),
                increment: layers[index].specification.increment, generator: generator,
                kernels: kernels)
            if hasErrors(index), let format = boundaries[index].consumedFormat {
                kernels.fixed.expand(
                    left.consumedErrors, left.errors, boundaries[index].count,
                    format.fractionBits)
            }
        }
        if index > 0, boundaries[index].hasFloats { multiplyByDerivative(index, left, kernels) }
        return true
    }

    /// Whether somebody wants the errors at the left of junction `index`.
    @inline(__always)
    private func hasErrors(_ index: Int) -> Bool { index > 0 || !graph.isEmpty }

    /// Whether BP of junction `index` itself multiplies by f′: where it reads the numbers that a
    /// fixed-point junction produced.
    func hasFixedDerivative(_ index: Int) -> Bool {
        index > 0 && boundaries[index].consumedFormat == nil
            && layers[index - 1].activation != .identity
    }

    /// Whether no product of two of such values can overflow, nor a sum of what they add.
    @inline(__always)
    static func isBounded(
        _ values: UnsafePointer<Float>, _ count: Int, _ kernels: KernelSet
    ) -> Bool {
        kernels.firstOutside(values, count, -1e15, 1e15) < 0
    }

    /// The error at a layer with floats, e, becomes δ = e · f′, in the arithmetic of the junction
    /// to its left.
    private func multiplyByDerivative(_ index: Int, _ bank: LayerBank, _ kernels: KernelSet) {
        let boundary = boundaries[index]
        guard let format = boundary.producedFormat else {
            layers[index - 1].activation.multiplyByDerivative(
                bank.values, bank.errors, boundary.paddedCount, kernels)
            return
        }
        if layers[index - 1].activation != .identity {
            for neuron in 0..<boundary.count {
                bank.errors[neuron] *= format.float(bank.derivatives[neuron])
            }
        }
        kernels.fixed.round(
            bank.errors, bank.producedErrors, boundary.count, format.width, format.fractionBits)
    }
}

extension NetworkLayer {
    /// The junction's saturation counters in a section.
    func saturations(_ section: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<UInt64>? {
        guard let section, let saturationsOffset else { return nil }
        return (section + parametersOffset + saturationsOffset)
            .assumingMemoryBound(to: UInt64.self)
    }
}
