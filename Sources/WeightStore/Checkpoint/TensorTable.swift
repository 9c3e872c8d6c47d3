// The safetensors header as values: which tensor lies where, and the metadata.
//
// A header is accepted if and only if
//   (1) it is UTF-8 and one JSON object, followed by white space only;
//   (2) every member but `__metadata__` is an object with exactly dtype, shape and data_offsets;
//   (3) names are unique, at most 256 bytes, without control characters;
//   (4) every dtype is one that a section can have;
//   (5) the product of each shape and its bytes do not overflow and equal end − begin;
//   (6) sorted by offsets, the first tensor begins at 0, each begins where the one before ends,
//       and the last ends at the end of the file: no hole, no overlap, no trailing bytes;
//   (7) `__metadata__` maps strings to strings.

/// What a reader accepts at most; checked before anything is allocated.
public struct CheckpointLimits: Equatable, Sendable {
    /// Bytes of the JSON header.
    public var headerBytes = 1 << 20
    /// Tensors in one file.
    public var tensorCount = 4096
    /// UTF-8 bytes of a name.
    public var nameBytes = 256
    /// Extents of a shape.
    public var rank = 8
    /// Entries of the metadata.
    public var metadataCount = 256

    /// The limits of Millrace.
    public init() {}
}

/// One tensor of a checkpoint.
public struct CheckpointTensor: Equatable, Sendable {
    /// Its name, such as `learner.junction.0.weights`.
    public let name: String
    /// What its elements are.
    public let element: ElementType
    /// Extents, slowest first.
    public let shape: [Int]
    /// Bytes from the end of the header to its first byte.
    public let begin: Int
    /// Bytes from the end of the header to behind its last byte.
    public let end: Int

    /// `F32[10,784]`.
    public var shapeText: String {
        "\(element.rawValue)[\(shape.map(String.init).joined(separator: ","))]"
    }
}

/// A parsed header.
struct TensorTable {
    private(set) var tensors: [CheckpointTensor] = []
    private(set) var metadata: [String: String] = [:]
    /// Where the text of `CheckpointKey.checksum` begins in the header.
    private(set) var checksumOffset: Int?

    private let limits: CheckpointLimits
    private var names: Set<String> = []
    private var hasMetadata = false

    /// Parses `header`; `dataBytes` is the size of the file behind it.
    init(
        header: [UInt8], dataBytes: UInt64, limits: CheckpointLimits
    ) throws(CheckpointError) {
        self.limits = limits
        guard String(validating: header, as: UTF8.self) != nil else { throw .headerNotUTF8 }
        var scanner = HeaderScanner(header)
        try scanner.expect("{")
        if !scanner.accept("}") {
            repeat { try member(&scanner) } while scanner.accept(",")
            try scanner.expect("}")
        }
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw .headerTrailingBytes(offset: scanner.offset) }
        try checkCoverage(dataBytes)
    }

    private mutating func member(_ scanner: inout HeaderScanner) throws(CheckpointError) {
        let name = try self.name(&scanner)
        try scanner.expect(":")
        if name == "__metadata__" {
            guard !hasMetadata else { throw .duplicateName(name) }
            hasMetadata = true
            try readMetadata(&scanner)
        } else {
            guard names.count < limits.tensorCount else {
                throw .tooManyTensors(limit: limits.tensorCount)
            }
            guard names.insert(name).inserted else { throw .duplicateName(name) }
            tensors.append(try tensor(name, &scanner))
        }
    }

    private func name(_ scanner: inout HeaderScanner) throws(CheckpointError) -> String {
        scanner.skipSpace()
        let offset = scanner.offset
        let name = try scanner.string()
        guard name.utf8.count <= limits.nameBytes else {
            throw .nameTooLong(bytes: name.utf8.count, limit: limits.nameBytes)
        }
        guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .nameInvalid(offset: offset)
        }
        return name
    }

    private mutating func readMetadata(_ scanner: inout HeaderScanner) throws(CheckpointError) {
        try scanner.expect("{")
        if scanner.accept("}") { return }
        repeat {
            guard metadata.count < limits.metadataCount else {
                throw .tooManyMetadata(limit: limits.metadataCount)
            }
            let key = try name(&scanner)
            try scanner.expect(":")
            scanner.skipSpace()
            let offset = scanner.offset
            guard offset < scanner.bytes.count, scanner.bytes[offset] == 0x22 else {
                throw .metadataNotText(offset: offset)
            }
            let value = try scanner.string()
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw .duplicateMetadata(key: key)
            }
            if key == CheckpointKey.checksum { checksumOffset = offset + 1 }
        } while scanner.accept(",")
        try scanner.expect("}")
    }

    private func tensor(
        _ name: String, _ scanner: inout HeaderScanner
    ) throws(CheckpointError) -> CheckpointTensor {
        var element: ElementType?
        var shape: [UInt64]?
        var offsets: [UInt64]?
        try scanner.expect("{")
        if !scanner.accept("}") {
            repeat {
                let key = try self.name(&scanner)
                try scanner.expect(":")
                switch key {
                case "dtype":
                    guard element == nil else { throw .duplicateKey(tensor: name, key: key) }
                    element = try elementType(name, try scanner.string())
                case "shape":
                    guard shape == nil else { throw .duplicateKey(tensor: name, key: key) }
                    shape = try numbers(&scanner, limit: limits.rank)
                    guard shape != nil else {
                        throw .rankTooLarge(tensor: name, limit: limits.rank)
                    }
                case "data_offsets":
                    guard offsets == nil else { throw .duplicateKey(tensor: name, key: key) }
                    offsets = try numbers(&scanner, limit: 2)
                    guard offsets?.count == 2 else { throw .offsetCountDiffers(tensor: name) }
                default: throw .unknownKey(tensor: name, key: key)
                }
            } while scanner.accept(",")
            try scanner.expect("}")
        }
        guard let element else { throw .keyMissing(tensor: name, key: "dtype") }
        guard let shape else { throw .keyMissing(tensor: name, key: "shape") }
        guard let offsets else { throw .keyMissing(tensor: name, key: "data_offsets") }
        return try checkedTensor(name, element, shape, begin: offsets[0], end: offsets[1])
    }

    /// The numbers of an array; nil when there are more than `limit`.
    private func numbers(
        _ scanner: inout HeaderScanner, limit: Int
    ) throws(CheckpointError) -> [UInt64]? {
        var numbers: [UInt64] = []
        try scanner.expect("[")
        if scanner.accept("]") { return numbers }
        repeat {
            guard numbers.count < limit else { return nil }
            numbers.append(try scanner.number())
        } while scanner.accept(",")
        try scanner.expect("]")
        return numbers
    }

    private func elementType(
        _ tensor: String, _ name: String
    ) throws(CheckpointError) -> ElementType {
        if let element = ElementType(rawValue: name) { return element }
        let others: Set<String> = [
            "BOOL", "F4", "F6_E2M3", "F6_E3M2", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0",
            "F8_E4M3FNUZ", "F8_E5M2FNUZ", "U16", "F16", "BF16", "C64",
        ]
        if others.contains(name) { throw .unsupportedElementType(tensor: tensor, name: name) }
        throw .unknownElementType(tensor: tensor, name: name)
    }

    private func checkedTensor(
        _ name: String, _ element: ElementType, _ shape: [UInt64], begin: UInt64, end: UInt64
    ) throws(CheckpointError) -> CheckpointTensor {
        guard begin <= end else { throw .offsetsReversed(tensor: name, begin: begin, end: end) }
        var extents: [Int] = []
        for extent in shape {
            guard let extent = Int(exactly: extent) else { throw .shapeOverflow(tensor: name) }
            extents.append(extent)
        }
        guard let bytes = SectionLayout.checkedProduct(extents + [element.bytes]) else {
            throw .shapeOverflow(tensor: name)
        }
        guard end - begin == UInt64(bytes) else {
            throw .byteCountDiffers(tensor: name, expected: UInt64(bytes), found: end - begin)
        }
        guard let first = Int(exactly: begin), let last = Int(exactly: end) else {
            throw .shapeOverflow(tensor: name)
        }
        return CheckpointTensor(
            name: name, element: element, shape: extents, begin: first, end: last)
    }

    private mutating func checkCoverage(_ dataBytes: UInt64) throws(CheckpointError) {
        tensors.sort { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
        var position = 0
        for tensor in tensors {
            if tensor.begin > position {
                throw .hole(
                    tensor: tensor.name, expectedBegin: UInt64(position),
                    foundBegin: UInt64(tensor.begin))
            }
            if tensor.begin < position {
                throw .overlap(
                    tensor: tensor.name, expectedBegin: UInt64(position),
                    foundBegin: UInt64(tensor.begin))
            }
            position = tensor.end
        }
        guard UInt64(position) == dataBytes else {
            throw .dataBytesDiffer(expected: UInt64(position), found: dataBytes)
        }
    }
}
