// BP exactly and UP stochastically, fused. A row of W meets at most L + 1 different increments,
// which lie in registers; a chunk of sixteen weights is a permutation and an addition, so that
// memory is what the loops wait for.
//
// Tried, and no faster: sorting rows by rank, so that equal rows share their increments, and
// passing over chunks whose ranks are too low for a row. Fewer weights are touched then, but in an
// order that the processor cannot foresee.
//
// Legend as in StochasticKernelSet.swift.
// Invariants: e[i] takes its terms with j ascending, whatever the grouping of rows; a lane that has
// nothing to add adds −0, which changes no weight.

extension VectorKernels {
    /// e = Wᵀ δ, W and b learn. See `StochasticKernels.update`.
    @inline(never)
    package static func stochasticUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ delta: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>?,
        _ left: UnsafePointer<Int32>, _ right: UnsafePointer<Int32>,
        _ table: UnsafePointer<Float>, _ bitCount: Int, _ chunks: UnsafePointer<Int32>,
        _ chunkCount: Int, _ outputs: Int, _ rowStride: Int, _ learningRate: Float
    ) {
        // Six copies of one loop, so that nothing is asked inside it.
        if let e {
            clear(e, rowStride)
            if bitCount < 16 {
                learn(w, delta, e, left, right, table, outputs, rowStride, width: 16)
            } else if bitCount < 32 {
                learn(w, delta, e, left, right, table, outputs, rowStride, width: 32)
            } else {
                learn(w, delta, e, left, right, table, outputs, rowStride, width: 65)
            }
        } else if bitCount < 16 {
            add(w, left, right, table, chunks, chunkCount, outputs, rowStride, width: 16)
        } else if bitCount < 32 {
            add(w, left, right, table, chunks, chunkCount, outputs, rowStride, width: 32)
        } else {
            add(w, left, right, table, chunks, chunkCount, outputs, rowStride, width: 65)
        }
        var j = 0
        while j < outputs {
            if delta[j] != 0 { bias[j] += delta[j] * -learningRate }
            j &+= 1
        }
    }
}

// MARK: - UP alone: rows and chunks with codes

extension VectorKernels {
    /// Four rows at a time.
    @_transparent
    private static func add(
        _ w: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>,
        _ chunks: UnsafePointer<Int32>, _ chunkCount: Int, _ outputs: Int, _ rowStride: Int,
        width: Int
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsWithCodes(right + base, outputs &- base)
            while busy.nonzeroBitCount >= 4 {
                let j0 = base &+ takeLowest(&busy)
                let j1 = base &+ takeLowest(&busy)
                let j2 = base &+ takeLowest(&busy)
                let j3 = base &+ takeLowest(&busy)
                let line0 = StochasticLine(table, right[j0], width: width)
                let line1 = StochasticLine(table, right[j1], width: width)
                let line2 = StochasticLine(table, right[j2], width: width)
                let line3 = StochasticLine(table, right[j3], width: width)
                var k = 0
                while k < chunkCount {
                    let i = Int(truncatingIfNeeded: chunks[k])
                    let codes = loadCodes(left, i)
                    add(line0.addend(codes, width: width), w + j0 &* rowStride, i)
                    add(line1.addend(codes, width: width), w + j1 &* rowStride, i)
                    add(line2.addend(codes, width: width), w + j2 &* rowStride, i)
                    add(line3.addend(codes, width: width), w + j3 &* rowStride, i)
                    k &+= 1
                }
            }
            while busy != 0 {
                let j = base &+ takeLowest(&busy)
                let line = StochasticLine(table, right[j], width: width)
                var k = 0
                while k < chunkCount {
                    let i = Int(truncatingIfNeeded: chunks[k])
                    add(line.addend(loadCodes(left, i), width: width), w + j &* rowStride, i)
                    k &+= 1
                }
            }
            base &+= 64
        }
    }

    @_transparent
    private static func add(_ addend: Lanes, _ row: UnsafeMutablePointer<Float>, _ i: Int) {
        store(load(row, i) + addend, row, i)
    }
}

// MARK: - BP and UP: rows with errors, of which those without codes are read and not written

extension VectorKernels {
    /// Four rows at a time.
    @_transparent
    private static func learn(
        _ w: UnsafeMutablePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>, _ outputs: Int,
        _ rowStride: Int, width: Int
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsWithErrors(delta + base, outputs &- base)
            while busy.nonzeroBitCount >= 4 {
                let j0 = base &+ takeLowest(&busy)
                let j1 = base &+ takeLowest(&busy)
                let j2 = base &+ takeLowest(&busy)
                let j3 = base &+ takeLowest(&busy)
                let line0 = StochasticLine(table, right[j0], width: width)
                let line1 = StochasticLine(table, right[j1], width: width)
                let line2 = StochasticLine(table, right[j2], width: width)
                let line3 = StochasticLine(table, right[j3], width: width)
                let (has0, has1) = (right[j0] != 0, right[j1] != 0)
                let (has2, has3) = (right[j2] != 0, right[j3] != 0)
                let (d0, d1) = (every(delta[j0]), every(delta[j1]))
                let (d2, d3) = (every(delta[j2]), every(delta[j3]))
                var i = 0
                while i < rowStride {
                    let codes = loadCodes(left, i)
                    var es = load(e, i)
                    learn(line0, has0, codes, w + j0 &* rowStride, i, d0, &es, width: width)
                    learn(line1, has1, codes, w + j1 &* rowStride, i, d1, &es, width: width)
                    learn(line2, has2, codes, w + j2 &* rowStride, i, d2, &es, width: width)
                    learn(line3, has3, codes, w + j3 &* rowStride, i, d3, &es, width: width)
                    store(es, e, i)
                    i &+= 16
                }
            }
            while busy != 0 {
                let j = base &+ takeLowest(&busy)
                let row = w + j &* rowStride
                let line = StochasticLine(table, right[j], width: width)
                let hasCode = right[j] != 0
                let d = every(delta[j])
                var i = 0
                while i < rowStride {
                    var es = load(e, i)
                    learn(line, hasCode, loadCodes(left, i), row, i, d, &es, width: width)
                    store(es, e, i)
                    i &+= 16
                }
            }
            base &+= 64
        }
    }

    /// Sixteen weights of one row: BP, and UP where the row has a code.
    @_transparent
    private static func learn(
        _ line: StochasticLine, _ hasCode: Bool, _ codes: SIMD16<Int32>,
        _ row: UnsafeMutablePointer<Float>, _ i: Int, _ d: Lanes, _ es: inout Lanes, width: Int
    ) {
        let ws = load(row, i)
        es = fma(ws, d, es)
        if hasCode { store(ws + line.addend(codes, width: width), row, i) }
    }
}

// MARK: - Which of 64 rows

extension VectorKernels {
    /// Bit r is set where row r of the next (at most 64) has a code.
    @_transparent
    private static func rowsWithCodes(_ codes: UnsafePointer<Int32>, _ remaining: Int) -> UInt64 {
        let count = remaining < 64 ? remaining : 64
        var busy: UInt64 = 0
        var r = 0
        while r < count {
            busy |= (codes[r] != 0 ? 1 : 0) &<< UInt64(truncatingIfNeeded: r)
            r &+= 1
        }
        return busy
    }

    /// Bit r is set where row r of the next (at most 64) has an error.
    @_transparent
    private static func rowsWithErrors(
        _ delta: UnsafePointer<Float>, _ remaining: Int
    ) -> UInt64 {
        let count = remaining < 64 ? remaining : 64
        var busy: UInt64 = 0
        var r = 0
        while r < count {
            busy |= (delta[r] != 0 ? 1 : 0) &<< UInt64(truncatingIfNeeded: r)
            r &+= 1
        }
        return busy
    }

    @_transparent
    private static func takeLowest(_ bits: inout UInt64) -> Int {
        let lowest = bits.trailingZeroBitCount
        bits &= bits &- 1
        return lowest
    }
}
