// Memory for any junction of the catalogue, in either arithmetic, behind real numbers: values go
// in and come out as Double, whatever the junction keeps.

import Arithmetic
import Junctions
import Kernels

/// One junction with its parameters, activations and errors.
final class CatalogueBench {
    let junction: Junction
    let rule: UpdateRule
    let memory: JunctionMemory
    private let x, y, delta, e, generatorState: UnsafeMutableRawPointer
    private var owned: [UnsafeMutableRawPointer] = []
    private let inputs, outputs: Int

    /// - rule: its increment must be the specification's
    init(_ junction: Junction, rule: UpdateRule, seed: UInt64) {
        self.junction = junction
        self.rule = rule
        let form = junction.form
        (inputs, outputs) = (form.inputs, form.outputs)
        var owned: [UnsafeMutableRawPointer] = []
        func take(_ bytes: Int) -> UnsafeMutableRawPointer {
            let count = max((bytes + 63) & ~63, 64)
            let raw = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: count)
            owned.append(raw)
            return raw
        }
        memory = JunctionMemory(
            parameters: take(form.fields.byteCount),
            velocity: rule.momentum > 0
                ? take(form.fields.filter(\.isLearned).byteCount) : nil,
            workspace: take(form.feedforwardBytes + form.updateBytes(rule.increment)))
        (x, e) = (take(4 * inputs), take(4 * inputs))
        (y, delta) = (take(4 * outputs), take(4 * outputs))
        generatorState = take(32)
        self.owned = owned
        var generator = Xoshiro256StarStar(seed: seed)
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace, .uniform(limit: 0.5, biases: true), &generator)
        form.refresh(memory)
        generator.store(to: generatorState)
    }

    deinit {
        for memory in owned { memory.deallocate() }
    }

    /// y for left activations; both as real numbers.
    func feedforward(_ values: [Double], _ kernels: KernelSet = .best) -> [Double] {
        write(values, x)
        switch junction {
        case .float(let junction):
            junction.feedforward(
                memory.parameters, memory.workspace, x: x.assumingMemoryBound(to: Float.self),
                y: y.assumingMemoryBound(to: Float.self), kernels: kernels)
        case .fixed(let junction):
            junction.feedforward(
                memory.parameters, memory.workspace, x: x.assumingMemoryBound(to: Int16.self),
                y: y.assumingMemoryBound(to: Int16.self), saturations: nil, kernels: kernels)
        }
        return read(y, outputs)
    }

    /// One BP with UP; e as real numbers.
    func backpropUpdate(
        _ values: [Double], _ errors: [Double], _ kernels: KernelSet = .best
    ) -> [Double] {
        write(values, x)
        write(errors, delta)
        let state = generatorState.assumingMemoryBound(to: UInt64.self)
        switch junction {
        case .float(let junction):
            junction.backpropUpdate(
                memory, x: x.assumingMemoryBound(to: Float.self),
                delta: delta.assumingMemoryBound(to: Float.self),
                e: e.assumingMemoryBound(to: Float.self), rule: rule, generator: state,
                kernels: kernels)
        case .fixed(let junction):
            junction.backpropUpdate(
                memory, x: x.assumingMemoryBound(to: Int16.self),
                delta: delta.assumingMemoryBound(to: Int16.self), derivative: nil,
                e: e.assumingMemoryBound(to: Int16.self), learningShift: Self.learningShift,
                increment: rule.increment, generator: state, kernels: kernels)
        }
        return read(e, inputs)
    }

    /// η of fixed-point junctions is 2 to the minus this.
    static let learningShift = 3

    /// The matrix of a pass, row by row.
    func matrix(_ pass: JunctionPass) -> [[Double]] {
        var dense = [Float](repeating: 0, count: inputs * outputs)
        dense.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            junction.form.expand(memory.parameters, memory.workspace, pass, into: base)
        }
        return (0..<outputs).map { row in
            (0..<inputs).map { Double(dense[row * inputs + $0]) }
        }
    }

    /// The biases as real numbers.
    var bias: [Double] { read(memory.parameters + junction.form.fields.offset(1), outputs) }

    /// All parameters and velocities, padding included, and the generator: what is kept.
    var state: [UInt8] {
        let form = junction.form
        var bytes = Array(
            UnsafeRawBufferPointer(start: memory.parameters, count: form.fields.byteCount))
        if let velocity = memory.velocity {
            bytes += UnsafeRawBufferPointer(
                start: velocity, count: form.fields.filter(\.isLearned).byteCount)
        }
        bytes += UnsafeRawBufferPointer(start: generatorState, count: 32)
        return bytes
    }

    /// Replaces what is kept by another bench's, as a restart does.
    func takeState(_ other: CatalogueBench) {
        let form = junction.form
        memory.parameters.copyMemory(
            from: other.memory.parameters, byteCount: form.fields.byteCount)
        if let velocity = memory.velocity, let source = other.memory.velocity {
            velocity.copyMemory(
                from: source, byteCount: form.fields.filter(\.isLearned).byteCount)
        }
        generatorState.copyMemory(from: other.generatorState, byteCount: 32)
        form.refresh(memory)
    }

    private func write(_ values: [Double], _ place: UnsafeMutableRawPointer) {
        for (index, value) in values.enumerated() {
            if let format = junction.format {
                let scaled = (value * Double(1 << format.fractionBits)).rounded(.down)
                place.assumingMemoryBound(to: Int16.self)[index] = Int16(
                    max(Double(format.lowest), min(Double(format.highest), scaled)))
            } else {
                place.assumingMemoryBound(to: Float.self)[index] = Float(value)
            }
        }
    }

    private func read(_ place: UnsafeMutableRawPointer, _ count: Int) -> [Double] {
        (0..<count).map { index in
            if let format = junction.format {
                Double(place.assumingMemoryBound(to: Int16.self)[index])
                    / Double(1 << format.fractionBits)
            } else {
                Double(place.assumingMemoryBound(to: Float.self)[index])
            }
        }
    }
}
