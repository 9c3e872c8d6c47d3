// Writing SAMPLES, PREDICT and LABELS in place: the sender copies its rows straight into the
// frame, and sealing adds header and checksum.
//
// Invariants: the frame's size is known before the first row is written; every row and label of
// a sealed frame has been written by the caller (memory is not cleared).

/// A SAMPLES or PREDICT frame being filled.
public struct BatchEncoder {
    private let frame: UnsafeMutableRawBufferPointer
    private var header: FrameHeader
    private let features: UnsafeMutableRawBufferPointer
    private let labels: UnsafeMutableRawBufferPointer
    private let sampleBytes: Int
    private let labelBytes: Int

    /// Bytes of a frame of `count` samples; nil when they do not fit an Int.
    public static func frameBytes(count: Int, schema: WireSchema, labelled: Bool) -> Int? {
        guard let sample = schema.sampleBytes, let label = schema.labelBytes,
            let row = CheckedSize.sum(sample, labelled ? label : 0),
            let body = CheckedSize.product(count, row)
        else { return nil }
        return CheckedSize.sum(FrameHeader.byteCount, body)
    }

    /// Most samples that fit a frame of `bytes`; 0 when not even one does.
    public static func samples(inFrameOf bytes: Int, schema: WireSchema, labelled: Bool) -> Int {
        guard let sample = schema.sampleBytes, let label = schema.labelBytes,
            let row = CheckedSize.sum(sample, labelled ? label : 0), row > 0,
            let room = CheckedSize.rest(bytes, after: FrameHeader.byteCount)
        else { return 0 }
        return room.dividedReportingOverflow(by: row).partialValue
    }

    /// Starts a SAMPLES frame of `count` samples in `memory`; nil when it is too small.
    public init?(
        samples count: Int, first: UInt64, epoch: UInt32, schema: WireSchema, labelled: Bool,
        into memory: UnsafeMutableRawBufferPointer
    ) {
        var header = FrameHeader(
            type: .samples, flags: FrameFlags(elementType: schema.elementType),
            sequence: first, epoch: epoch)
        if labelled { header.flags.formUnion(schema.labelFlags) }
        self.init(header, count: count, schema: schema, labelled: labelled, into: memory)
    }

    /// Starts a PREDICT frame of `count` samples in `memory`; nil when it is too small.
    ///
    /// - wantsCost: asks for the cost on the emulated device, too
    public init?(
        predict count: Int, request: UInt64, schema: WireSchema, wantsCost: Bool = false,
        into memory: UnsafeMutableRawBufferPointer
    ) {
        var header = FrameHeader(
            type: .predict, flags: FrameFlags(elementType: schema.elementType),
            sequence: request)
        if wantsCost { header.flags.formUnion(.cost) }
        self.init(header, count: count, schema: schema, labelled: false, into: memory)
    }

    private init?(
        _ header: FrameHeader, count: Int, schema: WireSchema, labelled: Bool,
        into memory: UnsafeMutableRawBufferPointer
    ) {
        guard let sampleBytes = schema.sampleBytes, let labelBytes = schema.labelBytes,
            let frameBytes = Self.frameBytes(count: count, schema: schema, labelled: labelled),
            let featureBytes = CheckedSize.product(count, sampleBytes),
            let allLabelBytes = CheckedSize.product(count, labelled ? labelBytes : 0),
            frameBytes <= memory.count, let words = UInt32(exactly: count)
        else { return nil }
        frame = UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: frameBytes)
        var writer = ByteWriter(frame, from: FrameHeader.byteCount)
        features = writer.reserve(featureBytes)
        labels = writer.reserve(allLabelBytes)
        self.sampleBytes = sampleBytes
        self.labelBytes = labelBytes
        self.header = header
        self.header.count = words
    }

    /// Where the features of all samples go, one after the other.
    public var featureMemory: UnsafeMutableRawBufferPointer { features }

    /// Copies the features of sample `index`.
    public func setFeatures(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
        features.copyElement(index, stride: sampleBytes, from: bytes)
    }

    /// Sets the class of sample `index`, −1 for none.
    public func setClass(_ index: Int, _ label: Int32) {
        var word = label.littleEndian
        withUnsafeBytes(of: &word) { labels.copyElement(index, stride: labelBytes, from: $0) }
    }

    /// Copies the target of sample `index`, outputCount little-endian f32.
    public func setValues(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
        labels.copyElement(index, stride: labelBytes, from: bytes)
    }

    /// Writes header and checksum; the bytes of the frame.
    public func seal() -> Int {
        Frame.seal(frame, header: header)
        return frame.count
    }
}

/// A LABELS frame being filled.
public struct LabelsEncoder {
    private let frame: UnsafeMutableRawBufferPointer
    private let header: FrameHeader
    private let samples: UnsafeMutableRawBufferPointer
    private let labels: UnsafeMutableRawBufferPointer
    private let labelBytes: Int

    /// Starts a LABELS frame; nil when `memory` is too small or the task has no labels.
    public init?(
        count: Int, first: UInt64, epoch: UInt32, schema: WireSchema,
        into memory: UnsafeMutableRawBufferPointer
    ) {
        guard let labelBytes = schema.labelBytes, labelBytes > 0,
            let row = CheckedSize.sum(labelBytes, 8),
            let body = CheckedSize.product(count, row),
            let frameBytes = CheckedSize.sum(FrameHeader.byteCount, body),
            let sampleBytes = CheckedSize.product(count, 8),
            let allLabelBytes = CheckedSize.product(count, labelBytes),
            frameBytes <= memory.count, let words = UInt32(exactly: count)
        else { return nil }
        frame = UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: frameBytes)
        var writer = ByteWriter(frame, from: FrameHeader.byteCount)
        samples = writer.reserve(sampleBytes)
        labels = writer.reserve(allLabelBytes)
        self.labelBytes = labelBytes
        header = FrameHeader(
            type: .labels, flags: schema.labelFlags, sequence: first, epoch: epoch, count: words)
    }

    /// Label `index` is class `label` of sample `sample`.
    public func setClass(_ index: Int, sample: UInt64, _ label: Int32) {
        var word = label.littleEndian
        withUnsafeBytes(of: &word) { setValues(index, sample: sample, $0) }
    }

    /// Label `index` is the target `bytes` (little-endian f32) of sample `sample`.
    public func setValues(_ index: Int, sample: UInt64, _ bytes: UnsafeRawBufferPointer) {
        var word = sample.littleEndian
        withUnsafeBytes(of: &word) { samples.copyElement(index, stride: 8, from: $0) }
        labels.copyElement(index, stride: labelBytes, from: bytes)
    }

    /// Writes header and checksum; the bytes of the frame.
    public func seal() -> Int {
        Frame.seal(frame, header: header)
        return frame.count
    }
}
