// The looks: every few milliseconds at connections over which bytes move, once a second at all.

import Messaging
import Platform

extension ConnectionGuard {
    /// Hungry looks after which a local connection is cut when memory runs over: two, so that one
    /// frame on its way is no reason.
    static let hungryLooks = 2

    /// So much may the process grow while a local connection is hungry, before it is cut in any
    /// case: one frame, and what else may happen in a few looks. Of one that never brought anything
    /// of use, less.
    func mostGrowth(isUseful: Bool) -> Int {
        settings.maximumMessageBytes + (isUseful ? 2 << 20 : 3 << 18)
    }

    func lookAtMoving(_ now: UInt64) {
        var mustSeeDoors = false
        var isSomebodyNew = false
        isLocalSuspected = false
        memory.heldBytes = ProcessFacts.privateBytes
        for row in 0..<usedRows where connections[row].isMoving {
            let isNetwork = connections[row].peer.kind == .network
            if let reason = ledger.sentence(connections[row].descriptor) {
                cut(row, reason, now)
                continue
            }
            isSomebodyNew = isSomebodyNew || !ledger.isUseful(connections[row].descriptor)
            let asks = isNetwork ? lookAtNetwork(row, now) : lookAtLocal(row, now)
            mustSeeDoors = mustSeeDoors || asks
        }
        cutBeyondPool(now)
        isHurried = mustSeeDoors || isSomebodyNew
        if mustSeeDoors { askDoors() }
    }

    /// Whether the doors must be looked at before a verdict.
    private func lookAtNetwork(_ row: Int, _ now: UInt64) -> Bool {
        let connection = connections[row]
        let before = ledger.delivered(connection.descriptor)
        guard let traffic = SocketFacts.traffic(connection.descriptor),
            SocketFacts.number(connection.descriptor) == connection.number
        else {
            setMoving(row, false)  // Closed; the monitor will tell.
            return false
        }
        let emptied = ledger.emptied(connection.door)
        let look = ConnectionAccount.Look(
            deliveredBefore: before, traffic: traffic, emptied: emptied,
            deliveredAfter: ledger.delivered(connection.descriptor), nanoseconds: now)
        let isUseful = ledger.isUseful(connection.descriptor)
        let verdict = connections[row].account.look(look, isUseful ? limits : limits.ofNewcomer)
        let hasMoved = traffic.received != connection.lastCount
        connections[row].lastCount = traffic.received
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

    /// A local connection has no count of bytes. What can be seen: bytes wait to be read, look
    /// after look, and nothing comes out.
    private func lookAtLocal(_ row: Int, _ now: UInt64) -> Bool {
        let connection = connections[row]
        let delivered = ledger.delivered(connection.descriptor)
        let emptied = ledger.emptied(connection.door)
        let hasBytes = SocketFacts.hasReadableBytes(connection.descriptor)
        let isHungry = hasBytes && delivered == connection.lastCount
        let isUseful = ledger.isUseful(connection.descriptor)
        let hasMoved = hasBytes || delivered != connection.lastCount
        // That nothing waits at a look proves nothing: libzmq may just have read it. What counts
        // ends with a delivery, or when nothing moves any more. And that bytes wait may be because
        // libzmq's thread is busy elsewhere, so the process must have grown meanwhile.
        if delivered != connection.lastCount {
            connections[row].hungryLooks = 0
            connections[row].heldBytes = memory.heldBytes
            connections[row].lastEmptied = emptied
        } else if hasBytes, !isUseful || emptied &- connection.lastEmptied >= 2 {
            // A newcomer is not worth the wait until the network loop has run twice.
            connections[row].hungryLooks += 1
            connections[row].lastEmptied = emptied
        }
        connections[row].lastCount = delivered
        let grown = memory.heldBytes - connections[row].heldBytes
        if connections[row].hungryLooks > Self.hungryLooks,
            grown > mostGrowth(isUseful: isUseful)
        {
            cut(row, .endless, now)
            return false
        }
        isLocalSuspected = isLocalSuspected || isHungry && (!isUseful || grown > 1 << 19)
        settle(row, hasMoved: hasMoved, now)
        return isHungry
    }

    private func settle(_ row: Int, hasMoved: Bool, _ now: UInt64) {
        if hasMoved {
            connections[row].movedNanoseconds = now
        } else if now &- connections[row].movedNanoseconds > Self.quietNanoseconds {
            setMoving(row, false)
            watch.ask(connections[row].descriptor)
        }
    }

    /// All connections together may owe what the plan has room for; beyond it, who owes most goes.
    private func cutBeyondPool(_ now: UInt64) {
        let slack = Int(limits.backlogBytes) - settings.waitingBytesPerPeer
        var owed = 0
        var worst: Int?
        for row in 0..<usedRows where connections[row].state == .open {
            let bytes = Int(connections[row].account.pendingBytes) - slack
            guard bytes > 0 else { continue }
            owed += bytes
            if let old = worst,
                connections[old].account.pendingBytes >= connections[row].account.pendingBytes
            {
                continue
            }
            worst = row
        }
        if owed > settings.waitingBytes, let worst { cut(worst, .backlog, now) }
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
            } else if let reason = ledger.sentence(connection.descriptor) {
                cut(row, reason, now)
            } else if !ledger.isUseful(connection.descriptor),
                now &- connection.openedNanoseconds > patience
            {
                cut(row, .silent, now)
            } else if !connection.isMoving, connection.peer.kind == .network,
                let traffic = SocketFacts.traffic(connection.descriptor),
                traffic.received != connection.lastCount
            {
                setMoving(row, true)
                connections[row].movedNanoseconds = now
            }
        }
        voice.sayRest(now, report)
    }
}
