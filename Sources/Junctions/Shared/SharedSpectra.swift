// A circulant junction at many positions: spectra of x, y, δ and e at every position, lanes being
// positions.

import Kernels

/// The scratch memory of one pass: spectra of both sides, and sums of increments.
struct SharedSpectra {
    private let leftCount, rightCount: Int
    private let stride, sumCount: Int

    /// - stride: positions. - sumCount: floats of the weights
    init(_ form: CirculantJunction, _ stride: Int, _ sumCount: Int) {
        let structure = form.structure
        leftCount = structure.inputBlocks * structure.blockSize * stride
        rightCount = structure.outputBlocks * structure.blockSize * stride
        self.stride = stride
        self.sumCount = sumCount + DenseJunction.paddedCount(structure.outputs)
    }

    /// Bytes, a multiple of 64.
    func byteCount(learns: Bool) -> Int {
        (leftCount + rightCount + (learns ? sumCount : 0)) * 4
    }

    /// FF: q transforms, p inverse ones.
    func feedforward(
        _ form: CirculantJunction, _ tables: UnsafeMutableRawPointer,
        _ left: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
        _ kernels: KernelSet
    ) {
        let (shape, right) = (form.structure, left + leftCount)
        let (k, cosines) = (shape.blockSize, form.layout.cosines(tables))
        kernels.shared.transform(x, form.inputs, shape.inputBlocks, k, stride, cosines, left)
        kernels.shared.multiply(
            weights, left, right, shape.inputBlocks, shape.outputBlocks, form.rowStride, k,
            stride / 16)
        kernels.shared.invert(
            right, shape.outputBlocks, k, stride, cosines, bias, y, form.outputs)
    }

    /// BP: p transforms, q inverse ones.
    func backprop(
        _ form: CirculantJunction, _ tables: UnsafeMutableRawPointer,
        _ left: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, e: UnsafeMutablePointer<Float>, _ kernels: KernelSet
    ) {
        let (shape, right) = (form.structure, left + leftCount)
        let (k, cosines) = (shape.blockSize, form.layout.cosines(tables))
        kernels.shared.transform(
            delta, form.outputs, shape.outputBlocks, k, stride, cosines, right)
        kernels.shared.multiplyConjugate(
            weights, right, left, shape.inputBlocks, shape.outputBlocks, form.rowStride, k,
            stride / 16)
        kernels.shared.invert(left, shape.inputBlocks, k, stride, cosines, nil, e, form.inputs)
    }

    /// The sums of UP, shaped as the weights, with room for those of the biases behind them.
    func sums(
        _ form: CirculantJunction, _ tables: UnsafeMutableRawPointer,
        _ left: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>,
        delta: UnsafePointer<Float>, _ kernels: KernelSet
    ) -> UnsafeMutablePointer<Float> {
        let (shape, right) = (form.structure, left + leftCount)
        let (k, cosines) = (shape.blockSize, form.layout.cosines(tables))
        let sums = right + rightCount
        kernels.shared.transform(x, form.inputs, shape.inputBlocks, k, stride, cosines, left)
        kernels.shared.transform(
            delta, form.outputs, shape.outputBlocks, k, stride, cosines, right)
        kernels.shared.spectralSums(
            left, right, sums, shape.inputBlocks, shape.outputBlocks, form.rowStride, k,
            stride / 16)
        return sums
    }
}
