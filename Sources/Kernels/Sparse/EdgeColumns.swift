// FF, and BP with UP, over the columns of an interleaver whose memories have sixteen rows: what
// one memory gives in one sweep is one vector, in an order of its own, so that reading it by
// clocks is a permutation of lanes. The interleaver's memories are the vector's lanes turned by
// a right angle: no two edges of a clock meet in one memory, and no two of a column in one lane.
//
// Legend as in EdgeKernelSet.swift. Weights lie by rows, as x and e do; only the products of FF
// and the errors of BP are permuted.

import CLanes

extension VectorKernels {
    /// See `EdgeKernels.rowsToMemories`.
    @inline(never)
    package static func rowsToMemories(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ memories: Int
    ) {
        var memory = 0
        while memory &+ 16 <= memories {
            edge_transpose(from + memory, memories, to + 16 &* memory, 16)
            memory &+= 16
        }
        var i = 16 &* memory
        while i < 16 &* memories {
            to[i] = from[(i & 15) &* memories &+ (i &>> 4)]
            i &+= 1
        }
    }

    /// See `EdgeKernels.memoriesToRows`.
    @inline(never)
    package static func memoriesToRows(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ memories: Int
    ) {
        var memory = 0
        while memory &+ 16 <= memories {
            edge_transpose(from + 16 &* memory, 16, to + memory, memories)
            memory &+= 16
        }
        var i = 16 &* memory
        while i < 16 &* memories {
            to[(i & 15) &* memories &+ (i &>> 4)] = from[i]
            i &+= 1
        }
    }
}

extension VectorKernels {
    /// See `EdgeKernels.columnsFeedforward`.
    @inline(never)
    package static func columnsFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
        _ memories: UnsafePointer<UInt32>, _ rowOfClock: UnsafePointer<UInt8>,
        _ neurons: UnsafePointer<UInt32>?, _ y: UnsafeMutablePointer<Float>, _ groups: Int,
        _ groupColumns: Int, _ outputs: Int
    ) {
        var j = 0
        while j < outputs {
            y[j] = 0
            j &+= 1
        }
        var column = 0
        var group = 0
        while group < groups {
            var s0 = Lanes.zero
            var s1 = Lanes.zero
            var s2 = Lanes.zero
            var s3 = Lanes.zero
            let end = column &+ groupColumns
            while column &+ 4 <= end {
                s0 += columnProducts(w, turned, memories, rowOfClock, column)
                s1 += columnProducts(w, turned, memories, rowOfClock, column &+ 1)
                s2 += columnProducts(w, turned, memories, rowOfClock, column &+ 2)
                s3 += columnProducts(w, turned, memories, rowOfClock, column &+ 3)
                column &+= 4
            }
            let rest = end &- column
            if rest > 0 { s0 += columnProducts(w, turned, memories, rowOfClock, column) }
            if rest > 1 { s1 += columnProducts(w, turned, memories, rowOfClock, column &+ 1) }
            if rest > 2 { s2 += columnProducts(w, turned, memories, rowOfClock, column &+ 2) }
            column = end
            let sum = (s0 + s1) + (s2 + s3)
            if let neurons {
                if neurons[0] == neurons[1] {
                    edge_add_in_order(y, neurons + 16 &* group, sum)
                } else {
                    edge_scatter(y, neurons + 16 &* group, Lanes.zero + sum)
                }
            } else {
                store(Lanes.zero + sum, y, 16 &* group)
            }
            group &+= 1
        }
        j = 0
        while j < outputs {
            y[j] += bias[j]
            j &+= 1
        }
    }

    /// w·x of one column, by clocks.
    @_transparent
    private static func columnProducts(
        _ w: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
        _ memories: UnsafePointer<UInt32>, _ rowOfClock: UnsafePointer<UInt8>, _ column: Int
    ) -> Lanes {
        let products = load(w, 16 &* column) * load(turned, Int(memories[column]))
        return edge_permute(products, rowOfClock + 16 &* column)
    }
}

extension VectorKernels {
    /// See `EdgeKernels.columnsBackpropUpdate`.
    @inline(never)
    package static func columnsBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ memories: UnsafePointer<UInt32>,
        _ clockOfRow: UnsafePointer<UInt8>, _ neurons: UnsafePointer<UInt32>?,
        _ delta: UnsafePointer<Float>, _ turnedError: UnsafeMutablePointer<Float>?,
        _ groups: Int, _ groupColumns: Int, _ inputs: Int, _ outputs: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        if let turnedError { clear(turnedError, inputs) }
        var column = 0
        var group = 0
        while group < groups {
            let deltas = groupDeltas(delta, neurons, group)
            let end = column &+ groupColumns
            // Copies of one loop, so that nothing is asked inside it.
            if let turnedError {
                if keep == 1 {
                    while column < end {
                        columnUpdate(
                            w, turned, memories, clockOfRow, deltas, column, learningRate,
                            error: turnedError, keep: nil)
                        column &+= 1
                    }
                } else {
                    while column < end {
                        columnUpdate(
                            w, turned, memories, clockOfRow, deltas, column, learningRate,
                            error: turnedError, keep: keep)
                        column &+= 1
                    }
                }
            } else if keep == 1 {
                while column < end {
                    columnUpdate(
                        w, turned, memories, clockOfRow, deltas, column, learningRate,
                        error: nil, keep: nil)
                    column &+= 1
                }
            } else {
                while column < end {
                    columnUpdate(
                        w, turned, memories, clockOfRow, deltas, column, learningRate,
                        error: nil, keep: keep)
                    column &+= 1
                }
            }
            group &+= 1
        }
        var j = 0
        while j < outputs {
            bias[j] += -(learningRate * delta[j])
            j &+= 1
        }
    }

    /// δ of the right neurons of a group, by clocks.
    @_transparent
    private static func groupDeltas(
        _ delta: UnsafePointer<Float>, _ neurons: UnsafePointer<UInt32>?, _ group: Int
    ) -> Lanes {
        if let neurons { return edge_gather(delta, neurons + 16 &* group) }
        return load(delta, 16 &* group)
    }

    @_transparent
    private static func columnUpdate(
        _ w: UnsafeMutablePointer<Float>, _ turned: UnsafePointer<Float>,
        _ memories: UnsafePointer<UInt32>, _ clockOfRow: UnsafePointer<UInt8>,
        _ deltas: Lanes, _ column: Int, _ learningRate: Float,
        error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        let at = Int(memories[column])
        let d = edge_permute(deltas, clockOfRow + 16 &* column)
        let ws = load(w, 16 &* column)
        if let error { store(fma(ws, d, load(error, at)), error, at) }
        let kept: Lanes = if let keep { every(keep) * ws } else { ws }
        store(fma(d * every(-learningRate), load(turned, at), kept), w, 16 &* column)
    }

    /// See `EdgeKernels.columnsBackpropUpdateMomentum`.
    @inline(never)
    package static func columnsBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ memories: UnsafePointer<UInt32>,
        _ clockOfRow: UnsafePointer<UInt8>, _ neurons: UnsafePointer<UInt32>?,
        _ delta: UnsafePointer<Float>, _ turnedError: UnsafeMutablePointer<Float>?,
        _ groups: Int, _ groupColumns: Int, _ inputs: Int, _ outputs: Int,
        _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        if let turnedError { clear(turnedError, inputs) }
        var column = 0
        var group = 0
        while group < groups {
            let deltas = groupDeltas(delta, neurons, group)
            let end = column &+ groupColumns
            while column < end {
                let at = Int(memories[column])
                let edge = 16 &* column
                let d = edge_permute(deltas, clockOfRow + edge)
                let ws = load(w, edge)
                if let e = turnedError { store(fma(ws, d, load(e, at)), e, at) }
                let v = fma(
                    every(momentum), load(velocity, edge),
                    fma(d, load(turned, at), every(decay) * ws))
                store(v, velocity, edge)
                store(fma(every(-learningRate), v, ws), w, edge)
                column &+= 1
            }
            group &+= 1
        }
        var j = 0
        while j < outputs {
            let v = fma(momentum, biasVelocity[j], delta[j])
            biasVelocity[j] = v
            bias[j] = fma(-learningRate, v, bias[j])
            j &+= 1
        }
    }
}
