// Samples and labels as they lie in a frame, without copying them.
//
// Invariants: a view exists only over a body of exactly the right size for its header and the
// schema, so every index below `count` is inside the frame. Whether the values are finite and
// the labels in range is the receiver's decision, sample by sample.

/// A checked SAMPLES or PREDICT body.
public struct SamplesView {
    /// First sequence (SAMPLES) or request id (PREDICT).
    public let sequence: UInt64
    /// The producer's epoch; 0 in PREDICT.
    public let epoch: UInt32
    private let samples: ElementRun
    private let labels: ElementRun?
    private let task: WireTask

    /// Checks a SAMPLES or PREDICT frame against `schema`.
    ///
    /// - maxBatch: more samples than this are refused as oversize.
    ///
    /// Errors: unknownType, badRequest (unknown flags, labels that the task does not have,
    /// labels in a PREDICT, numbers that run out of 64 bits), emptyBatch, oversize,
    /// wrongElementType, wrongWidth.
    public init(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, schema: WireSchema,
        maxBatch: UInt32 = .max
    ) throws(FrameError) {
        let labelled = header.flags.contains(.labels)
        switch header.type {
        case .samples: try Body.checkNumbers(header)
        case .predict: guard header.count > 0 else { throw FrameError(.emptyBatch) }
        default: throw FrameError(.unknownType)
        }
        try Self.check(header, labelled: labelled, schema: schema)
        guard header.count <= maxBatch else { throw FrameError(.oversize) }
        let count = Int(truncatingIfNeeded: header.count)
        var cursor = ByteCursor(body)
        guard let sampleBytes = schema.sampleBytes, let labelBytes = schema.labelBytes,
            let samples = cursor.elements(count, stride: sampleBytes)
        else { throw FrameError(.wrongWidth) }
        if labelled {
            guard let labels = cursor.elements(count, stride: labelBytes) else {
                throw FrameError(.wrongWidth)
            }
            self.labels = labels
        } else {
            self.labels = nil
        }
        guard cursor.remaining == 0 else { throw FrameError(.wrongWidth) }
        self.samples = samples
        task = schema.task
        sequence = header.sequence
        epoch = header.epoch
        wantsCost = header.flags.contains(.cost)
    }

    private static func check(
        _ header: FrameHeader, labelled: Bool, schema: WireSchema
    ) throws(FrameError) {
        let known = header.type == .predict ? FrameFlags.known.union(.cost) : .known
        guard known.contains(header.flags) else { throw FrameError(.badRequest) }
        guard header.flags.elementType == schema.elementType else {
            throw FrameError(.wrongElementType)
        }
        let labelFlags = header.flags.intersection([.labels, .valueLabels])
        guard labelled else {
            guard labelFlags.isEmpty else { throw FrameError(.badRequest) }
            return
        }
        guard header.type == .samples, schema.labelFlags == labelFlags else {
            throw FrameError(.badRequest)
        }
    }

    /// PREDICT: whether the answer shall carry its cost on the emulated device.
    public let wantsCost: Bool

    /// Samples in the frame, at least 1.
    public var count: Int { samples.count }

    /// Whether labels came with the samples.
    public var hasLabels: Bool { labels != nil }

    /// The features of sample `index`: featureCount elements, possibly unaligned.
    public func features(_ index: Int) -> UnsafeRawBufferPointer { samples[index] }

    /// The features of all samples, one after the other.
    public var allFeatures: UnsafeRawBufferPointer { samples.bytes }

    /// The class of sample `index`; −1 when it has none or the task is not classification.
    public func classLabel(_ index: Int) -> Int32 {
        guard task == .classification else { return -1 }
        return labels?.integer(index, as: Int32.self) ?? -1
    }

    /// The target of sample `index`: outputCount f32, possibly unaligned; nil without labels.
    public func valueLabels(_ index: Int) -> UnsafeRawBufferPointer? { labels?[index] }
}

/// A checked LABELS body: late labels for samples sent earlier in the same epoch.
public struct LabelsView {
    /// The first of the numbers that these labels themselves consume.
    public let sequence: UInt64
    /// The producer's epoch.
    public let epoch: UInt32
    private let samples: ElementRun
    private let labels: ElementRun
    private let task: WireTask

    /// Checks a LABELS frame against `schema`; errors as for samples.
    public init(
        _ header: FrameHeader, _ body: UnsafeRawBufferPointer, schema: WireSchema,
        maxBatch: UInt32 = .max
    ) throws(FrameError) {
        try Body.check(header, is: .labels)
        try Body.checkNumbers(header)
        guard header.flags == schema.labelFlags, header.flags.isEmpty == false else {
            throw FrameError(.badRequest)
        }
        guard header.count <= maxBatch else { throw FrameError(.oversize) }
        let count = Int(truncatingIfNeeded: header.count)
        var cursor = ByteCursor(body)
        guard let samples = cursor.elements(count, stride: 8),
            let labelBytes = schema.labelBytes,
            let labels = cursor.elements(count, stride: labelBytes), cursor.remaining == 0
        else { throw FrameError(.wrongWidth) }
        self.samples = samples
        self.labels = labels
        task = schema.task
        sequence = header.sequence
        epoch = header.epoch
    }

    /// Labels in the frame, at least 1.
    public var count: Int { samples.count }

    /// The sequence of the sample that label `index` is for.
    public func sample(_ index: Int) -> UInt64 { samples.integer(index, as: UInt64.self) }

    /// Label `index` as a class; −1 for none, or when the task is not classification.
    public func classLabel(_ index: Int) -> Int32 {
        task == .classification ? labels.integer(index, as: Int32.self) : -1
    }

    /// Label `index` as outputCount f32, possibly unaligned.
    public func valueLabels(_ index: Int) -> UnsafeRawBufferPointer { labels[index] }
}
