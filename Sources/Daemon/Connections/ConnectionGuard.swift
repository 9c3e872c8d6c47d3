// The connection guard: knows every connection of every door, keeps an account of what libzmq
// holds of it, and cuts who exceeds the limit. libzmq bounds messages, not the frames of one: a
// peer that never ends a message would fill the memory. What a frame or a total says, the gate
// decides by itself before libzmq has the byte (SocketGate); the guard decides what takes time: what
// was read and never comes out, who says nothing, who takes no answers, and how many may come.
//
// Invariants:
//   - all tables have their size from the start; nothing here grows with what peers do;
//   - the guard never takes a byte of a connection, it only looks and shuts down; libzmq reads
//     nothing of one that was cut; a number that was given to another connection in the meantime is
//     never cut (see `SocketFacts.cut`);
//   - no verdict depends on what the process holds in all, so none changes under a sanitizer or
//     because something else in the process grew;
//   - without connections it sleeps; with idle ones it looks once a second, or when bytes come.
//
// One thread turns it. Extensions: ConnectionGuard+Events (who came and went), +Looks (accounts).

import Glibc
import Messaging
import Platform

/// One connection, as the guard sees it.
struct GuardedConnection {
    enum State: Equatable {
        case free
        case open
        /// Shut down; libzmq has not closed it yet.
        case cut
    }

    var state = State.free
    var descriptor: Int32 = -1
    /// Of the socket; tells a reused descriptor.
    var number: UInt64 = 0
    /// Of the connection, as the gate counts them.
    var serial: UInt64 = 0
    var door = Door.ingest
    var peer = SocketPeer(kind: .network)
    var openedNanoseconds: UInt64 = 0
    var account = ConnectionAccount(delivered: 0, nanoseconds: 0)
    /// Whether it is looked at every few milliseconds.
    var isMoving = false
    var movedNanoseconds: UInt64 = 0
    /// Bytes of messages read at the last look.
    var lastRead: UInt64 = 0
}

/// Guards the doors. Turned by one thread.
package final class ConnectionGuard: @unchecked Sendable {
    let ledger: ConnectionLedger
    let limits: AccountLimits
    let settings: DaemonSettings
    private let gate: OpenGate
    let monitors: [(door: Door, monitor: SocketMonitor)]
    let watch = ReadinessWatch()
    let clock: any MonotonicClock
    /// Makes the network loop look at its doors.
    let askDoors: @Sendable () -> Void
    let report: @Sendable (DaemonEvent) -> Void
    var connections: [GuardedConnection]
    /// Row by descriptor, −1 without.
    var rowOf: [Int32]
    var addresses: AddressBook
    var voice = EventVoice()
    /// Rows in use; never looked at beyond it.
    var usedRows = 0
    private(set) var movingCount = 0
    /// Whether the last look found somebody who owes more than a frame.
    var isHurried = false
    /// Whether many connections say nothing; see `cutCrowd`.
    var isCrowded = false
    /// Whether anybody was cut since the last sweep.
    var hasCut = false
    private var lastCrowd: UInt64 = 0
    private var lastLook: UInt64 = 0
    private var lastSweep: UInt64 = 0

    /// Between two looks at connections over which bytes move.
    static let lookNanoseconds: UInt64 = 4_000_000
    static let lookMilliseconds = 4
    /// Between two looks at a crowd, and what its members have to bring something of use.
    static let crowdNanoseconds: UInt64 = 50_000_000
    static let crowdedPatience: UInt64 = 350_000_000
    /// After so much silence a connection is left to the kernel's attention again.
    static let quietNanoseconds: UInt64 = 100_000_000
    static let sweepNanoseconds: UInt64 = 1_000_000_000

    /// - gate: open from before the first bind. - monitors: of every door, from before its first bind.
    package init(
        settings: DaemonSettings, gate: OpenGate, ledger: ConnectionLedger,
        monitors: [(Door, SocketMonitor)], clock: any MonotonicClock,
        askDoors: @escaping @Sendable () -> Void,
        report: @escaping @Sendable (DaemonEvent) -> Void
    ) {
        self.settings = settings
        self.ledger = ledger
        self.monitors = monitors
        self.clock = clock
        self.askDoors = askDoors
        self.report = report
        limits = AccountLimits(
            maximumMessageBytes: settings.maximumMessageBytes,
            highWater: DaemonPlan.receiveHighWater)
        connections = Array(repeating: GuardedConnection(), count: settings.connectionRows)
        rowOf = Array(repeating: -1, count: ledger.capacity)
        addresses = AddressBook(
            capacity: Self.addressRows(settings),
            perSecond: settings.connections.handshakesPerSecond)
        self.gate = gate
    }

    /// Every open connection may be of another address, and as many again were there just now.
    static func addressRows(_ settings: DaemonSettings) -> Int { 2 * settings.connectionRows }

    /// Bytes of the guard's tables, for the plan.
    static func bytes(_ settings: DaemonSettings) -> Int {
        ConnectionLedger.bytes(capacity: settings.descriptorCapacity)
            + settings.descriptorCapacity * MemoryLayout<Int32>.stride
            + settings.connectionRows * MemoryLayout<GuardedConnection>.stride
            + AddressBook.bytes(capacity: addressRows(settings))
    }

    /// Connections that are open, as the monitors told so far.
    package var openCount: Int { connections[..<usedRows].count { $0.state == .open } }

    /// What must end a wait of the guard's thread.
    package func join(_ poller: Poller) {
        for (_, monitor) in monitors { poller.add(monitor) }
        poller.add(fileDescriptor: watch.fileDescriptor)
    }

    /// Does what there is to do. How many milliseconds the thread may sleep, −1 for ever, unless
    /// something that `join` named reports before.
    package func turn() -> Int {
        takeEvents()
        watch.take { descriptor in noteMoving(descriptor) }
        let now = clock.nowNanoseconds
        // Of somebody under suspicion every millisecond counts.
        let pause = isHurried ? Self.lookNanoseconds / 4 : Self.lookNanoseconds
        if movingCount > 0, now &- lastLook >= pause {
            lastLook = now
            lookAtMoving(now)
        }
        if isCrowded, now &- lastCrowd >= Self.crowdNanoseconds {
            lastCrowd = now
            cutCrowd(now)
        }
        if now &- lastSweep >= Self.sweepNanoseconds {
            lastSweep = now
            sweep(now)
        }
        if movingCount > 0 { return isHurried ? 1 : Self.lookMilliseconds }
        if isCrowded { return Int(Self.crowdNanoseconds / 1_000_000) }
        if usedRows == 0 { return voice.hasMore || hasCut ? 1000 : -1 }
        return 1000
    }

    /// Ends the reports. The thread that turns the guard must still run, the one that uses the
    /// doors must not.
    package func stopMonitors() {
        for (_, monitor) in monitors { monitor.stop() }
    }

    /// Gives the monitors back, after the guard's thread has ended.
    package func closeMonitors() {
        for (_, monitor) in monitors { monitor.close() }
    }

    // MARK: attention

    private func noteMoving(_ descriptor: Int32) {
        guard let row = row(of: descriptor), connections[row].state == .open else { return }
        setMoving(row, true)
        connections[row].movedNanoseconds = clock.nowNanoseconds
    }

    func setMoving(_ row: Int, _ isMoving: Bool) {
        guard connections[row].isMoving != isMoving else { return }
        connections[row].isMoving = isMoving
        movingCount += isMoving ? 1 : -1
    }

    func row(of descriptor: Int32) -> Int? {
        guard descriptor >= 0, Int(descriptor) < rowOf.count else { return nil }
        let row = Int(rowOf[Int(descriptor)])
        return row >= 0 ? row : nil
    }

    // MARK: the knife

    /// Cuts an open connection.
    func cut(_ row: Int, _ reason: CutReason, _ now: UInt64) {
        let connection = connections[row]
        guard connection.state == .open else { return }
        // Bytes that wait in the kernel would be read to their end after a shutdown.
        SocketGate.refuse(connection.descriptor, serial: connection.serial)
        SocketFacts.cut(connection.descriptor, number: connection.number)
        noteCut(row)
        tell(
            reason, connection.door, connection.peer, bytes: connection.account.pendingBytes,
            nanoseconds: now &- connection.openedNanoseconds, now)
    }

    /// Notes that a connection is not open any more, whoever ended it.
    func noteCut(_ row: Int) {
        setMoving(row, false)
        connections[row].state = .cut
        addresses.change(connections[row].peer, by: -1)
    }

    /// Counts a cut and tells of it.
    func tell(
        _ reason: CutReason, _ door: Door?, _ peer: SocketPeer?, bytes: Int64,
        nanoseconds: UInt64, _ now: UInt64
    ) {
        hasCut = true
        ledger.counts.count(reason)
        voice.say(now, report) {
            .connectionCut(
                door: door, reason: reason.name, peer: peer?.text ?? "gone", bytes: bytes,
                afterMilliseconds: nanoseconds / 1_000_000)
        }
    }

    /// Takes a connection that is gone out of the table.
    func free(_ row: Int) {
        let connection = connections[row]
        guard connection.state != .free else { return }
        setMoving(row, false)
        ledger.counts.countOpen(connection.door, isOpen: false)
        rowOf[Int(connection.descriptor)] = -1
        if connection.state == .open { addresses.change(connection.peer, by: -1) }
        connections[row] = GuardedConnection()
        while usedRows > 0, connections[usedRows - 1].state == .free { usedRows -= 1 }
    }
}
