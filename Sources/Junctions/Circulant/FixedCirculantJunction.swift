// The block-circulant junction in 16-bit fixed point, defined on the spectra (C-LSTM and CirCNN
// compute with 16 bits): spectra of weights are what is kept, rounded and learned; there is no
// matrix that this rounds alike.
//
// Legend: k block size, L = log₂ k, a = ⌈L/2⌉; x̂ and δ̂ are kept times 2^−a, weights are not
// scaled, sums are rounded to the format once (FixedCirculantKernels).
// Bin 0 of a block of y is Σ y · 2^−a, so the mean of a block stays below 2^(b_n + a) / k: 8 at
// k = 8, 4 at 16 and 1 at 256 in (16,4,11). Beyond, it saturates and is counted; large blocks
// suit small numbers.
//
// Invariants: spectra lie within ±32767, which −v never leaves.

import Arithmetic
import Kernels

/// What a fixed-point circulant junction can be made of.
public struct FixedCirculantStructure: Equatable, Sendable {
    /// Shape and block size.
    public let structure: CirculantStructure
    /// Of every number: (16, b_n, b_f) with b_f ≥ 9.
    public let format: FixedFormat

    /// `StructureError` about `format` unless it has 16 bits, 9 or more of them fraction: the
    /// scaling of transforms takes up to 8.
    public init(_ structure: CirculantStructure, format: FixedFormat) throws(StructureError) {
        guard format.width == 16, format.fractionBits >= 9 else {
            throw StructureError(
                "format", found: format.text,
                expected: "one of 16 bits with at least 9 of fraction: (16,4,11)")
        }
        self.structure = structure
        self.format = format
    }
}

/// A block-circulant junction in 16-bit fixed point.
///
/// Parameters: `weights` [q, k, p], spectra, rows padded to `rowStride`; `bias` [outputs];
/// `saturations` [4]: of spectra and their transforms in FF; of y; of spectra, transforms and e
/// in BP; of weights and biases in UP.
public struct FixedCirculantJunction: Equatable, Sendable {
    /// Shape and block size.
    public let structure: CirculantStructure
    /// Of every number.
    public let format: FixedFormat
    /// Numbers from row to row: p rounded up to a multiple of 32.
    public let rowStride: Int

    /// A junction of that structure.
    public init(_ shape: FixedCirculantStructure) {
        structure = shape.structure
        format = shape.format
        rowStride = Self.paddedCount(shape.structure.outputBlocks)
    }

    /// `count` rounded up to whole vectors of 32 numbers.
    static func paddedCount(_ count: Int) -> Int { (count + 31) & ~31 }

    /// a: by how many bits x̂ and δ̂ are scaled down.
    var scaleShift: Int { (structure.blockSize.trailingZeroBitCount + 1) / 2 }
}

extension FixedCirculantJunction: FixedJunctionForm {
    package var inputs: Int { structure.inputs }
    package var outputs: Int { structure.outputs }
    package var fanIn: Int { structure.inputs }
    package var fanOut: Int { structure.outputs }
    /// ⌈outputs/k⌉ ⌈inputs/k⌉ k
    package var weightCount: Int {
        structure.outputBlocks * structure.inputBlocks * structure.blockSize
    }

    package var fields: [JunctionField] {
        let shape = [structure.inputBlocks, structure.blockSize, structure.outputBlocks]
        return [
            JunctionField("weights", .i16, shape: shape, rowStride: rowStride),
            JunctionField(
                "bias", .i16, shape: [outputs], rowStride: Self.paddedCount(outputs)),
            JunctionField("saturations", .u64, shape: [4], isLearned: false),
        ]
    }

    /// Cosines, spectra of x, spectra of y or δ; each a multiple of 64 bytes.
    package var feedforwardBytes: Int { rightStart + rowStride * structure.blockSize * 2 }
    /// Spectra of e.
    package func updateBytes(_ increment: Increment) -> Int { rightStart - Self.cosineBytes }

    private static var cosineBytes: Int { (CirculantTwiddles.paddedCount * 2 + 63) & ~63 }
    private var rightStart: Int {
        Self.cosineBytes + Self.paddedCount(structure.inputBlocks) * structure.blockSize * 2
    }
    var biasOffset: Int { structure.inputBlocks * structure.blockSize * rowStride * 2 }
    private var saturationOffset: Int { biasOffset + Self.paddedCount(outputs) * 2 }

    /// The spectra in a workspace, and the cosines.
    private func parts(_ workspace: UnsafeMutableRawPointer) -> Parts {
        let numbers = { (offset: Int) in
            (workspace + offset).assumingMemoryBound(to: Int16.self)
        }
        return Parts(
            cosines: numbers(0), left: numbers(Self.cosineBytes), right: numbers(rightStart),
            errors: numbers(feedforwardBytes))
    }

    private struct Parts {
        let cosines, left, right, errors: UnsafeMutablePointer<Int16>
    }

    package func prepare(_ workspace: UnsafeMutableRawPointer, forUpdates: Bool) {
        CirculantTwiddles.fillFixed(parts(workspace).cosines)
    }

    package func refresh(_ memory: JunctionMemory) {}

    /// y = sat(b + IFFT(R(Σⱼ Ŵ_ij x̂_j)))
    package func feedforward(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        x: UnsafePointer<Int16>, y: UnsafeMutablePointer<Int16>,
        saturations: UnsafeMutablePointer<UInt64>?, kernels: KernelSet
    ) {
        let (k, parts, kernels) = (structure.blockSize, parts(workspace), kernels.circulant.fixed)
        let (q, p) = (structure.inputBlocks, structure.outputBlocks)
        var count = kernels.transform(x, inputs, q, k, parts.cosines, parts.left)
        count += kernels.multiply(
            parameters.assumingMemoryBound(to: Int16.self), parts.left, parts.right, q,
            rowStride, k, format.fractionBits)
        count += kernels.invert(parts.right, p, k, parts.cosines, y, outputs)
        let bias = (parameters + biasOffset).assumingMemoryBound(to: Int16.self)
        var ofSums = 0
        for row in 0..<outputs {
            y[row] = saturated(Int(y[row]) + Int(bias[row]), &ofSums)
        }
        saturations?[0] &+= UInt64(count)
        saturations?[1] &+= UInt64(ofSums)
    }

    /// e = sat(round(IFFT(R(Σᵢ conj(Ŵ_ij) δ̂_i)) · f′)) with the old Ŵ: the spectral form needs e
    /// as a whole before f′ can be applied, so that comes last and not first. Then, with η = 2^−s,
    /// Ŵ_ij ← sat(Ŵ_ij − round(η conj(x̂_j) δ̂_i)), rounded once, and b ← sat(b + round(−δ·2^−s)).
    package func backpropUpdate(
        _ memory: JunctionMemory, x: UnsafePointer<Int16>, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>?, learningShift: Int,
        increment: Increment, generator: UnsafeMutablePointer<UInt64>, kernels: KernelSet
    ) {
        precondition(increment == .exact, "spectra learn exact increments")
        let (k, kernels) = (structure.blockSize, kernels.circulant.fixed)
        let parts = parts(memory.workspace)
        let (q, p) = (structure.inputBlocks, structure.outputBlocks)
        let counters = (memory.parameters + saturationOffset).assumingMemoryBound(to: UInt64.self)
        // FF has counted what saturates in x̂.
        _ = kernels.transform(x, inputs, q, k, parts.cosines, parts.left)
        var ofErrors = kernels.transform(delta, outputs, p, k, parts.cosines, parts.right)
        kernels.backpropUpdate(
            memory.parameters.assumingMemoryBound(to: Int16.self), parts.left, parts.right,
            e == nil ? nil : parts.errors, q, rowStride, k, format.fractionBits,
            format.fractionBits + learningShift - 2 * scaleShift, counters + 2)
        if let e { finishErrors(parts, derivative, e, &ofErrors, kernels) }
        let bias = (memory.parameters + biasOffset).assumingMemoryBound(to: Int16.self)
        var ofBiases = 0
        for row in 0..<outputs {
            let step = rounded(-Int(delta[row]), learningShift)
            bias[row] = saturated(Int(bias[row]) + step, &ofBiases)
        }
        counters[2] &+= UInt64(ofErrors)
        counters[3] &+= UInt64(ofBiases)
    }

    /// UP with x = 0 changes no spectrum and counts nothing: that is what is run.
    package func backprop(
        _ memory: JunctionMemory, delta: UnsafePointer<Int16>,
        derivative: UnsafePointer<Int16>?, e: UnsafeMutablePointer<Int16>, kernels: KernelSet
    ) {
        let parts = parts(memory.workspace)
        let k = structure.blockSize
        parts.left.update(repeating: 0, count: Self.paddedCount(structure.inputBlocks) * k)
        let counters = (memory.parameters + saturationOffset).assumingMemoryBound(to: UInt64.self)
        var ofErrors = kernels.circulant.fixed.transform(
            delta, outputs, structure.outputBlocks, k, parts.cosines, parts.right)
        kernels.circulant.fixed.backpropUpdate(
            memory.parameters.assumingMemoryBound(to: Int16.self), parts.left, parts.right,
            parts.errors, structure.inputBlocks, rowStride, k, format.fractionBits,
            format.fractionBits - 2 * scaleShift, counters + 2)
        finishErrors(parts, derivative, e, &ofErrors, kernels.circulant.fixed)
        counters[2] &+= UInt64(ofErrors)
    }

    /// e from its spectra, times f′.
    private func finishErrors(
        _ parts: Parts, _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ count: inout Int, _ kernels: FixedCirculantKernels
    ) {
        count += kernels.invert(
            parts.errors, structure.inputBlocks, structure.blockSize, parts.cosines, e, inputs)
        if let derivative {
            for i in 0..<inputs {
                let product = Int(e[i]) * Int(derivative[i])
                e[i] = saturated(rounded(product, format.fractionBits), &count)
            }
        }
        for i in inputs..<Self.paddedCount(inputs) { e[i] = 0 }
    }

    /// v · 2^−n, half up.
    private func rounded(_ v: Int, _ n: Int) -> Int { (v + ((1 << n) >> 1)) >> n }

    /// Held to the format, and counted if that changed it.
    private func saturated(_ v: Int, _ count: inout Int) -> Int16 {
        let held = min(max(v, Int(format.lowest)), Int(format.highest))
        if held != v { count += 1 }
        return Int16(truncatingIfNeeded: held)
    }
}
