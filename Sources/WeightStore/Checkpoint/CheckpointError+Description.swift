// How damage of a checkpoint reads: the place first, then what is there and what was expected.

import MillraceProtocol

extension CheckpointError: CustomStringConvertible {
    /// What is wrong, for a person; no full stop.
    public var description: String { place + fault }

    /// The byte of the header or the tensor that is wrong; nothing when it is the whole file.
    private var place: String {
        switch self {
        case .badEscape(let offset), .controlCharacter(let offset),
            .headerTrailingBytes(let offset), .metadataNotText(let offset),
            .nameInvalid(let offset), .numberInvalid(let offset), .numberTooLarge(let offset),
            .syntax(_, let offset):
            "byte \(offset) of the header: "
        case .byteCountDiffers(let tensor, _, _), .duplicateKey(let tensor, _),
            .hole(let tensor, _, _), .keyMissing(let tensor, _),
            .layoutContradictsTensors(let tensor), .notFinite(let tensor, _),
            .offsetCountDiffers(let tensor), .offsetsReversed(let tensor, _, _),
            .overlap(let tensor, _, _), .rankTooLarge(let tensor, _),
            .shapeDiffers(let tensor, _, _), .shapeOverflow(let tensor),
            .tensorMissing(let tensor, _),
            .tensorUnexpected(let tensor, _), .unknownElementType(let tensor, _),
            .unknownKey(let tensor, _), .unsupportedElementType(let tensor, _):
            "tensor \(tensor): "
        default: ""
        }
    }

    private var fault: String {
        switch self {
        case .badEscape: "not an escape of JSON"
        case .byteCountDiffers(_, let expected, let found):
            "\(found) bytes, and its shape takes \(expected)"
        case .checksumDiffers(let expected, let found):
            "the CRC-32C is \(Hexadecimal.digits(found)), and \(Hexadecimal.digits(expected)) is expected"
        case .controlCharacter: "a control character inside a string"
        case .dataBytesDiffer(let expected, let found):
            "\(found) bytes behind the header, and its tensors take \(expected)"
        case .duplicateKey(_, let key): "\(key) stands twice"
        case .duplicateMetadata(let key): "\(key) stands twice in the metadata"
        case .duplicateName(let name): "\(name) stands twice in the header"
        case .fileNameInvalid(let name): "\"\(name)\" cannot be the name of a checkpoint"
        case .fileTooShort(let bytes): "\(bytes) bytes are too few for any checkpoint"
        case .formatUnsupported(let format): "format \(format), not \(CheckpointFacts.format)"
        case .headerNotUTF8: "the header is not UTF-8"
        case .headerPastEnd(let bytes, let file): "a header of \(bytes) bytes in a file of \(file)"
        case .headerTooLong(let bytes, let limit): "a header of \(bytes) bytes, more than \(limit)"
        case .headerTrailingBytes: "more text where the JSON has ended"
        case .hole(_, let expected, let found): "begins at \(found), not at \(expected)"
        case .keyMissing(_, let key): "no \(key)"
        case .layoutContradictsTensors: "not what the layout in the metadata says"
        case .layoutDigestDiffers(let expected, let found):
            "the layout's digest is \(Hexadecimal.digits(expected)), not \(Hexadecimal.digits(found))"
        case .metadataInvalid(let key): "\(key) in the metadata is not written as it must be"
        case .metadataMissing(let key): "no \(key) in the metadata"
        case .metadataNotText: "a value of the metadata is not a string"
        case .nameInvalid: "not a name of a tensor"
        case .nameTooLong(let bytes, let limit): "a name of \(bytes) bytes, more than \(limit)"
        case .notFinite(_, let index): "element \(index) is not a finite number"
        case .numberInvalid: "not a whole number"
        case .numberTooLarge: "the number is too large"
        case .offsetCountDiffers: "data_offsets are not two numbers"
        case .offsetsReversed(_, let begin, let end): "begins at \(begin), behind its end, \(end)"
        case .overlap(_, let expected, let found): "begins at \(found), before \(expected)"
        case .rankTooLarge(_, let limit): "more than \(limit) extents"
        case .shapeDiffers(_, let found, let wanted): "it is \(found), and \(wanted) is wanted"
        case .shapeOverflow: "its shape is too large for any memory"
        case .stateDigestDiffers(let expected, let found):
            "the state digest is \(Hexadecimal.digits(found)), not \(Hexadecimal.digits(expected))"
        case .storage(let error): error.description
        case .syntax(let expected, _): "expected \(expected)"
        case .tensorMissing(_, let wanted): "it is not there, and \(wanted) is wanted"
        case .tensorUnexpected(_, let found): "\(found) has no place in this network"
        case .tooManyMetadata(let limit): "more than \(limit) entries of metadata"
        case .tooManyTensors(let limit): "more than \(limit) tensors"
        case .unknownElementType(_, let name): "\(name) is no element type"
        case .unknownKey(_, let key): "\(key) is no key of a tensor"
        case .unsupportedElementType(_, let name): "element type \(name) is not used here"
        }
    }
}
