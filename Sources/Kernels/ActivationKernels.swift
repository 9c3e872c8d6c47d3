// Activation functions, their derivatives, and the elementary functions, over arrays.
//
// Invariant: memory is worked in whole chunks of sixteen; the pads come out zero.

extension VectorKernels {
    /// y ← max(y, 0). See `KernelSet.relu`.
    @inline(never)
    package static func relu(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count) { select($0 .<= every(0), every(0), $0) }
    }

    /// y ← 1 / (1 + e⁻ʸ). See `KernelSet.sigmoid`.
    @inline(never)
    package static func sigmoid(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count) { sigmoidLanes($0) }
    }

    /// y ← tanh y. See `KernelSet.tanh`.
    @inline(never)
    package static func tanh(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count) { tanhLanes($0) }
    }

    /// y ← eʸ. See `KernelSet.exp`.
    @inline(never)
    package static func exp(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count) { expLanes($0) }
    }

    /// y ← ln y. See `KernelSet.log`.
    @inline(never)
    package static func log(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        mapChunks(y, count) { logLanes($0) }
    }

    /// e ← e where y > 0, else 0. See `KernelSet.reluDelta`.
    @inline(never)
    package static func reluDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, count, with: y) { select($1 .> every(0), $0, every(0)) }
    }

    /// e ← e · (y · (1 − y)). See `KernelSet.sigmoidDelta`.
    @inline(never)
    package static func sigmoidDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, count, with: y) { $0 * ($1 * (every(1) - $1)) }
    }

    /// e ← e · (1 − y²). See `KernelSet.tanhDelta`.
    @inline(never)
    package static func tanhDelta(
        _ y: UnsafePointer<Float>, _ e: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        mapChunks(e, count, with: y) { $0 * fma(-$1, $1, every(1)) }
    }

    /// Sets whole chunks to zero.
    @inline(__always)
    static func clear(_ y: UnsafeMutablePointer<Float>, _ paddedCount: Int) {
        var i = 0
        while i < paddedCount {
            store(Lanes.zero, y, i)
            i &+= 16
        }
    }

    @inline(__always)
    private static func mapChunks(
        _ y: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Lanes) -> Lanes
    ) {
        var i = 0
        while i &+ 16 <= count {
            store(function(load(y, i)), y, i)
            i &+= 16
        }
        if i < count {
            store(select(firstLanes(count &- i), function(load(y, i)), Lanes.zero), y, i)
        }
    }

    @inline(__always)
    private static func mapChunks(
        _ e: UnsafeMutablePointer<Float>, _ count: Int, with y: UnsafePointer<Float>,
        _ function: (_ e: Lanes, _ y: Lanes) -> Lanes
    ) {
        var i = 0
        while i &+ 16 <= count {
            store(function(load(e, i), load(y, i)), e, i)
            i &+= 16
        }
        if i < count {
            let last = function(load(e, i), load(y, i))
            store(select(firstLanes(count &- i), last, Lanes.zero), e, i)
        }
    }
}
