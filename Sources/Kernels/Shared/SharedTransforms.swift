// Transforms of blocks of rows: lanes are positions, so that nothing is shuffled on the way in or out.
// Small blocks stay in registers (SharedSmallTransforms.swift), but for a ragged last one.

extension VectorKernels {
    /// Spectra of blocks of rows. See `SharedKernels.transform`.
    @inline(never)
    package static func sharedTransform(
        _ x: UnsafePointer<Float>, _ rows: Int, _ blocks: Int, _ k: Int, _ stride: Int,
        _ cosines: UnsafePointer<Float>, _ spectra: UnsafeMutablePointer<Float>
    ) {
        switch k {
        case 4: transformRows(x, rows, blocks, k: 4, stride, cosines, spectra, isSmall: true)
        case 8: transformRows(x, rows, blocks, k: 8, stride, cosines, spectra, isSmall: true)
        case 16: transformRows(x, rows, blocks, k: 16, stride, cosines, spectra, isSmall: true)
        default: transformRows(x, rows, blocks, k: k, stride, cosines, spectra, isSmall: false)
        }
    }

    @_transparent
    private static func transformRows(
        _ x: UnsafePointer<Float>, _ rows: Int, _ blocks: Int, k: Int, _ stride: Int,
        _ cosines: UnsafePointer<Float>, _ spectra: UnsafeMutablePointer<Float>, isSmall: Bool
    ) {
        var v = spectra
        var p = 0
        while p < stride {
            var block = 0
            while block < blocks {
                let first = block &* k
                if isSmall && first &+ k <= rows {
                    transformBlock(x + (first &* stride &+ p), stride, k: k, cosines, v)
                } else {
                    var reversed = 0
                    var t = 0
                    while t < k {
                        let row = first &+ t
                        let isThere = row < rows
                        store(
                            isThere ? load(x, row &* stride &+ p) : Lanes.zero, v, reversed &* 16)
                        t &+= 1
                        reversed ^= k &- k &>> (t.trailingZeroBitCount &+ 1)
                    }
                    forward(v, k, cosines)
                }
                v += k &* 16
                block &+= 1
            }
            p &+= 16
        }
    }

    /// Rows from their spectra. See `SharedKernels.invert`.
    @inline(never)
    package static func sharedInvert(
        _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, _ k: Int, _ stride: Int,
        _ cosines: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ rows: Int
    ) {
        switch k {
        case 4: invertRows(spectra, blocks, k: 4, stride, cosines, addend, y, rows, isSmall: true)
        case 8: invertRows(spectra, blocks, k: 8, stride, cosines, addend, y, rows, isSmall: true)
        case 16: invertRows(spectra, blocks, k: 16, stride, cosines, addend, y, rows, isSmall: true)
        default: invertRows(spectra, blocks, k: k, stride, cosines, addend, y, rows, isSmall: false)
        }
    }

    @_transparent
    private static func invertRows(
        _ spectra: UnsafeMutablePointer<Float>, _ blocks: Int, k: Int, _ stride: Int,
        _ cosines: UnsafePointer<Float>, _ addend: UnsafePointer<Float>?,
        _ y: UnsafeMutablePointer<Float>, _ rows: Int, isSmall: Bool
    ) {
        let scale = every(1 / Float(k))
        var v = spectra
        var p = 0
        while p < stride {
            var block = 0
            while block < blocks {
                let first = block &* k
                if isSmall && first &+ k <= rows {
                    invertBlock(
                        v, k: k, cosines, addend.map { $0 + first }, y + (first &* stride &+ p),
                        stride)
                } else {
                    backward(v, k, cosines)
                    let rest = rows &- first
                    let here = rest < k ? rest : k
                    var reversed = 0
                    var t = 0
                    while t < here {
                        let value = load(v, reversed &* 16)
                        let row = first &+ t
                        let at = row &* stride &+ p
                        if let addend {
                            store(fma(value, scale, every(addend[row])), y, at)
                        } else {
                            store(value * scale, y, at)
                        }
                        t &+= 1
                        reversed ^= k &- k &>> (t.trailingZeroBitCount &+ 1)
                    }
                }
                v += k &* 16
                block &+= 1
            }
            p &+= 16
        }
    }
}
