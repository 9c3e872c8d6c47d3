// Columns on their way between planar memory and the forms for one vector.

import Kernels

/// The scratch memory of the definition: vectors of both sides, as floats and in fixed point.
struct SharedColumns {
    private let leftBytes: Int
    private let rightBytes: Int

    init(inputs: Int, outputs: Int) {
        // Whole vectors of 32 numbers, which fixed point pads to.
        leftBytes = FixedParameters.paddedCount(inputs) * 4
        rightBytes = FixedParameters.paddedCount(outputs) * 4
    }

    /// Bytes of all, a multiple of 64.
    var byteCount: Int { 64 + leftBytes + rightBytes + (leftBytes + rightBytes) / 2 }

    /// Four words of a generator.
    func generator(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt64> {
        scratch.assumingMemoryBound(to: UInt64.self)
    }

    /// A vector of the inputs.
    func left(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (scratch + 64).assumingMemoryBound(to: Float.self)
    }

    /// A vector of the outputs.
    func right(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        (scratch + 64 + leftBytes).assumingMemoryBound(to: Float.self)
    }

    /// A vector of the inputs in fixed point.
    func fixedLeft(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (scratch + 64 + leftBytes + rightBytes).assumingMemoryBound(to: Int16.self)
    }

    /// A vector of the outputs in fixed point.
    func fixedRight(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int16> {
        (scratch + 64 + leftBytes + rightBytes + leftBytes / 2)
            .assumingMemoryBound(to: Int16.self)
    }

    /// Column `p` of [rows][stride], and zeros to a whole vector.
    static func gather(
        _ planar: UnsafePointer<Float>, _ p: Int, rows: Int, stride: Int,
        into vector: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows { vector[row] = planar[row * stride + p] }
        for row in rows..<DenseJunction.paddedCount(rows) { vector[row] = 0 }
    }

    /// The way back.
    static func scatter(
        _ vector: UnsafePointer<Float>, _ p: Int, rows: Int, stride: Int,
        into planar: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows { planar[row * stride + p] = vector[row] }
    }

    /// Zeros in columns `count` ..< `stride` of [rows][stride].
    static func clearPadding(
        _ planar: UnsafeMutablePointer<Float>, rows: Int, count: Int, stride: Int
    ) {
        guard count < stride else { return }
        for row in 0..<rows {
            for p in count..<stride { planar[row * stride + p] = 0 }
        }
    }
}
