// The definitions of the way from raw features to fixed point.

import Arithmetic

extension PlainKernels {
    static func fixedFromBytes(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ table: UnsafePointer<Int16>, _ factor: Int, _ addend: Int, _ shift: Int
    ) {
        for i in 0..<count {
            x[i] = table[Int(raw.loadUnaligned(fromByteOffset: i, as: UInt8.self))]
        }
        clearFixedPads(x, count)
    }

    static func fixedFromIntegers(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ offset: Float, _ scale: Float, _ width: Int, _ fractionBits: Int
    ) {
        let format = legalFormat(width, fractionBits)
        for i in 0..<count {
            let value = raw.loadUnaligned(fromByteOffset: 2 * i, as: Int16.self)
            x[i] = format.truncating((Float(value) + offset) * scale)
        }
        clearFixedPads(x, count)
    }

    static func fixedFromFloats(
        _ raw: UnsafeRawPointer, _ x: UnsafeMutablePointer<Int16>, _ count: Int,
        _ offset: Float, _ scale: Float, _ width: Int, _ fractionBits: Int
    ) {
        let format = legalFormat(width, fractionBits)
        for i in 0..<count {
            let value = raw.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
            x[i] = format.truncating((value + offset) * scale)
        }
        clearFixedPads(x, count)
    }
}
