// Fresh parameters of the 16-bit circulant junction, the matrix that its spectra stand for, and
// what can be wrong with them. Through floats, by the plain kernels.

import Arithmetic
import Kernels

extension FixedCirculantJunction {
    /// 2^b_f
    private var unit: Float { Float(sign: .plus, exponent: format.fractionBits, significand: 1) }

    /// The same parameters in float32, for transforms that are not rounded to 16 bits.
    private var floatForm: CirculantJunction { CirculantJunction(structure) }

    /// As the float junction draws them, in the same order; then every component rounded to the
    /// nearest number, halves upwards, and held to ±32767.
    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        withFloatForm { floats, floatWorkspace in
            floatForm.initialise(floats, floatWorkspace, distribution, &generator)
            let weights = parameters.assumingMemoryBound(to: Int16.self)
            let spectra = floats.assumingMemoryBound(to: Float.self)
            for row in 0..<rowCount {
                for lane in 0..<structure.outputBlocks {
                    weights[row * rowStride + lane] =
                        nearest(spectra[row * floatForm.rowStride + lane])
                }
            }
            let bias = (parameters + biasOffset).assumingMemoryBound(to: Int16.self)
            let start = floats + floatForm.fields.offset(1)
            let drawn = start.assumingMemoryBound(to: Float.self)
            for row in 0..<outputs { bias[row] = nearest(drawn[row]) }
        }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        withFloatForm { floats, floatWorkspace in
            let weights = parameters.assumingMemoryBound(to: Int16.self)
            let spectra = floats.assumingMemoryBound(to: Float.self)
            for row in 0..<rowCount {
                for lane in 0..<structure.outputBlocks {
                    spectra[row * floatForm.rowStride + lane] =
                        Float(weights[row * rowStride + lane]) / unit
                }
            }
            floatForm.expand(floats, floatWorkspace, pass, into: dense)
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        let weights = parameters.assumingMemoryBound(to: Int16.self)
        var (outside, padding) = (0, 0)
        for row in 0..<rowCount {
            for lane in 0..<rowStride {
                let number = weights[row * rowStride + lane]
                if lane >= structure.outputBlocks {
                    if number != 0 { padding += 1 }
                } else if number == .min {
                    outside += 1
                }
            }
        }
        var findings: [String] = []
        if outside > 0 { findings.append("weights: \(outside) numbers are outside of ±32767") }
        if padding > 0 {
            findings.append("weights: \(padding) numbers of the padding are not zero")
        }
        return findings
    }

    private var rowCount: Int { structure.inputBlocks * structure.blockSize }

    /// Round half up, held to ±32767; 0 for NaN.
    private func nearest(_ value: Float) -> Int16 {
        let scaled = value * unit
        if scaled.isNaN { return 0 }
        let below = scaled.rounded(.down)
        let whole = scaled - below >= 0.5 ? below + 1 : below
        return Int16(min(max(whole, -32767), 32767))
    }

    /// Memory for the float form, for as long as `body` runs.
    private func withFloatForm(
        _ body: (_ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer) ->
            Void
    ) {
        let form = floatForm
        let (parameterBytes, workspaceBytes) = (form.fields.byteCount, form.feedforwardBytes)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: parameterBytes + workspaceBytes, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(
            as: UInt8.self, repeating: 0, count: parameterBytes + workspaceBytes)
        form.prepare(memory + parameterBytes, forUpdates: false)
        body(memory, memory + parameterBytes)
    }
}
