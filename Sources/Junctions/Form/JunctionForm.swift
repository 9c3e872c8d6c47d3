// What every form of a junction can do. A form is a value without memory: it knows shapes,
// never addresses. The catalogue (`Junction`) chooses one of them; nothing calls through the
// protocols themselves.
//
// Legend: x left activations, y right values before their activation function, δ (`delta`)
// errors at the right, e errors at the left, W weights, b bias.
//
// Invariants:
//   - a form may be used any number of times per sample: FF keeps nothing for BP;
//   - x, y, δ and e are padded with zeros to whole vectors (a multiple of 16 floats, of 32 fixed
//     point numbers), and the padding is zero before and after every call;
//   - parameters have the padding of `fields`, zero before and after every call;
//   - the workspace holds only what `prepare` and `refresh` can make again from the form and the
//     parameters.

import Arithmetic
import Kernels

/// Which of the two matrices that a junction multiplies by is meant. They differ for N:M.
public enum JunctionPass: Equatable, Sendable, CaseIterable {
    /// y = W x
    case feedforward
    /// e = Wᵀ δ
    case backprop
}

/// What forms in every arithmetic share.
package protocol JunctionForm: Equatable, Sendable {
    /// Left neurons.
    var inputs: Int { get }
    /// Right neurons.
    var outputs: Int { get }
    /// Edges that end at a right neuron; the mean, rounded up, where it varies.
    var fanIn: Int { get }
    /// Edges that start at a left neuron; the mean, rounded up, where it varies.
    var fanOut: Int { get }
    /// Weight values that are kept and learned, biases not counted.
    var weightCount: Int { get }
    /// The parameters: weights first, then `bias` [outputs], then the rest.
    var fields: [JunctionField] { get }
    /// Bytes of tables and scratch memory that FF needs, a multiple of 64.
    var feedforwardBytes: Int { get }
    /// Bytes that BP and UP need in addition, behind those; a multiple of 64.
    func updateBytes(_ increment: Increment) -> Int

    /// Fills the tables of a cleared workspace that follow from the form alone.
    /// - forUpdates: whether the additional bytes are there too
    func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool)

    /// Draws fresh parameters into cleared memory, in the order of the weights, then biases, and
    /// makes the derived fields.
    func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar)

    /// Makes what the workspace derives from the parameters, after these were replaced as a
    /// whole; for learners.
    func refresh(_ memory: JunctionMemory)

    /// Writes the matrix of a pass, [outputs][inputs] without padding, as real numbers.
    func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>)

    /// What is wrong with parameters that somebody kept, one line each (an illegal mask, a pattern
    /// that clashes, a number that is not finite); empty when all is well.
    func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String]
}

extension JunctionForm {
    /// The edges, where a pattern that never changes says which there are.
    package var edges: EdgeList? {
        switch self {
        case let form as EdgeJunction: .sparse(form.pattern)
        case let form as LaneAlignedJunction: .laneAligned(form.pattern)
        case let form as FixedEdgeJunction: form.pattern
        default: nil
        }
    }
}

/// A form in float32.
package protocol FloatJunctionForm: JunctionForm {
    /// FF: y = W x + b.
    /// - x: inputs values. - y: outputs values, written; padding left alone.
    func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, kernels: KernelSet)

    /// BP and UP: e = Wᵀ δ with the old W, then W and b learn.
    /// - e: inputs values, written with their padding; nil when nobody is to the left
    /// - generator: four words of state of `Xoshiro256StarStar`, for stochastic increments
    func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Float>, delta: UnsafePointer<Float>,
        e: UnsafeMutablePointer<Float>?, rule: UpdateRule,
        generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet)
}

/// A form in fixed point: numbers of `format` in 16-bit words.
package protocol FixedJunctionForm: JunctionForm {
    /// Of every number of the junction.
    var format: FixedFormat { get }

    /// FF: y = W x + b, saturated.
    /// - saturations: counters of this junction, or nil where nobody counts
    func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet)

    /// BP and UP: e[i] = Σⱼ W[j,i]·(δ[j]·f′[i]), each product rounded, then W and b learn.
    /// - derivative: f′ of the left neurons; nil where it is 1
    /// - e: inputs values, written with their padding; nil when nobody is to the left
    /// - learningShift: s of η = 2⁻ˢ, 0 to 15
    func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet)

    /// BP alone: e as in `backpropUpdate`, and nothing learns.
    func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>, kernels: KernelSet)
}
