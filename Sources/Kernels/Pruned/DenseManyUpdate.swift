// UP of many vectors: a sum of outer products, each weight read once and written once.
//
// Legend: 8 rows by 32 columns are under way at once, two vectors per row: ten loads per sixteen
// products, where 16 rows by 16 columns would take seventeen and be bound by them. x and the steps
// are turned over, so that a sample's sixteen columns, and its sixteen rows, lie side by side; the
// 32 columns of x stay in the first cache while both halves of the rows use them.
// Invariant: per weight samples ascend.

import CLanes

extension VectorKernels {
    /// sum = start + Σ steps · x. See `DenseManyKernels.outerSum`.
    @inline(never)
    package static func outerSum(
        _ start: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
        _ steps: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int,
        _ count: Int
    ) {
        var i = 0
        while i < rowStride {
            let xs = x + i &* count
            if rows == 16 && i &+ 32 <= rowStride {
                let lower = 8 &* rowStride &+ i
                eightRows(start + i, sum + i, steps, xs, rowStride, count)
                eightRows(start + lower, sum + lower, steps + 8, xs, rowStride, count)
                i &+= 16
            } else if rows == 16 {
                sixteenRows(start + i, sum + i, steps, xs, rowStride, count)
            } else {
                var r = 0
                while r < rows {
                    oneRow(
                        start + (r &* rowStride &+ i), sum + (r &* rowStride &+ i), steps + r, xs,
                        count)
                    r &+= 1
                }
            }
            i &+= 16
        }
    }

    @_transparent
    private static func oneRow(
        _ start: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
        _ steps: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int
    ) {
        var s = load(start, 0)
        var b = 0
        while b < count {
            s = fma(every(steps[b &* 16]), load(x, b &* 16), s)
            b &+= 1
        }
        store(s, sum, 0)
    }

    /// Four rows, as they lie in a matrix.
    @_transparent
    static func fourRows(_ p: UnsafePointer<Float>, _ stride: Int) -> FourLanes {
        var four = FourLanes()
        four.a = load(p, 0)
        four.b = load(p, stride)
        four.c = load(p, 2 &* stride)
        four.d = load(p, 3 &* stride)
        return four
    }

    @_transparent
    static func store4(
        _ four: FourLanes, _ p: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        store(four.a, p, 0)
        store(four.b, p, stride)
        store(four.c, p, 2 &* stride)
        store(four.d, p, 3 &* stride)
    }

    /// Four rows + their steps · x.
    @_transparent
    private static func add(
        _ four: inout FourLanes, _ steps: UnsafePointer<Float>, _ x: Lanes
    ) {
        four.a = fma(every(steps[0]), x, four.a)
        four.b = fma(every(steps[1]), x, four.b)
        four.c = fma(every(steps[2]), x, four.c)
        four.d = fma(every(steps[3]), x, four.d)
    }

    /// Eight rows of 32 columns.
    @_transparent
    private static func eightRows(
        _ start: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
        _ steps: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rowStride: Int, _ count: Int
    ) {
        let half = 4 &* rowStride
        var s0 = fourRows(start, rowStride)
        var s1 = fourRows(start + 16, rowStride)
        var s2 = fourRows(start + half, rowStride)
        var s3 = fourRows(start + (half &+ 16), rowStride)
        let end = count &* 16
        var b = 0
        while b < end {
            let left = load(x, b)
            let right = load(x, end &+ b)
            add(&s0, steps + b, left)
            add(&s1, steps + b, right)
            add(&s2, steps + (b &+ 4), left)
            add(&s3, steps + (b &+ 4), right)
            b &+= 16
        }
        store4(s0, sum, rowStride)
        store4(s1, sum + 16, rowStride)
        store4(s2, sum + half, rowStride)
        store4(s3, sum + (half &+ 16), rowStride)
    }

    @_transparent
    private static func sixteenRows(
        _ start: UnsafePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
        _ steps: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rowStride: Int, _ count: Int
    ) {
        var s0 = fourRows(start, rowStride)
        var s1 = fourRows(start + 4 &* rowStride, rowStride)
        var s2 = fourRows(start + 8 &* rowStride, rowStride)
        var s3 = fourRows(start + 12 &* rowStride, rowStride)
        var b = 0
        while b < count {
            let xs = load(x, b &* 16)
            let own = steps + b &* 16
            add(&s0, own, xs)
            add(&s1, own + 4, xs)
            add(&s2, own + 8, xs)
            add(&s3, own + 12, xs)
            b &+= 1
        }
        store4(s0, sum, rowStride)
        store4(s1, sum + 4 &* rowStride, rowStride)
        store4(s2, sum + 8 &* rowStride, rowStride)
        store4(s3, sum + 12 &* rowStride, rowStride)
    }

    /// Vectors in chunks of sixteen neurons. See `DenseManyKernels.chunkVectors`.
    @inline(never)
    package static func chunkVectors(
        _ from: UnsafePointer<Float>, _ stride: Int, _ to: UnsafeMutablePointer<Float>,
        _ rows: Int, _ real: Int, _ count: Int, _ factor: Float
    ) {
        var r = 0
        while r < rows {
            let chunk = to + r &* count
            var b = 0
            while b < real {
                store(load(from, b &* stride &+ r) * every(factor), chunk, b &* 16)
                b &+= 1
            }
            while b < count {
                store(Lanes.zero, chunk, b &* 16)
                b &+= 1
            }
            r &+= 16
        }
    }

    /// Sixteen neurons of a sample side by side. See `DenseManyKernels.turnOver`.
    @inline(never)
    package static func turnOver(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ rows: Int,
        _ count: Int, _ factor: Float
    ) {
        var r = 0
        while r < rows {
            var b = 0
            while b < count {
                let tile = to + (r &* count &+ b &* 16)
                lanes_transpose(from + (r &* count &+ b), count, 16, tile)
                var k = 0
                while k < 256 {
                    store(load(tile, k) * every(factor), tile, k)
                    k &+= 16
                }
                b &+= 16
            }
            r &+= 16
        }
    }
}
