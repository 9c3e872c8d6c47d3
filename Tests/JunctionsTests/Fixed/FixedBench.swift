// Memory for one fixed-point form, and what goes in and out of it.

import Arithmetic
import Junctions
import Kernels

/// Words of memory, 64-byte aligned.
final class FixedWords<Word: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Word>

    init(_ count: Int, repeating word: Word) {
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: max(count * MemoryLayout<Word>.stride, 64), alignment: 64)
        pointer = raw.bindMemory(to: Word.self, capacity: count)
        pointer.initialize(repeating: word, count: count)
    }

    deinit { pointer.deallocate() }
}

/// Numbers, padded with zeros to whole 32.
final class FixedVector {
    let count: Int
    private let words: FixedWords<Int16>

    init(_ count: Int) {
        self.count = count
        words = FixedWords((count + 31) / 32 * 32, repeating: 0)
    }

    var pointer: UnsafeMutablePointer<Int16> { words.pointer }
    var values: [Int16] { (0..<count).map { pointer[$0] } }
    var padsAreZero: Bool { (count..<(count + 31) / 32 * 32).allSatisfy { pointer[$0] == 0 } }

    func set(_ values: [Int16]) {
        precondition(values.count == count)
        for (index, value) in values.enumerated() { pointer[index] = value }
    }
}

/// The sigmoid's tables in memory.
final class FixedSigmoidTable {
    private let sigmoid: FixedSigmoid
    private let values, slopes: FixedVector

    init(_ format: FixedFormat) {
        sigmoid = FixedSigmoid(format)
        (values, slopes) = (FixedVector(sigmoid.entryCount), FixedVector(sigmoid.entryCount))
        sigmoid.fill(values: values.pointer, derivatives: slopes.pointer)
    }

    func apply(_ y: FixedVector, _ a: FixedVector, _ slope: FixedVector?, _ kernels: KernelSet) {
        kernels.fixed.sigmoid(
            y.pointer, a.pointer, slope?.pointer, y.count, values.pointer, slopes.pointer,
            sigmoid.limit, sigmoid.indexShift, sigmoid.format.fractionBits)
    }
}

/// One junction with its parameters, activations and errors.
final class FixedBench<Form: FixedJunctionForm> {
    let form: Form
    let memory: JunctionMemory
    let x, y, delta, e: FixedVector
    let kernels: KernelSet
    private let words: [FixedWords<UInt8>]
    private let generator = FixedWords<UInt64>(4, repeating: 0)

    init(
        _ form: Form, _ kernels: KernelSet, seed: UInt64 = 1,
        _ distribution: WeightDistribution = .uniform(limit: 0.5, biases: true),
        _ increment: Increment = .exact
    ) {
        (self.form, self.kernels) = (form, kernels)
        let parameters = FixedWords<UInt8>(form.fields.byteCount, repeating: 0)
        let workspace = FixedWords<UInt8>(
            form.feedforwardBytes + form.updateBytes(increment), repeating: 0)
        words = [parameters, workspace]
        memory = JunctionMemory(
            parameters: UnsafeMutableRawPointer(parameters.pointer), velocity: nil,
            workspace: UnsafeMutableRawPointer(workspace.pointer))
        (x, e) = (FixedVector(form.inputs), FixedVector(form.inputs))
        (y, delta) = (FixedVector(form.outputs), FixedVector(form.outputs))
        var random = Xoshiro256StarStar(seed: seed)
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(memory.parameters, memory.workspace, distribution, &random)
        form.refresh(memory)
        random.store(to: generator.pointer)
    }

    func feedforward() {
        form.feedforward(
            memory.parameters, memory.workspace, x: x.pointer, y: y.pointer,
            saturations: saturationField, kernels: kernels)
    }

    func update(
        _ slopes: FixedVector?, shift: Int, isFirst: Bool = false, _ increment: Increment = .exact
    ) {
        form.backpropUpdate(
            memory, x: x.pointer, delta: delta.pointer, derivative: slopes?.pointer,
            e: isFirst ? nil : e.pointer, learningShift: shift, increment: increment,
            generator: generator.pointer, kernels: kernels)
    }

    func setGenerator(_ word: Int, _ value: UInt64) { generator.pointer[word] = value }
    var generatorState: [UInt64] { (0..<4).map { generator.pointer[$0] } }

    private func field(_ index: Int) -> UnsafeMutablePointer<Int16> {
        (memory.parameters + form.fields.offset(index)).assumingMemoryBound(to: Int16.self)
    }

    private var saturationField: UnsafeMutablePointer<UInt64> {
        (memory.parameters + form.fields.offset(form.fields.count - 1))
            .assumingMemoryBound(to: UInt64.self)
    }

    var saturations: [UInt64] { (0..<4).map { saturationField[$0] } }
    var bias: [Int16] { (0..<form.outputs).map { field(1)[$0] } }

    func setBias(_ values: [Int16]) {
        for (index, value) in values.enumerated() { field(1)[index] = value }
    }

    /// The weights without padding, row after row as they lie.
    var rows: [Int16] {
        let (columns, stride) = (form.fields[0].shape[1], form.fields[0].rowStride)
        return (0..<form.fields[0].elementCount).map {
            field(0)[$0 / columns * stride + $0 % columns]
        }
    }

    func setRows(_ values: [Int16]) {
        let (columns, stride) = (form.fields[0].shape[1], form.fields[0].rowStride)
        for (index, value) in values.enumerated() {
            field(0)[index / columns * stride + index % columns] = value
        }
    }

    /// The matrix of a pass in units of 2^−b_f, row after row.
    func matrix(_ pass: JunctionPass = .feedforward) -> [Int16] {
        var dense = [Float](repeating: 0, count: form.inputs * form.outputs)
        dense.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            form.expand(memory.parameters, memory.workspace, pass, into: base)
        }
        return dense.map { form.format.rounding($0) }
    }

    /// All parameter bytes.
    var parameterBytes: [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory.parameters, count: form.fields.byteCount))
    }
}
