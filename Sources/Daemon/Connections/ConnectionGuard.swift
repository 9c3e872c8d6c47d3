// The connection guard: knows every connection of every door, keeps an account of what libzmq
// holds of it, and cuts who exceeds the limit. libzmq bounds messages, not the frames of one: a
// peer that never ends a message would fill the memory. So the guard compares what the kernel says
// came over a connection with what the network loop says came out of it.
//
// Invariants:
//   - all tables have their size from the start; nothing here grows with what peers do;
//   - the guard never takes a byte of an open connection, it only looks and shuts down (what waits
//     of one that hoards is thrown away with the cut); a number that was
//     given to another connection in the meantime is never cut (see `SocketFacts.cut`);
//   - without connections it sleeps; with idle ones it looks once a second, or when bytes come.
//
// One thread turns it. Extensions: ConnectionGuard+Events (who came and went), +Looks (accounts),
// +Memory (the second line: what the process holds).

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
    var door = Door.ingest
    var peer = SocketPeer(kind: .network)
    var openedNanoseconds: UInt64 = 0
    var account = ConnectionAccount(delivered: 0, nanoseconds: 0)
    /// Whether it is looked at every few milliseconds.
    var isMoving = false
    var movedNanoseconds: UInt64 = 0
    /// TCP: bytes received at the last look. Local: deliveries at the last look.
    var lastCount: UInt64 = 0
    /// Looks in a row at which a local connection had bytes and had delivered nothing.
    var hungryLooks = 0
    var lastEmptied: UInt64 = 0
    /// What the process held when a local connection last delivered.
    var heldBytes = 0
    /// What the peer had acknowledged when memory ran over.
    var acknowledged: UInt64 = 0
}

/// Guards the doors. Turned by one thread.
package final class ConnectionGuard: @unchecked Sendable {
    let ledger: ConnectionLedger
    let limits: AccountLimits
    let settings: DaemonSettings
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
    var memory: ResidentLine
    var voice = EventVoice()
    /// Rows in use; never looked at beyond it.
    var usedRows = 0
    private(set) var movingCount = 0
    /// Whether the last look found somebody who owes more than a frame, or who moves and has not
    /// sent anything of use yet.
    var isHurried = false
    /// Whether a local connection has bytes and brings nothing: libzmq may take a megabyte of it in a
    /// millisecond, and nobody counts them, so it is looked at faster than the poller can wait.
    var isLocalSuspected = false
    /// When free memory is given back after a cut, and how often still; see `cut`.
    private var trimNanoseconds: UInt64 = 0
    private var trims = 0
    private var lastLook: UInt64 = 0
    private var lastSweep: UInt64 = 0

    /// Between two looks at connections over which bytes move.
    static let lookNanoseconds: UInt64 = 4_000_000
    static let lookMilliseconds = 4
    /// Between two looks at a local connection under suspicion, and how many until the next turn.
    static let closeLookMicroseconds: UInt32 = 200
    static let closeLooks = 4
    /// libzmq frees what a connection held on its own threads, soon after the cut.
    static let trimDelayNanoseconds: UInt64 = 5_000_000
    /// After so much silence a connection is left to the kernel's attention again.
    static let quietNanoseconds: UInt64 = 100_000_000
    static let sweepNanoseconds: UInt64 = 1_000_000_000

    /// - monitors: of every door, from before its first bind. - plannedBytes: the memory plan.
    package init(
        settings: DaemonSettings, plannedBytes: Int, ledger: ConnectionLedger,
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
            highWater: DaemonPlan.receiveHighWater,
            kernelBufferBytes: Int(SocketLimits().kernelBufferBytes))
        connections = Array(repeating: GuardedConnection(), count: settings.connectionRows)
        rowOf = Array(repeating: -1, count: ledger.capacity)
        addresses = AddressBook(
            capacity: Self.addressRows(settings),
            perSecond: settings.connections.handshakesPerSecond)
        memory = ResidentLine(plannedBytes: plannedBytes)
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
        // Of somebody new, or under suspicion, every millisecond counts.
        let pause = isHurried ? Self.lookNanoseconds / 4 : Self.lookNanoseconds
        if movingCount > 0, now &- lastLook >= pause {
            lastLook = now
            lookAtMoving(now)
            watchMemory(now)
            lookClosely()
        }
        if trims > 0, now >= trimNanoseconds {
            trims -= 1
            trimNanoseconds = now &+ 4 * Self.trimDelayNanoseconds
            ProcessFacts.returnFreeMemory()
        }
        if now &- lastSweep >= Self.sweepNanoseconds {
            lastSweep = now
            sweep(now)
            watchMemory(now)
        }
        if movingCount > 0 || memory.isOver || trims > 0 {
            return isHurried ? 1 : Self.lookMilliseconds
        }
        if usedRows == 0 { return voice.hasMore ? 1000 : -1 }
        return 1000
    }

    private func lookClosely() {
        for _ in 0..<Self.closeLooks where isLocalSuspected {
            usleep(Self.closeLookMicroseconds)
            lookAtMoving(clock.nowNanoseconds)
            watchMemory(clock.nowNanoseconds)
        }
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
        connections[row].hungryLooks = 0
        if isMoving {
            connections[row].heldBytes = ProcessFacts.privateBytes
            connections[row].lastEmptied = ledger.emptied(connections[row].door)
        }
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
        setMoving(row, false)
        connections[row].state = .cut
        addresses.change(connection.peer, by: -1)
        if reason.isHoard {
            SocketFacts.endHoard(
                connection.descriptor, number: connection.number,
                isLocal: connection.peer.kind == .local)
            // Free memory that malloc keeps would hide what the next one hoards.
            if trims == 0 { trimNanoseconds = now &+ Self.trimDelayNanoseconds }
            trims = 2
        } else {
            SocketFacts.cut(connection.descriptor, number: connection.number)
        }
        ledger.counts.count(reason)
        let milliseconds = (now &- connection.openedNanoseconds) / 1_000_000
        voice.say(now, report) {
            .connectionCut(
                door: connection.door, reason: reason.name, peer: connection.peer.text,
                bytes: connection.account.pendingBytes, afterMilliseconds: milliseconds)
        }
    }

    /// Takes a connection that is gone out of the table.
    func free(_ row: Int) {
        let connection = connections[row]
        guard connection.state != .free else { return }
        setMoving(row, false)
        ledger.counts.countOpen(connection.door, isOpen: false)
        ledger.forget(connection.descriptor)
        rowOf[Int(connection.descriptor)] = -1
        if connection.state == .open { addresses.change(connection.peer, by: -1) }
        connections[row] = GuardedConnection()
        while usedRows > 0, connections[usedRows - 1].state == .free { usedRows -= 1 }
    }
}
