// FF, and BP with UP, where every sweep reads the left neurons in the same order: x is put into
// that order once, and every row reads a stretch of it.
//
// Legend as in EdgeKernelSet.swift; inputs / inDegree rows make one sweep. Invariant: e takes its
// terms with j ascending.

import CLanes

extension VectorKernels {
    /// to[i] = from[order[i]]
    @inline(never)
    package static func turn(
        _ from: UnsafePointer<Float>, _ order: UnsafePointer<UInt32>,
        _ to: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i &+ 16 <= count {
            store(edge_gather(from, order + i), to, i)
            i &+= 16
        }
        while i < count {
            to[i] = from[Int(order[i])]
            i &+= 1
        }
    }

    /// to[order[i]] = from[i]
    @inline(never)
    package static func turnBack(
        _ from: UnsafePointer<Float>, _ order: UnsafePointer<UInt32>,
        _ to: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i &+ 16 <= count {
            edge_scatter(to, order + i, load(from, i))
            i &+= 16
        }
        while i < count {
            to[Int(order[i])] = from[i]
            i &+= 1
        }
    }

    /// See `EdgeKernels.turnedFeedforward`.
    @inline(never)
    package static func turnedFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ turned: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ inputs: Int, _ outputs: Int, _ inDegree: Int
    ) {
        var j = 0
        var at = 0
        while j &+ 4 <= outputs {
            let x0 = turned + at
            at = following(at, inDegree, inputs)
            let x1 = turned + at
            at = following(at, inDegree, inputs)
            let x2 = turned + at
            at = following(at, inDegree, inputs)
            let x3 = turned + at
            at = following(at, inDegree, inputs)
            let row0 = w + j &* inDegree
            let row1 = row0 + inDegree
            let row2 = row1 + inDegree
            let row3 = row2 + inDegree
            var a0 = Lanes.zero
            var a1 = Lanes.zero
            var a2 = Lanes.zero
            var a3 = Lanes.zero
            var k = 0
            while k < inDegree {
                a0 = fma(load(row0, k), load(x0, k), a0)
                a1 = fma(load(row1, k), load(x1, k), a1)
                a2 = fma(load(row2, k), load(x2, k), a2)
                a3 = fma(load(row3, k), load(x3, k), a3)
                k &+= 16
            }
            let biases = UnsafeRawPointer(bias + j).loadUnaligned(as: SIMD4<Float>.self)
            UnsafeMutableRawPointer(y + j).storeBytes(
                of: edge_sums(a0, a1, a2, a3) + biases, as: SIMD4<Float>.self)
            j &+= 4
        }
        while j < outputs {
            var a = Lanes.zero
            var k = 0
            while k < inDegree {
                a = fma(load(w, j &* inDegree &+ k), load(turned, at &+ k), a)
                k &+= 16
            }
            y[j] = sumByHalves(a) + bias[j]
            at = following(at, inDegree, inputs)
            j &+= 1
        }
    }

    /// Where the stretch after the one at `at` begins.
    @_transparent
    private static func following(_ at: Int, _ inDegree: Int, _ inputs: Int) -> Int {
        at &+ inDegree < inputs ? at &+ inDegree : 0
    }
}

extension VectorKernels {
    /// See `EdgeKernels.turnedBackpropUpdate`.
    @inline(never)
    package static func turnedBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ turnedError: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int,
        _ inDegree: Int, _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        // Four copies of one loop, so that nothing is asked inside it.
        if let e = turnedError {
            clear(e, inputs)
            if keep == 1 {
                stretches(
                    w, bias, turned, delta, inputs, outputs, inDegree, learningRate, error: e,
                    keep: nil)
            } else {
                stretches(
                    w, bias, turned, delta, inputs, outputs, inDegree, learningRate, error: e,
                    keep: keep)
            }
        } else if keep == 1 {
            stretches(
                w, bias, turned, delta, inputs, outputs, inDegree, learningRate, error: nil,
                keep: nil)
        } else {
            stretches(
                w, bias, turned, delta, inputs, outputs, inDegree, learningRate, error: nil,
                keep: keep)
        }
    }

    /// Sweep by sweep, at most sixteen rows at a time share one word that says which of them have
    /// something to do: with ReLU half of them or more have not, and to ask row by row would be
    /// to guess wrong half of the time.
    @_transparent
    private static func stretches(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ inputs: Int,
        _ outputs: Int, _ inDegree: Int, _ learningRate: Float,
        error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        var j = 0
        var at = 0
        while j < outputs {
            // Rows to the end of the sweep, at most sixteen, and no more than there are.
            var count = (inputs &- at) / inDegree
            count = count < 16 ? count : 16
            count = count < outputs &- j ? count : outputs &- j
            var busy = keep == nil ? edge_nonzero(delta + j, count) : (1 &<< UInt32(count)) &- 1
            while busy != 0 {
                let row = busy.trailingZeroBitCount
                busy &= busy &- 1
                let d = delta[j &+ row]
                let s = -(learningRate * d)
                let stretch = at &+ row &* inDegree
                let ws = w + (j &+ row) &* inDegree
                var k = 0
                while k < inDegree {
                    visitStretch(
                        ws, k, load(turned, stretch &+ k), d, s,
                        error: error.map { $0 + (stretch &+ k) }, keep)
                    k &+= 16
                }
                bias[j &+ row] += s
            }
            j &+= count
            at &+= count &* inDegree
            if at == inputs { at = 0 }
        }
    }

    @_transparent
    private static func visitStretch(
        _ row: UnsafeMutablePointer<Float>, _ k: Int, _ xs: Lanes, _ delta: Float,
        _ step: Float, error: UnsafeMutablePointer<Float>?, _ keep: Float?
    ) {
        let ws = load(row, k)
        if let error { store(fma(ws, every(delta), load(error, 0)), error, 0) }
        if let keep {
            store(fma(every(step), xs, every(keep) * ws), row, k)
        } else {
            store(fma(every(step), xs, ws), row, k)
        }
    }
}

extension VectorKernels {
    /// See `EdgeKernels.turnedBackpropUpdateMomentum`.
    @inline(never)
    package static func turnedBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ turnedError: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int,
        _ inDegree: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        if let turnedError { clear(turnedError, inputs) }
        var at = 0
        var j = 0
        while j < outputs {
            let row = w + j &* inDegree
            let rowVelocity = velocity + j &* inDegree
            let d = every(delta[j])
            var k = 0
            while k < inDegree {
                let ws = load(row, k)
                if let e = turnedError { store(fma(ws, d, load(e, at &+ k)), e, at &+ k) }
                let v = fma(
                    every(momentum), load(rowVelocity, k),
                    fma(d, load(turned, at &+ k), every(decay) * ws))
                store(v, rowVelocity, k)
                store(fma(every(-learningRate), v, ws), row, k)
                k &+= 16
            }
            let v = fma(momentum, biasVelocity[j], delta[j])
            biasVelocity[j] = v
            bias[j] = fma(-learningRate, v, bias[j])
            at = following(at, inDegree, inputs)
            j &+= 1
        }
    }
}
