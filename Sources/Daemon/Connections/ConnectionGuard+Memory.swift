// The second line: what this process holds, whatever the accounts say. When it is more than the
// plan, every connection that owes something goes: bytes read that came to nothing, on TCP and on
// local sockets, and answers that are not taken. First those that never brought anything of use: an
// honest producer at full speed owes a little at every moment, and shall not pay for others.

import Platform

/// When the process holds too much.
struct ResidentLine {
    /// The plan, and what the runtime and the log take beside it.
    let ceilingBytes: Int
    /// What malloc did not give back although nobody owes anything any more: its fragments, which
    /// are no reason to cut anybody again.
    var fragmentBytes = 0
    var isOver = false
    /// At the last look.
    var heldBytes = 0
    /// When those who take no answers are known, and what nobody owes may be called fragments.
    var decideAt: UInt64 = 0
    /// When the line was last told of.
    var toldNanoseconds: UInt64 = 0
    /// Cuts since it went over.
    var cuts = 0

    /// Of the runtime, the configuration and the log: 2.5 MB were measured.
    static let runtimeBytes = 4 << 20

    init(plannedBytes: Int) { ceilingBytes = plannedBytes + Self.runtimeBytes }
}

extension ConnectionGuard {
    func watchMemory(_ now: UInt64) {
        let held = ProcessFacts.privateBytes
        memory.heldBytes = held
        let over = held - memory.ceilingBytes
        if held > memory.ceilingBytes - ResidentLine.runtimeBytes { cutHoardingNewcomers(now) }
        memory.fragmentBytes = max(0, min(memory.fragmentBytes, over))
        guard over > memory.fragmentBytes else {
            if memory.isOver { endExcess(held, now) }
            return
        }
        if !memory.isOver {
            memory.isOver = true
            memory.cuts = 0
            memory.decideAt = now &+ 100_000_000
            noteAcknowledged()
        }
        let count = relieve(now, isFar: over > Self.farBytes)
        memory.cuts += count
        // libzmq frees on its own thread.
        if count > 0 { memory.decideAt = max(memory.decideAt, now &+ 20_000_000) }
        if count > 0 || now < memory.decideAt { return }
        // Nobody owes anything, so it is free memory that malloc kept, or not of connections.
        ProcessFacts.returnFreeMemory()
        let rest = ProcessFacts.privateBytes - memory.ceilingBytes
        // A quarter of a megabyte may come and go without this being done again.
        memory.fragmentBytes = max(0, rest) + (rest > 0 ? 1 << 18 : 0)
        endExcess(held, now)
    }

    private func endExcess(_ held: Int, _ now: UInt64) {
        memory.isOver = false
        ProcessFacts.returnFreeMemory()
        let isFresh = now &- memory.toldNanoseconds > 1_000_000_000
        guard memory.cuts > 0 || isFresh else { return }
        memory.toldNanoseconds = now
        report(
            .memoryBeyondPlan(
                heldBytes: held, plannedBytes: memory.ceilingBytes, cut: memory.cuts))
    }

    private func noteAcknowledged() {
        for row in 0..<usedRows where connections[row].state == .open {
            let traffic = SocketFacts.traffic(connections[row].descriptor)
            connections[row].acknowledged = traffic?.acknowledged ?? 0
        }
    }

    /// Beyond the plan alone, before the runtime's share is used: those that never brought anything of
    /// use and owe more than a frame.
    private func cutHoardingNewcomers(_ now: UInt64) {
        for row in 0..<usedRows
        where connections[row].state == .open && !ledger.isUseful(connections[row].descriptor) {
            let account = connections[row].account
            let isHoard =
                connections[row].peer.kind == .local
                ? connections[row].hungryLooks >= Self.hungryLooks
                : max(account.pendingBytes, account.unfinishedBytes) > limits.frameBytes
            if isHoard { cut(row, .memory, now) }
        }
    }

    /// So far beyond the plan nobody is spared.
    private static let farBytes = 3 << 20

    /// Cuts who owes something: at first those of no use; the others if that was not enough for a
    /// while, or if it is far too much. How many.
    private func relieve(_ now: UInt64, isFar: Bool) -> Int {
        let count = cutDebtors(now, sparesUseful: true)
        guard count == 0, isFar || now >= memory.decideAt else { return count }
        return cutDebtors(now, sparesUseful: false)
    }

    private func cutDebtors(_ now: UInt64, sparesUseful: Bool) -> Int {
        var count = 0
        for row in 0..<usedRows where connections[row].state == .open {
            if sparesUseful, ledger.isUseful(connections[row].descriptor) { continue }
            guard let reason = debt(row, now) else { continue }
            cut(row, reason, now)
            count += 1
        }
        return count
    }

    private func debt(_ row: Int, _ now: UInt64) -> CutReason? {
        let connection = connections[row]
        if connection.peer.kind == .local {
            return connection.hungryLooks >= Self.hungryLooks ? .memory : nil
        }
        // A command or two on their way are no debt.
        let owed = max(connection.account.pendingBytes, connection.account.unfinishedBytes)
        if owed > 1024 { return .memory }
        guard SocketFacts.unsentBytes(connection.descriptor) > 0,
            let traffic = SocketFacts.traffic(connection.descriptor)
        else { return nil }
        return traffic.acknowledged == connection.acknowledged && now >= memory.decideAt
            ? .unread : nil
    }
}
