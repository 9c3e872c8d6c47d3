// The order in which a daemon took everything in, kept by watching it frame by frame. What a crash
// leaves must be a beginning of it, and a daemon that nothing ever happens to must come to the same
// bytes when it is given the same things in the same order.

import Arithmetic
import Daemon
import MillraceProtocol
import Simulation

/// What was taken in, in order.
struct OrderLog {
    /// One thing that changes the state.
    struct Entry: Equatable {
        /// Of the producer table.
        let row: Int
        /// Empty: the row was given up, and `epoch` stays of it.
        let producer: String
        let epoch: UInt32
        /// The number taken; 0: the epoch begins.
        let number: UInt64
    }

    /// What a start found in one row of the producer table.
    struct Row {
        let name: String
        let epoch: UInt32
        let durable: UInt64
    }

    private(set) var entries: [Entry] = []
    private var seen: [(epoch: UInt32, sequence: UInt64)] = []

    /// Starts watching `daemon`, which has just started with all of `entries`.
    mutating func attach(_ daemon: Daemon, rows: Int) {
        seen = (0..<rows).map { daemon.accepted(row: $0) }
    }

    /// Notes what `daemon` has taken in since it was looked at last: of one frame at most.
    mutating func observe(_ daemon: Daemon) {
        for row in seen.indices {
            let now = daemon.accepted(row: row)
            guard now != seen[row] else { continue }
            let name = daemon.producerName(row: row) ?? ""
            if now.epoch != seen[row].epoch {
                entries.append(Entry(row: row, producer: name, epoch: now.epoch, number: 0))
                seen[row] = (now.epoch, 0)
            }
            for number in (seen[row].sequence + 1)..<(now.sequence + 1) {
                entries.append(Entry(row: row, producer: name, epoch: now.epoch, number: number))
            }
            seen[row] = now
        }
    }

    /// Cuts away what a restart did not find; nil when what it found is no beginning of this.
    mutating func cut(to rows: [Row]) -> Int? {
        func isThere(_ entry: Entry) -> Bool {
            let row = rows[entry.row]
            return row.epoch > entry.epoch
                || row.epoch == entry.epoch && row.durable >= entry.number
        }
        let end = entries.firstIndex { !isThere($0) } ?? entries.count
        guard !entries[end...].contains(where: isThere) else { return nil }
        let lost = entries.count - end
        entries.removeLast(lost)
        // And nothing is there that was never taken in.
        for (index, row) in rows.enumerated() where row.epoch != 0 {
            let last = entries.last { $0.row == index }
            guard last?.producer == row.name, last?.epoch == row.epoch, last?.number == row.durable
            else { return nil }
        }
        return lost
    }

    /// The owner began anew.
    mutating func beginAnew() { entries = [] }

    /// What a daemon without any fault becomes of the same things in the same order.
    func replayed(
        _ plan: SimulationPlan, _ scripts: [SimulatedScript]
    ) -> (status: StatusReply?, problem: String?) {
        let rig = plan.makeRig(SimulatedDisk(seed: 1))
        rig.settings.commit = CommitPolicy(sequences: 0, intervalNanoseconds: 0)
        do { try rig.boot() } catch { return (nil, "the replay cannot start: \(error)") }
        var index = 0
        // A connection of its own for every epoch.
        var peers = (0..<scripts.count).map { 100 + $0 }
        while index < entries.count {
            let entry = entries[index]
            if entry.producer.isEmpty {
                guard
                    let last = entries[..<index].last(where: { $0.row == entry.row }),
                    let place = scripts.firstIndex(where: { $0.name == last.producer })
                else { return (nil, "nobody had row \(entry.row)") }
                guard forget(last, at: peers[place], rig) else {
                    return (nil, "the replay does not forget \(last.producer)")
                }
                index += 1
                continue
            }
            guard let place = scripts.firstIndex(where: { $0.name == entry.producer }) else {
                return (nil, "a producer that nobody knows: \(entry.producer)")
            }
            let script = scripts[place]
            if entry.number == 0 {
                peers[place] += 10
                rig.transport.put(.ingest, peer: peers[place], script.hello(epoch: 0))
                var isWelcome = false
                rig.run(turns: 50) {
                    while let frame = rig.transport.take(peer: peers[place]) {
                        isWelcome = isWelcome || frame[5] == FrameType.welcome.rawValue
                    }
                    return isWelcome
                }
                guard isWelcome else { return (nil, "the replay is not welcome") }
                index += 1
                continue
            }
            var count: UInt64 = 1
            let most = script.run(from: entry.number, atMost: 4)
            while count < most, index + Int(count) < entries.count,
                entries[index + Int(count)]
                    == Entry(
                        row: entry.row, producer: entry.producer, epoch: entry.epoch,
                        number: entry.number + count)
            { count += 1 }
            rig.transport.put(
                .ingest, peer: peers[place],
                script.frame(epoch: entry.epoch, first: entry.number, count: count))
            _ = rig.daemon?.stepNetwork()
            _ = rig.daemon?.stepLearner()
            index += Int(count)
        }
        rig.daemon?.stop()
        rig.run(turns: 200) { rig.daemon?.isDrained == true }
        return (rig.status(), nil)
    }

    /// Gives up the row of `last`, which has been silent long enough, with everything durable.
    private func forget(_ last: Entry, at peer: Int, _ rig: DaemonRig) -> Bool {
        rig.transport.put(
            .ingest, peer: peer, ScriptedProducer.frame(.flush, 1, last.epoch, 0, [], []))
        rig.run(turns: 100) { false }
        rig.clock.advance(milliseconds: 11_000)
        return rig.ask(
            ControlRequest(command: .forget, name: last.producer), door: .admin, ForgetReply.self)
            != nil
    }
}
