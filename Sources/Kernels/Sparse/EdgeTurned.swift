// FF, and BP with UP, where every sweep reads the left neurons in the same order: x is put into
// that order once, and every row reads a stretch of it.
//
// Legend as in EdgeKernelSet.swift; G = inputs / inDegree rows make one sweep, and rows j, j + G,
// j + 2G … read the same stretch. Invariant: e takes its terms with j ascending, since the rows
// of one stretch ascend and stretches do not overlap.

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

    /// Stretch by stretch, the rows with something to do, four at a time.
    @_transparent
    private static func stretches(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ turned: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, _ inputs: Int,
        _ outputs: Int, _ inDegree: Int, _ learningRate: Float,
        error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        var at = 0
        var first = 0
        while at < inputs {
            let step = inputs / inDegree
            let x = turned + at
            var j = nextBusy(first, step, delta, outputs, all: keep != nil)
            while j < outputs {
                let j1 = nextBusy(j &+ step, step, delta, outputs, all: keep != nil)
                let j2 = nextBusy(j1 &+ step, step, delta, outputs, all: keep != nil)
                let j3 = nextBusy(j2 &+ step, step, delta, outputs, all: keep != nil)
                if j3 < outputs {
                    let deltas = SIMD4(delta[j], delta[j1], delta[j2], delta[j3])
                    // Not the negation of a vector: Swift takes that from zero, and loses −0.
                    let steps = deltas * (-learningRate)
                    stretch4(
                        w + j &* inDegree, w + j1 &* inDegree, w + j2 &* inDegree,
                        w + j3 &* inDegree, x, deltas, steps, inDegree,
                        error: error.map { $0 + at }, keep: keep)
                    bias[j] += steps[0]
                    bias[j1] += steps[1]
                    bias[j2] += steps[2]
                    bias[j3] += steps[3]
                    j = nextBusy(j3 &+ step, step, delta, outputs, all: keep != nil)
                } else {
                    let s = delta[j] * (-learningRate)
                    stretch1(
                        w + j &* inDegree, x, delta[j], s, inDegree,
                        error: error.map { $0 + at }, keep: keep)
                    bias[j] += s
                    j = j1
                }
            }
            first &+= 1
            at &+= inDegree
        }
    }

    /// The next row from `j` on, in steps, that has something to do, or a row that is none.
    @_transparent
    private static func nextBusy(
        _ from: Int, _ step: Int, _ delta: UnsafePointer<Float>, _ outputs: Int, all: Bool
    ) -> Int {
        var j = from
        if !all {
            while j < outputs, delta[j] == 0 { j &+= step }
        }
        return j
    }

    @_transparent
    private static func stretch4(
        _ row0: UnsafeMutablePointer<Float>, _ row1: UnsafeMutablePointer<Float>,
        _ row2: UnsafeMutablePointer<Float>, _ row3: UnsafeMutablePointer<Float>,
        _ x: UnsafePointer<Float>, _ deltas: SIMD4<Float>, _ steps: SIMD4<Float>, _ count: Int,
        error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        var k = 0
        while k < count {
            let xs = load(x, k)
            var es = Lanes.zero
            if let error { es = load(error, k) }
            visitStretch(row0, k, xs, deltas[0], steps[0], &es, keep)
            visitStretch(row1, k, xs, deltas[1], steps[1], &es, keep)
            visitStretch(row2, k, xs, deltas[2], steps[2], &es, keep)
            visitStretch(row3, k, xs, deltas[3], steps[3], &es, keep)
            if let error { store(es, error, k) }
            k &+= 16
        }
    }

    @_transparent
    private static func visitStretch(
        _ row: UnsafeMutablePointer<Float>, _ k: Int, _ xs: Lanes, _ delta: Float,
        _ step: Float, _ es: inout Lanes, _ keep: Float?
    ) {
        let ws = load(row, k)
        es = fma(ws, every(delta), es)
        if let keep {
            store(fma(every(step), xs, every(keep) * ws), row, k)
        } else {
            store(fma(every(step), xs, ws), row, k)
        }
    }

    @_transparent
    private static func stretch1(
        _ row: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ delta: Float,
        _ step: Float, _ count: Int, error: UnsafeMutablePointer<Float>?, keep: Float?
    ) {
        var k = 0
        while k < count {
            var es = Lanes.zero
            if let error { es = load(error, k) }
            visitStretch(row, k, load(x, k), delta, step, &es, keep)
            if let error { store(es, error, k) }
            k &+= 16
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
