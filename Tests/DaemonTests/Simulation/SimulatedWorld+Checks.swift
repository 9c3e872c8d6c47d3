// What must hold in a simulated history, looked at after every start and at the end:
//   - nothing acknowledged is lost, and what was learned is exactly what was sent, each once;
//   - what a start finds is a beginning of the order in which things were taken in, and all of it
//     after a clean stop;
//   - no reply named a generation that is gone, and no number ever named two states;
//   - no two slots of the ring have the same number and are not the same;
//   - every row of counters balances; checkpoints that were called saved are there and whole;
//   - a daemon that nothing happened to comes to the same bytes from the same order;
//   - with a disk that works a daemon always starts, and everybody comes to an end.

import Daemon
import MillraceProtocol
import Platform
import Simulation
import WeightStore

/// What a fault, a restart and a start made of the world: counted to say how much was explored.
struct SimulatedState: Hashable {
    let isPipelined: Bool
    let shape: Int
    /// The faults since the start before; empty when the process was just killed.
    let hits: [DiskFaultHit]
    let restart: RestartMode
    /// What the start found.
    let generation: UInt64
    let digest: String
    let positions: [UInt64]
}

extension SimulatedWorld {
    /// What the disk shows before a start: a number that a failed commit had, and that was used
    /// again, stands in two slots, with two states.
    func numbersProblem() -> String? {
        guard let ring = try? RingInspection(storage: disk, directory: "/state") else {
            return nil
        }
        var headers: [UInt64: GenerationHeader] = [:]
        for content in ring.slots {
            switch content {
            case .intact(let header), .copy(let header):
                if let other = headers[header.generation], other != header {
                    return "generation \(header.generation) is in two slots: "
                        + "\(other) and \(header)"
                }
                headers[header.generation] = header
            case .damaged, .empty: break
            }
        }
        return nil
    }

    func savedCheckpointsProblem() -> String? {
        for (name, generation) in owner.saved.sorted(by: { $0.key < $1.key }) {
            let path = "/state/checkpoints/\(name).safetensors"
            do throws(CheckpointError) {
                let checkpoint = try CheckpointReader.open(storage: disk, path: path)
                defer { checkpoint.close() }
                try checkpoint.verify()
                guard checkpoint.facts.header.generation >= generation else {
                    return "checkpoint \(name) was saved with \(generation), and is older"
                }
            } catch {
                return "checkpoint \(name) was saved, and now: \(error)"
            }
        }
        return nil
    }

    /// After a start: nothing that was promised is missing.
    func checkStart() -> String? {
        guard let status = rig.status() else {
            return disk.hasCrashed ? nil : "no status after a start"
        }
        if status.generation < ledger.highest {
            return "generation \(ledger.highest) was named, \(status.generation) is there"
        }
        ledger.named(status.generation, digest: status.stateDigest)
        if let problem = rowsProblem(status) { return problem }
        if isLogWhole {
            guard let lost = log.cut(to: rows(status)) else {
                return "what is there is no beginning of what was taken in"
            }
            if hasStoppedCleanly, lost > 0 { return "a clean stop lost \(lost) numbers" }
        }
        hasStoppedCleanly = false
        states.append(
            SimulatedState(
                isPipelined: plan.isPipelined, shape: plan.shape, hits: hitsSinceStart,
                restart: restart, generation: status.generation, digest: status.stateDigest,
                positions: status.producers.map(\.durable)))
        hitsSinceStart = []
        return nil
    }

    /// The producer table, with rows that nobody has.
    private func rows(_ status: StatusReply) -> [OrderLog.Row] {
        guard let daemon = rig.daemon else { return [] }
        return (0..<rig.settings.maximumProducers).map { row in
            let name = daemon.producerName(row: row) ?? ""
            return OrderLog.Row(
                name: name, epoch: daemon.accepted(row: row).epoch,
                durable: status.producers.first { $0.name == name }?.durable ?? 0)
        }
    }

    private func rowsProblem(_ status: StatusReply) -> String? {
        let names = status.producers.map(\.name)
        if let name = guests.forgotten.first(where: names.contains) {
            return "\(name) was forgotten, and is there again"
        }
        for producer in producers + [guests.current].compactMap(\.self) where producer.epoch != 0 {
            let name = producer.script.name
            guard let row = status.producers.first(where: { $0.name == name }) else {
                if producer.acknowledged > 0, name != guests.asked { return "\(name) is forgotten" }
                continue
            }
            // A spool that was lost asks for an epoch that nobody may have opened yet.
            guard row.epoch == producer.epoch else {
                if row.epoch < producer.epoch { return "\(name): epoch \(row.epoch) came back" }
                continue
            }
            if row.durable < producer.acknowledged {
                return "\(name): \(producer.acknowledged) acknowledged, \(row.durable) there"
            }
            if row.durable > producer.sent {
                return "\(name): \(row.durable) there, \(producer.sent) ever sent"
            }
            if !row.balances { return "\(name) does not balance: \(row)" }
            guard !producer.script.isLate else { continue }
            let wanted = ExpectedCounts(producer.script, through: row.durable)
            let found = ExpectedCounts(row)
            if found != wanted { return "\(name): \(found) instead of \(wanted)" }
        }
        return nil
    }

    /// At the end: a clean stop, and a daemon without any fault comes to the same.
    func settle() -> String? {
        disk.arm(nil)
        rig.daemon?.stop()
        rig.run(turns: 4_000) { rig.daemon?.isDrained == true }
        guard rig.daemon?.isDrained == true, let status = rig.status() else {
            return "no clean stop at the end"
        }
        if let problem = rowsProblem(status) ?? savedCheckpointsProblem() { return problem }
        let list = rig.ask(.init(command: .generations), door: .query, GenerationsReply.self)
        guard let list, !list.generations.contains(where: { $0.state == "writing" }) else {
            return "a slot of the ring was never given back"
        }
        guard isLogWhole else { return nil }
        guard log.cut(to: rows(status)) == 0 else { return "a clean stop lost something" }
        let replay = log.replayed(plan, scripts)
        replays += 1
        guard let straight = replay.status else { return replay.problem ?? "no replay" }
        for (row, wanted) in zip(status.producers, straight.producers) {
            if Fate(row) != Fate(wanted) {
                return "\(row.name) became \(Fate(row)), without faults \(Fate(wanted))"
            }
        }
        guard status.producers.count == straight.producers.count else { return "other producers" }
        if !owner.hasRestored, status.stateDigest != straight.stateDigest {
            return "digest \(status.stateDigest), without faults \(straight.stateDigest)"
        }
        return nil
    }
}

/// What became of everything that a producer sent in one epoch.
private struct Fate: Equatable {
    let name: String
    let epoch: UInt32
    let counts: [UInt64]
    let ids: [String]

    init(_ row: ProducerStatus) {
        name = row.name
        epoch = row.epoch
        counts = [
            row.position, row.learned, row.pending, row.expired, row.refused, row.skipped,
            row.labels, row.idCount,
        ]
        ids = [row.idSum, row.idXor]
    }
}
