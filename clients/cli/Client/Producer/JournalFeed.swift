// The feed of a source that cannot be read again: rows go to the journal first and are sent from
// there, so that a crash on either side loses nothing that was read.

import MillraceProtocol

/// Sends rows of a reader that only goes forward.
public final class JournalFeed: SampleFeed {
    /// What is remembered between runs.
    public private(set) var record: SpoolRecord
    /// Rows that could not be used.
    public private(set) var badRows: UInt64 = 0
    /// The first few of them, in words.
    public private(set) var badRowTexts: [String] = []
    private let spool: Spool
    private let reader: any RowReader
    private let schema: WireSchema
    private let goal: UInt64?
    private let policy: BadRowPolicy
    private var journal: Journal?
    private var batch = RowBatch()
    private var index: UInt64 = 0
    private var hasEnded = false

    /// - record: what is remembered, or a new record.
    /// - goal: read at most this many samples in this run; nil = all.
    public init(
        spool: Spool, record: SpoolRecord, reader: any RowReader, schema: WireSchema,
        goal: UInt64? = nil, badRows policy: BadRowPolicy = .stop
    ) {
        self.spool = spool
        self.record = record
        self.reader = reader
        self.schema = schema
        self.goal = goal
        self.policy = policy
    }

    /// Stores the epoch and opens its journal.
    public func opened(_ welcome: Welcome) throws(ClientError) {
        try welcome.check(schema: schema)
        if welcome.epoch != record.epoch {
            // What was read once can be read nowhere else: it goes into the new epoch.
            let old = try journalBefore()
            let carried = try old.map { old throws(ClientError) in
                try Journal(
                    carrying: old, from: record.acknowledged + 1, epoch: welcome.epoch)
            }
            record.epoch = welcome.epoch
            record.reserved = []
            record.acknowledged = 0
            record.finished = false
            try spool.store(record)
            try old?.removeAll()
            journal = carried
        }
        if journal == nil {
            journal = try Journal(
                spool: spool, epoch: record.epoch, next: welcome.durable + 1,
                rowBytes: rowBytes)
        }
        try journal?.advance(to: welcome.next)
    }

    /// What is remembered of work whose epoch is given up: the rows that were not acknowledged lie in
    /// the journal of epoch 0, until the daemon assigns another.
    /// - rowBytes: features and label of one row.
    public static func renewed(
        _ record: SpoolRecord, in spool: Spool, rowBytes: Int
    ) throws(ClientError) -> SpoolRecord {
        guard record.epoch > 0 else { return record }
        let old = try Journal(
            spool: spool, epoch: record.epoch, next: record.acknowledged + 1, rowBytes: rowBytes)
        _ = try Journal(carrying: old, from: record.acknowledged + 1, epoch: 0)
        var renewed = SpoolRecord(
            name: record.name, endpoint: record.endpoint, source: record.source)
        renewed.finished = record.finished
        try spool.store(renewed)
        try old.removeAll()
        return renewed
    }

    /// The journal of the epoch that is remembered, if there is one.
    private func journalBefore() throws(ClientError) -> Journal? {
        guard Journal.exists(in: spool, epoch: record.epoch) else { return nil }
        if let journal { return journal }
        return try Journal(
            spool: spool, epoch: record.epoch, next: record.acknowledged + 1, rowBytes: rowBytes)
    }

    private var rowBytes: Int { (schema.sampleBytes ?? 0) + (schema.labelBytes ?? 0) }

    /// The frame for `sequence`, from the journal; new rows enter the journal first.
    public func frame(
        at sequence: UInt64, atMost count: Int, into memory: UnsafeMutableRawBufferPointer
    ) throws(ClientError) -> FeedStep {
        guard let journal, sequence <= journal.next else { return .notYet }
        if sequence == journal.next {
            let step = try readMore(count, journal)
            guard step == nil else { return step ?? .notYet }
        }
        let there = journal.available(from: sequence)
        guard there > 0 else {
            // Rows below the journal were acknowledged once; the daemon has lost them since.
            let count = UInt32(
                clamping: min(UInt64(count), journal.next - min(sequence, journal.next)))
            let bytes = Skip(epoch: record.epoch, first: sequence, count: count).encode(
                into: memory)
            return .frame(bytes: bytes, numbers: Int(count))
        }
        let rows = try journal.read(sequence, count: min(count, Int(there)))
        unpack(rows)
        guard
            let step = batch.encode(
                sequence: sequence, epoch: record.epoch, schema: schema, into: memory)
        else {
            throw ClientError(.inputOutput, "the spool's rows from \(sequence) on are damaged")
        }
        return step
    }

    /// Reads new rows into the journal; returns what to answer when there are none.
    private func readMore(_ count: Int, _ journal: Journal) throws(ClientError) -> FeedStep? {
        let left = goal.map { $0 - min($0, index) } ?? .max
        guard !hasEnded, left > 0 else { return .end }
        let most = Int(min(left, UInt64(max(count, 1))))
        switch try reader.read(from: index, atMost: most, into: &batch) {
        case .notYet: return .notYet
        case .end:
            hasEnded = true
            return .end
        case .bad(let text):
            guard policy == .skip else {
                throw ClientError(
                    .badData, text,
                    advice:
                        "millrace stream - --append … with the corrected row and what follows it; "
                        + "or --skip-bad")
            }
            index += 1
            badRows += 1
            if badRowTexts.count < 3 { badRowTexts.append(text) }
            return .notYet
        case .rows(let count):
            index += UInt64(count)
            let packed = pack()
            try packed.reading { rows throws(ClientError) in
                try journal.append(rows, count: count)
            }
            return nil
        }
    }

    /// The batch as rows of features and label.
    private func pack() -> [UInt8] {
        let width = schema.sampleBytes ?? 0
        var rows: [UInt8] = []
        rows.reserveCapacity(batch.count * rowBytes)
        for row in 0..<batch.count {
            rows.append(contentsOf: batch.features[(row * width)..<((row + 1) * width)])
            switch schema.task {
            case .forecast, .autoencoder: break
            case .classification:
                let label = batch.classes.isEmpty ? -1 : batch.classes[row]
                withUnsafeBytes(of: label.littleEndian) { rows.append(contentsOf: $0) }
            case .regression:
                for output in 0..<schema.outputCount {
                    let value =
                        batch.targets.isEmpty
                        ? Float.nan : batch.targets[row * schema.outputCount + output]
                    withUnsafeBytes(of: value.bitPattern.littleEndian) {
                        rows.append(contentsOf: $0)
                    }
                }
            }
        }
        return rows
    }

    /// Rows of the journal as a batch.
    private func unpack(_ rows: [UInt8]) {
        let width = schema.sampleBytes ?? 0
        batch = RowBatch()
        batch.count = rows.count / max(rowBytes, 1)
        rows.withUnsafeBytes { bytes in
            for row in 0..<batch.count {
                let start = row * rowBytes
                batch.features.append(contentsOf: bytes[start..<(start + width)])
                for offset in stride(from: start + width, to: start + rowBytes, by: 4) {
                    let word = UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                    if schema.task == .regression {
                        batch.targets.append(Float(bitPattern: word))
                    } else {
                        batch.classes.append(Int32(bitPattern: word))
                    }
                }
            }
        }
        if batch.classes.allSatisfy({ $0 == -1 }) { batch.classes = [] }
    }

    /// Forgets what is acknowledged.
    public func acknowledged(_ sequence: UInt64) throws(ClientError) {
        record.acknowledged = sequence
        try journal?.prune(through: sequence)
    }

    /// Stores where the run stopped.
    public func close(finished: Bool) throws(ClientError) {
        record.finished = finished
        try spool.store(record)
        if finished { try journal?.removeAll() }
    }
}
