// The lane-aligned junction: a clash-free pattern whose every block is one vector.
//
// Parameters: `weights` [groups, dᵢₙ, 16] in the order of blocks; `bias` [outputs].
// Workspace: a word per block, [groups][dᵢₙ].
// Storage: 16 · groups · dᵢₙ weights and a seed. That is exactly the number of edges where both
// counts of neurons are multiples of 16; otherwise the edges of padding neurons are stored too,
// as zeros.
//
// Legend: as in LaneAlignedPattern.swift.

import Arithmetic
import Kernels

/// A junction with the edges of a lane-aligned pattern.
public struct LaneAlignedJunction: Equatable, Sendable {
    /// Its edges.
    public let pattern: LaneAlignedPattern

    /// A junction with the edges of `pattern`.
    public init(_ pattern: LaneAlignedPattern) { self.pattern = pattern }

    private var biasOffset: Int { pattern.blockCount * 64 }

    /// The word of every block, in a workspace.
    @inline(__always)
    func blocks(_ workspace: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
        workspace.assumingMemoryBound(to: UInt32.self)
    }
}

extension LaneAlignedJunction: FloatJunctionForm {
    package var inputs: Int { pattern.inputs }
    package var outputs: Int { pattern.outputs }
    package var fanIn: Int { (pattern.edgeCount + outputs - 1) / outputs }
    package var fanOut: Int { (pattern.edgeCount + inputs - 1) / inputs }
    package var weightCount: Int { pattern.edgeCount }
    package var feedforwardBytes: Int { (pattern.blockCount * 4 + 63) & ~63 }
    package func updateBytes(_ increment: Increment) -> Int {
        if case .stochastic(let rule) = increment { return stochasticBytes(rule) }
        return 0
    }
    package func refresh(_ memory: JunctionMemory) {}

    package var fields: [JunctionField] {
        [
            JunctionField("weights", .f32, shape: [pattern.groups, pattern.inDegree, 16]),
            JunctionField("bias", .f32, shape: [outputs], rowStride: 16 * pattern.groups),
        ]
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {
        pattern.fillBlocks(blocks(workspace))
    }

    /// y[16g+l] = b[16g+l] + Σₖ W[g,k,l]·x[16r + (l xor s)]
    @inline(__always)
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet
    ) {
        kernels.laneAligned.feedforward(
            parameters.assumingMemoryBound(to: Float.self),
            (parameters + biasOffset).assumingMemoryBound(to: Float.self), x, y,
            blocks(workspace), outputs, pattern.inDegree)
    }

    /// One sweep, each weight read once and written once; the formulas are those of the dense
    /// junction, for the edges that exist.
    @inline(__always)
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
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Float.self)
        let workspace = memory.workspace
        if let velocity = memory.velocity {
            kernels.laneAligned.backpropUpdateMomentum(
                weights, velocity.assumingMemoryBound(to: Float.self), bias,
                (velocity + biasOffset).assumingMemoryBound(to: Float.self), x, delta, e,
                blocks(workspace), pattern.rows,
                outputs, pattern.inDegree, rule.learningRate, rule.momentum, rule.weightDecay)
        } else {
            kernels.laneAligned.backpropUpdate(
                weights, bias, x, delta, e, blocks(workspace), pattern.rows, outputs,
                pattern.inDegree, rule.learningRate,
                rule.weightDecay)
        }
    }
}
