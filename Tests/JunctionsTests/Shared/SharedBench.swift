// Memory for a shared junction, with what must stay zero and what nobody may touch around it.

import Arithmetic
import Junctions
import Kernels

/// One shared junction with its parameters and one sample.
final class SharedBench {
    let shared: SharedJunction
    let rule: UpdateRule
    let count, stride: Int
    let memory: SharedJunction.Memory
    let x, y, delta, e: UnsafeMutablePointer<Float>
    let generator: UnsafeMutablePointer<UInt64>
    private var owned: [UnsafeMutableRawPointer] = []
    /// Floats behind y and e, which stay as they are.
    private static let guards = 16

    init(_ shared: SharedJunction, rule: UpdateRule, count: Int, seed: UInt64 = 1) {
        (self.shared, self.rule, self.count) = (shared, rule, count)
        let stride = SharedJunction.stride(count)
        self.stride = stride
        var owned: [UnsafeMutableRawPointer] = []
        func take(_ bytes: Int, _ value: UInt8 = 0) -> UnsafeMutableRawPointer {
            let count = max((bytes + 63) & ~63, 64)
            let raw = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
            raw.initializeMemory(as: UInt8.self, repeating: value, count: count)
            owned.append(raw)
            return raw
        }
        func floats(_ rows: Int, _ value: UInt8 = 0) -> UnsafeMutablePointer<Float> {
            take((rows * stride + Self.guards) * 4, value).assumingMemoryBound(to: Float.self)
        }
        let form = shared.junction.form
        memory = SharedJunction.Memory(
            parameters: take(form.fields.byteCount),
            velocity: rule.momentum > 0
                ? take(form.fields.filter(\.isLearned).byteCount) : nil,
            tables: take(shared.tableBytes(learns: true)),
            // Any content: here of all ones, which is not a number.
            scratch: take(shared.scratchBytes(learns: true), 0xFF))
        (x, delta) = (floats(shared.inputs), floats(shared.outputs))
        // What is written must not depend on what was there.
        (y, e) = (floats(shared.outputs, 0xFF), floats(shared.inputs, 0xFF))
        generator = take(32).assumingMemoryBound(to: UInt64.self)
        self.owned = owned
        var random = Xoshiro256StarStar(seed: seed)
        shared.prepare(memory.tables, learns: true)
        shared.initialise(
            memory.parameters, memory.tables, .uniform(limit: 0.5, biases: true), &random)
        shared.refresh(memory)
        random.store(to: generator)
    }

    deinit {
        for memory in owned { memory.deallocate() }
    }

    /// Numbers for x and δ; padding columns stay zero.
    /// - isSparse: half of them are zeros, as after ReLU
    func draw(_ random: inout Xoshiro256StarStar, isSparse: Bool = false) {
        for p in 0..<count {
            for i in 0..<shared.inputs {
                let value = random.uniform(-0.5, 0.5)
                x[i * stride + p] = isSparse ? max(value, 0) : value
            }
            for j in 0..<shared.outputs {
                let value = random.uniform(-0.125, 0.125)
                delta[j * stride + p] = isSparse && value < 0 ? 0 : value
            }
        }
    }

    func feedforward(_ kernels: KernelSet = .best) {
        shared.feedforward(memory.reading, x: x, y: y, count: count, kernels: kernels)
    }

    func backprop(_ kernels: KernelSet = .best) {
        shared.backprop(memory, delta: delta, e: e, count: count, kernels: kernels)
    }

    func update(_ kernels: KernelSet = .best) {
        shared.update(
            memory, x: x, delta: delta, count: count, rule: rule, generator: generator,
            kernels: kernels)
    }

    func defineUpdate(_ kernels: KernelSet = .best) {
        shared.defineUpdate(
            memory, x: x, delta: delta, count: count, rule: rule, generator: generator,
            kernels: kernels)
    }

    /// Rows of y or e without padding columns.
    func rows(_ planar: UnsafeMutablePointer<Float>, _ count: Int) -> [[Double]] {
        (0..<count).map { row in
            (0..<self.count).map { Double(planar[row * stride + $0]) }
        }
    }

    /// Whether padding columns of y and e are zero, and nothing behind them was written.
    var paddingStands: Bool {
        [(y, shared.outputs), (e, shared.inputs)].allSatisfy { planar, rows in
            let behind = (0..<Self.guards).allSatisfy {
                planar[rows * stride + $0].bitPattern == .max
            }
            return behind
                && (0..<rows).allSatisfy { row in
                    (count..<stride).allSatisfy { planar[row * stride + $0].bitPattern == 0 }
                }
        }
    }

    /// The matrix of a pass.
    func matrix(_ pass: JunctionPass) -> [[Double]] {
        var dense = [Float](repeating: 0, count: shared.inputs * shared.outputs)
        dense.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            shared.junction.form.expand(memory.parameters, memory.tables, pass, into: base)
        }
        return (0..<shared.outputs).map { row in
            (0..<shared.inputs).map { Double(dense[row * shared.inputs + $0]) }
        }
    }

    /// The biases as real numbers.
    var bias: [Double] {
        let start = memory.parameters + shared.junction.form.fields.offset(1)
        return (0..<shared.outputs).map { index in
            guard let format = shared.junction.format else {
                return Double(start.assumingMemoryBound(to: Float.self)[index])
            }
            return Double(format.float(start.assumingMemoryBound(to: Int16.self)[index]))
        }
    }

    /// What is kept: parameters, velocities, the generator.
    var state: [UInt8] {
        let form = shared.junction.form
        var bytes = Array(
            UnsafeRawBufferPointer(start: memory.parameters, count: form.fields.byteCount))
        if let velocity = memory.velocity {
            bytes += UnsafeRawBufferPointer(
                start: velocity, count: form.fields.filter(\.isLearned).byteCount)
        }
        return bytes + UnsafeRawBufferPointer(start: generator, count: 32)
    }

    /// Learned numbers as floats (of float forms): weights, biases.
    var learned: [Float] {
        let form = shared.junction.form
        let count = form.fields.filter(\.isLearned).byteCount / 4
        return Array(
            UnsafeBufferPointer(
                start: memory.parameters.assumingMemoryBound(to: Float.self), count: count))
    }

    /// Replaces what is kept by another bench's, as a restart does.
    func takeState(_ other: SharedBench) {
        let form = shared.junction.form
        memory.parameters.copyMemory(
            from: other.memory.parameters, byteCount: form.fields.byteCount)
        if let velocity = memory.velocity, let source = other.memory.velocity {
            velocity.copyMemory(
                from: source, byteCount: form.fields.filter(\.isLearned).byteCount)
        }
        generator.update(from: other.generator, count: 4)
        shared.refresh(memory)
    }

    /// Takes another bench's sample.
    func takeSample(_ other: SharedBench) {
        x.update(from: other.x, count: shared.inputs * stride)
        delta.update(from: other.delta, count: shared.outputs * stride)
    }

    /// Bits of y and e, padding included.
    var results: [UInt32] {
        (0..<shared.outputs * stride).map { y[$0].bitPattern }
            + (0..<shared.inputs * stride).map { e[$0].bitPattern }
    }
}
