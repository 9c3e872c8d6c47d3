// Rows of floats, copied and added with vectors: what gathering, scattering and pooling consist of.
// Copies and sums of two numbers are the same on every instruction set, so there are no kernels for
// these.

/// Loops over rows.
enum Rows {
    /// to[i] = from[i] for i below `count`; up to 15 more are read and written.
    @inline(__always)
    static func copyOver(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        let source = UnsafeRawPointer(from)
        let target = UnsafeMutableRawPointer(to)
        var index = 0
        while index < count {
            let lanes = source.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<Float>.self)
            target.storeBytes(of: lanes, toByteOffset: 4 * index, as: SIMD16<Float>.self)
            index += 16
        }
    }

    /// to[i] += from[i] for i below `count`.
    @inline(__always)
    static func add(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        let source = UnsafeRawPointer(from)
        let target = UnsafeMutableRawPointer(to)
        var index = 0
        while index + 16 <= count {
            let sum =
                target.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<Float>.self)
                + source.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<Float>.self)
            target.storeBytes(of: sum, toByteOffset: 4 * index, as: SIMD16<Float>.self)
            index += 16
        }
        while index + 4 <= count {
            let sum =
                target.loadUnaligned(fromByteOffset: 4 * index, as: SIMD4<Float>.self)
                + source.loadUnaligned(fromByteOffset: 4 * index, as: SIMD4<Float>.self)
            target.storeBytes(of: sum, toByteOffset: 4 * index, as: SIMD4<Float>.self)
            index += 4
        }
        while index < count {
            to[index] += from[index]
            index += 1
        }
    }

    /// to[i] = from[i · stride] for i below `count`.
    @inline(__always)
    static func gather(
        _ from: UnsafePointer<Float>, _ stride: Int, _ to: UnsafeMutablePointer<Float>,
        _ count: Int
    ) {
        var index = 0
        while index < count {
            to[index] = from[index * stride]
            index += 1
        }
    }

    /// to[i · stride] += from[i] for i below `count`.
    @inline(__always)
    static func scatter(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ stride: Int,
        _ count: Int
    ) {
        var index = 0
        while index < count {
            to[index * stride] += from[index]
            index += 1
        }
    }
}

extension UnsafeMutablePointer where Pointee == Float {
    /// Zeros from entry `start` up to `end`.
    @inline(__always)
    func clear(_ start: Int, _ end: Int) {
        if start < end { (self + start).update(repeating: 0, count: end - start) }
    }
}
