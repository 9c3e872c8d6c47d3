// The arrays that a junction's parameters consist of. A junction says which it needs; whoever owns
// the memory lays them out back to back and keeps them.

/// One array among the parameters of a junction.
public struct JunctionField: Equatable, Sendable {
    /// What one element is.
    public enum Element: Equatable, Sendable {
        case f32
        case i16
        case u8
        case u32
        case u64

        /// Bytes of one element.
        public var bytes: Int {
            switch self {
            case .u8: 1
            case .i16: 2
            case .f32, .u32: 4
            case .u64: 8
            }
        }
    }

    /// Plain ASCII: `weights`, `bias`, `view.indices`.
    public let name: String
    /// What its elements are.
    public let element: Element
    /// Extents, slowest first.
    public let shape: [Int]
    /// Elements from row to row of the last axis; the rest of a row is zero.
    public let rowStride: Int
    /// Whether learning moves it, so that momentum needs a velocity of the same shape. Others are
    /// derived from learned fields (views) or count.
    public let isLearned: Bool

    /// An array; without a stride its rows are not padded.
    public init(
        _ name: String, _ element: Element, shape: [Int], rowStride: Int? = nil,
        isLearned: Bool = true
    ) {
        self.name = name
        self.element = element
        self.shape = shape
        self.rowStride = rowStride ?? shape.last ?? 1
        self.isLearned = isLearned
        precondition(self.rowStride >= shape.last ?? 1, "a row fits into its stride: \(name)")
    }

    /// Elements without padding.
    public var elementCount: Int { shape.reduce(1, *) }

    /// Bytes in memory, rows padded, rounded up to 64: where the next field starts.
    public var byteCount: Int {
        (shape.dropLast().reduce(1, *) * rowStride * element.bytes + 63) & ~63
    }
}

extension [JunctionField] {
    /// Bytes of all fields, back to back.
    public var byteCount: Int { reduce(0) { $0 + $1.byteCount } }

    /// Bytes from the start of the first field to that of field `index`.
    public func offset(_ index: Int) -> Int { self[..<index].reduce(0) { $0 + $1.byteCount } }
}
