// What both normalisations share: γ and β by channel, and how they learn.
//
// γ and β learn with the learner's rate and momentum and are never decayed: decay would pull γ to 0,
// where the channel says nothing.

import Junctions
import Kernels

/// γ and β of a normalisation, first among the fields of its block.
struct NormParameters: Equatable, Sendable {
    /// Added to a variance before its root is taken.
    static let epsilon = 1e-5

    let channels: Int
    let positions: Int
    let stride: Int

    init(_ shape: BlockShape) throws(StructureError) {
        let (rows, columns, channels) = try shape.planar("channels to normalise")
        self.channels = channels
        positions = rows * columns
        stride = shape.stride
    }

    /// `gamma` and `beta`, [channels].
    var fields: [JunctionField] {
        let padded = DenseJunction.paddedCount(channels)
        return [
            JunctionField("gamma", .f32, shape: [channels], rowStride: padded),
            JunctionField("beta", .f32, shape: [channels], rowStride: padded),
        ]
    }

    /// Bytes of one value per channel.
    var channelBytes: Int { DenseJunction.paddedCount(channels) * 4 }

    /// Bytes from γ to β.
    private var betaOffset: Int { (channelBytes + 63) & ~63 }

    func gamma(_ base: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        base.assumingMemoryBound(to: Float.self)
    }

    func beta(_ base: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (base + betaOffset).assumingMemoryBound(to: Float.self)
    }

    /// γ = 1, β = 0.
    func initialise(_ base: UnsafeMutableRawPointer) {
        gamma(base).update(repeating: 1, count: channels)
    }

    /// 1 / √(variance + ε)
    static func scale(_ variance: Double) -> Float {
        Float(1 / (variance + epsilon).squareRoot())
    }

    /// γ and β learn: p ← p − η·g; with momentum v ← μ·v + g, p ← p − η·v, each line one fused
    /// multiply-add.
    /// - gradients: [2][channels, padded], of γ and of β
    /// - velocity: that of γ, and of β behind it; nil without momentum
    func learn(
        _ base: UnsafeMutableRawPointer, velocity: UnsafeMutableRawPointer?,
        _ gradients: UnsafePointer<Float>, _ rule: UpdateRule
    ) {
        step(gamma(base), velocity.map(gamma), gradients, rule)
        step(beta(base), velocity.map(beta), gradients + channelBytes / 4, rule)
    }

    private func step(
        _ p: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
        _ gradient: UnsafePointer<Float>, _ rule: UpdateRule
    ) {
        for channel in 0..<channels {
            var step = gradient[channel]
            if let velocity {
                step.addProduct(rule.momentum, velocity[channel])
                velocity[channel] = step
            }
            p[channel].addProduct(-rule.learningRate, step)
        }
    }
}
