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
        let producer: String
        let epoch: UInt32
        /// The number taken; 0: the epoch begins.
        let number: UInt64
    }

    private(set) var entries: [Entry] = []
    private var seen: [(epoch: UInt32, sequence: UInt64)] = []

    /// Starts watching `daemon`, which has just started with all of `entries`.
    mutating func attach(_ daemon: Daemon, rows: Int) {
        seen = (0..<rows).map { daemon.accepted(row: $0) ?? (0, 0) }
    }

    /// Notes what `daemon` has taken in since it was looked at last: of one frame at most.
    mutating func observe(_ daemon: Daemon) {
        for row in seen.indices {
            guard let now = daemon.accepted(row: row),
                now.epoch != seen[row].epoch || now.sequence != seen[row].sequence,
                let name = daemon.producerName(row: row)
            else { continue }
            if now.epoch != seen[row].epoch {
                entries.append(Entry(producer: name, epoch: now.epoch, number: 0))
                seen[row] = (now.epoch, 0)
            }
            for number in (seen[row].sequence + 1)..<(now.sequence + 1) {
                entries.append(Entry(producer: name, epoch: now.epoch, number: number))
            }
            seen[row] = now
        }
    }

    /// Cuts away what a restart did not find; nil when what it found is no beginning of this.
    mutating func cut(to rows: [ProducerStatus]) -> Int? {
        let positions = Dictionary(
            rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        func isThere(_ entry: Entry) -> Bool {
            guard let row = positions[entry.producer] else { return false }
            return row.epoch > entry.epoch
                || row.epoch == entry.epoch && row.durable >= entry.number
        }
        let end = entries.firstIndex { !isThere($0) } ?? entries.count
        guard !entries[end...].contains(where: isThere) else { return nil }
        let lost = entries.count - end
        entries.removeLast(lost)
        // And nothing is there that was never taken in.
        for row in rows where row.epoch != 0 {
            let last = entries.last { $0.producer == row.name }
            guard last?.epoch == row.epoch, last?.number == row.durable else { return nil }
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
                        producer: entry.producer, epoch: entry.epoch, number: entry.number + count)
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
}
