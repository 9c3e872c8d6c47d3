// What the network loop knows of each producer: the newest epoch, and how far it has accepted.
// The durable truth is the stream section; this runs ahead of it by what is queued.
//
// Invariants:
//   - `accepted` grows by one per sequence, in order, within an epoch;
//   - an epoch is usable only once a durable generation contains it;
//   - a new name's first epoch is above every epoch of every row, and a row's epoch never falls: the
//     spool of a producer that was forgotten can never take another one's epoch for its own.

import MillraceProtocol

/// A producer, as the network loop sees it.
struct ProducerRow {
    var name: ProducerName
    /// The newest epoch, durable or about to be.
    var epoch: UInt32
    /// Whether a durable generation contains `epoch`.
    var isEpochDurable: Bool
    /// Highest sequence taken in, in this epoch.
    var accepted: UInt64
    /// Highest sequence that the producer may send.
    var limit: UInt64
    /// Samples that came again, since the start of the process.
    var resends: UInt64
}

/// All producers that have a row, by row of the stream section.
struct ProducerDirectory {
    private(set) var rows: [ProducerRow?]
    /// The newest epoch of each row, whoever had it.
    private(set) var epochs: [UInt32]
    private var allowed: Set<ProducerName>?

    /// Starts from a recovered stream section.
    /// - allowed: the only names that may have a row; nil lets anyone in while rows last.
    init(stream: StreamSection, allowed: Set<ProducerName>?) {
        self.allowed = allowed
        epochs = (0..<stream.layout.producerCapacity).map { stream.epoch($0) }
        rows = (0..<stream.layout.producerCapacity).map { producer in
            guard stream.epoch(producer) != 0,
                let name = ProducerName(stream.nameBytes(producer))
            else { return nil }
            let position = stream[.position, producer]
            return ProducerRow(
                name: name, epoch: stream.epoch(producer), isEpochDurable: true,
                accepted: position, limit: position, resends: 0)
        }
    }

    /// Access to an existing row.
    subscript(producer: Int) -> ProducerRow {
        get {
            guard let row = rows[producer] else { preconditionFailure("row \(producer) is free") }
            return row
        }
        set { rows[producer] = newValue }
    }

    /// Samples that `producer` may still send on the credit that it was given.
    func promised(_ producer: Int) -> Int {
        guard let row = rows[producer], row.limit > row.accepted else { return 0 }
        return Int(clamping: row.limit &- row.accepted)
    }

    /// The row of `name`; nil if it has none.
    func producer(named name: ProducerName) -> Int? {
        rows.firstIndex { $0?.name == name }
    }

    /// Where a producer that has no row yet would go, or why it may not.
    func place(for name: ProducerName) throws(FrameError) -> Int {
        guard isAllowed(name) else { throw FrameError(.unknownProducer) }
        guard let row = rows.firstIndex(where: { $0 == nil }) else {
            throw FrameError(.producerTableFull)
        }
        return row
    }

    /// The epoch that a name without a row begins with; nil when there is none above all others.
    var firstEpoch: UInt32? {
        let newest = epochs.max() ?? 0
        return newest < UInt32.max ? newest + 1 : nil
    }

    /// Rows that a new name may have.
    var freeCount: Int { rows.count { $0 == nil } }

    /// Lets in only `names`, or anyone (nil).
    mutating func allow(_ names: Set<ProducerName>?) { allowed = names }

    /// Whether the configuration lets `name` in.
    func isAllowed(_ name: ProducerName) -> Bool { allowed?.contains(name) ?? true }

    /// Begins `epoch` for `name` in row `producer`; not durable yet.
    mutating func open(_ producer: Int, name: ProducerName, epoch: UInt32) {
        rows[producer] = ProducerRow(
            name: name, epoch: epoch, isEpochDurable: false, accepted: 0, limit: 0,
            resends: rows[producer]?.resends ?? 0)
        epochs[producer] = epoch
    }

    /// Frees row `producer`; `epoch`, above its own, is what stays of it.
    mutating func forget(_ producer: Int, epoch: UInt32) {
        rows[producer] = nil
        epochs[producer] = epoch
    }
}
