// What the access thread and the network loop share: the table of keys, and what was refused.
//
// Invariants:
//   - `version` grows after the table changed, so who sees the old version may still use the old
//     table, and who looks at the version before each frame refuses a removed key from the first
//     frame on;
//   - of each kind of refusal at most one line per second goes to the log; all are counted.

import MillraceProtocol
import Platform
import Synchronization

/// Shared between the access thread, the network loop and whoever replaces the table.
public final class AccessBoard: Sendable {
    /// The doors whose tcp endpoints ask for a key.
    public let keyedDoors: Set<Door>
    private let table: Mutex<ClientTable>
    private let tableVersion = Atomic<UInt64>(1)
    private let ledger = Mutex(AccessLedger())
    private let clock: any MonotonicClock
    private let report: @Sendable (DaemonEvent) -> Void

    /// - clients: who may come in. - keyedDoors: see the property.
    /// - report: gets events for the log, from any thread.
    public init(
        clients: ClientTable, keyedDoors: Set<Door>, clock: any MonotonicClock,
        report: @escaping @Sendable (DaemonEvent) -> Void
    ) {
        self.keyedDoors = keyedDoors
        table = Mutex(clients)
        self.clock = clock
        self.report = report
    }

    /// How often the table was set; 1 is the first.
    public var version: UInt64 { tableVersion.load(ordering: .acquiring) }

    /// The table in force.
    public var clients: ClientTable { table.withLock { $0 } }

    /// Puts another table in force.
    public func replace(_ clients: ClientTable) {
        table.withLock { $0 = clients }
        tableVersion.add(1, ordering: .acquiringAndReleasing)
    }

    /// Counts a connection that was let in.
    func noteAdmission() { ledger.withLock { $0.admitted &+= 1 } }

    /// Counts connections that were shut down.
    func noteCut(_ count: Int) { ledger.withLock { $0.cut &+= UInt64(count) } }

    /// Counts a refusal, and logs it unless one of its kind was logged within a second.
    /// - client: nil for a key that is not in the table.
    func note(_ reason: AccessRefusal, door: String, address: String, client: Client?) {
        let now = clock.nowNanoseconds
        let unlogged = ledger.withLock {
            $0.note(
                reason,
                LastRefusal(
                    door: door, address: address, client: client?.name, nanoseconds: now))
        }
        guard let unlogged else { return }
        report(
            .accessRefused(
                reason: reason.rawValue, door: door, address: address,
                client: client?.name.text, count: unlogged))
    }

    /// The object `access` of `status`.
    func status() -> AccessStatus {
        let now = clock.nowNanoseconds
        let clients = clients.clients
        let ledger = ledger.withLock { $0 }
        return AccessStatus(
            keyedDoors: Door.allCases.filter(keyedDoors.contains).map(\.name),
            clientCount: clients.count,
            clients: clients.prefix(AccessStatus.clientsShown).map {
                ClientStatus(
                    name: $0.name.text,
                    rights: $0.rights.text.split(separator: " ").map(String.init),
                    producers: $0.rights.contains(.ingest) ? $0.producers.map(\.text) : [])
            },
            clientsRead: version, handshakesAdmitted: ledger.admitted,
            handshakesRefused: ledger.count { $0.isHandshake },
            framesRefused: ledger.count { !$0.isHandshake }, connectionsCut: ledger.cut,
            lastRefusals: AccessRefusal.allCases.compactMap { reason in
                ledger[reason].map {
                    RefusalStatus(
                        reason: reason.rawValue, count: $0.count, door: $0.last.door,
                        address: $0.last.address, client: $0.last.client?.text,
                        secondsAgo: Double(now &- $0.last.nanoseconds) / 1e9)
                }
            })
    }
}

/// The last refusal for one reason.
struct LastRefusal {
    var door: String
    var address: String
    var client: ProducerName?
    var nanoseconds: UInt64
}

/// What was refused, by reason.
struct AccessLedger {
    struct Entry {
        var count: UInt64
        var last: LastRefusal
        var loggedNanoseconds: UInt64
        var unlogged: UInt64
    }

    var admitted: UInt64 = 0
    var cut: UInt64 = 0
    private var entries: [AccessRefusal: Entry] = [:]

    /// How long a kind of refusal is silent in the log after a line.
    static let silentNanoseconds: UInt64 = 1_000_000_000

    subscript(reason: AccessRefusal) -> Entry? { entries[reason] }

    /// Counts one. Returns how many a line in the log stands for; nil when there is to be none.
    mutating func note(_ reason: AccessRefusal, _ refusal: LastRefusal) -> UInt64? {
        var entry =
            entries[reason]
            ?? Entry(count: 0, last: refusal, loggedNanoseconds: 0, unlogged: 0)
        let isFirst = entry.count == 0
        entry.count &+= 1
        entry.unlogged &+= 1
        entry.last = refusal
        defer { entries[reason] = entry }
        let silence = refusal.nanoseconds &- entry.loggedNanoseconds
        guard isFirst || silence >= Self.silentNanoseconds else { return nil }
        entry.loggedNanoseconds = refusal.nanoseconds
        defer { entry.unlogged = 0 }
        return entry.unlogged
    }

    func count(_ isCounted: (AccessRefusal) -> Bool) -> UInt64 {
        entries.reduce(0) { isCounted($1.key) ? $0 &+ $1.value.count : $0 }
    }
}
