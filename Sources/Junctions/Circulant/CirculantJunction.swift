// The block-circulant junction (CirCNN, C-LSTM and SWM, arXiv 1804.11239): block (i, j) of W is
// the circulant C[r][c] = w[(r − c) mod k] of its defining vector w, and what is kept and learned
// is the spectrum of w, k real numbers. FF costs q + p transforms, not 2 p q: sums are taken
// between the transforms. Since a transform is linear, learning the spectrum is SGD on w, with
// momentum and weight decay too.
//
// Legend: k block size, q and p blocks along inputs and outputs, x̂ a spectrum.
// Invariants: rows of the weights lie [input block][component][output block], so that lanes are
// output blocks: with few of them (10 outputs) most lanes are padding. Nothing is kept between
// FF and BP: UP transforms x again.

import Arithmetic
import Kernels

/// A block-circulant junction in float32.
///
/// Parameters: `weights` [q, k, p], spectra as `CirculantKernels` defines them, rows padded to
/// `rowStride`; `bias` [outputs].
public struct CirculantJunction: Equatable, Sendable {
    /// Shape and block size.
    public let structure: CirculantStructure
    /// Floats from row to row: p rounded up to a multiple of 16.
    public let rowStride: Int
    let biasOffset: Int

    /// A junction of that structure.
    public init(_ structure: CirculantStructure) {
        self.structure = structure
        rowStride = DenseJunction.paddedCount(structure.outputBlocks)
        biasOffset =
            structure.inputBlocks * structure.blockSize * rowStride * MemoryLayout<Float>.stride
    }
}

extension CirculantJunction: FloatJunctionForm {
    package var inputs: Int { structure.inputs }
    package var outputs: Int { structure.outputs }
    package var fanIn: Int { structure.inputs }
    package var fanOut: Int { structure.outputs }
    /// ⌈outputs/k⌉ ⌈inputs/k⌉ k
    package var weightCount: Int {
        structure.outputBlocks * structure.inputBlocks * structure.blockSize
    }

    package var fields: [JunctionField] {
        let shape = [structure.inputBlocks, structure.blockSize, structure.outputBlocks]
        return [
            JunctionField("weights", .f32, shape: shape, rowStride: rowStride),
            JunctionField(
                "bias", .f32, shape: [outputs], rowStride: DenseJunction.paddedCount(outputs)),
        ]
    }

    package var feedforwardBytes: Int { layout.feedforwardBytes }
    package func updateBytes(_ increment: Increment) -> Int {
        if case .stochastic(let rule) = increment {
            return layout.updateBytes + stochasticBytes(rule)
        }
        return layout.updateBytes
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {
        CirculantTwiddles.fill(layout.cosines(workspace))
    }

    package func refresh(_ memory: JunctionMemory) {}

    /// Where things lie in the workspace.
    var layout: CirculantWorkspace { CirculantWorkspace(structure) }

    /// y = b + IFFT(Σⱼ Ŵ_ij x̂_j): q transforms, p inverse ones.
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        let (k, layout) = (structure.blockSize, layout)
        let (cosines, staging) = (layout.cosines(workspace), layout.staging(workspace))
        let (left, right) = (layout.left(workspace), layout.right(workspace))
        kernels.circulant.transform(x, inputs, structure.inputBlocks, k, cosines, staging, left)
        kernels.circulant.multiply(
            parameters.assumingMemoryBound(to: Float.self), left, right, structure.inputBlocks,
            rowStride, k)
        kernels.circulant.invert(
            right, structure.outputBlocks, k, cosines, staging,
            (parameters + biasOffset).assumingMemoryBound(to: Float.self), y, outputs)
    }

    /// e_j = IFFT(Σᵢ conj(Ŵ_ij) δ̂_i) with the old Ŵ, then Ŵ_ij ← Ŵ_ij − η(conj(x̂_j) δ̂_i + λŴ_ij)
    /// and b ← b − η·δ; with momentum as in `DenseJunction`.
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        if case .stochastic(let bits) = rule.increment {
            return stochasticBackpropUpdate(
                memory, x: x, delta: delta, e: e, learningRate: rule.learningRate, rule: bits,
                generator: generator, kernels: kernels)
        }
        let (k, layout, workspace) = (structure.blockSize, layout, memory.workspace)
        let (cosines, staging) = (layout.cosines(workspace), layout.staging(workspace))
        let (left, right) = (layout.left(workspace), layout.right(workspace))
        let (errors, partial) = (layout.errors(workspace), layout.partial(workspace))
        let (q, p) = (structure.inputBlocks, structure.outputBlocks)
        kernels.circulant.transform(x, inputs, q, k, cosines, staging, left)
        kernels.circulant.transform(delta, outputs, p, k, cosines, staging, right)
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self)
        if let velocity = memory.velocity {
            kernels.circulant.backpropUpdateMomentum(
                weights, velocity.assumingMemoryBound(to: Float.self), left, right,
                e == nil ? nil : errors, partial, q, rowStride, k, rule.learningRate,
                rule.momentum, rule.weightDecay)
        } else {
            kernels.circulant.backpropUpdate(
                weights, left, right, e == nil ? nil : errors, partial, q, rowStride, k,
                rule.learningRate, rule.weightDecay)
        }
        kernels.circulant.updateBias(
            bias, memory.velocity.map { ($0 + biasOffset).assumingMemoryBound(to: Float.self) },
            delta, DenseJunction.paddedCount(outputs), rule.learningRate, rule.momentum)
        if let e {
            kernels.circulant.invert(errors, q, k, cosines, staging, nil, e, inputs)
        }
    }

    /// BP alone: e as in `backpropUpdate`, and nothing learns.
    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>,
        kernels: KernelSet
    ) {
        let (k, layout, workspace) = (structure.blockSize, layout, memory.workspace)
        let (cosines, staging) = (layout.cosines(workspace), layout.staging(workspace))
        let (right, errors) = (layout.right(workspace), layout.errors(workspace))
        kernels.circulant.transform(
            delta, outputs, structure.outputBlocks, k, cosines, staging, right)
        kernels.shared.circulantBackprop(
            memory.parameters.assumingMemoryBound(to: Float.self), right, errors,
            layout.partial(workspace), structure.inputBlocks, rowStride, k)
        kernels.circulant.invert(
            errors, structure.inputBlocks, k, cosines, staging, nil, e, inputs)
    }
}
