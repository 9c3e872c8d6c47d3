// Who came and who went, as the monitors tell; and who may stay.
//
// A newcomer that finds all places taken gets that of the oldest connection that never sent
// anything of use, so silent connections cannot keep anybody out. Only if all are in use it is
// refused: ended at once, before libzmq has read more than a greeting.
//
// Connections that the gate ended by itself are told of here, too.

import Messaging
import Platform

extension ConnectionGuard {
    func takeEvents() {
        // Before the reports of the monitors, which would take their rows away.
        while let end = SocketGate.nextEnd() { note(end) }
        takeMonitorEvents()
    }

    /// Counts an end that the gate decided, and tells of it. Its row may be another's by now.
    private func note(_ end: GateEnd) {
        let reason: CutReason
        switch end.reason {
        case .endless: reason = .endless
        case .backlog: reason = .backlog
        case .abuse: reason = .abuse
        case .unread: reason = .unread
        // libzmq reports a handshake that failed; what the guard refused, it has counted.
        case .foreign, .refused: return
        }
        var door: Door?
        if let row = row(of: end.descriptor), connections[row].serial == end.serial {
            guard connections[row].state == .open else { return }
            door = connections[row].door
            // libzmq may wait for a byte before it notices.
            SocketFacts.cut(end.descriptor, number: connections[row].number)
            noteCut(row)
        }
        tell(
            reason, door, end.peer, bytes: end.owedBytes, nanoseconds: end.ageNanoseconds,
            clock.nowNanoseconds)
    }

    private func takeMonitorEvents() {
        for (door, monitor) in monitors {
            while let event = monitor.next() {
                switch event {
                case .accepted(let descriptor): accept(descriptor, door)
                case .disconnected(let descriptor): forget(descriptor, door)
                case .handshakeFailed(let failure):
                    ledger.counts.countFailedHandshake(isRefusedKey: failure == .refused)
                case .acceptFailed, .handshakeSucceeded: break
                }
            }
        }
    }

    private func forget(_ descriptor: Int32, _ door: Door) {
        // Another door's connection may have the number by now; that one is not gone. Reports of
        // one door come in order.
        guard let row = row(of: descriptor), connections[row].door == door else { return }
        free(row)
    }

    private func accept(_ descriptor: Int32, _ door: Door) {
        let number = SocketFacts.number(descriptor)
        guard number != 0, let peer = SocketFacts.peer(descriptor) else { return }
        if let row = row(of: descriptor) {
            guard connections[row].number != number else { return }
            free(row)
        }
        let serial = SocketGate.traffic(descriptor).serial
        let newcomer = Newcomer(
            descriptor: descriptor, number: number, serial: serial, peer: peer, door: door)
        guard serial != 0 else {
            // Beyond the gate's table nobody can say what it makes the process hold. Else it is closed by
            // now, or the number is just being given to another one, of which we shall be told.
            if Int(descriptor) >= SocketGate.capacity { refuse(newcomer, .full) }
            return
        }
        ledger.counts.countAccepted()
        let now = clock.nowNanoseconds
        if peer.kind == .network {
            guard addresses.arrive(peer, now) else {
                return refuse(newcomer, .rate)
            }
            guard addresses.open(peer) < settings.connectionsPerAddress || makeRoom(now, of: peer)
            else { return refuse(newcomer, .address) }
        }
        guard places(peer.kind) < settings.connectionCount || makeRoom(now, kind: peer.kind),
            Int(descriptor) < ledger.capacity, let row = freeRow()
        else { return refuse(newcomer, .full) }
        rowOf[Int(descriptor)] = Int32(row)
        connections[row] = GuardedConnection(
            state: .open, descriptor: descriptor, number: number, serial: serial, door: door,
            peer: peer, openedNanoseconds: now,
            account: ConnectionAccount(delivered: ledger.delivered(descriptor), nanoseconds: now))
        ledger.counts.countOpen(door, isOpen: true)
        addresses.change(peer, by: 1)
        watch.ask(descriptor)
        isCrowded = isCrowded || places(peer.kind) > settings.connectionCount / 2
    }

    /// Open connections of a kind; those already cut do not count.
    private func places(_ kind: SocketPeer.Kind) -> Int {
        connections[..<usedRows].count { $0.state == .open && $0.peer.kind == kind }
    }

    private func freeRow() -> Int? {
        for row in 0..<usedRows where connections[row].state == .free { return row }
        guard usedRows < connections.count else { return nil }
        usedRows += 1
        return usedRows - 1
    }

    private func makeRoom(_ now: UInt64, kind: SocketPeer.Kind) -> Bool {
        freeClosed()
        return places(kind) < settings.connectionCount || displace(now) { $0.peer.kind == kind }
    }

    private func makeRoom(_ now: UInt64, of peer: SocketPeer) -> Bool {
        freeClosed()
        let network = peer.network
        return addresses.open(peer) < settings.connectionsPerAddress
            || displace(now) { $0.peer.network == network }
    }

    /// Frees the rows of connections that are closed, of which nobody has told yet: whoever comes and
    /// goes quickly must not find the places taken by itself.
    private func freeClosed() {
        for row in 0..<usedRows where connections[row].state == .open {
            let (descriptor, serial) = (connections[row].descriptor, connections[row].serial)
            if SocketGate.serial(descriptor) != serial { free(row) }
        }
    }

    /// Cuts the oldest connection that never sent anything of use, among some.
    private func displace(_ now: UInt64, among isOne: (GuardedConnection) -> Bool) -> Bool {
        var oldest: Int?
        for row in 0..<usedRows
        where connections[row].state == .open && isOne(connections[row])
            && !ledger.isUseful(connections[row].descriptor)
        {
            if let old = oldest,
                connections[old].openedNanoseconds <= connections[row].openedNanoseconds
            {
                continue
            }
            oldest = row
        }
        guard let oldest else { return false }
        cut(oldest, .displaced, now)
        return true
    }

    /// A connection that has no row yet.
    private struct Newcomer {
        let descriptor: Int32
        let number: UInt64
        let serial: UInt64
        let peer: SocketPeer
        let door: Door
    }

    private func refuse(_ newcomer: Newcomer, _ refusal: ConnectionRefusal) {
        // As in `cut`: what it has sent already would be read to its end after a shutdown.
        SocketGate.refuse(newcomer.descriptor, serial: newcomer.serial)
        SocketFacts.cut(newcomer.descriptor, number: newcomer.number)
        ledger.counts.count(refusal)
        voice.say(clock.nowNanoseconds, report) {
            .connectionRefused(
                door: newcomer.door, reason: refusal.name, peer: newcomer.peer.text)
        }
    }
}
