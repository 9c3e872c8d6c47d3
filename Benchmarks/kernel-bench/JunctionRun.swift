// One junction of the catalogue with its memory, ready to be timed, and how it is compared with
// the dense one.

import Arithmetic
import Junctions
import Kernels

/// A float32 junction with activations and errors; lives as long as the process.
final class JunctionRun {
    /// Errors of the right neurons.
    enum Errors {
        /// Every neuron has one.
        case all
        /// Half of them are zero, and half of the activations, as after ReLU.
        case half
    }

    private let junction: FloatJunction
    private let memory: JunctionMemory
    private let x, y, e: UnsafeMutablePointer<Float>
    /// Errors of either sign, by turns, so that weights stay where they are.
    private var deltas: (now: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>)
    private let generator: UnsafeMutablePointer<UInt64>
    private let kernels: KernelSet
    private let rule: UpdateRule

    /// - Throws: `StructureError` where the shape does not fit the structure
    init(
        _ structure: WeightStructure, inputs: Int = 1024, outputs: Int = 1024,
        errors: Errors = .all, kernels: KernelSet = .best
    ) throws {
        let specification = JunctionSpecification(structure: structure)
        guard
            case .float(let junction) = try specification.junction(
                inputs: inputs, outputs: outputs)
        else { preconditionFailure("a float32 specification gives a float32 junction") }
        var random = Xoshiro256StarStar(seed: 2)
        let form = junction.form
        func bytes(_ count: Int) -> UnsafeMutableRawPointer {
            UnsafeMutableRawPointer(makeFloats(count / 4 + 16, &random, scale: 0))
        }
        memory = JunctionMemory(
            parameters: bytes(form.fields.byteCount), velocity: nil,
            workspace: bytes(form.feedforwardBytes + form.updateBytes(.exact)))
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace,
            .normal(deviation: (2 / Float(form.fanIn)).squareRoot()), &random)
        form.refresh(memory)
        (x, e) = (makeFloats(inputs, &random, scale: 1), makeFloats(inputs, &random, scale: 0))
        y = makeFloats(outputs, &random, scale: 0)
        deltas = (
            makeFloats(outputs, &random, scale: 1e-3), makeFloats(outputs, &random, scale: 0)
        )
        if errors == .half {
            for index in 0..<inputs { x[index] = max(x[index], 0) }
            for index in 0..<outputs where random.index(below: 2) == 0 { deltas.now[index] = 0 }
        }
        for index in 0..<outputs { deltas.next[index] = 0 - deltas.now[index] }
        generator = bytes(64).assumingMemoryBound(to: UInt64.self)
        random.store(to: generator)
        rule = UpdateRule(learningRate: 1e-3, momentum: 0, weightDecay: 0)
        self.junction = junction
        self.kernels = kernels
    }

    func feedforward() {
        junction.feedforward(memory.parameters, memory.workspace, x: x, y: y, kernels: kernels)
    }

    /// BP and UP.
    func update() {
        junction.backpropUpdate(
            memory, x: x, delta: deltas.now, e: e, rule: rule, generator: generator,
            kernels: kernels)
        deltas = (deltas.next, deltas.now)
    }

    /// FF, BP and UP.
    func step() {
        feedforward()
        update()
    }

    /// A part of a step.
    var parts: [(name: String, body: () -> Void)] {
        [("", step), (".ff", feedforward), (".bpup", update)]
    }
}

/// Dense and `structure` in turns: the whole step, FF, and BP with UP.
func measure(
    _ name: String, _ structure: WeightStructure, errors: JunctionRun.Errors = .all,
    kernels: KernelSet = .best
) throws -> [Row] {
    let dense = try JunctionRun(.dense, errors: errors, kernels: kernels)
    let other = try JunctionRun(structure, errors: errors, kernels: kernels)
    return zip(dense.parts, other.parts).map { dense, other in
        let times = mediansInTurns([dense.body, other.body])
        return Row(name: name + other.name, value: times[1], unit: "us", reference: times[0])
    }
}
