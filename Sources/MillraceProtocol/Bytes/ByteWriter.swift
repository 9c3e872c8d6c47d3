// Writes little-endian values into memory that the caller owns. The writer serves our own
// encoders: running out of room is a broken contract and traps, it is never silent.

/// A position in the caller's memory.
public struct ByteWriter {
    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    public private(set) var offset: Int

    /// Starts writing `offset` bytes into `memory`.
    public init(_ memory: UnsafeMutableRawBufferPointer, from offset: Int = 0) {
        precondition(offset >= 0 && offset <= memory.count, "writer starts outside its memory")
        self.memory = memory
        self.offset = offset
    }

    /// Appends `value`, least significant byte first.
    public mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        let width = MemoryLayout<Value>.size
        precondition(width <= memory.count - offset, "frame buffer too small")
        memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        offset += width
    }

    /// Appends the bits of `value`.
    public mutating func put(_ value: Float) { put(value.bitPattern) }

    /// Appends `bytes` as they are.
    public mutating func put(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count).copyMemory(from: bytes)
    }

    /// Leaves the next `count` bytes to the caller and returns them.
    public mutating func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        precondition(count >= 0 && count <= memory.count - offset, "frame buffer too small")
        let start = memory.baseAddress.map { $0 + offset }
        offset += count
        return UnsafeMutableRawBufferPointer(start: start, count: count)
    }
}
