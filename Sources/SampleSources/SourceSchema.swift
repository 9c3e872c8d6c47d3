// Shape and types of the samples of a source, and of the samples that a receiver expects.

/// The type of one feature on its way. Raw values are those of the wire protocol.
public enum SourceElement: UInt8, Equatable, Sendable {
    /// Unsigned, 8 bits.
    case u8 = 0
    /// Signed, 16 bits, little-endian.
    case i16 = 1
    /// IEEE 754 binary32, little-endian.
    case f32 = 2

    /// Size of one value.
    public var bytes: Int {
        switch self {
        case .u8: 1
        case .i16: 2
        case .f32: 4
        }
    }

    /// Its name in configuration files: `u8`, `i16`, `f32`.
    public var name: String {
        switch self {
        case .u8: "u8"
        case .i16: "i16"
        case .f32: "f32"
        }
    }
}

/// What labels look like.
public enum SourceLabels: Equatable, Sendable {
    /// There are none.
    case none
    /// A class index each, in `SampleBatch.classIndices`. `classCount` 0 = not known;
    /// `names` may be empty.
    case classIndices(classCount: Int, names: [String])
    /// A class name each, in `SampleBatch.classNames`: text whose numbering is not known here.
    case classNames
    /// `count` real numbers each, in `SampleBatch.targets`.
    case values(count: Int)
}

/// Shape and types of samples.
public struct SourceSchema: Equatable, Sendable {
    /// Type of every feature.
    public var element: SourceElement
    /// Features per sample, at least 1.
    public var featureCount: Int
    /// One name per feature, or empty.
    public var featureNames: [String]
    /// What labels there are.
    public var labels: SourceLabels

    /// - element: type of every feature.
    /// - featureCount: features per sample.
    /// - featureNames: one per feature, or empty.
    /// - labels: what labels there are.
    public init(
        element: SourceElement, featureCount: Int, featureNames: [String] = [],
        labels: SourceLabels = .none
    ) {
        self.element = element
        self.featureCount = featureCount
        self.featureNames = featureNames
        self.labels = labels
    }

    /// Bytes of the features of one sample.
    public var sampleBytes: Int { featureCount * element.bytes }
}
