// BP exactly and UP stochastically, fused. A row of W meets at most L + 1 different increments,
// which lie in registers; a chunk of sixteen weights is a permutation and an addition, so that
// memory is what the loops wait for.
//
// Legend as in StochasticKernelSet.swift; a *line* is what one row adds, at each rank.
// Invariants: e[i] takes its terms with j ascending; a lane whose code is 0 adds −0, which
// changes no weight.

import CLanes

/// One row's line for L < 16.
private struct Line16 {
    var only: Lanes
}

/// One row's line for 16 ≤ L < 32.
private struct Line32 {
    var low, high: Lanes
}

/// One row's line for L ≥ 32: ranks 0 to 63 in four vectors, and rank 64 by itself.
private struct Line65 {
    var first, second, third, fourth, full: Lanes
}

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
        if let e {
            clear(e, rowStride)
            if bitCount < 16 {
                backprop16(w, delta, e, left, right, table, outputs, rowStride)
            } else if bitCount < 32 {
                backprop32(w, delta, e, left, right, table, outputs, rowStride)
            } else {
                backprop65(w, delta, e, left, right, table, outputs, rowStride)
            }
        } else if bitCount < 16 {
            sweep16(w, left, right, table, chunks, chunkCount, outputs, rowStride)
        } else if bitCount < 32 {
            sweep32(w, left, right, table, chunks, chunkCount, outputs, rowStride)
        } else {
            sweep65(w, left, right, table, chunks, chunkCount, outputs, rowStride)
        }
        var j = 0
        while j < outputs {
            if delta[j] != 0 { bias[j] += delta[j] * -learningRate }
            j &+= 1
        }
    }
}

// MARK: - UP alone: rows and chunks that have codes

extension VectorKernels {
    /// Four rows at a time.
    @_transparent
    private static func sweep16(
        _ w: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>,
        _ chunks: UnsafePointer<Int32>, _ chunkCount: Int, _ outputs: Int, _ rowStride: Int
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsWithCodes(right + base, outputs &- base)
            while busy.nonzeroBitCount >= 4 {
                let j0 = base &+ takeLowest(&busy)
                let j1 = base &+ takeLowest(&busy)
                let j2 = base &+ takeLowest(&busy)
                let j3 = base &+ takeLowest(&busy)
                let line0 = line16(table, right[j0])
                let line1 = line16(table, right[j1])
                let line2 = line16(table, right[j2])
                let line3 = line16(table, right[j3])
                var k = 0
                while k < chunkCount {
                    let i = Int(truncatingIfNeeded: chunks[k])
                    let codes = loadCodes(left, i)
                    add(line0, codes, w + j0 &* rowStride, i)
                    add(line1, codes, w + j1 &* rowStride, i)
                    add(line2, codes, w + j2 &* rowStride, i)
                    add(line3, codes, w + j3 &* rowStride, i)
                    k &+= 1
                }
            }
            while busy != 0 {
                let j = base &+ takeLowest(&busy)
                let line = line16(table, right[j])
                var k = 0
                while k < chunkCount {
                    let i = Int(truncatingIfNeeded: chunks[k])
                    add(line, loadCodes(left, i), w + j &* rowStride, i)
                    k &+= 1
                }
            }
            base &+= 64
        }
    }

    /// Two rows at a time.
    @_transparent
    private static func sweep32(
        _ w: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>,
        _ chunks: UnsafePointer<Int32>, _ chunkCount: Int, _ outputs: Int, _ rowStride: Int
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsWithCodes(right + base, outputs &- base)
            while busy != 0 {
                let j0 = base &+ takeLowest(&busy)
                let line0 = line32(table, right[j0])
                // The last of an odd number of rows goes alone: a line twice would add twice.
                guard busy != 0 else {
                    var k = 0
                    while k < chunkCount {
                        let i = Int(truncatingIfNeeded: chunks[k])
                        add(line0, loadCodes(left, i), w + j0 &* rowStride, i)
                        k &+= 1
                    }
                    break
                }
                let j1 = base &+ takeLowest(&busy)
                let line1 = line32(table, right[j1])
                var k = 0
                while k < chunkCount {
                    let i = Int(truncatingIfNeeded: chunks[k])
                    let codes = loadCodes(left, i)
                    add(line0, codes, w + j0 &* rowStride, i)
                    add(line1, codes, w + j1 &* rowStride, i)
                    k &+= 1
                }
            }
            base &+= 64
        }
    }

    /// Two rows at a time.
    @_transparent
    private static func sweep65(
        _ w: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>,
        _ chunks: UnsafePointer<Int32>, _ chunkCount: Int, _ outputs: Int, _ rowStride: Int
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsWithCodes(right + base, outputs &- base)
            while busy != 0 {
                let j0 = base &+ takeLowest(&busy)
                let line0 = line65(table, right[j0])
                guard busy != 0 else {
                    var k = 0
                    while k < chunkCount {
                        let i = Int(truncatingIfNeeded: chunks[k])
                        add(line0, loadCodes(left, i), w + j0 &* rowStride, i)
                        k &+= 1
                    }
                    break
                }
                let j1 = base &+ takeLowest(&busy)
                let line1 = line65(table, right[j1])
                var k = 0
                while k < chunkCount {
                    let i = Int(truncatingIfNeeded: chunks[k])
                    let codes = loadCodes(left, i)
                    add(line0, codes, w + j0 &* rowStride, i)
                    add(line1, codes, w + j1 &* rowStride, i)
                    k &+= 1
                }
            }
            base &+= 64
        }
    }
}

// MARK: - BP and UP: rows that have errors

extension VectorKernels {
    /// Four rows at a time; a row without codes is read and not written.
    @_transparent
    private static func backprop16(
        _ w: UnsafeMutablePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>, _ outputs: Int,
        _ rowStride: Int
    ) {
        var base = 0
        while base < outputs {
            var busy = rowsWithErrors(delta + base, outputs &- base)
            while busy.nonzeroBitCount >= 4 {
                let j0 = base &+ takeLowest(&busy)
                let j1 = base &+ takeLowest(&busy)
                let j2 = base &+ takeLowest(&busy)
                let j3 = base &+ takeLowest(&busy)
                let line0 = line16(table, right[j0])
                let line1 = line16(table, right[j1])
                let line2 = line16(table, right[j2])
                let line3 = line16(table, right[j3])
                let (has0, has1) = (right[j0] != 0, right[j1] != 0)
                let (has2, has3) = (right[j2] != 0, right[j3] != 0)
                let (d0, d1) = (every(delta[j0]), every(delta[j1]))
                let (d2, d3) = (every(delta[j2]), every(delta[j3]))
                var i = 0
                while i < rowStride {
                    let codes = loadCodes(left, i)
                    var es = load(e, i)
                    visit(line0, has0, codes, w + j0 &* rowStride, i, d0, &es)
                    visit(line1, has1, codes, w + j1 &* rowStride, i, d1, &es)
                    visit(line2, has2, codes, w + j2 &* rowStride, i, d2, &es)
                    visit(line3, has3, codes, w + j3 &* rowStride, i, d3, &es)
                    store(es, e, i)
                    i &+= 16
                }
            }
            while busy != 0 {
                let j = base &+ takeLowest(&busy)
                let line = line16(table, right[j])
                let hasCode = right[j] != 0
                let d = every(delta[j])
                var i = 0
                while i < rowStride {
                    var es = load(e, i)
                    visit(line, hasCode, loadCodes(left, i), w + j &* rowStride, i, d, &es)
                    store(es, e, i)
                    i &+= 16
                }
            }
            base &+= 64
        }
    }

    /// One row at a time.
    @_transparent
    private static func backprop32(
        _ w: UnsafeMutablePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>, _ outputs: Int,
        _ rowStride: Int
    ) {
        var j = 0
        while j < outputs {
            if delta[j] != 0 {
                let line = line32(table, right[j])
                let hasCode = right[j] != 0
                let d = every(delta[j])
                var i = 0
                while i < rowStride {
                    let ws = load(w + j &* rowStride, i)
                    store(fma(ws, d, load(e, i)), e, i)
                    if hasCode {
                        store(ws + addend(line, loadCodes(left, i)), w + j &* rowStride, i)
                    }
                    i &+= 16
                }
            }
            j &+= 1
        }
    }

    /// One row at a time.
    @_transparent
    private static func backprop65(
        _ w: UnsafeMutablePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>, _ left: UnsafePointer<Int32>,
        _ right: UnsafePointer<Int32>, _ table: UnsafePointer<Float>, _ outputs: Int,
        _ rowStride: Int
    ) {
        var j = 0
        while j < outputs {
            if delta[j] != 0 {
                let line = line65(table, right[j])
                let hasCode = right[j] != 0
                let d = every(delta[j])
                var i = 0
                while i < rowStride {
                    let ws = load(w + j &* rowStride, i)
                    store(fma(ws, d, load(e, i)), e, i)
                    if hasCode {
                        store(ws + addend(line, loadCodes(left, i)), w + j &* rowStride, i)
                    }
                    i &+= 16
                }
            }
            j &+= 1
        }
    }

    @_transparent
    private static func visit(
        _ line: Line16, _ hasCode: Bool, _ codes: SIMD16<Int32>,
        _ row: UnsafeMutablePointer<Float>, _ i: Int, _ d: Lanes, _ es: inout Lanes
    ) {
        let ws = load(row, i)
        es = fma(ws, d, es)
        if hasCode { store(ws + addend(line, codes), row, i) }
    }
}

// MARK: - Lines, codes and rows

extension VectorKernels {
    @_transparent
    private static func add(
        _ line: Line16, _ codes: SIMD16<Int32>, _ row: UnsafeMutablePointer<Float>, _ i: Int
    ) {
        store(load(row, i) + addend(line, codes), row, i)
    }

    @_transparent
    private static func add(
        _ line: Line32, _ codes: SIMD16<Int32>, _ row: UnsafeMutablePointer<Float>, _ i: Int
    ) {
        store(load(row, i) + addend(line, codes), row, i)
    }

    @_transparent
    private static func add(
        _ line: Line65, _ codes: SIMD16<Int32>, _ row: UnsafeMutablePointer<Float>, _ i: Int
    ) {
        store(load(row, i) + addend(line, codes), row, i)
    }

    @_transparent
    private static func addend(_ line: Line16, _ codes: SIMD16<Int32>) -> Lanes {
        signed(lanes_permute(line.only, codes), codes)
    }

    @_transparent
    private static func addend(_ line: Line32, _ codes: SIMD16<Int32>) -> Lanes {
        signed(lanes_permute2(line.low, line.high, codes), codes)
    }

    @_transparent
    private static func addend(_ line: Line65, _ codes: SIMD16<Int32>) -> Lanes {
        let found = lanes_permute65(
            line.first, line.second, line.third, line.fourth, line.full, codes)
        return signed(found, codes)
    }

    /// `value` with its sign changed in lanes whose code has a sign.
    @_transparent
    private static func signed(_ value: Lanes, _ codes: SIMD16<Int32>) -> Lanes {
        let bits = unsafeBitCast(value, to: SIMD16<Int32>.self) ^ (codes & Int32.min)
        return unsafeBitCast(bits, to: Lanes.self)
    }

    @_transparent
    private static func line16(_ table: UnsafePointer<Float>, _ code: Int32) -> Line16 {
        Line16(only: firstPart(table + Int(truncatingIfNeeded: code & 127) &* 16, code))
    }

    @_transparent
    private static func line32(_ table: UnsafePointer<Float>, _ code: Int32) -> Line32 {
        let line = table + Int(truncatingIfNeeded: code & 127) &* 32
        return Line32(low: firstPart(line, code), high: part(line + 16, code))
    }

    @_transparent
    private static func line65(_ table: UnsafePointer<Float>, _ code: Int32) -> Line65 {
        let line = table + Int(truncatingIfNeeded: code & 127) &* 80
        return Line65(
            first: firstPart(line, code), second: part(line + 16, code),
            third: part(line + 32, code), fourth: part(line + 48, code),
            full: every(part(line + 64, code)[0]))
    }

    /// Sixteen entries with the sign of a row's code.
    @_transparent
    private static func part(_ line: UnsafePointer<Float>, _ code: Int32) -> Lanes {
        signed(load(line, 0), SIMD16(repeating: code))
    }

    /// The same, but the entry of rank 0 stays −0.
    @_transparent
    private static func firstPart(_ line: UnsafePointer<Float>, _ code: Int32) -> Lanes {
        var codes = SIMD16<Int32>(repeating: code)
        codes[0] = 0
        return signed(load(line, 0), codes)
    }

    @_transparent
    private static func loadCodes(_ codes: UnsafePointer<Int32>, _ i: Int) -> SIMD16<Int32> {
        UnsafeRawPointer(codes + i).loadUnaligned(as: SIMD16<Int32>.self)
    }

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
