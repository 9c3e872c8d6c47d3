// A section is one contiguous memory region of plain old data, and its layout names what lies
// where. Everything that learning changes lives in a section, so a commit is a copy of bytes,
// a digest is a digest of bytes, and a checkpoint is a file whose tensors are the fields.
//
// Invariants:
//   - fields never overlap, start 64-byte aligned, and are laid out in the order of `add`;
//   - bytes that belong to no element (between fields, and between the end of a row and the
//     start of the next) are zero, always: whoever writes a section keeps them so;
//   - a layout is a value: equal layouts mean equal bytes mean equal meaning.

/// What one element of a field is; the raw value is the name that safetensors uses.
public enum ElementType: String, Sendable, CaseIterable {
    case u8 = "U8"
    case i16 = "I16"
    case u32 = "U32"
    case i32 = "I32"
    case u64 = "U64"
    case i64 = "I64"
    case f32 = "F32"
    case f64 = "F64"

    /// Bytes of one element: 1, 2, 4 or 8.
    public var bytes: Int {
        switch self {
        case .u8: 1
        case .i16: 2
        case .u32, .i32, .f32: 4
        case .u64, .i64, .f64: 8
        }
    }
}

/// One named array inside a section.
public struct SectionField: Equatable, Sendable {
    /// Unique within its layout; plain ASCII such as `junction.0.weights`.
    public let name: String
    /// What its elements are.
    public let element: ElementType
    /// Extents, slowest first; empty means one scalar.
    public let shape: [Int]
    /// Elements between the starts of two rows of the last axis, at least `shape.last`; the rest
    /// of a row is zero.
    public let rowStride: Int
    /// Bytes from the start of the section; a multiple of 64.
    public let offset: Int

    /// Elements of one row: the last extent, or 1 for a scalar.
    public var rowElements: Int { shape.last ?? 1 }
    /// Product of all extents but the last.
    public var rowCount: Int { shape.dropLast().reduce(1, *) }
    /// Elements without padding: the product of the extents.
    public var elementCount: Int { rowCount * rowElements }
    /// Bytes in the section, row padding included.
    public var byteCount: Int { rowCount * rowStride * element.bytes }
    /// Bytes of the elements alone, as a checkpoint stores them.
    public var packedByteCount: Int { elementCount * element.bytes }
    /// `F32[10,784]`: what a message shows when two shapes do not fit.
    public var shapeText: String {
        "\(element.rawValue)[\(shape.map(String.init).joined(separator: ","))]"
    }
}

/// The fields of a section, in the order in which they lie in memory.
public struct SectionLayout: Equatable, Sendable {
    /// Alignment of every field and of the section, in bytes: one cache line, one vector of 16
    /// floats.
    public static let alignment = 64

    /// All fields by ascending offset.
    public private(set) var fields: [SectionField] = []
    /// Bytes of the whole section; a multiple of `alignment`.
    public private(set) var byteCount = 0

    /// A layout without fields.
    public init() {}

    /// Appends a field at the next aligned offset and returns it.
    ///
    /// - name: 1 to 200 bytes of printable ASCII without quote or backslash, not used before.
    /// - shape: extents, none negative.
    /// - rowStride: elements from row to row; nil means no padding.
    @discardableResult
    public mutating func add(
        _ name: String, _ element: ElementType, shape: [Int], rowStride: Int? = nil
    ) -> SectionField {
        let rowElements = shape.last ?? 1
        let stride = rowStride ?? rowElements
        precondition(Self.isPlainName(name), "a field's name is plain ASCII: \(name)")
        precondition(self[name] == nil, "a field's name is unique: \(name)")
        precondition(shape.allSatisfy { $0 >= 0 }, "extents are not negative: \(name)")
        precondition(shape.count <= 8, "at most 8 extents: \(name)")
        precondition(stride >= rowElements, "a row fits into its stride: \(name)")
        let field = SectionField(
            name: name, element: element, shape: shape, rowStride: stride, offset: byteCount)
        fields.append(field)
        byteCount = (byteCount + field.byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
        return field
    }

    /// The field of that name.
    public subscript(name: String) -> SectionField? {
        fields.first { $0.name == name }
    }

    /// One line per field, `name F32[10,784] stride 784 at 0`: the text that the layout digest
    /// is taken over, and what a message shows when two layouts differ.
    public var lines: [String] {
        fields.map { "\($0.name) \($0.shapeText) stride \($0.rowStride) at \($0.offset)" }
    }

    static func isPlainName(_ name: String) -> Bool {
        let bytes = name.utf8
        return (1...200).contains(bytes.count)
            && bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }
}
