// The numbers of exp, log and tanh, shared by the scalar definitions and the vector kernels.
//
// Always inlined, so that a kernel build for a newer instruction set emits no symbol of its own
// that the linker could hand to code for an older one.

/// Constants of the elementary functions, in the order in which Horner's rule uses them.
public enum Coefficients {
    /// 1.5 · 2²³: added to a small number and taken away again, it rounds to an integer, which
    /// then stands in the low bits.
    @inlinable @inline(__always) public static var roundingShift: Float { 0x1.8p23 }
    /// The bits of `roundingShift`.
    @inlinable @inline(__always) public static var roundingShiftBits: Int32 { 0x4B40_0000 }

    /// log₂ e.
    @inlinable @inline(__always) public static var log2e: Float { 0x1.715476p+0 }
    /// The leading bits of ln 2, so few that n · ln2High is exact for |n| ≤ 2¹⁰.
    @inlinable @inline(__always) public static var ln2High: Float { 0x1.62e400p-1 }
    /// ln 2 − ln2High.
    @inlinable @inline(__always) public static var ln2Low: Float { 0x1.7f7d1cp-20 }
    /// ln 2 rounded to nearest.
    @inlinable @inline(__always) public static var ln2: Float { 0x1.62e430p-1 }

    /// exp is +infinity from here on.
    @inlinable @inline(__always) public static var expHighest: Float { 89 }
    /// exp is zero below.
    @inlinable @inline(__always) public static var expLowest: Float { -104 }
    /// f⁶ … f² of exp f on |f| ≤ ln 2 / 2.
    @inlinable @inline(__always) public static var exp6: Float { 1.378_059_39e-3 }
    /// f⁵.
    @inlinable @inline(__always) public static var exp5: Float { 8.373_124_52e-3 }
    /// f⁴.
    @inlinable @inline(__always) public static var exp4: Float { 4.166_953_64e-2 }
    /// f³.
    @inlinable @inline(__always) public static var exp3: Float { 1.666_647_20e-1 }
    /// f².
    @inlinable @inline(__always) public static var exp2: Float { 4.999_998_51e-1 }

    /// The bits of 2/3: log splits x into 2ᵏ m with m in [2/3, 4/3).
    @inlinable @inline(__always) public static var logPivotBits: Int32 { 0x3F2A_AAAB }
    /// f¹⁰ of log(1 + f), f in [−1/3, 1/3).
    @inlinable @inline(__always) public static var log10: Float { -0x1.0ae000p-3 }
    /// f⁹.
    @inlinable @inline(__always) public static var log9: Float { 0x1.208000p-3 }
    /// f⁸.
    @inlinable @inline(__always) public static var log8: Float { -0x1.f198b2p-4 }
    /// f⁷.
    @inlinable @inline(__always) public static var log7: Float { 0x1.1e5740p-3 }
    /// f⁶.
    @inlinable @inline(__always) public static var log6: Float { -0x1.55b36cp-3 }
    /// f⁵.
    @inlinable @inline(__always) public static var log5: Float { 0x1.99d8b2p-3 }
    /// f⁴.
    @inlinable @inline(__always) public static var log4: Float { -0x1.fffe02p-3 }
    /// f³.
    @inlinable @inline(__always) public static var log3: Float { 0x1.5554fap-2 }

    /// tanh is a polynomial below, and comes from exp above.
    @inlinable @inline(__always) public static var tanhPivot: Float { 0.625 }
    /// x¹¹ of tanh x.
    @inlinable @inline(__always) public static var tanh11: Float { -5.704_988_727_45e-3 }
    /// x⁹.
    @inlinable @inline(__always) public static var tanh9: Float { 2.063_908_879_54e-2 }
    /// x⁷.
    @inlinable @inline(__always) public static var tanh7: Float { -5.373_971_555_31e-2 }
    /// x⁵.
    @inlinable @inline(__always) public static var tanh5: Float { 1.333_144_220_36e-1 }
    /// x³.
    @inlinable @inline(__always) public static var tanh3: Float { -3.333_328_194_22e-1 }
}
