// Rows of the master under a mask: BP without a view, decays that differ, momentum.
//
// Legend: a block is 16 rows; masks [chunks][16 columns], bit r for row r.

import CLanes

/// Masks of sixteen columns, widened.
@_transparent
func maskWords(_ masks: UnsafePointer<UInt16>, _ i: Int) -> SIMD16<Int32> {
    lanes_load_words(UnsafeRawPointer(masks + i).assumingMemoryBound(to: UInt8.self), 2)
}

/// The bit of a row, in all lanes.
@_transparent
func rowBit(_ row: Int) -> SIMD16<Int32> {
    SIMD16<Int32>(repeating: 1 &<< Int32(truncatingIfNeeded: row))
}

extension VectorKernels {
    /// e += Wᵀ δ where the mask keeps. See `PrunedKernels.backpropMasked`.
    @inline(never)
    package static func backpropMasked(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ masks: UnsafePointer<UInt16>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>
    ) {
        var i = 0
        while i < rowStride {
            var es = load(e, i)
            let words = maskWords(masks, i)
            var row = 0
            while row < rows {
                let sum = fma(load(w, row &* rowStride &+ i), every(delta[row]), es)
                es = lanes_where_bit(words, rowBit(row), sum, es)
                row &+= 1
            }
            store(es, e, i)
            i &+= 16
        }
    }

    /// start = f·W. See `PrunedKernels.scaleRows`.
    @inline(never)
    package static func scaleRows(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ masks: UnsafePointer<UInt16>,
        _ keptFactor: Float, _ otherFactor: Float, _ start: UnsafeMutablePointer<Float>
    ) {
        let kept = every(keptFactor)
        let other = every(otherFactor)
        var row = 0
        while row < rows {
            var i = 0
            while i < rowStride {
                let at = row &* rowStride &+ i
                let factor = lanes_where_bit(maskWords(masks, i), rowBit(row), kept, other)
                store(load(w, at) * factor, start, at)
                i &+= 16
            }
            row &+= 1
        }
    }

    /// W ← g, or v ← μ v + g and W ← W − η v. See `PrunedKernels.finishRows`.
    @inline(never)
    package static func finishRows(
        _ start: UnsafePointer<Float>, _ sum: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int,
        _ masks: UnsafePointer<UInt16>, _ isMasked: Bool, _ w: UnsafeMutablePointer<Float>,
        _ velocity: UnsafeMutablePointer<Float>?, _ learningRate: Float, _ momentum: Float
    ) {
        var row = 0
        while row < rows {
            var i = 0
            while i < rowStride {
                let at = row &* rowStride &+ i
                var g = load(sum, at)
                if isMasked {
                    g = lanes_where_bit(maskWords(masks, i), rowBit(row), g, load(start, at))
                }
                if let velocity {
                    let v = fma(every(momentum), load(velocity, at), g)
                    store(v, velocity, at)
                    store(fma(every(-learningRate), v, load(w, at)), w, at)
                } else {
                    store(g, w, at)
                }
                i &+= 16
            }
            row &+= 1
        }
    }
}
