// FF, BP and UP in fixed point over lists of edges.
//
// Legend and definition: FixedKernelSet.swift; tame: FixedLanes.swift; tables: fixed_lanes.h.
// 32 edges of a row are worked at once: their left neurons are gathered, and from there on all is
// as in dense rows. BP scatters: where there is a table of which edge starts at a left neuron, the
// weights of a row are gathered into the order of the left neurons instead. Overflows are seen as
// in FixedTiles.swift.

import CLanes

extension VectorKernels {
    /// y = sat(b + Σ W ⊗ x[left]). See `FixedKernels.edgeFeedforward`.
    @inline(never)
    package static func fixedEdgeFeedforward(
        _ edges: fixed_edges, _ w: UnsafePointer<Int16>, _ bias: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ y: UnsafeMutablePointer<Int16>, _ width: Int,
        _ fractionBits: Int, _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let padded = (edges.inputs &+ 31) & ~31
        let range = fixedRange(x, padded)
        let isTame = numbers.isTame(range.low) && numbers.isTame(range.high)
        let run = 32 &<< (16 &- width)
        var products: Int32 = 0
        var sums: Int32 = 0
        var j = 0
        while j < edges.outputs {
            let start = j &* edges.row_stride
            var sum = Int32(bias[j])
            if isTame {
                sum &+= fixedGatheredDot(edges, start, w, x, padded, run, numbers)
            } else {
                var k = 0
                while k < edges.fan_in {
                    let left = edges.left[start &+ k]
                    if left == .max { break }
                    sum &+= fixedProduct(w[start &+ k], x[Int(left)], numbers, &products)
                    k &+= 1
                }
            }
            y[j] = fixedSaturated(sum, numbers, &sums)
            j &+= 1
        }
        fixedCount(saturations, 0, products)
        fixedCount(saturations, 1, sums)
    }

    /// One row's products with a tame x.
    @_transparent
    private static func fixedGatheredDot(
        _ edges: fixed_edges, _ start: Int, _ w: UnsafePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ padded: Int, _ run: Int, _ numbers: FixedNumbers
    ) -> Int32 {
        var sum = SIMD16<Int32>.zero
        var k = 0
        while k < edges.row_stride {
            let end = k &+ run < edges.row_stride ? k &+ run : edges.row_stride
            var run = FixedLanes.zero
            while k < end {
                let edge = start &+ k
                let xs = lanes_gather(
                    x, padded, edges.left + edge, edges.left_blocks[edge &>> 5])
                run = run &+ lanes_mulhrs(xs &* numbers.scale, load(w, edge))
                k &+= 32
            }
            sum = sum &+ lanes_pair_sums(run)
        }
        return fixedSum(sum)
    }

    /// W ← W ⊕ db ⊗ x[left], b ← b ⊕ db. See `FixedKernels.edgeUpdate`.
    @inline(never)
    package static func fixedEdgeUpdate(
        _ edges: fixed_edges, _ w: UnsafeMutablePointer<Int16>,
        _ bias: UnsafeMutablePointer<Int16>, _ x: UnsafePointer<Int16>,
        _ delta: UnsafePointer<Int16>, _ width: Int, _ fractionBits: Int, _ learningShift: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let padded = (edges.inputs &+ 31) & ~31
        let range = fixedRange(x, padded)
        let isTame = numbers.isTame(range.low) && numbers.isTame(range.high)
        let isFull = width == 16
        var count: Int32 = 0
        var j = 0
        while j < edges.outputs {
            let db = fixedIncrement(delta[j], learningShift, numbers, &count)
            if db != 0 {
                bias[j] = fixedSaturated(Int32(bias[j]) &+ Int32(db), numbers, &count)
                let start = j &* edges.row_stride
                var k = 0
                while k < edges.row_stride {
                    let edge = start &+ k
                    if isTame {
                        let xs = lanes_gather(
                            x, padded, edges.left + edge, edges.left_blocks[edge &>> 5])
                        fixedAdd32(
                            lanes_mulhrs(xs &* numbers.scale, every(db)), w, edge, numbers,
                            isFull, &count)
                    } else {
                        let rest = edges.fan_in &- k
                        fixedCarefulUpdate(
                            edges.left + edge, w + edge, x, db, rest < 32 ? rest : 32, numbers,
                            &count)
                    }
                    k &+= 32
                }
            }
            j &+= 1
        }
        fixedCount(saturations, 3, count)
    }

    /// Adds to 32 numbers.
    @_transparent
    private static func fixedAdd32(
        _ increments: FixedLanes, _ p: UnsafeMutablePointer<Int16>, _ start: Int,
        _ numbers: FixedNumbers, _ isFull: Bool, _ count: inout Int32
    ) {
        let old = load(p, start)
        let sum = old &+ increments
        let isBeyond =
            isFull
            ? lanes_any_i16(lanes_xor_i16(sum, lanes_adds(old, increments)), every(-1))
            : lanes_any_i16(sum &+ numbers.offset, numbers.beyond)
        if isBeyond {
            store(fixedHeldSum(old, increments, numbers, &count), p, start)
        } else {
            store(sum, p, start)
        }
    }

    @_transparent
    private static func fixedCarefulUpdate(
        _ left: UnsafePointer<UInt16>, _ w: UnsafeMutablePointer<Int16>,
        _ x: UnsafePointer<Int16>, _ db: Int16, _ edgeCount: Int, _ numbers: FixedNumbers,
        _ count: inout Int32
    ) {
        var k = 0
        while k < edgeCount && left[k] != .max {
            let dw = fixedProduct(db, x[Int(left[k])], numbers, &count)
            w[k] = fixedSaturated(Int32(w[k]) &+ dw, numbers, &count)
            k &+= 1
        }
    }
}

extension VectorKernels {
    /// e[left] ← e[left] ⊕ (δ ⊗ f′) ⊗ W, edge by edge. See `FixedKernels.edgeBackprop`.
    @inline(never)
    package static func fixedEdgeBackprop(
        _ edges: fixed_edges, _ w: UnsafePointer<Int16>, _ delta: UnsafePointer<Int16>,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ width: Int, _ fractionBits: Int,
        _ saturations: UnsafeMutablePointer<UInt64>?
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let padded = (edges.inputs &+ 31) & ~31
        var slopes = (low: Int16(0), high: Int16(0))
        if let derivative { slopes = fixedRange(derivative, padded) }
        let isTame = numbers.isTame(slopes.low) && numbers.isTame(slopes.high)
        var count: Int32 = 0
        var i = 0
        while i < padded {
            store(FixedLanes.zero, e, i)
            i &+= 32
        }
        var j = 0
        while j < edges.outputs {
            let d = delta[j]
            var ignored: Int32 = 0
            let isNeeded =
                d != 0
                && (derivative == nil
                    || fixedProduct(d, slopes.low, numbers, &ignored) != 0
                    || fixedProduct(d, slopes.high, numbers, &ignored) != 0)
            if isNeeded {
                let row = w + j &* edges.row_stride
                if !isTame || !numbers.isTame(d) {
                    fixedCarefulEdges(edges, j, row, d, derivative, e, numbers, &count)
                } else if let inverse = edges.inverse {
                    fixedGatheredRow(
                        edges, inverse, j, row, d, derivative, e, numbers, width == 16, &count)
                } else {
                    fixedScatteredRow(
                        edges, j, row, d, derivative, e, scratch, numbers, &count)
                }
            }
            j &+= 1
        }
        fixedCount(saturations, 2, count)
    }

    /// A tame row, in the order of left neurons.
    @_transparent
    private static func fixedGatheredRow(
        _ edges: fixed_edges, _ inverse: UnsafePointer<UInt16>, _ j: Int,
        _ row: UnsafePointer<Int16>, _ d: Int16, _ derivative: UnsafePointer<Int16>?,
        _ e: UnsafeMutablePointer<Int16>, _ numbers: FixedNumbers, _ isFull: Bool,
        _ count: inout Int32
    ) {
        let padded = (edges.inputs &+ 31) & ~31
        var i = 0
        while i < padded {
            let place = j &* padded &+ i
            var blocks: UInt64 = 0
            if let all = edges.inverse_blocks { blocks = all[place &>> 5] }
            let weights = lanes_gather(row, edges.row_stride, inverse + place, blocks)
            var delta = every(d)
            if let derivative {
                delta = lanes_mulhrs(load(derivative, i) &* numbers.scale, delta)
            }
            let products = lanes_mulhrs(delta &* numbers.scale, weights)
            fixedAdd32(products, e, i, numbers, isFull, &count)
            i &+= 32
        }
    }

    /// A tame row, edge by edge: products at once, sums one by one.
    @_transparent
    private static func fixedScatteredRow(
        _ edges: fixed_edges, _ j: Int, _ row: UnsafePointer<Int16>, _ d: Int16,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ scratch: UnsafeMutablePointer<Int16>, _ numbers: FixedNumbers, _ count: inout Int32
    ) {
        let start = j &* edges.row_stride
        let left = edges.left + start
        let padded = (edges.inputs &+ 31) & ~31
        var k = 0
        while k < edges.row_stride {
            var delta = every(d)
            if let derivative {
                let slopes = lanes_gather(
                    derivative, padded, left + k, edges.left_blocks[(start &+ k) &>> 5])
                delta = lanes_mulhrs(slopes &* numbers.scale, delta)
            }
            store(lanes_mulhrs(delta &* numbers.scale, load(row, k)), scratch, k)
            k &+= 32
        }
        k = 0
        while k < edges.fan_in && left[k] != .max {
            let i = Int(left[k])
            e[i] = fixedSaturated(Int32(e[i]) &+ Int32(scratch[k]), numbers, &count)
            k &+= 1
        }
    }

    /// Any row, edge by edge.
    @_transparent
    private static func fixedCarefulEdges(
        _ edges: fixed_edges, _ j: Int, _ row: UnsafePointer<Int16>, _ delta: Int16,
        _ derivative: UnsafePointer<Int16>?, _ e: UnsafeMutablePointer<Int16>,
        _ numbers: FixedNumbers, _ count: inout Int32
    ) {
        let left = edges.left + j &* edges.row_stride
        var k = 0
        while k < edges.fan_in && left[k] != .max {
            let i = Int(left[k])
            var d = Int32(delta)
            if let derivative { d = fixedProduct(delta, derivative[i], numbers, &count) }
            let product = fixedProduct(Int16(truncatingIfNeeded: d), row[k], numbers, &count)
            e[i] = fixedSaturated(Int32(e[i]) &+ product, numbers, &count)
            k &+= 1
        }
    }
}
