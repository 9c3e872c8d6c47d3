// Edges at many positions, and the step of weights by sums.
//
// Legend: as in SharedKernelSet.swift. Positions come in strips of 64, four vectors side by side; the
// rest in strips of 16.
// Invariant: per sum edges ascend, and positions of a lane ascend, whatever the strips.

import CLanes

extension VectorKernels {
    /// Rows of a list of edges times vectors. See `SharedKernels.edgeProduct`.
    @inline(never)
    package static func sharedEdgeProduct(
        _ w: UnsafePointer<Float>, _ edges: shared_edges, _ bias: UnsafePointer<Float>?,
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        var strip = 0
        while strip < stride {
            let isWide = strip &+ 64 <= stride
            var row = 0
            while row < edges.rows {
                let first = Int(truncatingIfNeeded: edges.starts[row])
                let end = Int(truncatingIfNeeded: edges.starts[row &+ 1])
                let to = y + (row &* stride &+ strip)
                let b = bias.map { $0[row] }
                if isWide {
                    wideEdges(w, edges, first, end, b, x + strip, to, stride)
                } else {
                    narrowEdges(w, edges, first, end, b, x + strip, to, stride)
                }
                row &+= 1
            }
            strip &+= isWide ? 64 : 16
        }
    }

    @_transparent
    private static func wideEdges(
        _ w: UnsafePointer<Float>, _ edges: shared_edges, _ first: Int, _ end: Int,
        _ bias: Float?, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        var sums = FourLanes()
        var edge = first
        while edge < end {
            let weight = w[Int(truncatingIfNeeded: edges.weights[edge])]
            sums.add(every(weight), x + Int(truncatingIfNeeded: edges.others[edge]) &* stride)
            edge &+= 1
        }
        if let bias { sums.bias(bias) }
        sums.store(y)
    }

    @_transparent
    private static func narrowEdges(
        _ w: UnsafePointer<Float>, _ edges: shared_edges, _ first: Int, _ end: Int,
        _ bias: Float?, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        var sum = Lanes.zero
        var edge = first
        while edge < end {
            let weight = w[Int(truncatingIfNeeded: edges.weights[edge])]
            let xs = load(x, Int(truncatingIfNeeded: edges.others[edge]) &* stride)
            sum = fma(every(weight), xs, sum)
            edge &+= 1
        }
        if let bias { sum += every(bias) }
        store(sum, y, 0)
    }

    /// See `SharedKernels.edgeProductOne`.
    @inline(never)
    package static func sharedEdgeProductOne(
        _ w: UnsafePointer<Float>, _ edges: shared_edges, _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>
    ) {
        // Four sums, so that none waits for itself.
        var row = 0
        while row < edges.rows {
            var (s0, s1, s2, s3) = (Float(0), Float(0), Float(0), Float(0))
            var edge = Int(truncatingIfNeeded: edges.starts[row])
            let end = Int(truncatingIfNeeded: edges.starts[row &+ 1])
            while edge &+ 4 <= end {
                s0 = addEdge(w, edges, edge, x, s0)
                s1 = addEdge(w, edges, edge &+ 1, x, s1)
                s2 = addEdge(w, edges, edge &+ 2, x, s2)
                s3 = addEdge(w, edges, edge &+ 3, x, s3)
                edge &+= 4
            }
            if edge < end { s0 = addEdge(w, edges, edge, x, s0) }
            if edge &+ 1 < end { s1 = addEdge(w, edges, edge &+ 1, x, s1) }
            if edge &+ 2 < end { s2 = addEdge(w, edges, edge &+ 2, x, s2) }
            y[row] = (s0 + s2) + (s1 + s3)
            row &+= 1
        }
    }

    @_transparent
    private static func addEdge(
        _ w: UnsafePointer<Float>, _ edges: shared_edges, _ edge: Int, _ x: UnsafePointer<Float>,
        _ sum: Float
    ) -> Float {
        let weight = w[Int(truncatingIfNeeded: edges.weights[edge])]
        return fma(weight, x[Int(truncatingIfNeeded: edges.others[edge])], sum)
    }
}

extension VectorKernels {
    /// What every edge shall learn. See `SharedKernels.edgeSums`.
    @inline(never)
    package static func sharedEdgeSums(
        _ delta: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ edges: shared_edges,
        _ sums: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        var sixteen = SixteenLanes()
        // By address and not by a closure, which would become a function of its own.
        sumEdges(delta, x, edges, sums, stride, &sixteen)
    }

    /// - memory: of sixteen vectors
    @_transparent
    private static func sumEdges(
        _ delta: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ edges: shared_edges,
        _ sums: UnsafeMutablePointer<Float>, _ stride: Int, _ memory: UnsafeMutableRawPointer
    ) {
        let partial = memory.assumingMemoryBound(to: Float.self)
        var row = 0
        while row < edges.rows {
            var edge = Int(truncatingIfNeeded: edges.starts[row])
            let end = Int(truncatingIfNeeded: edges.starts[row &+ 1])
            while edge < end {
                let last = end &- 1
                let errors = delta + row &* stride
                eightEdges(errors, x, edges, edge, last, partial, stride)
                eightEdges(errors, x, edges, edge &+ 8, last, partial + 128, stride)
                circulant_sums(partial, partial)
                var n = 0
                while n < 16 && edge &+ n < end {
                    sums[Int(truncatingIfNeeded: edges.weights[edge &+ n])] = partial[n]
                    n &+= 1
                }
                edge &+= 16
            }
            row &+= 1
        }
    }

    /// Sums in lanes of eight edges of one row; beyond the last edge, of that.
    @_transparent
    private static func eightEdges(
        _ delta: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ edges: shared_edges,
        _ first: Int, _ last: Int, _ partial: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        if first > last { return }
        let x0 = leftRow(x, edges, first, last, stride)
        let x1 = leftRow(x, edges, first &+ 1, last, stride)
        let x2 = leftRow(x, edges, first &+ 2, last, stride)
        let x3 = leftRow(x, edges, first &+ 3, last, stride)
        let x4 = leftRow(x, edges, first &+ 4, last, stride)
        let x5 = leftRow(x, edges, first &+ 5, last, stride)
        let x6 = leftRow(x, edges, first &+ 6, last, stride)
        let x7 = leftRow(x, edges, first &+ 7, last, stride)
        var (low, high) = (FourLanes(), FourLanes())
        var p = 0
        while p < stride {
            let d = load(delta, p)
            low.a = fma(d, load(x0, p), low.a)
            low.b = fma(d, load(x1, p), low.b)
            low.c = fma(d, load(x2, p), low.c)
            low.d = fma(d, load(x3, p), low.d)
            high.a = fma(d, load(x4, p), high.a)
            high.b = fma(d, load(x5, p), high.b)
            high.c = fma(d, load(x6, p), high.c)
            high.d = fma(d, load(x7, p), high.d)
            p &+= 16
        }
        low.store(partial)
        high.store(partial + 64)
    }

    @_transparent
    private static func leftRow(
        _ x: UnsafePointer<Float>, _ edges: shared_edges, _ edge: Int, _ last: Int, _ stride: Int
    ) -> UnsafePointer<Float> {
        let held = edge < last ? edge : last
        return x + Int(truncatingIfNeeded: edges.others[held]) &* stride
    }

    /// Sums of whole rows. See `SharedKernels.rowSums`.
    @inline(never)
    package static func sharedRowSums(
        _ rows: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ count: Int,
        _ stride: Int
    ) {
        var row = 0
        while row < count {
            var sum = Lanes.zero
            var p = 0
            while p < stride {
                sum += load(rows, row &* stride &+ p)
                p &+= 16
            }
            sums[row] = sumByHalves(sum)
            row &+= 1
        }
    }

    /// Weights learn sums. See `SharedKernels.step`.
    @inline(never)
    package static func sharedStep(
        _ w: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>?,
        _ sums: UnsafePointer<Float>, _ paddedCount: Int, _ learningRate: Float,
        _ momentum: Float, _ decay: Float
    ) {
        let keep = 1 - learningRate * decay
        let rate = every(-learningRate)
        var i = 0
        while i < paddedCount {
            let own = load(w, i)
            let sum = load(sums, i)
            if let velocity {
                let increment = decay == 0 ? sum : fma(every(decay), own, sum)
                let moved = fma(every(momentum), load(velocity, i), increment)
                store(moved, velocity, i)
                store(fma(rate, moved, own), w, i)
            } else {
                store(fma(rate, sum, keep == 1 ? own : every(keep) * own), w, i)
            }
            i &+= 16
        }
    }
}
