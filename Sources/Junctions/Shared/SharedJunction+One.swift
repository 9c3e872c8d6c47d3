// One vector at a time, without a change of weights: the recurrence of an LSTM, and what the
// definition of many vectors is made of.

import Arithmetic
import Kernels

extension SharedJunction {
    /// Where the columns lie.
    var columns: SharedColumns { SharedColumns(inputs: inputs, outputs: outputs) }

    /// FF of one vector: y = W x + b.
    /// - x: inputs floats, padded with zeros to a multiple of 16. - y: outputs floats, written;
    ///   padding left alone
    @inline(__always)
    package func feedforwardOne(
        _ memory: Reading, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        saturations: UnsafeMutablePointer<UInt64>? = nil, kernels: KernelSet
    ) {
        switch junction {
        case .float(let form):
            form.feedforward(memory.parameters, memory.tables, x: x, y: y, kernels: kernels)
        case .fixed(let form):
            fixedFeedforwardOne(form, memory, x: x, y: y, saturations, kernels)
        }
    }

    /// BP of one vector: e = Wᵀ δ. No weight changes.
    /// - delta: outputs floats, padded with zeros to a multiple of 16. - e: inputs floats, written
    ///   with their padding
    /// - step: which of many vectors in a row it is; see `feedforwardStep`
    @inline(__always)
    package func backpropOne(
        _ memory: Memory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>,
        step: Int = 0, kernels: KernelSet
    ) {
        // Dense first, and by itself: taking any form out of the enumeration copies it.
        if case .float(.dense(let form)) = junction {
            return kernels.shared.combineRows(
                memory.parameters.assumingMemoryBound(to: Float.self), delta, nil, e, outputs,
                form.rowStride, step % 2 != 0)
        }
        switch junction {
        case .float(let form):
            floatBackpropOne(form, memory, delta: delta, e: e, kernels)
        case .fixed(let form): fixedBackpropOne(form, memory, delta: delta, e: e, kernels)
        }
    }

    @inline(__always)
    private func floatBackpropOne(
        _ form: FloatJunction, _ memory: Memory, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>, _ kernels: KernelSet
    ) {
        switch form {
        case .dense: break
        case .circulant(let form):
            form.backprop(memory.one, delta: delta, e: e, kernels: kernels)
        case .pruned(let form) where form.pattern.prunesBackprop:
            form.backpropByView(memory.one, delta: delta, e: e, kernels: kernels)
        case .pruned(let form):
            form.backprop(memory.one, delta: delta, e: e, kernels: kernels)
        case .edge, .laneAligned:
            guard let edges else { return }
            kernels.shared.edgeProductOne(
                memory.parameters.assumingMemoryBound(to: Float.self),
                edges.byLeft(memory.tables + edgeOffset), delta, e)
            for index in inputs..<DenseJunction.paddedCount(inputs) { e[index] = 0 }
        }
    }

    private func fixedFeedforwardOne(
        _ form: FixedJunction, _ memory: Reading, x: UnsafePointer<Float>,
        y: UnsafeMutablePointer<Float>, _ saturations: UnsafeMutablePointer<UInt64>?,
        _ kernels: KernelSet
    ) {
        let (format, columns) = (form.ownFormat, columns)
        let left = columns.fixedLeft(memory.scratch)
        let right = columns.fixedRight(memory.scratch)
        kernels.fixed.round(x, left, inputs, format.width, format.fractionBits)
        form.feedforward(
            memory.parameters, memory.tables, x: left, y: right, saturations: saturations,
            kernels: kernels)
        kernels.fixed.expand(right, y, outputs, format.fractionBits)
    }

    private func fixedBackpropOne(
        _ form: FixedJunction, _ memory: Memory, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>, _ kernels: KernelSet
    ) {
        let (format, columns) = (form.ownFormat, columns)
        let left = columns.fixedLeft(memory.scratch)
        let right = columns.fixedRight(memory.scratch)
        kernels.fixed.round(delta, right, outputs, format.width, format.fractionBits)
        form.backprop(memory.one, delta: right, derivative: nil, e: left, kernels: kernels)
        kernels.fixed.expand(left, e, inputs, format.fractionBits)
        for index in inputs..<DenseJunction.paddedCount(inputs) { e[index] = 0 }
    }
}

extension FixedJunction {
    /// The format, without a box around the form: this is asked for every vector.
    var ownFormat: FixedFormat {
        switch self {
        case .dense(let form): form.format
        case .edge(let form): form.format
        case .circulant(let form): form.format
        case .pruned(let form): form.format
        }
    }
}
