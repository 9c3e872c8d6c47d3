// The header as bytes: length, JSON, spaces up to a multiple of eight.

import MillraceProtocol

/// One tensor to be written.
struct CheckpointPart {
    let name: String
    let field: SectionField
    let base: UnsafeRawPointer

    /// Both sections' fields in the order of the reference writer: by descending element size,
    /// then by name, so that every tensor is aligned to its element.
    static func ordered(
        learnerLayout: SectionLayout, learner: UnsafeRawPointer, streamLayout: SectionLayout,
        stream: UnsafeRawPointer
    ) -> [CheckpointPart] {
        let parts =
            learnerLayout.fields.map {
                CheckpointPart(name: "learner.\($0.name)", field: $0, base: learner + $0.offset)
            }
            + streamLayout.fields.map {
                CheckpointPart(name: "stream.\($0.name)", field: $0, base: stream + $0.offset)
            }
        return parts.sorted {
            ($1.field.element.bytes, $0.name) < ($0.field.element.bytes, $1.name)
        }
    }
}

/// The first bytes of a checkpoint file.
struct CheckpointHeaderText {
    /// Length and JSON; the checksum is `00000000`.
    let bytes: [UInt8]
    /// Where in the file the eight digits of the checksum are.
    let checksumOffset: Int
    /// Bytes of all tensors.
    let dataBytes: Int

    init(facts: CheckpointFacts, parts: [CheckpointPart]) throws(CheckpointError) {
        let limits = CheckpointLimits()
        guard parts.count <= limits.tensorCount else {
            throw .tooManyTensors(limit: limits.tensorCount)
        }
        var json = "{\"__metadata__\":{"
        var checksumOffset = 0
        for (index, entry) in facts.metadata.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { json += "," }
            json += "\(Self.quoted(entry.key)):"
            if entry.key == CheckpointKey.checksum { checksumOffset = json.utf8.count + 1 }
            json += Self.quoted(entry.value)
        }
        json += "}"
        var position = 0
        for part in parts {
            let end = position + part.field.packedByteCount
            json += ",\(Self.quoted(part.name)):{\"dtype\":\"\(part.field.element.rawValue)\","
            json += "\"shape\":[\(part.field.shape.map(String.init).joined(separator: ","))],"
            json += "\"data_offsets\":[\(position),\(end)]}"
            position = end
        }
        json += "}"
        json += String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
        guard json.utf8.count <= limits.headerBytes else {
            throw .headerTooLong(bytes: UInt64(json.utf8.count), limit: limits.headerBytes)
        }
        let length = UInt64(json.utf8.count)
        bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + json.utf8
        self.checksumOffset = 8 + checksumOffset
        dataBytes = position
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\0"..."\u{1F}":
                quoted += "\\u" + Hexadecimal.digits(UInt16(scalar.value))
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
