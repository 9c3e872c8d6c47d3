// What a checkpoint says about itself, in the metadata of its header: strings, so that any
// safetensors reader shows them.

import MillraceProtocol

/// The names of Millrace's entries in `__metadata__`.
enum CheckpointKey {
    static let checksum = "millrace.crc32c"
    static let configuration = "millrace.configuration"
    static let configurationDigest = "millrace.configuration-digest"
    static let creator = "millrace.creator"
    static let format = "millrace.format"
    static let generation = "millrace.generation"
    static let layoutDigest = "millrace.layout-digest"
    static let learnerLayout = "millrace.layout.learner"
    static let restoredFrom = "millrace.restored-from"
    static let stateDigest = "millrace.state-digest"
    static let streamLayout = "millrace.layout.stream"
}

/// Everything in a checkpoint but the tensors.
public struct CheckpointFacts: Equatable, Sendable {
    /// Version of the format that this code writes and reads.
    public static let format = "1"

    /// Number, origin and digests of the generation; it holds nothing and follows nothing.
    public let header: GenerationHeader
    /// `SectionLayout.digest` of both layouts.
    public let layoutDigest: UInt64
    /// Layout of the learner section that was saved.
    public let learnerLayout: SectionLayout
    /// Layout of the stream section that was saved.
    public let streamLayout: SectionLayout
    /// The whole configuration, as TOML text.
    public let configuration: String
    /// Name and version of the program that wrote it.
    public let creator: String
    /// CRC-32C of the file with the eight digits of this field as `00000000`.
    public let checksum: UInt32

    /// The entries for the header, the checksum as zeros.
    var metadata: [String: String] {
        [
            CheckpointKey.checksum: "00000000",
            CheckpointKey.configuration: configuration,
            CheckpointKey.configurationDigest: Hexadecimal.digits(header.configurationDigest),
            CheckpointKey.creator: creator,
            CheckpointKey.format: Self.format,
            CheckpointKey.generation: String(header.generation),
            CheckpointKey.layoutDigest: Hexadecimal.digits(layoutDigest),
            CheckpointKey.learnerLayout: learnerLayout.text,
            CheckpointKey.restoredFrom: String(header.restoredFrom),
            CheckpointKey.stateDigest: Hexadecimal.digits(header.stateDigest),
            CheckpointKey.streamLayout: streamLayout.text,
        ]
    }
}

extension CheckpointFacts {
    /// Reads the entries back; every one must be there and be written as `metadata` writes it.
    init(_ table: TensorTable, limits: CheckpointLimits) throws(CheckpointError) {
        func text(_ key: String) throws(CheckpointError) -> String {
            guard let value = table.metadata[key] else { throw .metadataMissing(key: key) }
            return value
        }
        func number(_ key: String, radix: Int = 10, digits: Int = 0) throws(CheckpointError)
            -> UInt64
        {
            let value = try text(key)
            guard let number = UInt64(value, radix: radix),
                value
                    == (digits == 0
                        ? String(number) : String(Hexadecimal.digits(number).suffix(digits)))
            else { throw .metadataInvalid(key: key) }
            return number
        }
        func layout(_ key: String) throws(CheckpointError) -> SectionLayout {
            let value = try text(key)
            guard let layout = SectionLayout(text: value, fieldCountMax: limits.tensorCount) else {
                throw .metadataInvalid(key: key)
            }
            return layout
        }
        let format = try text(CheckpointKey.format)
        guard format == Self.format else { throw .formatUnsupported(format) }
        let generation = try number(CheckpointKey.generation)
        guard (1...GenerationHeader.numberMax).contains(generation) else {
            throw .metadataInvalid(key: CheckpointKey.generation)
        }
        header = GenerationHeader(
            generation: generation, restoredFrom: try number(CheckpointKey.restoredFrom),
            stateDigest: try number(CheckpointKey.stateDigest, radix: 16, digits: 16),
            configurationDigest: try number(
                CheckpointKey.configurationDigest, radix: 16, digits: 16))
        layoutDigest = try number(CheckpointKey.layoutDigest, radix: 16, digits: 16)
        learnerLayout = try layout(CheckpointKey.learnerLayout)
        streamLayout = try layout(CheckpointKey.streamLayout)
        configuration = try text(CheckpointKey.configuration)
        creator = try text(CheckpointKey.creator)
        checksum = UInt32(
            truncatingIfNeeded: try number(CheckpointKey.checksum, radix: 16, digits: 8))
        let digest = SectionLayout.digest(learner: learnerLayout, stream: streamLayout)
        guard digest == layoutDigest else {
            throw .layoutDigestDiffers(expected: digest, found: layoutDigest)
        }
    }
}
