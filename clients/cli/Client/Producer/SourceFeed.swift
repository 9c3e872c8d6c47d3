// The feed of a source that can be read again: number s is always the same row, so only the
// epoch is spooled. Rows that cannot be used give up their number with SKIP.

import MillraceProtocol

/// A source that is still the one that was streamed, as far as it was sent.
public struct SourceChange: Equatable, Sendable {
    /// What identifies it now.
    public var source: String
    /// So many samples at its beginning are those that were sent.
    public var unchanged: UInt64

    /// - source: what identifies it now. - unchanged: samples at its beginning that were sent.
    public init(source: String, unchanged: UInt64) {
        self.source = source
        self.unchanged = unchanged
    }
}

/// Sends rows of a seekable reader.
public final class SourceFeed: SampleFeed {
    /// How the rows are taken.
    public struct Options: Equatable, Sendable {
        /// Send at most this many samples of the source; nil = all.
        public var goal: UInt64?
        /// Begin again at the first row after the last.
        public var loops = false
        /// What happens to a row that cannot be used.
        public var badRows = BadRowPolicy.stop
        /// How the source has changed since the last run; nil when it has not.
        public var change: SourceChange?

        /// All rows, once, and an error for a bad one.
        public init() {}
    }

    /// What is remembered between runs.
    public private(set) var record: SpoolRecord
    /// Rows that could not be used.
    public private(set) var badRows: UInt64 = 0
    /// The first few of them, in words.
    public private(set) var badRowTexts: [String] = []
    private let spool: Spool
    private let reader: any RowReader
    private let options: Options
    private let wireSchema: WireSchema
    private var batch = RowBatch()
    private var highestBad: UInt64?
    /// Rows in the source, once its end was seen; for looping.
    private var rowCount: UInt64?
    /// Samples from the beginning that the daemon may have; nil before the first WELCOME.
    private var handed: UInt64?

    /// - record: what is remembered, or a new record.
    /// - schema: the schema that the reader delivers.
    public init(
        spool: Spool, record: SpoolRecord, reader: any RowReader, schema: WireSchema,
        options: Options = Options()
    ) {
        precondition(reader.isSeekable, "a source that cannot be read again needs a journal")
        self.spool = spool
        self.record = record
        self.reader = reader
        self.options = options
        wireSchema = schema
    }

    /// Stores the epoch.
    public func opened(_ welcome: Welcome) throws(ClientError) {
        try welcome.check(schema: wireSchema)
        guard welcome.epoch != record.epoch else { return try resumed(welcome) }
        if let change = options.change { record.source = change.source }
        handed = 0
        record.prefix = nil
        record.epoch = welcome.epoch
        record.reserved = []
        record.acknowledged = 0
        record.finished = false
        try spool.store(record)
    }

    private func resumed(_ welcome: Welcome) throws(ClientError) {
        let taken = record.samples(through: max(welcome.next, 1) - 1)
        if let change = options.change, handed == nil {
            guard taken <= change.unchanged else { throw cutOff(change, taken) }
            // Not before: until the daemon has spoken it may still turn out to be another source.
            record.source = change.source
        }
        handed = max(handed ?? 0, taken)
    }

    private func cutOff(_ change: SourceChange, _ taken: UInt64) -> ClientError {
        ClientError(
            .badData, "\(record.name): the source has changed since it was streamed",
            why:
                "the daemon has \(taken) of its samples, and only \(change.unchanged) are known to "
                + "be as they were sent, because the run before was cut off",
            advice: "a file of the new rows alone, under --name NEWNAME; or --again, which learns "
                + "all rows in a new epoch, those that were learned before too")
    }

    /// The frame for `sequence`: SAMPLES, or SKIP for what is not a sample.
    public func frame(
        at sequence: UInt64, atMost count: Int, into memory: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> FeedStep {
        switch record.place(of: sequence) {
        case .reserved(let left):
            return skip(sequence, min(left, UInt64(count)), memory)
        case .sample(let index):
            let row = record.samplesInARow(from: sequence)
            return try rows(sequence, index, min(UInt64(count), row), memory)
        }
    }

    private func rows(
        _ sequence: UInt64, _ index: UInt64, _ count: UInt64,
        _ memory: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> FeedStep {
        let left = options.goal.map { $0 - min($0, index) } ?? .max
        guard left > 0 else { return .end }
        let most = Int(min(count, left))
        let start = rowCount.map { options.loops ? index % max($0, 1) : index } ?? index
        switch try reader.read(from: start, atMost: most, into: &batch) {
        case .notYet: return .notYet
        case .bad(let text): return try bad(text, index, sequence, memory)
        case .end:
            guard options.loops, start > 0, rowCount == nil else { return .end }
            rowCount = start
            return try rows(sequence, index, count, memory)
        case .rows:
            guard
                let step = batch.encode(
                    sequence: sequence, epoch: record.epoch, schema: wireSchema, into: memory)
            else {
                throw ClientError(
                    .badData, "one sample does not fit a frame of \(memory.count) bytes")
            }
            if case .frame(_, let numbers) = step { hand(index + UInt64(numbers)) }
            return step
        }
    }

    private func hand(_ end: UInt64) { handed = max(handed ?? 0, end) }

    private func bad(
        _ text: String, _ index: UInt64, _ sequence: UInt64,
        _ memory: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> FeedStep {
        guard options.badRows == .skip else {
            throw ClientError(
                .badData, text,
                advice:
                    "correct the row and give the same command again, which continues there; or "
                    + "millrace stream --skip-bad …")
        }
        hand(index + 1)
        if highestBad.map({ index > $0 }) ?? true {
            highestBad = index
            badRows += 1
            if badRowTexts.count < 3 { badRowTexts.append(text) }
        }
        return skip(sequence, 1, memory)
    }

    private func skip(
        _ sequence: UInt64, _ count: UInt64, _ memory: UnsafeMutableRawBufferPointer
    ) -> FeedStep {
        let count = UInt32(clamping: count)
        let bytes = Skip(epoch: record.epoch, first: sequence, count: count).encode(into: memory)
        return .frame(bytes: bytes, numbers: Int(count))
    }

    /// Notes the position; it is stored when the run ends, since the daemon knows it anyway.
    public func acknowledged(_ sequence: UInt64) throws(ClientError) {
        record.acknowledged = sequence
    }

    /// Stores where the run stopped, and what was sent until then.
    public func close(finished: Bool) throws(ClientError) {
        record.finished = finished
        if let handed, record.prefix?.samples != handed {
            record.prefix = (try? reader.prefix(samples: handed)) ?? nil
        }
        try spool.store(record)
    }
}

extension Welcome {
    /// Refuses a daemon whose schema is not the one the samples were made for.
    func check(schema wanted: WireSchema) throws(ClientError) {
        guard schema != wanted else { return }
        func text(_ schema: WireSchema) -> String {
            "\(schema.featureCount) × \(schema.elementType.name), \(schema.outputCount) outputs, "
                + schema.task.name
        }
        throw ClientError(
            .badData, "the daemon takes other samples than these",
            why: "it takes \(text(schema)); the source gives \(text(wanted))",
            advice: "millrace status, and --features / --label-column")
    }
}
