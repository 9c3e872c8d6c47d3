// Sixteen lanes: how kernels load, store, fuse and reduce.
//
// Invariant: no helper reaches a kernel by a call. They are transparent, not merely marked for
// inlining: the optimiser left some of those as functions (and as weak symbols, of which the
// linker keeps one for all), and a call hands sixteen lanes over in memory.

typealias Lanes = SIMD16<Float>

/// `count` rounded up to whole chunks.
@_transparent func padded(_ count: Int) -> Int { (count &+ 15) & ~15 }

/// Sixteen floats from `p + i`; any alignment.
@_transparent func load(_ p: UnsafePointer<Float>, _ i: Int) -> Lanes {
    UnsafeRawPointer(p + i).loadUnaligned(as: Lanes.self)
}

/// Sixteen floats from `p + i`; any alignment.
@_transparent func load(_ p: UnsafeMutablePointer<Float>, _ i: Int) -> Lanes {
    UnsafeRawPointer(p + i).loadUnaligned(as: Lanes.self)
}

/// Sixteen floats to `p + i`; any alignment.
@_transparent func store(_ value: Lanes, _ p: UnsafeMutablePointer<Float>, _ i: Int) {
    UnsafeMutableRawPointer(p + i).storeBytes(of: value, as: Lanes.self)
}

/// a · b + c, rounded once.
@_transparent func fma(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes { c.addingProduct(a, b) }

/// a · b + c, rounded once.
@_transparent func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

/// The same number in every lane.
@_transparent func every(_ value: Float) -> Lanes { Lanes(repeating: value) }

/// The sum of sixteen lanes by halves: 16 → 8 (l + l+8), 8 → 4, 4 → 2, 2 → 1. The order is
/// part of the definition of every sum.
@_transparent func sumByHalves(_ v: Lanes) -> Float {
    let eight = v.lowHalf + v.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// Sets whole chunks to zero.
@_transparent func clear(_ y: UnsafeMutablePointer<Float>, _ paddedCount: Int) {
    var i = 0
    while i < paddedCount {
        store(Lanes.zero, y, i)
        i &+= 16
    }
}

/// True in lanes 0 ..< remaining.
@_transparent func firstLanes(_ remaining: Int) -> SIMDMask<SIMD16<Int32>> {
    SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        .< SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: remaining))
}
