// The looks: every few milliseconds at connections over which bytes move, once a second at all.

import Messaging
import Platform

extension ConnectionGuard {
    func lookAtMoving(_ now: UInt64) {
        var mustSeeDoors = false
        for row in 0..<usedRows where connections[row].isMoving {
            let asks = look(row, now)
            mustSeeDoors = mustSeeDoors || asks
        }
        isHurried = mustSeeDoors
        if mustSeeDoors { askDoors() }
    }

    /// Whether the doors must be looked at before a verdict.
    private func look(_ row: Int, _ now: UInt64) -> Bool {
        let connection = connections[row]
        let before = ledger.delivered(connection.descriptor)
        let traffic = SocketGate.traffic(connection.descriptor)
        guard traffic.serial == connection.serial else {
            setMoving(row, false)  // Closed; the monitor will tell.
            return false
        }
        let emptied = ledger.emptied(connection.door)
        let look = ConnectionAccount.Look(
            deliveredBefore: before, traffic: traffic, emptied: emptied,
            deliveredAfter: ledger.delivered(connection.descriptor), nanoseconds: now)
        let isUseful = ledger.isUseful(connection.descriptor)
        let verdict = connections[row].account.look(look, isUseful ? limits : limits.ofNewcomer)
        let base = connections[row].account.base
        if base != connection.account.base {
            SocketGate.forgive(connection.descriptor, serial: connection.serial, base)
        }
        let hasMoved = traffic.read != connection.lastRead
        connections[row].lastRead = traffic.read
        switch verdict {
        case .guilty(let reason):
            cut(row, reason, now)
            return false
        case .doorMustBeSeen:
            connections[row].movedNanoseconds = now
            return true
        case .fair:
            settle(row, hasMoved: hasMoved, now)
            return false
        }
    }

    private func settle(_ row: Int, hasMoved: Bool, _ now: UInt64) {
        if hasMoved {
            connections[row].movedNanoseconds = now
        } else if now &- connections[row].movedNanoseconds > Self.quietNanoseconds {
            setMoving(row, false)
            watch.ask(connections[row].descriptor)
        }
    }

    /// While more than half of the places of a kind are taken by connections that never brought
    /// anything of use, those go that had the time for it.
    func cutCrowd(_ now: UInt64) {
        isCrowded = false
        for kind in [SocketPeer.Kind.network, .local] {
            var newcomers = 0
            for row in 0..<usedRows where isNewcomer(row, kind) { newcomers += 1 }
            guard newcomers > settings.connectionCount / 2 else { continue }
            isCrowded = true
            for row in 0..<usedRows
            where isNewcomer(row, kind)
                && now &- connections[row].openedNanoseconds > Self.crowdedPatience
            {
                cut(row, .silent, now)
            }
        }
    }

    private func isNewcomer(_ row: Int, _ kind: SocketPeer.Kind) -> Bool {
        connections[row].state == .open && connections[row].peer.kind == kind
            && !ledger.isUseful(connections[row].descriptor)
    }

    /// Once a second: those that never asked anything, condemned ones, rows whose socket is gone,
    /// and connections whose bytes came and were read between two reports.
    func sweep(_ now: UInt64) {
        let patience = UInt64(settings.connections.firstFrameSeconds) * 1_000_000_000
        for row in 0..<usedRows where connections[row].state != .free {
            let connection = connections[row]
            guard SocketFacts.number(connection.descriptor) == connection.number else {
                free(row)
                continue
            }
            if connection.state == .cut {
                SocketFacts.cut(connection.descriptor, number: connection.number)
            } else if !ledger.isUseful(connection.descriptor),
                now &- connection.openedNanoseconds > patience
            {
                cut(row, .silent, now)
            } else if !connection.isMoving,
                SocketGate.traffic(connection.descriptor).read != connection.lastRead
            {
                setMoving(row, true)
                connections[row].movedNanoseconds = now
            }
        }
        voice.sayRest(now, report)
        // What libzmq freed of those that were cut goes back to the kernel.
        if hasCut { ProcessFacts.returnFreeMemory() }
        hasCut = false
    }
}
