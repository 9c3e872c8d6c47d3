// A run of consecutive samples, laid out as the wire wants them: features row after row without
// gaps, labels in arrays of their own.
//
// Invariants: features.count == count · sampleBytes; exactly the label array that the schema's
// `labels` names has count (or count · targets) entries, the others are empty.

/// Consecutive samples of one source.
public struct SampleBatch: Sendable {
    /// Shape and types, as in the source.
    public let schema: SourceSchema
    /// Index of the first sample in its source.
    public private(set) var firstIndex = 0
    /// How many samples.
    public private(set) var count = 0
    /// The features, `count` × `featureCount` values of `element`, little-endian, row after row.
    public private(set) var features: [UInt8] = []
    /// A class index per sample, −1 = no label; filled for `.classIndices`.
    public private(set) var classIndices: [Int32] = []
    /// A class name per sample, empty = no label; filled for `.classNames`.
    public private(set) var classNames: [String] = []
    /// `count` × targets values; NaN in the first target of a sample = no label; for `.values`.
    public private(set) var targets: [Float] = []

    /// An empty batch for samples of `schema`, with memory for `capacity` of them.
    public init(schema: SourceSchema, capacity: Int = 0) {
        self.schema = schema
        features.reserveCapacity(capacity * schema.sampleBytes)
    }

    /// Feature `feature` of sample `sample` (0-based in this batch), as a float.
    public func value(sample: Int, feature: Int) -> Float {
        precondition(sample >= 0 && sample < count)
        precondition(feature >= 0 && feature < schema.featureCount)
        let offset = sample * schema.sampleBytes + feature * schema.element.bytes
        return features.withUnsafeBytes { bytes in
            switch schema.element {
            case .u8: Float(bytes[offset])
            case .i16: Float(bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
            case .f32: bytes.loadUnaligned(fromByteOffset: offset, as: Float.self)
            }
        }
    }

    /// Forgets everything; the next sample appended has index `firstIndex`.
    package mutating func clear(firstIndex: Int) {
        self.firstIndex = firstIndex
        count = 0
        features.removeAll(keepingCapacity: true)
        classIndices.removeAll(keepingCapacity: true)
        classNames.removeAll(keepingCapacity: true)
        targets.removeAll(keepingCapacity: true)
    }

    /// Appends one sample of which only the features are given; its label is "none".
    package mutating func append(features row: UnsafeRawBufferPointer) {
        precondition(row.count == schema.sampleBytes)
        features.append(contentsOf: row)
        count += 1
        switch schema.labels {
        case .none: break
        case .classIndices: classIndices.append(-1)
        case .classNames: classNames.append("")
        case .values(let width): targets.append(contentsOf: repeatElement(.nan, count: width))
        }
    }

    /// Appends one sample of float values to an `f32` batch; its label is "none".
    package mutating func append(values: [Float]) {
        precondition(schema.element == .f32 && values.count == schema.featureCount)
        values.withUnsafeBytes { append(features: $0) }
    }

    /// Gives the sample appended last a class.
    package mutating func label(classIndex: Int32) {
        classIndices[count - 1] = classIndex
    }

    /// Gives the sample appended last a class name.
    package mutating func label(className: String) {
        classNames[count - 1] = className
    }

    /// Gives the sample appended last its targets.
    package mutating func label(values: [Float]) {
        let width = values.count
        for i in 0..<width { targets[(count - 1) * width + i] = values[i] }
    }
}
