// The header of NumPy's .npy files, versions 1.0 and 2.0:
//
//   0  6  \x93NUMPY
//   6  2  major, minor
//   8  2 (1.0) or 4 (2.0)  h, length of the dictionary, little-endian
//   …  h  ASCII: {'descr': '<f4', 'fortran_order': False, 'shape': (100, 8), }
//
// The parser takes exactly this dictionary, in any order of its keys, and nothing else. It is
// bounded: a header longer than 64 KiB is refused before anything is read of it.

/// The element types that can be read.
enum NpyElement: String, CaseIterable {
    case i8 = "|i1"
    case u8 = "|u1"
    case i16 = "<i2"
    case u16 = "<u2"
    case i32 = "<i4"
    case u32 = "<u4"
    case i64 = "<i8"
    case u64 = "<u8"
    case f32 = "<f4"
    case f64 = "<f8"

    /// Size of one value.
    var bytes: Int {
        switch self {
        case .i8, .u8: 1
        case .i16, .u16: 2
        case .i32, .u32, .f32: 4
        case .i64, .u64, .f64: 8
        }
    }

    /// Value at `offset`. Exact except for 64-bit integers beyond 2^53, which no target takes.
    func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Double {
        switch self {
        case .i8: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int8.self))
        case .u8: Double(bytes[offset])
        case .i16: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
        case .u16: Double(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case .i32: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        case .u32: Double(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case .i64: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        case .u64: Double(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        case .f32: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
        case .f64: bytes.loadUnaligned(fromByteOffset: offset, as: Double.self)
        }
    }
}

/// What a header says.
struct NpyHeader: Equatable {
    /// Longest dictionary that is read.
    static let longestDictionary = 65_536
    /// Most axes; NumPy allows 64.
    static let mostAxes = 32

    var element: NpyElement
    var shape: [Int]
    /// Offset of the first value.
    var dataOffset: Int

    /// Samples (the first axis) and values per sample (the product of the others).
    var rows: Int { shape[0] }
    var rowWidth: Int

    /// Parses the first bytes of a file.
    ///
    /// - bytes: at least the whole header, or the whole file if it is shorter.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(SourceError) {
        var reader = NpyHeaderReader(bytes: bytes, path: path)
        try reader.expect([0x93] + Array("NUMPY".utf8), as: "the magic bytes \\x93NUMPY")
        let major = try reader.byte()
        let minor = try reader.byte()
        guard (major == 1 || major == 2) && minor == 0 else {
            throw reader.malformed(
                at: 6, found: "format version \(major).\(minor)", expected: "version 1.0 or 2.0")
        }
        var length = Int(try reader.byte()) | Int(try reader.byte()) << 8
        if major == 2 {
            length |= Int(try reader.byte()) << 16 | Int(try reader.byte()) << 24
        }
        guard length <= Self.longestDictionary else {
            throw reader.malformed(
                at: 8, found: "a header of \(length) bytes",
                expected: "at most \(Self.longestDictionary)")
        }
        dataOffset = reader.position + length
        guard dataOffset <= bytes.count else {
            throw .truncated(path: path, expectedBytes: dataOffset, foundBytes: bytes.count)
        }
        reader.end = dataOffset
        (element, shape) = try reader.dictionary()
        rowWidth = 1
        for axis in shape.dropFirst() {
            let (product, overflow) = rowWidth.multipliedReportingOverflow(by: axis)
            guard !overflow, product <= 1 << 30 else {
                throw reader.malformed(
                    at: reader.shapeOffset, found: "shape \(shape)",
                    expected: "at most 2^30 values per sample")
            }
            rowWidth = product
        }
    }
}

/// Walks over the dictionary.
private struct NpyHeaderReader {
    let bytes: UnsafeRawBufferPointer
    let path: String
    var position = 0
    var end: Int
    var shapeOffset = 0

    init(bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
        end = bytes.count
    }

    func malformed(at offset: Int, found: String, expected: String) -> SourceError {
        .malformed(path: path, offset: offset, found: found, expected: expected)
    }

    /// What stands at the current position, for messages.
    var here: String {
        guard position < end else { return "the end of the header" }
        return quoted(bytes[position..<min(end, position + 16)])
    }

    mutating func byte() throws(SourceError) -> UInt8 {
        guard position < end else {
            throw malformed(at: position, found: "the end", expected: "more header")
        }
        position += 1
        return bytes[position - 1]
    }

    mutating func expect(_ token: [UInt8], as name: String) throws(SourceError) {
        guard position + token.count <= end,
            bytes[position..<position + token.count].elementsEqual(token)
        else { throw malformed(at: position, found: here, expected: name) }
        position += token.count
    }

    mutating func skipSpace() {
        while position < end, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    /// Takes `character` if it is next.
    mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard position < end, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    mutating func require(_ character: Character) throws(SourceError) {
        guard take(character) else {
            throw malformed(at: position, found: here, expected: "'\(character)'")
        }
    }

    mutating func string() throws(SourceError) -> String {
        skipSpace()
        let quote: UInt8 = position < end ? bytes[position] : 0
        guard quote == 0x27 || quote == 0x22 else {
            throw malformed(at: position, found: here, expected: "a quoted string")
        }
        let start = position + 1
        guard let close = bytes[start..<end].firstIndex(of: quote) else {
            throw malformed(at: position, found: here, expected: "a closed string")
        }
        position = close + 1
        return String(decoding: bytes[start..<close], as: UTF8.self)
    }

    mutating func dictionary() throws(SourceError) -> (NpyElement, [Int]) {
        var element: NpyElement?
        var shape: [Int]?
        var order = false
        try require("{")
        while !take("}") {
            skipSpace()
            let keyOffset = position
            let key = try string()
            try require(":")
            skipSpace()
            switch key {
            case "descr" where element == nil: element = try descr()
            case "fortran_order" where !order:
                guard (try? expect(Array("False".utf8), as: "False")) != nil else {
                    throw malformed(
                        at: position, found: here,
                        expected: "False: C order (numpy.ascontiguousarray makes it)")
                }
                order = true
            case "shape" where shape == nil: shape = try tuple()
            default:
                throw malformed(
                    at: keyOffset, found: "the key '\(legible(key, atMost: 32))'",
                    expected: "descr, fortran_order and shape, once each")
            }
            if !take(",") {
                try require("}")
                break
            }
        }
        skipSpace()
        guard position == end else {
            throw malformed(at: position, found: here, expected: "the end of the header")
        }
        guard let element, let shape, order else {
            throw malformed(
                at: position, found: "the end of the dictionary",
                expected: "all of descr, fortran_order and shape")
        }
        return (element, shape)
    }

    private mutating func descr() throws(SourceError) -> NpyElement {
        let offset = position
        let text = try string()
        guard let element = NpyElement(rawValue: text) else {
            throw malformed(
                at: offset, found: "element type '\(legible(text, atMost: 32))'",
                expected: "one of " + NpyElement.allCases.map(\.rawValue).joined(separator: " "))
        }
        return element
    }

    /// `(3, 4)`, `(3,)`; at least one axis.
    private mutating func tuple() throws(SourceError) -> [Int] {
        shapeOffset = position
        var shape: [Int] = []
        try require("(")
        while !take(")") {
            skipSpace()
            let start = position
            var value = 0
            while position < end, (0x30...0x39).contains(bytes[position]) {
                let digit = Int(bytes[position] - 0x30)
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflow) = tens.addingReportingOverflow(digit)
                guard !over, !overflow else {
                    throw malformed(at: start, found: here, expected: "an axis below 2^63")
                }
                value = sum
                position += 1
            }
            guard position > start, shape.count < NpyHeader.mostAxes else {
                throw malformed(at: start, found: here, expected: "up to 32 axis lengths")
            }
            shape.append(value)
            if !take(",") {
                try require(")")
                break
            }
        }
        guard !shape.isEmpty else {
            throw malformed(
                at: shapeOffset, found: "a shape without axes", expected: "(samples, …)")
        }
        return shape
    }
}
