// The definitions of the N:M kernels: scalar, group by group.

extension PrunedKernels {
    /// Which N of M magnitudes are kept: bit p for position p.
    package static func selection(
        kept: Int, group: Int, _ weight: (_ position: Int) -> Float
    ) -> UInt16 {
        var bits: UInt16 = 0
        for p in 0..<group {
            let own = weight(p).magnitude.bitPattern
            var better = 0
            for q in 0..<group where q != p {
                let other = weight(q).magnitude.bitPattern
                if other > own || (other == own && q < p) { better += 1 }
            }
            if better < kept { bits |= 1 << UInt16(p) }
        }
        return bits
    }
}

/// One lane of a chunk: sixteen weights, of which some are kept.
private struct PlainLane {
    let kept, group: Int
    let weight: (Int) -> Float

    /// Bit p: the weight at position p of the chunk is kept.
    var mask: UInt16 {
        var mask: UInt16 = 0
        for start in stride(from: 0, to: 16, by: group) {
            let bits = PrunedKernels.selection(kept: kept, group: group) { weight(start + $0) }
            mask |= bits << UInt16(start)
        }
        return mask
    }

    /// Midway between the smallest kept and the largest other magnitude.
    func threshold(_ index: Int) -> Int32 {
        let sorted = (0..<group).map {
            Int32(bitPattern: weight(index * group + $0).magnitude.bitPattern)
        }.sorted(by: >)
        return sorted[kept] + ((sorted[kept - 1] - sorted[kept]) >> 1)
    }

    /// Writes the values and packed indices of lane `lane`.
    func write(
        _ lane: Int, _ values: UnsafeMutablePointer<Float>, _ indices: UnsafeMutablePointer<UInt8>
    ) {
        let wordBytes = 8 * kept / group
        let mask = mask
        var slot = 0
        var word: UInt32 = 0
        for p in 0..<16 where mask >> UInt16(p) & 1 == 1 {
            values[slot * 16 + lane] = weight(p)
            word |= UInt32(p) << UInt32(4 * slot)
            slot += 1
        }
        for byte in 0..<wordBytes {
            indices[lane * wordBytes + byte] = UInt8(truncatingIfNeeded: word >> UInt32(8 * byte))
        }
    }
}

extension PlainKernels {
    /// The left neuron of a slot, within its chunk.
    private static func index(
        _ indices: UnsafePointer<UInt8>, _ chunk: Int, _ lane: Int, _ slot: Int, _ slots: Int
    ) -> Int {
        let byte = indices[(chunk * 16 + lane) * slots / 2 + slot / 2]
        return Int(slot & 1 == 0 ? byte & 15 : byte >> 4)
    }

    static func prunedProduct(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, _ slots: Int
    ) {
        prunedProductMany(values, indices, bias, x, y, outputs, chunks, slots, 1)
    }

    static func prunedProductMany(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ bias: UnsafePointer<Float>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ chunks: Int, _ slots: Int,
        _ count: Int
    ) {
        for j in 0..<outputs {
            for b in 0..<count {
                var sum: Float = 0
                for c in 0..<chunks {
                    let chunk = j / 16 * chunks + c
                    for slot in 0..<slots {
                        let i = c * 16 + index(indices, chunk, j % 16, slot, slots)
                        let value = values[(chunk * slots + slot) * 16 + j % 16]
                        sum = sum.addingProduct(value, x[i * count + b])
                    }
                }
                y[j * count + b] = if let bias { sum + bias[j] } else { sum }
            }
        }
    }

    static func prunedScatterMany(
        _ values: UnsafePointer<Float>, _ indices: UnsafePointer<UInt8>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ outputs: Int,
        _ chunks: Int, _ slots: Int, _ count: Int
    ) {
        for k in 0..<16 * chunks * count { e[k] = 0 }
        for j in 0..<outputs {
            for c in 0..<chunks {
                let chunk = j / 16 * chunks + c
                for slot in 0..<slots {
                    let i = c * 16 + index(indices, chunk, j % 16, slot, slots)
                    let value = values[(chunk * slots + slot) * 16 + j % 16]
                    for b in 0..<count {
                        e[i * count + b] = e[i * count + b].addingProduct(
                            value, delta[j * count + b])
                    }
                }
            }
        }
    }

    static func prepareForward(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
        _ kept: Int, _ group: Int, _ values: UnsafeMutablePointer<Float>,
        _ indices: UnsafeMutablePointer<UInt8>, _ masks: UnsafeMutablePointer<UInt16>?,
        _ thresholds: UnsafeMutablePointer<Int32>?
    ) {
        let slots = 16 * kept / group
        for c in 0..<chunks {
            for column in 0..<16 { masks?[c * 16 + column] = 0 }
            for row in 0..<16 {
                let lane = PlainLane(kept: kept, group: group) {
                    row < rows ? w[row * rowStride + c * 16 + $0] : 0
                }
                lane.write(row, values + c * slots * 16, indices + c * slots * 8)
                let mask = lane.mask
                for column in 0..<16
                where c * 16 + column < inputs && row < rows && mask >> UInt16(column) & 1 == 1 {
                    masks?[c * 16 + column] |= 1 << UInt16(row)
                }
                for g in 0..<16 / group {
                    thresholds?[(c * 16 + row) * (16 / group) + g] = lane.threshold(g)
                }
            }
        }
    }

    static func prepareBackward(
        _ w: UnsafePointer<Float>, _ rowStride: Int, _ rows: Int, _ chunks: Int, _ inputs: Int,
        _ kept: Int, _ group: Int, _ masks: UnsafeMutablePointer<UInt16>,
        _ thresholds: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>?,
        _ indices: UnsafeMutablePointer<UInt8>?, _ viewChunks: Int
    ) {
        let slots = 16 * kept / group
        for c in 0..<chunks {
            for column in 0..<16 {
                let i = c * 16 + column
                let lane = PlainLane(kept: kept, group: group) {
                    $0 < rows ? w[$0 * rowStride + i] : 0
                }
                masks[i] = i < inputs ? lane.mask & realBits(rows) : 0
                for g in 0..<16 / group {
                    thresholds[(c * (16 / group) + g) * 16 + column] = lane.threshold(g)
                }
                guard let values, let indices else { continue }
                lane.write(
                    column, values + c * viewChunks * slots * 16,
                    indices + c * viewChunks * slots * 8)
            }
        }
    }

    /// Bits of the rows that are not padding.
    private static func realBits(_ remaining: Int) -> UInt16 {
        remaining >= 16 ? .max : (1 << UInt16(remaining)) - 1
    }
}
