// A table inside a frame: `count` elements of equal size, back to back, at any alignment. Made
// by ByteCursor from bytes that are there, so that its size needs no second check.
//
// Invariants: bytes.count == count · stride. An index outside 0..<count is the caller's own
// mistake, never a peer's, and traps.

/// Equally long elements inside a frame.
public struct ElementRun {
    /// The bytes of all elements.
    public let bytes: UnsafeRawBufferPointer
    /// How many elements there are.
    public let count: Int
    /// Bytes of one element.
    public let stride: Int

    init(bytes: UnsafeRawBufferPointer, count: Int, stride: Int) {
        self.bytes = bytes
        self.count = count
        self.stride = stride
    }

    /// Element `index`, possibly unaligned.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < count, "element outside the run")
        guard let base = bytes.baseAddress else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: base + index * stride, count: stride)
    }

    /// Element `index` as a little-endian integer; the run's stride must be the integer's size.
    public func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ index: Int, as type: Value.Type
    ) -> Value {
        precondition(stride == MemoryLayout<Value>.size, "element of another size")
        return Value(littleEndian: self[index].loadUnaligned(as: type))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Copies `bytes` over element `index` of `stride` bytes; sizes are the caller's contract.
    func copyElement(_ index: Int, stride: Int, from bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == stride, "element of another size")
        precondition(index >= 0 && index < count / Swift.max(stride, 1), "element outside the run")
        UnsafeMutableRawBufferPointer(rebasing: self[(index * stride)..<((index + 1) * stride)])
            .copyMemory(from: bytes)
    }
}
