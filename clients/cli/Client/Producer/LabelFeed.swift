// The feed of late labels. They consume numbers of the producer whose samples they name, so the
// numbers are reserved in the spool record before the first label is sent: a stream that goes on
// afterwards knows which numbers were not samples.

import MillraceProtocol

/// A late label.
public struct LateLabel: Equatable, Sendable {
    /// The number of the sample.
    public var sample: UInt64
    /// Its class; for classification.
    public var classIndex: Int32
    /// Its target, one value per output; for regression.
    public var values: [Float]

    /// A label for sample `sample`.
    public init(sample: UInt64, classIndex: Int32 = -1, values: [Float] = []) {
        self.sample = sample
        self.classIndex = classIndex
        self.values = values
    }
}

/// Sends late labels.
public final class LabelFeed: SampleFeed {
    /// The numbers that the labels use, once the daemon has answered.
    public private(set) var numbers: Range<UInt64>?
    private let spool: Spool
    private var record: SpoolRecord?
    private let labels: [LateLabel]
    private var schema: WireSchema?
    private var epoch: UInt32

    /// - record: what is remembered of the producer, nil when its stream runs elsewhere.
    public init(spool: Spool, record: SpoolRecord?, epoch: UInt32, labels: [LateLabel]) {
        self.spool = spool
        self.record = record
        self.epoch = epoch
        self.labels = labels
    }

    /// Reserves the numbers.
    public func opened(_ welcome: Welcome) throws(ClientError) {
        guard welcome.schema.labelBytes != 0 else {
            throw ClientError(
                .badData, "the daemon's task, \(welcome.schema.task.name), takes no labels")
        }
        for label in labels
        where welcome.schema.task == .regression
            && label.values.count != welcome.schema.outputCount
        {
            throw ClientError(
                .badData, "sample \(label.sample) has \(label.values.count) target values",
                why: "the daemon takes \(welcome.schema.outputCount)")
        }
        schema = welcome.schema
        epoch = welcome.epoch
        guard numbers == nil else { return }
        let run = welcome.next..<(welcome.next + UInt64(labels.count))
        if var record {
            record.reserved.append(
                ReservedNumbers(first: run.lowerBound, count: UInt64(labels.count)))
            try spool.store(record)
            self.record = record
        }
        numbers = run
    }

    /// The LABELS frame for `sequence`.
    public func frame(
        at sequence: UInt64, atMost count: Int, into memory: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> FeedStep {
        guard let numbers, let schema, numbers.contains(sequence) else { return .end }
        let rowBytes = 8 + (schema.labelBytes ?? 0)
        let first = Int(sequence - numbers.lowerBound)
        let fit = (memory.count - FrameHeader.byteCount) / rowBytes
        let taken = min(count, labels.count - first, fit)
        guard taken > 0,
            let encoder = LabelsEncoder(
                count: taken, first: sequence, epoch: epoch, schema: schema, into: memory)
        else {
            throw ClientError(.badData, "one label does not fit a frame of \(memory.count) bytes")
        }
        for index in 0..<taken {
            let label = labels[first + index]
            if schema.task == .regression {
                label.values.withUnsafeBytes {
                    encoder.setValues(index, sample: label.sample, $0)
                }
            } else {
                encoder.setClass(index, sample: label.sample, label.classIndex)
            }
        }
        return .frame(bytes: encoder.seal(), numbers: taken)
    }

    /// Nothing to forget.
    public func acknowledged(_ sequence: UInt64) throws(ClientError) {}
}
