// The N:M junction: a dense master, and the compressed views that FF and BP multiply by.
//
// FF keeps the N largest |w| of every M consecutive inputs of an output, BP the N largest of
// every M consecutive outputs of an input; of equal ones the lower index. What is kept is a
// function of the master alone and follows it after every update.
//
// Ragged shapes: rows and columns are padded with zeros to multiples of 16, and groups are those
// of the padded matrix. A ragged last group therefore keeps its N largest, or all that it has.
//
// Parameters: `weights` and `bias` exactly as in a dense junction. Then, unless FF is dense, the
// forward view, so that those who predict from a generation need not select:
//   view.values   f32 [⌈n/16⌉, ⌈m/16⌉, 16N/M, 16]     ⌈n/16⌉·⌈m/16⌉·256·N/M values
//   view.indices  u8  [⌈n/16⌉, ⌈m/16⌉, 128N/M]        four bits for each of them
// for m inputs and n outputs; where both are multiples of 16 that is N/M of the weights, plus
// four bits each. The order within is that of `PrunedKernels`.
//
// Invariants: the forward view is that of the master, except within an update; so are the masks in
// the workspace; the backward view, which only many vectors at a time use, is where its flag says so.

import Arithmetic
import Kernels

/// An N:M junction between `inputs` left and `outputs` right neurons. See Fang et al.,
/// arXiv 2309.13015.
public struct PrunedJunction: Equatable, Sendable {
    /// Left neurons.
    public let inputs: Int
    /// Right neurons.
    public let outputs: Int
    /// What is kept, in which passes.
    public let pattern: PruningPattern
    /// Floats from row to row of the master: `inputs` rounded up to a multiple of 16.
    public let rowStride: Int
    /// Where everything lies.
    let layout: PrunedLayout

    /// A junction of that shape; both at least 1.
    public init(inputs: Int, outputs: Int, pattern: PruningPattern) {
        precondition(inputs > 0 && outputs > 0, "a junction has neurons on both sides")
        self.inputs = inputs
        self.outputs = outputs
        self.pattern = pattern
        rowStride = DenseJunction.paddedCount(inputs)
        layout = PrunedLayout(inputs: inputs, outputs: outputs, pattern: pattern)
    }
}

extension PrunedJunction: FloatJunctionForm {
    package var fanIn: Int {
        pattern.prunesFeedforward ? pattern.keptCount(of: inputs) : inputs
    }

    package var fanOut: Int {
        if pattern.prunesBackprop { return pattern.keptCount(of: outputs) }
        return (outputs * fanIn + inputs - 1) / inputs
    }

    package var weightCount: Int { inputs * outputs }

    package var fields: [JunctionField] {
        let dense = DenseJunction(inputs: inputs, outputs: outputs).fields
        guard pattern.prunesFeedforward else { return dense }
        let (blocks, chunks, slots) = (layout.blocks, layout.chunks, pattern.slots)
        return dense + [
            JunctionField(
                "view.values", .f32, shape: [blocks, chunks, slots, 16], isLearned: false),
            JunctionField(
                "view.indices", .u8, shape: [blocks, chunks, slots * 8], isLearned: false),
        ]
    }

    package var feedforwardBytes: Int { 0 }
    package func updateBytes(_ increment: Increment) -> Int {
        if case .stochastic(let rule) = increment {
            return layout.workspaceBytes + stochasticBytes(rule)
        }
        return layout.workspaceBytes
    }
    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {}

    package func refresh(_ memory: JunctionMemory) {
        prepareViews(memory, rowsChanged: nil, kernels: .best)
    }

    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        DenseJunction(inputs: inputs, outputs: outputs).initialise(
            parameters, workspace, distribution, &generator)
        guard pattern.prunesFeedforward else { return }
        for block in 0..<layout.blocks {
            prepareForward(block, parameters, nil, .best)
        }
    }

    /// y = view · x + b, or W x + b where FF is dense.
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        let bias = (parameters + layout.bias).assumingMemoryBound(to: Float.self)
        if pattern.prunesFeedforward {
            kernels.pruned.product(
                (parameters + layout.values).assumingMemoryBound(to: Float.self),
                (parameters + layout.indices).assumingMemoryBound(to: UInt8.self), bias, x, y,
                outputs, layout.chunks, pattern.slots)
        } else {
            kernels.feedforward(
                parameters.assumingMemoryBound(to: Float.self), bias, x, y, outputs, rowStride)
        }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        for row in 0..<outputs {
            for column in 0..<inputs {
                dense[row * inputs + column] = weights[row * rowStride + column]
            }
        }
        if pass == .backprop && pattern.prunesBackprop {
            dropAlongOutputs(weights, dense)
        } else if pattern.prunesFeedforward {
            expandView(parameters, dense)
        }
    }
}
