// Four vectors side by side: one neuron in 64 samples, or four neurons in 16.

/// Sums of products under way in four vectors.
struct FourLanes {
    var a, b, c, d: Lanes

    @_transparent
    init() {
        a = Lanes.zero
        b = Lanes.zero
        c = Lanes.zero
        d = Lanes.zero
    }

    /// 64 floats from `p` on.
    @_transparent
    init(_ p: UnsafePointer<Float>) {
        a = load(p, 0)
        b = load(p, 16)
        c = load(p, 32)
        d = load(p, 48)
    }

    /// self + weight · x
    @_transparent
    mutating func add(_ weight: Lanes, _ x: FourLanes) {
        a = fma(weight, x.a, a)
        b = fma(weight, x.b, b)
        c = fma(weight, x.c, c)
        d = fma(weight, x.d, d)
    }

    /// self + weight · (64 floats from `p` on)
    @_transparent
    mutating func add(_ weight: Lanes, _ p: UnsafePointer<Float>) {
        a = fma(weight, load(p, 0), a)
        b = fma(weight, load(p, 16), b)
        c = fma(weight, load(p, 32), c)
        d = fma(weight, load(p, 48), d)
    }

    /// self + other
    @_transparent
    mutating func add(_ other: FourLanes) {
        a += other.a
        b += other.b
        c += other.c
        d += other.d
    }

    @_transparent
    mutating func bias(_ value: Float) {
        let lanes = every(value)
        a += lanes
        b += lanes
        c += lanes
        d += lanes
    }

    @_transparent
    func store(_ p: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(p).storeBytes(of: a, as: Lanes.self)
        UnsafeMutableRawPointer(p + 16).storeBytes(of: b, as: Lanes.self)
        UnsafeMutableRawPointer(p + 32).storeBytes(of: c, as: Lanes.self)
        UnsafeMutableRawPointer(p + 48).storeBytes(of: d, as: Lanes.self)
    }
}

/// Sixteen vectors in memory of the stack, whose lanes are to be added. (A temporary allocation
/// that is aligned to vectors comes from the heap.)
struct SixteenLanes {
    var a, b, c, d: FourLanes

    @_transparent
    init() {
        a = FourLanes()
        b = FourLanes()
        c = FourLanes()
        d = FourLanes()
    }
}
