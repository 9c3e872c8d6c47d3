// One array of numbers, as a .npy file (format version 1.0 of numpy) and as lines of CSV.

import WeightStore

/// Numbers of one type with a shape, row by row without padding.
struct NumberArray {
    /// `junction.0.weights`; for files, without an ending.
    let name: String
    let element: ElementType
    /// Extents, slowest first; empty means one number.
    let shape: [Int]
    /// Little-endian.
    let bytes: [UInt8]
    /// What it is, in a sentence.
    let meaning: String

    /// A matrix or vector of real numbers.
    init(_ name: String, _ values: [Float], shape: [Int], meaning: String) {
        self.name = name
        element = .f32
        self.shape = shape
        bytes = values.withUnsafeBytes(Array.init)
        self.meaning = meaning
    }

    /// A tensor of a section.
    /// - section: the whole section as it lay in memory.
    init(_ name: String, _ field: SectionField, section: UnsafeRawBufferPointer, meaning: String) {
        self.name = name
        element = field.element
        shape = field.shape
        var bytes: [UInt8] = []
        bytes.reserveCapacity(field.packedByteCount)
        for row in 0..<field.rowCount {
            let start = field.offset + row * field.rowStride * field.element.bytes
            bytes += section[start..<(start + field.rowElements * field.element.bytes)]
        }
        self.bytes = bytes
        self.meaning = meaning
    }

    /// What numpy calls the type: `<f4`.
    var numpyType: String {
        switch element {
        case .u8: "|u1"
        case .i16: "<i2"
        case .u32: "<u4"
        case .i32: "<i4"
        case .u64: "<u8"
        case .i64: "<i8"
        case .f32: "<f4"
        case .f64: "<f8"
        }
    }

    /// What a .npy file has before the numbers; its length is a multiple of 64.
    var numpyHeader: [UInt8] {
        let extents = shape.map { "\($0)," }.joined(separator: " ")
        let text =
            "{'descr': '\(numpyType)', 'fortran_order': False, 'shape': (\(extents)), }"
        let unpadded = 10 + text.utf8.count + 1
        let length = (unpadded + 63) & ~63 - 10
        let padding = String(repeating: " ", count: length + 10 - unpadded)
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        return magic + [UInt8(length & 0xFF), UInt8(length >> 8)]
            + Array((text + padding + "\n").utf8)
    }

    /// How many numbers.
    var count: Int { bytes.count / element.bytes }

    /// `name,row,column,value` of one number; all axes but the last count as rows.
    func line(_ index: Int) -> String {
        let columns = max(shape.last ?? 1, 1)
        return "\(name),\(index / columns),\(index % columns),\(number(index))\n"
    }

    /// One number as text that reads back as the same number.
    private func number(_ index: Int) -> String {
        bytes.withUnsafeBytes { raw in
            func load<T>(_ type: T.Type) -> T {
                raw.loadUnaligned(fromByteOffset: index * element.bytes, as: type)
            }
            return switch element {
            case .u8: "\(load(UInt8.self))"
            case .i16: "\(load(Int16.self))"
            case .u32: "\(load(UInt32.self))"
            case .i32: "\(load(Int32.self))"
            case .u64: "\(load(UInt64.self))"
            case .i64: "\(load(Int64.self))"
            case .f32: "\(load(Float.self))"
            case .f64: "\(load(Double.self))"
            }
        }
    }
}
