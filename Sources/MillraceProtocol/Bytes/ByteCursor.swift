// The one place that reads foreign bytes. Every decoder goes through this cursor, so bounds are
// argued about here and nowhere else.
//
// Invariants: 0 <= offset <= bytes.count; a read either takes exactly what was asked for and
// moves on, or returns nil and leaves the cursor where it was. No input can make it trap.

/// A position in a run of foreign bytes; little-endian reads that cannot leave it.
public struct ByteCursor {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// Starts at the first of `bytes`, which must outlive the cursor.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Bytes not read yet.
    public var remaining: Int { bytes.count &- offset }

    /// The next byte.
    public mutating func u8() -> UInt8? { integer(UInt8.self) }
    /// The next two bytes.
    public mutating func u16() -> UInt16? { integer(UInt16.self) }
    /// The next four bytes.
    public mutating func u32() -> UInt32? { integer(UInt32.self) }
    /// The next eight bytes.
    public mutating func u64() -> UInt64? { integer(UInt64.self) }
    /// The next four bytes as two's complement.
    public mutating func i32() -> Int32? { integer(Int32.self) }
    /// The next four bytes as IEEE 754 binary32; any bits are a value, NaN among them.
    public mutating func f32() -> Float? { u32().map(Float.init(bitPattern:)) }

    /// The next `count` bytes, in place; nil when fewer are left or `count` is negative.
    public mutating func run(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= remaining else { return nil }
        let start = bytes.baseAddress.map { UnsafeRawPointer($0) + offset }
        offset = offset &+ count
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// The next `count` elements of `stride` bytes each.
    public mutating func elements(_ count: Int, stride: Int) -> ElementRun? {
        guard let total = CheckedSize.product(count, stride), let taken = run(total) else {
            return nil
        }
        return ElementRun(bytes: taken, count: count, stride: stride)
    }

    @inline(__always)
    private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type
    ) -> Value? {
        let width = MemoryLayout<Value>.size
        guard width <= remaining, let base = bytes.baseAddress else { return nil }
        let value = base.loadUnaligned(fromByteOffset: offset, as: type)
        offset = offset &+ width
        return Value(littleEndian: value)
    }
}

/// Sizes computed from foreign numbers: nil instead of a wrap or a trap, and never negative.
public enum CheckedSize {
    /// `first · second`; nil when either is negative or the product does not fit.
    public static func product(_ first: Int, _ second: Int) -> Int? {
        guard first >= 0, second >= 0 else { return nil }
        let (value, overflow) = first.multipliedReportingOverflow(by: second)
        return overflow ? nil : value
    }

    /// `first + second`; nil when either is negative or the sum does not fit.
    public static func sum(_ first: Int, _ second: Int) -> Int? {
        guard first >= 0, second >= 0 else { return nil }
        let (value, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : value
    }

    /// `total − part`; nil when it would be negative.
    public static func rest(_ total: Int, after part: Int) -> Int? {
        guard part >= 0, part <= total else { return nil }
        return total &- part
    }
}
