// Every way in which a checkpoint file can be wrong, one case per cause, with its facts.

import Platform

/// Why a checkpoint cannot be written, opened, verified or loaded.
public enum CheckpointError: Error, Equatable, Sendable {
    // The file as a whole.
    case fileTooShort(bytes: Int)
    case headerTooLong(bytes: UInt64, limit: Int)
    case headerPastEnd(headerBytes: UInt64, fileBytes: Int)
    case storage(StorageError)

    // The JSON text of the header; offsets count from the start of the header.
    case badEscape(offset: Int)
    case controlCharacter(offset: Int)
    case headerNotUTF8
    case headerTrailingBytes(offset: Int)
    case numberInvalid(offset: Int)
    case numberTooLarge(offset: Int)
    case syntax(expected: String, offset: Int)

    // What the header says.
    case byteCountDiffers(tensor: String, expected: UInt64, found: UInt64)
    case dataBytesDiffer(expected: UInt64, found: UInt64)
    case duplicateKey(tensor: String, key: String)
    case duplicateMetadata(key: String)
    case duplicateName(String)
    case hole(tensor: String, expectedBegin: UInt64, foundBegin: UInt64)
    case keyMissing(tensor: String, key: String)
    case metadataNotText(offset: Int)
    case nameInvalid(offset: Int)
    case nameTooLong(bytes: Int, limit: Int)
    case offsetCountDiffers(tensor: String)
    case offsetsReversed(tensor: String, begin: UInt64, end: UInt64)
    case overlap(tensor: String, expectedBegin: UInt64, foundBegin: UInt64)
    case rankTooLarge(tensor: String, limit: Int)
    case shapeOverflow(tensor: String)
    case tooManyMetadata(limit: Int)
    case tooManyTensors(limit: Int)
    case unknownElementType(tensor: String, name: String)
    case unknownKey(tensor: String, key: String)
    case unsupportedElementType(tensor: String, name: String)

    // What Millrace puts into a header.
    case formatUnsupported(String)
    case layoutContradictsTensors(tensor: String)
    case layoutDigestDiffers(expected: UInt64, found: UInt64)
    case metadataInvalid(key: String)
    case metadataMissing(key: String)

    // The contents.
    case checksumDiffers(expected: UInt32, found: UInt32)
    case notFinite(tensor: String, index: Int)
    case stateDigestDiffers(expected: UInt64, found: UInt64)

    // Against the layout that is wanted.
    case shapeDiffers(tensor: String, found: String, wanted: String)
    case tensorMissing(tensor: String, wanted: String)
    case tensorUnexpected(tensor: String, found: String)

    // Names of checkpoints.
    case fileNameInvalid(String)
}
