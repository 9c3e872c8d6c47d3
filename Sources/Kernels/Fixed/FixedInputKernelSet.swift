// From raw features to fixed-point numbers, without floats in memory.
//
// Legend: x[i] = truncate((raw[i] + offset) · scale), which is `KernelSet.convert…` followed by
// `FixedKernels.truncate`, bit for bit; the format as b_w and b_f.
// Invariant: pads of x (to whole 32) become zero; nothing is read beyond `count`.

import Arithmetic
import CLanes
#if arch(x86_64)
    import KernelsV3
    import KernelsV4
#endif

/// One sample's features in fixed point.
public struct FixedInputKernels: Sendable {
    /// See `u8`.
    public typealias FromBytes =
        @Sendable (
            _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
            _ table: UnsafePointer<Int16>, _ factor: Int, _ addend: Int, _ shift: Int
        ) -> Void
    /// See `i16`.
    public typealias FromNumbers =
        @Sendable (
            _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
            _ offset: Float, _ scale: Float, _ width: Int, _ fractionBits: Int
        ) -> Void

    /// Unsigned bytes: x[i] = table[raw[i]].
    /// - table: 256 numbers, see `FixedByteLine.fill`.
    /// - factor, addend, shift: a `FixedByteLine` that gives the same 256 numbers; all 0 where
    ///   there is none
    public let u8: FromBytes
    /// 16-bit integers: x[i] = truncate((raw[i] + offset) · scale).
    /// - raw: any alignment
    public let i16: FromNumbers
    /// float32: x[i] = truncate((raw[i] + offset) · scale).
    /// - raw: any alignment
    public let f32: FromNumbers
}

/// A line through the 256 numbers that bytes become: ((v · factor >> 8) + addend) >> shift, where
/// factor < 2¹⁶, and the sum fits 16 bits, without a sign unless the addend is negative.
public struct FixedByteLine: Equatable, Sendable {
    /// 0 where there is no line.
    public let factor: Int
    /// Added before the shift.
    public let addend: Int
    /// 0 to 8.
    public let shift: Int

    /// Where no line gives the numbers.
    public static let none = FixedByteLine(factor: 0, addend: 0, shift: 0)

    /// What a byte becomes.
    public func number(_ byte: UInt8) -> Int { ((Int(byte) * factor) >> 8 + addend) >> shift }

    /// Writes what bytes become, truncate((v + offset) · scale) for v from 0 to 255, and looks for
    /// a line through it; all 256 are compared.
    /// - table: room for 256 numbers
    public static func fill(
        _ table: UnsafeMutablePointer<Int16>, offset: Float, scale: Float, _ format: FixedFormat
    ) -> FixedByteLine {
        for value in 0..<256 { table[value] = format.truncating((Float(value) + offset) * scale) }
        let unit = Double(1 << format.fractionBits)
        let slope = Double(scale) * unit
        let start = Double(offset) * Double(scale) * unit
        guard slope.isFinite, start.isFinite, slope > 0 else { return .none }
        // The finest line first.
        for shift in (0...8).reversed() {
            let factor = slope * Double(1 << (8 + shift))
            let addend = start * Double(1 << shift)
            guard addend >= 0 ? addend + factor < 65_534 : factor - addend < 32_766 else {
                continue
            }
            for rounding in [FloatingPointRoundingRule.toNearestOrEven, .up, .down] {
                for end in [FloatingPointRoundingRule.down, .up] {
                    let line = FixedByteLine(
                        factor: Int(factor.rounded(rounding)), addend: Int(addend.rounded(end)),
                        shift: shift)
                    let fits = (0..<256).allSatisfy {
                        line.number(UInt8($0)) == Int(table[$0])
                    }
                    if fits, line.factor > 0 { return line }
                }
            }
        }
        return .none
    }
}

extension FixedInputKernels {
    /// The definitions.
    static let plain = FixedInputKernels(
        u8: PlainKernels.fixedFromBytes, i16: PlainKernels.fixedFromIntegers,
        f32: PlainKernels.fixedFromFloats)
    /// The vector source as built for every machine of this architecture.
    static let portable = FixedInputKernels(
        u8: VectorKernels.fixedFromBytes, i16: VectorKernels.fixedFromIntegers,
        f32: VectorKernels.fixedFromFloats)
}

#if arch(x86_64)
    extension FixedInputKernels {
        static let v3 = FixedInputKernels(
            u8: KernelsV3.VectorKernels.fixedFromBytes,
            i16: KernelsV3.VectorKernels.fixedFromIntegers,
            f32: KernelsV3.VectorKernels.fixedFromFloats)
        static let v4 = FixedInputKernels(
            u8: KernelsV4.VectorKernels.fixedFromBytes,
            i16: KernelsV4.VectorKernels.fixedFromIntegers,
            f32: KernelsV4.VectorKernels.fixedFromFloats)
    }
#endif
