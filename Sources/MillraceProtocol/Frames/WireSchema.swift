// What a daemon learns from, as far as a sender must know it: how wide a sample is, of which
// element, and what its label looks like.

/// The element of a sample on the wire.
public enum WireElementType: UInt8, CaseIterable, Sendable {
    case u8 = 0
    case i16 = 1
    case f32 = 2

    /// Bytes of one element.
    public var bytes: Int {
        switch self {
        case .u8: 1
        case .i16: 2
        case .f32: 4
        }
    }

    /// The name in JSON and in configurations.
    public var name: String { "\(self)" }

    /// The element type with this name.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

/// What is learned.
public enum WireTask: UInt8, CaseIterable, Sendable {
    /// Labels are class indices i32, −1 for none.
    case classification = 0
    /// Labels are rows of f32, one value per target.
    case regression = 1
    /// The next samples of the same producer are the target; there are no labels.
    case forecast = 2
    /// The sample itself is the target; there are no labels.
    case autoencoder = 3

    /// The name in JSON and in configurations.
    public var name: String { "\(self)" }

    /// The task with this name.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

/// The shape of samples and labels that a daemon takes.
public struct WireSchema: Equatable, Sendable {
    /// The element of a feature.
    public let elementType: WireElementType
    /// Features of one sample, at least 1.
    public let featureCount: Int
    /// Values of one prediction: classes; targets; features of every step of a forecast; of an
    /// autoencoder the features and two more, the error and its percentile.
    public let outputCount: Int
    /// What is learned.
    public let task: WireTask

    /// A schema; counts that do not fit 32 bits are a broken contract.
    public init(elementType: WireElementType, featureCount: Int, outputCount: Int, task: WireTask) {
        self.elementType = elementType
        self.featureCount = featureCount
        self.outputCount = outputCount
        self.task = task
    }

    /// Samples ahead that a forecast foretells; 0 of other tasks.
    public var forecastSteps: Int {
        guard task == .forecast else { return 0 }
        let steps = outputCount.dividedReportingOverflow(by: featureCount)
        return steps.overflow ? 0 : steps.partialValue
    }

    /// Bytes of one sample without its label; nil when they do not fit an Int.
    public var sampleBytes: Int? { CheckedSize.product(featureCount, elementType.bytes) }

    /// Bytes of one label: 4 for a class, 4 · outputs for values, 0 without labels.
    public var labelBytes: Int? {
        switch task {
        case .classification: 4
        case .regression: CheckedSize.product(outputCount, 4)
        case .forecast, .autoencoder: 0
        }
    }

    /// The label bits that fit the task.
    public var labelFlags: FrameFlags {
        switch task {
        case .classification: .labels
        case .regression: [.labels, .valueLabels]
        case .forecast, .autoencoder: []
        }
    }

    /// XXH64 (seed 0) of twelve bytes: element type u8, task u8, zero u16, features u32,
    /// outputs u32, little-endian. 0 on the wire means "not checked".
    public var digest: UInt64 {
        var words: (UInt32, UInt32, UInt32) = (
            UInt32(truncatingIfNeeded: elementType.rawValue)
                | UInt32(truncatingIfNeeded: task.rawValue) &<< 8,
            UInt32(clamping: featureCount), UInt32(clamping: outputCount)
        )
        words = (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian)
        return withUnsafeBytes(of: words) { XXH64.digest($0) }
    }
}
