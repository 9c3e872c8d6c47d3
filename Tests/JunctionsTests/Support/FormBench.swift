// Memory for one float form, fresh parameters, and plain loops in Double to hold it against.

import Arithmetic
import Junctions
import Kernels

/// One junction with its parameters, activations and errors, padded and zeroed.
final class FormBench<Form: FloatJunctionForm> {
    let form: Form
    let memory: JunctionMemory
    let x, y, delta, e: UnsafeMutablePointer<Float>
    private(set) var generatorState: UnsafeMutablePointer<UInt64>
    private var owned: [UnsafeMutableRawPointer] = []

    /// - seed: of the parameters, activations and errors
    init(_ form: Form, seed: UInt64, increment: Increment = .exact, momentum: Bool = false) {
        self.form = form
        var owned: [UnsafeMutableRawPointer] = []
        func take(_ bytes: Int) -> UnsafeMutableRawPointer {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, 64))
            owned.append(raw)
            return raw
        }
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            take(DenseJunction.paddedCount(count) * 4).assumingMemoryBound(to: Float.self)
        }
        let learned = form.fields.filter(\.isLearned)
        memory = JunctionMemory(
            parameters: take(form.fields.byteCount),
            velocity: momentum ? take(learned.byteCount) : nil,
            workspace: take(form.feedforwardBytes + form.updateBytes(increment)))
        (x, e) = (floats(form.inputs), floats(form.inputs))
        (y, delta) = (floats(form.outputs), floats(form.outputs))
        generatorState = take(32).assumingMemoryBound(to: UInt64.self)
        self.owned = owned
        var generator = Xoshiro256StarStar(seed: seed)
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace, .uniform(limit: 1, biases: true), &generator)
        form.refresh(memory)
        for index in 0..<form.inputs { x[index] = generator.normal() }
        for index in 0..<form.outputs { delta[index] = generator.normal() }
        generator.store(to: generatorState)
    }

    deinit {
        for memory in owned { memory.deallocate() }
    }

    func feedforward(_ kernels: KernelSet) {
        form.feedforward(memory.parameters, memory.workspace, x: x, y: y, kernels: kernels)
    }

    func update(_ rule: UpdateRule, _ kernels: KernelSet, isFirst: Bool = false) {
        form.backpropUpdate(
            memory, x: x, delta: delta, e: isFirst ? nil : e, rule: rule,
            generator: generatorState, kernels: kernels)
    }

    /// The matrix of a pass as rows.
    func matrix(_ pass: JunctionPass) -> [[Double]] {
        var dense = [Float](repeating: 0, count: form.inputs * form.outputs)
        dense.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            form.expand(memory.parameters, memory.workspace, pass, into: base)
        }
        return (0..<form.outputs).map { row in
            (0..<form.inputs).map { Double(dense[row * form.inputs + $0]) }
        }
    }

    /// The biases.
    var bias: [Double] {
        let start = memory.parameters + form.fields.offset(1)
        let values = start.assumingMemoryBound(to: Float.self)
        return (0..<form.outputs).map { Double(values[$0]) }
    }

    /// All parameter bytes, padding included.
    var parameterBytes: [UInt8] {
        let bytes = UnsafeRawBufferPointer(
            start: memory.parameters, count: form.fields.byteCount)
        return Array(bytes)
    }
}
