// Memory for one 16-bit circulant junction, and numbers to and from its format.

import Arithmetic
import Junctions
import Kernels
import Testing

/// One 16-bit junction with its memory.
final class FixedCirculantBench {
    let form: FixedCirculantJunction
    let memory: JunctionMemory
    let x, y, delta, e, derivative: UnsafeMutablePointer<Int16>
    let generator: UnsafeMutablePointer<UInt64>
    private var owned: [UnsafeMutableRawPointer] = []

    init(_ inputs: Int, _ outputs: Int, _ k: Int, seed: UInt64, limit: Float, biases: Bool = true)
        throws
    {
        let format = try #require(FixedFormat(16, 4, 11))
        let structure = try CirculantStructure(inputs: inputs, outputs: outputs, blockSize: k)
        form = FixedCirculantJunction(
            try FixedCirculantStructure(structure, format: format))
        var owned: [UnsafeMutableRawPointer] = []
        func take(_ bytes: Int) -> UnsafeMutableRawPointer {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            owned.append(raw)
            return raw
        }
        func numbers(_ count: Int) -> UnsafeMutablePointer<Int16> {
            take((count + 31) / 32 * 64).assumingMemoryBound(to: Int16.self)
        }
        memory = JunctionMemory(
            parameters: take(form.fields.byteCount), velocity: nil,
            workspace: take(form.feedforwardBytes + form.updateBytes(.exact)))
        (x, e, derivative) = (numbers(inputs), numbers(inputs), numbers(inputs))
        (y, delta) = (numbers(outputs), numbers(outputs))
        generator = take(32).assumingMemoryBound(to: UInt64.self)
        self.owned = owned
        var random = Xoshiro256StarStar(seed: seed)
        form.prepare(memory.workspace, forUpdates: true)
        form.initialise(
            memory.parameters, memory.workspace, .uniform(limit: limit, biases: biases), &random)
        form.refresh(memory)
    }

    deinit { for memory in owned { memory.deallocate() } }

    var saturations: UnsafeMutablePointer<UInt64> {
        (memory.parameters + form.fields.offset(2)).assumingMemoryBound(to: UInt64.self)
    }

    func feedforward(_ kernels: KernelSet = .best) {
        form.feedforward(
            memory.parameters, memory.workspace, x: x, y: y, saturations: saturations,
            kernels: kernels)
    }

    func update(learningShift: Int, withDerivative: Bool = false, isFirst: Bool = false) {
        form.backpropUpdate(
            memory, x: x, delta: delta, derivative: withDerivative ? derivative : nil,
            e: isFirst ? nil : e, learningShift: learningShift, increment: .exact,
            generator: generator, kernels: .best)
    }

    /// The matrix as floats, [outputs][inputs].
    var matrix: [Float] {
        var dense = [Float](
            repeating: 0, count: form.structure.inputs * form.structure.outputs)
        dense.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            form.expand(memory.parameters, memory.workspace, .feedforward, into: base)
        }
        return dense
    }
}

/// The nearest number of (16,4,11).
func circulantFixed(_ value: Float) -> Int16 {
    Int16(min(max((value * 2048).rounded(), -32768), 32767))
}

/// What a number of (16,4,11) stands for.
func circulantFloat(_ number: Int16) -> Float { Float(number) / 2048 }
