// Rows, folders and turns for the client's tests.

import Client
import MillraceProtocol
import Platform
import Simulation

/// Rows whose first feature is their index.
final class NumberedRows: RowReader {
    let isSeekable: Bool
    let count: UInt64?
    /// Indices whose row cannot be used.
    var bad: Set<UInt64> = []
    /// Rows that have arisen so far, for a source that goes forward.
    var available: UInt64 = .max
    private var position: UInt64 = 0

    init(count: UInt64?, isSeekable: Bool = true) {
        self.count = count
        self.isSeekable = isSeekable
    }

    static func row(_ index: UInt64) -> [UInt8] {
        [Float(index), Float(index % 7)].withUnsafeBytes { Array($0) }
    }

    func read(
        from index: UInt64, atMost most: Int, into batch: inout RowBatch
    ) throws(ClientError) -> RowStep {
        if !isSeekable, index < position {
            throw ClientError(.internalError, "read \(index) again")
        }
        if let count, index >= count { return .end }
        if index >= available { return .notYet }
        if bad.contains(index) { return .bad("row \(index) is bad") }
        batch = RowBatch()
        var at = index
        while batch.count < most, at < count ?? .max, at < available, !bad.contains(at) {
            batch.features += Self.row(at)
            batch.classes.append(Int32(at % 2))
            batch.count += 1
            at += 1
        }
        position = at
        return .rows(batch.count)
    }
}

extension TemporaryFolder {
    /// The spool of `name` inside, locked.
    func spool(_ name: String = "rig") throws -> Spool {
        try Spool(storage: LinuxStorage(), root: path, endpoint: "ipc:///x", name: name)
    }
}

enum Bench {
    static let schema = WireSchema(
        elementType: .f32, featureCount: 2, outputCount: 2, task: .classification)

    static func record(_ name: String = "rig") -> SpoolRecord {
        SpoolRecord(name: name, endpoint: "ipc:///x", source: "numbers")
    }

    static func session(
        _ feed: any SampleFeed, _ daemon: ScriptedDaemon, _ clock: ManualClock,
        epoch: UInt32, _ options: SessionOptions = SessionOptions()
    ) -> ProducerSession {
        guard let name = ProducerName("rig") else { fatalError("a name") }
        return ProducerSession(
            name: name, epoch: epoch, feed: feed, transport: daemon, clock: clock,
            options: options)
    }

    /// Turns both sides until the producer is done or `turns` are over; returns whether it is.
    @discardableResult
    static func turn(
        _ session: ProducerSession, _ daemon: ScriptedDaemon, _ clock: ManualClock,
        turns: Int = 200_000, until stop: () -> Bool = { false }
    ) throws -> Bool {
        for _ in 0..<turns {
            if session.state == .done { return true }
            if stop() { return false }
            _ = try session.step()
            daemon.turn()
            clock.advance(milliseconds: 20)
        }
        return session.state == .done
    }
}
