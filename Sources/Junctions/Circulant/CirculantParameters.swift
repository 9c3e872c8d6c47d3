// Fresh parameters, the matrix that spectra stand for, what can be wrong with them, and increments
// from elsewhere: by the definitions, in the time domain.

import Arithmetic
import Kernels

extension CirculantJunction {
    /// Draws defining vectors, column of blocks by column: input block, output block, then the k
    /// numbers of w; their spectra are what is kept. Then the biases.
    package func initialise(
        _ parameters: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ distribution: WeightDistribution, _ generator: inout Xoshiro256StarStar
    ) {
        let weights = parameters.assumingMemoryBound(to: Float.self)
        let count = structure.outputBlocks * structure.blockSize
        var vectors = [Float](repeating: 0, count: DenseJunction.paddedCount(count))
        for column in 0..<structure.inputBlocks {
            for index in 0..<count { vectors[index] = distribution.weight(&generator) }
            storeColumn(vectors, column, weights, workspace) { $1 }
        }
        let start = parameters + fields.offset(1)
        let bias = start.assumingMemoryBound(to: Float.self)
        for row in 0..<outputs { bias[row] = distribution.bias(&generator) }
    }

    package func expand(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer,
        _ pass: JunctionPass, into dense: UnsafeMutablePointer<Float>
    ) {
        let k = structure.blockSize
        var vectors = [Float](
            repeating: 0, count: DenseJunction.paddedCount(structure.outputBlocks * k))
        for column in 0..<structure.inputBlocks {
            loadColumn(
                column, parameters.assumingMemoryBound(to: Float.self), workspace, &vectors)
            for row in 0..<outputs {
                for c in 0..<k where column * k + c < inputs {
                    let t = (row % k - c + k) % k
                    dense[row * inputs + column * k + c] = vectors[row / k * k + t]
                }
            }
        }
    }

    /// W ← W − Δ for the increments that another rule formed, projected onto circulant blocks:
    /// the increment of w[t] is the sum along the wrapped diagonal t of its block, over neurons
    /// that exist; its spectrum is subtracted. Plain, and as slow as a dense junction.
    /// - sums: scratch memory, a padded vector of outputs in whole blocks
    /// - increment: Δ of right neuron `row` and left neuron `column`, the rate included
    package func applyIncrement(
        _ memory: JunctionMemory, sums: UnsafeMutablePointer<Float>,
        _ increment: (_ row: Int, _ column: Int) -> Float
    ) {
        let weights = memory.parameters.assumingMemoryBound(to: Float.self)
        let k = structure.blockSize
        let count = DenseJunction.paddedCount(structure.outputBlocks * k)
        for column in 0..<structure.inputBlocks {
            sums.update(repeating: 0, count: count)
            for row in 0..<outputs {
                for c in 0..<k where column * k + c < inputs {
                    let t = (row % k - c + k) % k
                    sums[row / k * k + t] += increment(row, column * k + c)
                }
            }
            storeColumn(sums, column, weights, memory.workspace) { $0 - $1 }
        }
    }

    package func findings(
        _ parameters: UnsafeRawPointer, _ workspace: UnsafeMutableRawPointer
    ) -> [String] {
        var findings = JunctionFindings.notFinite(parameters, fields)
        let weights = parameters.assumingMemoryBound(to: Float.self)
        var count = 0
        for row in 0..<structure.inputBlocks * structure.blockSize {
            for lane in structure.outputBlocks..<rowStride
            where weights[row * rowStride + lane] != 0 {
                count += 1
            }
        }
        if count > 0 { findings.append("weights: \(count) numbers of the padding are not zero") }
        return findings
    }

    /// Transforms p defining vectors and combines their spectra with those of a column of blocks.
    private func storeColumn(
        _ vectors: UnsafePointer<Float>, _ column: Int, _ weights: UnsafeMutablePointer<Float>,
        _ workspace: UnsafeMutableRawPointer, _ combine: (_ old: Float, _ new: Float) -> Float
    ) {
        let (k, p) = (structure.blockSize, structure.outputBlocks)
        let spectra = layout.right(workspace)
        // The definition, so that fresh parameters are the same bytes on every machine.
        KernelSet.plain.circulant.transform(
            vectors, p * k, p, k, layout.cosines(workspace), layout.staging(workspace), spectra)
        let start = weights + column * k * rowStride
        for c in 0..<k {
            for i in 0..<p {
                let new = spectra[(i / 16 * k + c) * 16 + i % 16]
                start[c * rowStride + i] = combine(start[c * rowStride + i], new)
            }
        }
    }

    /// The defining vectors of a column of blocks.
    private func loadColumn(
        _ column: Int, _ weights: UnsafePointer<Float>, _ workspace: UnsafeMutableRawPointer,
        _ vectors: inout [Float]
    ) {
        let (k, p) = (structure.blockSize, structure.outputBlocks)
        let spectra = layout.right(workspace)
        let start = weights + column * k * rowStride
        for c in 0..<k {
            for i in 0..<p {
                spectra[(i / 16 * k + c) * 16 + i % 16] = start[c * rowStride + i]
            }
        }
        vectors.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            KernelSet.plain.circulant.invert(
                spectra, p, k, layout.cosines(workspace), layout.staging(workspace), nil, base,
                p * k)
        }
    }
}
