// Fast forms: the same work as the definition, in another order of rounding.
//
//   dense      products of matrices; FF takes left neurons ascending, BP right neurons ascending. UP
//              sums outer products, positions ascending, and learns once: W ← (1 − η λ) W, then
//              fma(−(η δₚ), xₚ, W).
//   N:M        the same with views, in the order of one vector; the views follow once per sample
//   circulant  one transform per block of rows, lanes are positions: FF has the bytes of one vector at
//              a time; BP takes output blocks ascending
//   patterns   y[j] += w x[i] for the edges of a right neuron ascending, e[i] += w δ[j] likewise
//
// UP of the last two sums over positions (`SharedKernels`: sixteen lanes, then by halves) and learns
// once, W ← fma(−η, sum, (1 − η λ) W). Fixed point and stochastic UP have the definition only.

import Kernels

extension SharedJunction {
    /// Bytes that fast forms need, behind the columns; a multiple of 64.
    func fastBytes(learns: Bool) -> Int {
        let stride = Self.stride(count)
        switch junction {
        case .float(.dense(let form)):
            return learns ? form.manyBytes(stride) + 64 * stride : 0
        case .float(.pruned(let form)):
            // Rows of padding for FF and BP, or what UP turns over.
            let rows = DenseJunction.paddedCount(learns ? max(inputs, outputs) : inputs)
            return max(
                rows * stride * 4, learns ? form.manyBytes(stride) + 64 * stride : 0)
        case .float(.circulant(let form)):
            return SharedSpectra(form, stride, learned.weights).byteCount(learns: learns)
        case .float(.edge), .float(.laneAligned): return learns ? sumBytes : 0
        case .fixed: return 0
        }
    }

    /// Sums for all weights and biases.
    private var sumBytes: Int { learned.all * 4 }

    /// Where fast forms work.
    private func fastScratch(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (scratch + columns.byteCount).assumingMemoryBound(to: Float.self)
    }

    /// Weights and biases.
    private func learned(
        _ parameters: UnsafeRawPointer
    ) -> (weights: UnsafePointer<Float>, bias: UnsafePointer<Float>) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        return (weights, weights + learned.weights)
    }
}

extension SharedJunction {
    /// FF, and whether there was a fast form.
    func fastFeedforward(
        _ memory: Reading, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, count: Int,
        kernels: KernelSet
    ) -> Bool {
        let stride = Self.stride(count)
        let (weights, bias) = learned(memory.parameters)
        switch junction {
        case .float(.dense(let form)):
            kernels.pruned.dense.feedforward(
                weights, bias, x, y, outputs, inputs, form.rowStride, stride)
        case .float(.pruned(let form)):
            let padded = withRows(x, inputs, stride, fastScratch(memory.scratch))
            form.feedforwardMany(
                memory.parameters, memory.tables, x: padded, y: y, count: stride, kernels: kernels)
        case .float(.circulant(let form)):
            let spectra = SharedSpectra(form, stride, learned.weights)
            spectra.feedforward(
                form, memory.tables, fastScratch(memory.scratch), weights, bias, x: x, y: y,
                kernels)
        case .float(.edge), .float(.laneAligned):
            guard let edges else { return false }
            kernels.shared.edgeProduct(
                weights, edges.byRight(memory.tables + edgeOffset), bias, x, y, stride)
        case .fixed: return false
        }
        SharedColumns.clearPadding(y, rows: outputs, count: count, stride: stride)
        return true
    }

    /// BP, and whether there was a fast form.
    func fastBackprop(
        _ memory: Memory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>, count: Int,
        kernels: KernelSet
    ) -> Bool {
        let stride = Self.stride(count)
        let (weights, _) = learned(memory.parameters)
        switch junction {
        case .float(.dense(let form)):
            kernels.pruned.dense.backprop(
                weights, delta, e, outputs, inputs, form.rowStride, stride)
        case .float(.pruned(let form)):
            prunedBackprop(form, memory, delta: delta, e: e, stride, kernels)
        case .float(.circulant(let form)):
            SharedSpectra(form, stride, learned.weights).backprop(
                form, memory.tables, fastScratch(memory.scratch), weights, delta: delta, e: e,
                kernels)
        case .float(.edge), .float(.laneAligned):
            guard let edges else { return false }
            kernels.shared.edgeProduct(
                weights, edges.byLeft(memory.tables + edgeOffset), nil, delta, e, stride)
        case .fixed: return false
        }
        SharedColumns.clearPadding(e, rows: inputs, count: count, stride: stride)
        return true
    }

    /// UP by exact increments, and whether there was a fast form.
    func fastUpdate(
        _ memory: Memory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>, count: Int,
        rule: UpdateRule, kernels: KernelSet
    ) -> Bool {
        let stride = Self.stride(count)
        let scratch = fastScratch(memory.scratch)
        switch junction {
        case .float(.dense(let form)):
            updateMany(
                form, memory, scratch, x: .planar(x), delta: .planar(delta), stride, rule: rule,
                kernels: kernels)
        case .float(.pruned(let form)):
            updateMany(
                form, memory, scratch, x: .planar(x), delta: .planar(delta), stride, rule: rule,
                kernels: kernels)
        case .float(.circulant(let form)):
            let spectra = SharedSpectra(form, stride, learned.weights)
            let sums = spectra.sums(form, memory.tables, scratch, x: x, delta: delta, kernels)
            learn(memory, sums, delta, stride, rule, kernels)
        case .float(.edge), .float(.laneAligned):
            guard let edges else { return false }
            // Places without an edge learn nothing.
            scratch.update(repeating: 0, count: learned.weights)
            kernels.shared.edgeSums(
                delta, x, edges.byRight(memory.tables + edgeOffset), scratch, stride)
            learn(memory, scratch, delta, stride, rule, kernels)
        case .fixed: return false
        }
        return true
    }

    /// The step of weights and biases.
    /// - sums: of all weights, with room for those of the biases behind them
    private func learn(
        _ memory: Memory, _ sums: UnsafeMutablePointer<Float>, _ delta: UnsafePointer<Float>,
        _ stride: Int, _ rule: UpdateRule, _ kernels: KernelSet
    ) {
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let velocity = memory.velocity?.assumingMemoryBound(to: Float.self)
        let (first, all) = learned
        kernels.shared.rowSums(delta, sums + first, outputs, stride)
        for index in first + outputs..<all { sums[index] = 0 }
        kernels.shared.step(
            weights, velocity, sums, first, rule.learningRate, rule.momentum, rule.weightDecay)
        kernels.shared.step(
            weights + first, velocity.map { $0 + first }, sums + first, all - first,
            rule.learningRate, rule.momentum, 0)
    }
}

extension SharedJunction {
    /// Whether UP takes vectors that lie one after the other.
    package func takesRows(_ rule: UpdateRule) -> Bool {
        guard rule.increment == .exact, case .float(let form) = junction else { return false }
        switch form {
        case .dense, .pruned: return true
        case .circulant, .edge, .laneAligned: return false
        }
    }

    /// UP, the same bytes as of planar vectors, where `takesRows(rule)`.
    /// - count: of vectors
    package func updateRows(
        _ memory: Memory, x: ManyVectors, delta: ManyVectors, count: Int, rule: UpdateRule,
        kernels: KernelSet
    ) {
        let scratch = fastScratch(memory.scratch)
        let stride = Self.stride(count)
        switch junction {
        case .float(.dense(let form)):
            updateMany(
                form, memory, scratch, x: x, delta: delta, stride, rule: rule, kernels: kernels)
        case .float(.pruned(let form)):
            updateMany(
                form, memory, scratch, x: x, delta: delta, stride, rule: rule, kernels: kernels)
        default: preconditionFailure("the junction takes planar vectors only")
        }
    }

    /// UP as a sum of outer products.
    private func updateMany(
        _ form: some ManyVectorForm, _ memory: Memory, _ scratch: UnsafeMutablePointer<Float>,
        x: ManyVectors, delta: ManyVectors, _ stride: Int, rule: UpdateRule, kernels: KernelSet
    ) {
        let turned = ManyScratch(
            UnsafeMutableRawPointer(scratch), ragged: x, inputs: inputs, delta: delta,
            outputs: outputs, count: stride,
            stepFactor: ManyScratch.stepFactor(memory.one, rule),
            staging: scratch + form.manyBytes(stride) / 4, kernels.pruned.dense)
        form.updateMany(
            memory.one, scratch: UnsafeMutableRawPointer(scratch), turned: turned, count: stride,
            rule: rule, kernels: kernels)
    }

    /// BP by the view of BP, or by that of FF; rows of padding are found in scratch memory.
    private func prunedBackprop(
        _ form: PrunedJunction, _ memory: Memory, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>, _ stride: Int, _ kernels: KernelSet
    ) {
        let scratch = fastScratch(memory.scratch)
        if form.pattern.prunesBackprop {
            let padded = withRows(delta, outputs, stride, scratch)
            form.backpropMany(
                memory.one, delta: padded, e: e, rows: inputs, count: stride, kernels: kernels)
            return
        }
        let target = inputs % 16 == 0 ? e : scratch
        form.backpropMany(
            memory.one, delta: delta, e: target, rows: inputs, count: stride, kernels: kernels)
        if target != e { e.update(from: scratch, count: inputs * stride) }
    }

    /// The same rows with rows of zeros up to a multiple of 16.
    private func withRows(
        _ planar: UnsafePointer<Float>, _ rows: Int, _ stride: Int,
        _ scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        guard rows % 16 != 0 else { return planar }
        let floats = rows * stride
        scratch.update(from: planar, count: floats)
        (scratch + floats).update(
            repeating: 0, count: DenseJunction.paddedCount(rows) * stride - floats)
        return UnsafePointer(scratch)
    }
}
