// Rows as the feeds want them: features and labels of consecutive samples. The executable puts
// this in front of its sources.

import MillraceProtocol

/// Consecutive samples; which labels there are, the daemon's task decides.
public struct RowBatch: Sendable {
    /// How many samples.
    public var count = 0
    /// Their features, as the wire wants them, sample after sample.
    public var features: [UInt8] = []
    /// Classification: a class each (−1 = none), or empty when nothing is labelled.
    public var classes: [Int32] = []
    /// Regression: outputs values each (NaN in the first = none), or empty.
    public var targets: [Float] = []

    /// No samples.
    public init() {}
}

/// What a read found.
public enum RowStep: Equatable, Sendable {
    /// The batch holds this many rows, at least 1.
    case rows(Int)
    /// The row at the index itself cannot be used; the text says why.
    case bad(String)
    /// Nothing yet.
    case notYet
    /// There is no row at this index.
    case end
}

/// Reads rows by index.
public protocol RowReader: AnyObject {
    /// Whether any index can be read at any time; otherwise only ascending ones.
    var isSeekable: Bool { get }
    /// Reads at most `count` rows from `index` on into `batch`, without waiting long.
    func read(
        from index: UInt64, atMost count: Int, into batch: inout RowBatch
    ) throws(ClientError) -> RowStep
    /// What the first `samples` rows are made from, for a later run to compare; nil if that is not
    /// known.
    func prefix(samples: UInt64) throws(ClientError) -> SourcePrefix?
}

extension RowReader {
    /// Not known.
    public func prefix(samples: UInt64) throws(ClientError) -> SourcePrefix? { nil }
}

/// What happens to a row that cannot be used.
public enum BadRowPolicy: Sendable {
    /// The run ends with an error.
    case stop
    /// The row is left out and counted.
    case skip
}

extension RowBatch {
    /// Writes rows `first` and following, of equal kind, as one SAMPLES frame.
    ///
    /// Rows with a target and rows without one cannot share a frame: the frame ends before the
    /// first row of the other kind. Returns nil when not one row fits the memory.
    func encode(
        first: Int = 0, sequence: UInt64, epoch: UInt32, schema: WireSchema,
        into memory: UnsafeMutableRawBufferPointer
    ) -> FeedStep? {
        let isLabelled = self.isLabelled(first, schema)
        let fit = BatchEncoder.samples(
            inFrameOf: memory.count, schema: schema, labelled: isLabelled)
        var last = first
        while last < count, last - first < fit, self.isLabelled(last, schema) == isLabelled {
            last += 1
        }
        let taken = last - first
        guard taken > 0,
            let encoder = BatchEncoder(
                samples: taken, first: sequence, epoch: epoch, schema: schema,
                labelled: isLabelled, into: memory)
        else { return nil }
        let width = features.count / count
        features.withUnsafeBytes { bytes in
            encoder.featureMemory.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[(first * width)..<(last * width)]))
        }
        if isLabelled { writeLabels(first..<last, encoder, schema) }
        return .frame(bytes: encoder.seal(), numbers: taken)
    }

    private func isLabelled(_ row: Int, _ schema: WireSchema) -> Bool {
        switch schema.task {
        case .classification: !classes.isEmpty
        case .regression: !targets.isEmpty && !targets[row * schema.outputCount].isNaN
        case .forecast, .autoencoder: false
        }
    }

    private func writeLabels(_ rows: Range<Int>, _ encoder: BatchEncoder, _ schema: WireSchema) {
        guard schema.task == .regression else {
            for row in rows { encoder.setClass(row - rows.lowerBound, classes[row]) }
            return
        }
        let width = schema.outputCount * 4
        targets.withUnsafeBytes { bytes in
            for row in rows {
                encoder.setValues(
                    row - rows.lowerBound,
                    UnsafeRawBufferPointer(rebasing: bytes[(row * width)..<((row + 1) * width)]))
            }
        }
    }
}
