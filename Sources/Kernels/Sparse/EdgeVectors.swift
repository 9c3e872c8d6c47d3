// FF, and BP with UP, over listed edges: sixteen edges of a row at a time.
//
// Legend as in EdgeKernelSet.swift. Invariants: the order of rounding is that of PlainEdge.swift,
// bit by bit; the left neurons of a row differ, so sixteen errors may be read, added to and
// written at once.

import CLanes

extension VectorKernels {
    /// y[j] = bias[j] + Σₖ w[at(j) + k] · x[left[at(j) + k]]. See `EdgeKernels.feedforward`.
    @inline(never)
    package static func edgeFeedforward(
        _ w: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ left: UnsafePointer<UInt32>,
        _ starts: UnsafePointer<UInt32>?, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ outputs: Int, _ rowStride: Int, _ inDegree: Int
    ) {
        var j = 0
        if let starts {
            while j < outputs {
                let at = Int(starts[j])
                let sum = edgeRow(w + at, left + at, x, Int(starts[j &+ 1]) &- at)
                y[j] = sumByHalves(sum) + bias[j]
                j &+= 1
            }
            return
        }
        while j &+ 4 <= outputs {
            let at = j &* rowStride
            let sums = edge_sums(
                edgeRow(w + at, left + at, x, inDegree),
                edgeRow(w + at + rowStride, left + at + rowStride, x, inDegree),
                edgeRow(w + at + 2 &* rowStride, left + at + 2 &* rowStride, x, inDegree),
                edgeRow(w + at + 3 &* rowStride, left + at + 3 &* rowStride, x, inDegree))
            let biases = UnsafeRawPointer(bias + j).loadUnaligned(as: SIMD4<Float>.self)
            UnsafeMutableRawPointer(y + j).storeBytes(of: sums + biases, as: SIMD4<Float>.self)
            j &+= 4
        }
        while j < outputs {
            let at = j &* rowStride
            y[j] = sumByHalves(edgeRow(w + at, left + at, x, inDegree)) + bias[j]
            j &+= 1
        }
    }

    /// The sixteen lanes of one row.
    @_transparent
    private static func edgeRow(
        _ w: UnsafePointer<Float>, _ left: UnsafePointer<UInt32>, _ x: UnsafePointer<Float>,
        _ count: Int
    ) -> Lanes {
        var sum = Lanes.zero
        var k = 0
        while k &+ 16 <= count {
            sum = fma(load(w, k), edge_gather(x, left + k), sum)
            k &+= 16
        }
        let rest = count &- k
        if rest > 0 {
            let more = fma(
                edge_load_first(w + k, rest), edge_gather_first(x, left + k, rest), sum)
            sum = sum.replacing(with: more, where: firstLanes(rest))
        }
        return sum
    }
}

extension VectorKernels {
    /// e = Wᵀ δ, then w ← w − η δ x. See `EdgeKernels.backpropUpdate`.
    @inline(never)
    package static func edgeBackpropUpdate(
        _ w: UnsafeMutablePointer<Float>, _ bias: UnsafeMutablePointer<Float>,
        _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ pairs: UnsafeMutablePointer<Float>,
        _ inputs: Int, _ outputs: Int, _ rowStride: Int, _ inDegree: Int,
        _ learningRate: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        if e != nil { pairWithZero(x, pairs, inputs) }
        var j = 0
        while j < outputs {
            let at: Int
            let count: Int
            if let starts {
                at = Int(starts[j])
                count = Int(starts[j &+ 1]) &- at
            } else {
                at = j &* rowStride
                count = inDegree
            }
            let d = delta[j]
            if d != 0 || keep != 1 {
                let s = -(learningRate * d)
                // Copies of one loop, so that nothing is asked inside it.
                if e != nil {
                    if keep == 1 {
                        edgeRowPairs(w + at, left + at, pairs, d, s, count, keep: nil)
                    } else {
                        edgeRowPairs(w + at, left + at, pairs, d, s, count, keep: keep)
                    }
                } else if keep == 1 {
                    edgeRowUpdate(w + at, left + at, x, s, count, keep: nil)
                } else {
                    edgeRowUpdate(w + at, left + at, x, s, count, keep: keep)
                }
                bias[j] += s
            }
            j &+= 1
        }
        if let e { takeSeconds(pairs, e, inputs) }
    }

    /// One row where x and e stand side by side.
    @_transparent
    private static func edgeRowPairs(
        _ w: UnsafeMutablePointer<Float>, _ left: UnsafePointer<UInt32>,
        _ pairs: UnsafeMutablePointer<Float>, _ delta: Float, _ step: Float, _ count: Int,
        keep: Float?
    ) {
        var k = 0
        while k &+ 16 <= count {
            let ws = load(w, k)
            let low = edge_gather_pairs(pairs, left + k)
            let high = edge_gather_pairs(pairs, left + k + 8)
            let xs = Lanes(lowHalf: low.evenHalf, highHalf: high.evenHalf)
            let es = Lanes(lowHalf: low.oddHalf, highHalf: high.oddHalf)
            edge_scatter_seconds(pairs, left + k, fma(ws, every(delta), es))
            store(fma(every(step), xs, edgeKept(ws, keep)), w, k)
            k &+= 16
        }
        while k < count {
            let pair = pairs + 2 &* Int(left[k])
            pair[1] = fma(w[k], delta, pair[1])
            if let keep {
                w[k] = fma(step, pair[0], keep * w[k])
            } else {
                w[k] = fma(step, pair[0], w[k])
            }
            k &+= 1
        }
    }

    /// One row where nobody is to the left.
    @_transparent
    private static func edgeRowUpdate(
        _ w: UnsafeMutablePointer<Float>, _ left: UnsafePointer<UInt32>,
        _ x: UnsafePointer<Float>, _ step: Float, _ count: Int, keep: Float?
    ) {
        var k = 0
        while k &+ 16 <= count {
            let ws = load(w, k)
            store(fma(every(step), edge_gather(x, left + k), edgeKept(ws, keep)), w, k)
            k &+= 16
        }
        let rest = count &- k
        if rest > 0 {
            let ws = edge_load_first(w + k, rest)
            let xs = edge_gather_first(x, left + k, rest)
            edge_store_first(w + k, rest, fma(every(step), xs, edgeKept(ws, keep)))
        }
    }

    /// pairs[2i] = x[i], pairs[2i + 1] = 0
    @_transparent
    private static func pairWithZero(
        _ x: UnsafePointer<Float>, _ pairs: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i < count {
            pairs[2 &* i] = x[i]
            pairs[2 &* i &+ 1] = 0
            i &+= 1
        }
    }

    /// e[i] = pairs[2i + 1], and zero in the pads
    @_transparent
    private static func takeSeconds(
        _ pairs: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i < count {
            e[i] = pairs[2 &* i &+ 1]
            i &+= 1
        }
        while i < padded(count) {
            e[i] = 0
            i &+= 1
        }
    }

    @_transparent
    private static func edgeKept(_ w: Lanes, _ keep: Float?) -> Lanes {
        if let keep { every(keep) * w } else { w }
    }
}

extension VectorKernels {
    /// The same with momentum. See `EdgeKernels.backpropUpdateMomentum`.
    @inline(never)
    package static func edgeBackpropUpdateMomentum(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ bias: UnsafeMutablePointer<Float>, _ biasVelocity: UnsafeMutablePointer<Float>,
        _ left: UnsafePointer<UInt32>, _ starts: UnsafePointer<UInt32>?,
        _ x: UnsafePointer<Float>, _ delta: UnsafePointer<Float>,
        _ e: UnsafeMutablePointer<Float>?, _ inputs: Int, _ outputs: Int, _ rowStride: Int,
        _ inDegree: Int, _ learningRate: Float, _ momentum: Float, _ decay: Float
    ) {
        if let e { clear(e, padded(inputs)) }
        var j = 0
        while j < outputs {
            let at: Int
            let count: Int
            if let starts {
                at = Int(starts[j])
                count = Int(starts[j &+ 1]) &- at
            } else {
                at = j &* rowStride
                count = inDegree
            }
            let d = delta[j]
            var k = 0
            while k &+ 16 <= count {
                let ws = load(w, at &+ k)
                let indices = left + (at &+ k)
                if let e {
                    edge_scatter(e, indices, fma(ws, every(d), edge_gather(e, indices)))
                }
                let xs = edge_gather(x, indices)
                let v = fma(
                    every(momentum), load(velocity, at &+ k),
                    fma(every(d), xs, every(decay) * ws))
                store(v, velocity, at &+ k)
                store(fma(every(-learningRate), v, ws), w, at &+ k)
                k &+= 16
            }
            edgeMomentumRest(
                w + (at &+ k), velocity + (at &+ k), left + (at &+ k), x, d, e, count &- k,
                learningRate, momentum, decay)
            let v = fma(momentum, biasVelocity[j], d)
            biasVelocity[j] = v
            bias[j] = fma(-learningRate, v, bias[j])
            j &+= 1
        }
    }

    /// The last, incomplete chunk of a row.
    @_transparent
    private static func edgeMomentumRest(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>,
        _ left: UnsafePointer<UInt32>, _ x: UnsafePointer<Float>, _ delta: Float,
        _ e: UnsafeMutablePointer<Float>?, _ rest: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        guard rest > 0 else { return }
        let ws = edge_load_first(w, rest)
        if let e {
            let errors = edge_gather_first(e, left, rest)
            edge_scatter_first(e, left, rest, fma(ws, every(delta), errors))
        }
        let xs = edge_gather_first(x, left, rest)
        let v = fma(
            every(momentum), edge_load_first(velocity, rest),
            fma(every(delta), xs, every(decay) * ws))
        edge_store_first(velocity, rest, v)
        edge_store_first(w, rest, fma(every(-learningRate), v, ws))
    }
}
