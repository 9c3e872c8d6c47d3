// From raw features to fixed-point numbers. Bytes along a line are scaled 32 at a time in 16 bits;
// the others are written one number at a time, so that the compiler widens them.

import CLanes

extension VectorKernels {
    /// x = table[raw]. See `FixedInputKernels.u8`.
    @inline(never)
    package static func fixedFromBytes(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ table: UnsafePointer<Int16>, _ factor: Int, _ addend: Int, _ shift: Int
    ) {
        var i = 0
        if factor > 0 {
            let factor = UInt16(truncatingIfNeeded: factor)
            let isSigned = addend < 0
            let addend = every(Int16(truncatingIfNeeded: addend))
            let shift = Int32(truncatingIfNeeded: shift)
            while i &+ 32 <= count {
                let scaled = lanes_scale_bytes(lanes_widen_bytes(raw + i), factor)
                let sum = scaled &+ addend
                store(
                    isSigned ? lanes_shift_i16(sum, shift) : lanes_shift_unsigned(sum, shift), x, i)
                i &+= 32
            }
        }
        while i < count {
            x[i] = table[Int(raw.loadUnaligned(fromByteOffset: i, as: UInt8.self))]
            i &+= 1
        }
        fixedClearPads(x, count)
    }

    /// x = truncate((raw + offset) · scale). See `FixedInputKernels.i16`.
    @inline(never)
    package static func fixedFromIntegers(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ offset: Float, _ scale: Float, _ width: Int, _ fractionBits: Int
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let one = Float(numbers.one)
        var i = 0
        while i < count {
            let value = raw.loadUnaligned(fromByteOffset: i &* 2, as: Int16.self)
            let scaled = (Float(value) + offset) * scale
            x[i] = fixedHeld((scaled * one).rounded(.down), numbers)
            i &+= 1
        }
        fixedClearPads(x, count)
    }

    /// x = truncate((raw + offset) · scale). See `FixedInputKernels.f32`.
    @inline(never)
    package static func fixedFromFloats(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ offset: Float, _ scale: Float, _ width: Int, _ fractionBits: Int
    ) {
        let numbers = FixedNumbers(width, fractionBits)
        let one = Float(numbers.one)
        var i = 0
        while i < count {
            let value = raw.loadUnaligned(fromByteOffset: i &* 4, as: Float.self)
            let scaled = (value + offset) * scale
            x[i] = fixedHeld((scaled * one).rounded(.down), numbers)
            i &+= 1
        }
        fixedClearPads(x, count)
    }
}
