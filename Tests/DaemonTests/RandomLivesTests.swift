// The promise of `CrashTests` with everything at once: several producers, late labels within a
// window, rollbacks, holds and checkpoints, a disk that fails at a random operation, processes
// that die between any two turns; every fourth history in the pipeline. There is no one digest to reach here; what must hold is that
// nothing acknowledged is missing, that nothing is learned twice, and that every row balances.

import Arithmetic
import Daemon
import MillraceProtocol
import Simulation
import Testing

@Suite struct RandomLivesTests {
    static let firstSeed: UInt64 = 7_001
    static let states = 2_000
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 61)

    /// One history; what is wrong with it, or nil.
    private func live(_ seed: UInt64) -> String? {
        var generator = SplitMix64(seed: seed)
        let kinds = DiskFault.Kind.allCases
        let kind = kinds[Int(generator.next() % UInt64(kinds.count))]
        let disk = SimulatedDisk(
            seed: seed, fault: DiskFault(kind, at: Int(20 + generator.next() % 120)))
        let rig = DaemonRig(
            storage: disk, directory: "/state", pendingCapacity: 6, commitSequences: 12,
            isPipelined: seed % 4 == 0)
        let producers = (0..<3).map { index in
            LabellingProducer(
                name: "p\(index)", script: script, count: 24 + generator.next() % 24,
                peer: index + 1, isLate: index > 0)
        }
        var peer = 10
        var failedStarts = 0
        for _ in 0..<20_000 where rig.daemon == nil || !producers.allSatisfy(\.isDone) {
            if rig.daemon == nil {
                do {
                    try rig.boot()
                } catch {
                    failedStarts += 1
                    if failedStarts > 3 { return "cannot start: \(error)" }
                    disk.restart(restartMode(&generator, disk))
                    continue
                }
                for producer in producers {
                    peer += 1
                    producer.reconnect(peer: peer)
                }
                if let problem = problem(rig, producers) { return problem }
            }
            for producer in producers { producer.turn(rig.transport, &generator) }
            disturb(rig, &generator)
            rig.turn(&generator)
            let isMended = rig.daemon?.isReadOnly == true && generator.next() % 256 == 0
            if disk.hasCrashed || isMended || generator.next() % 512 == 0 {
                rig.kill()
                disk.restart(restartMode(&generator, disk))
            }
        }
        guard producers.allSatisfy(\.isDone) else {
            return "acknowledged only \(producers.map(\.acknowledged))"
        }
        return problem(rig, producers)
    }

    /// A process that dies by itself leaves what it wrote; a power cut may not.
    private func restartMode(
        _ generator: inout SplitMix64, _ disk: SimulatedDisk
    ) -> RestartMode {
        guard disk.hasCrashed else { return .processKilled }
        let modes = RestartMode.allCases
        return modes[Int(generator.next() % UInt64(modes.count))]
    }

    /// An operator who does whatever comes to mind.
    private func disturb(_ rig: DaemonRig, _ generator: inout SplitMix64) {
        guard generator.next() % 64 == 0, let newest = rig.daemon?.newestGeneration else { return }
        let generation = newest - min(newest - min(newest, 1), generator.next() % 4)
        let request =
            switch generator.next() % 4 {
            case 0: ControlRequest(command: .rollback, generation: generation)
            case 1: ControlRequest(command: .checkpointSave, name: "c")
            case 2: ControlRequest(command: .checkpointRestore, name: "c")
            default: ControlRequest(command: .hold, generation: generation)
            }
        guard let json = try? ControlCodec.encode(request) else { return }
        rig.transport.put(.admin, peer: 950, ScriptedProducer.frame(.request, 5, 0, 0, [], json))
    }

    private func problem(_ rig: DaemonRig, _ producers: [LabellingProducer]) -> String? {
        guard let status = rig.status() else { return "no status" }
        for row in status.producers {
            guard row.balances else { return "\(row.name) does not balance" }
            guard row.idCount == row.learned else { return "\(row.name): ids and learned differ" }
            guard let producer = producers.first(where: { $0.name == row.name }),
                producer.epoch == row.epoch
            else { continue }
            if row.durable < producer.acknowledged {
                return "\(row.name): \(producer.acknowledged) acknowledged, \(row.durable) there"
            }
            // A table from before a rollback would take leave of samples that do not wait.
            guard row.pending <= 6 else { return "\(row.name): \(row.pending) pending" }
            guard row.durable == producer.count else { continue }
            guard !producer.isLate else {
                let labels = producer.count / 3
                if row.learned != row.labels || row.labels + row.refused != labels
                    || row.learned + row.pending + row.expired != producer.count - labels
                {
                    return "\(row.name): learned \(row.learned), labels \(row.labels)"
                }
                continue
            }
            let count = producer.count
            let xor = (1...count).reduce(UInt64(0)) { $0 ^ StreamSection.scrambled($1) }
            if row.idCount != count || row.idSum != Hexadecimal.digits(count * (count + 1) / 2)
                || row.idXor != Hexadecimal.digits(xor)
            {
                return "\(row.name): learned \(row.idCount) of \(count), sum \(row.idSum)"
            }
        }
        return nil
    }

    @Test func nothingAcknowledgedIsLostWhateverHappens() {
        for index in 0..<Self.states {
            let seed = Self.firstSeed + UInt64(index)
            if let problem = live(seed) { Issue.record("seed \(seed): \(problem)") }
        }
        print("random lives: \(Self.states), seeds from \(Self.firstSeed)")
    }
}

/// A producer whose frames are a function of their sequence: samples with labels, or (late)
/// samples without, every third number being the label of a sample a little before it.
final class LabellingProducer {
    let name: String
    let script: SampleScript
    let count: UInt64
    let isLate: Bool
    private var peer: Int
    private(set) var epoch: UInt32 = 0
    private(set) var acknowledged: UInt64 = 0
    private var isWelcome = false
    private var next: UInt64 = 1
    private var limit: UInt64 = 0
    private var turns = 0

    init(name: String, script: SampleScript, count: UInt64, peer: Int, isLate: Bool) {
        self.name = name
        self.script = script
        self.count = count
        self.peer = peer
        self.isLate = isLate
    }

    var isDone: Bool { acknowledged >= count }

    func reconnect(peer: Int) {
        self.peer = peer
        isWelcome = false
        turns = 0
    }

    func turn(_ transport: LoopbackTransport, _ generator: inout SplitMix64) {
        while let frame = transport.take(peer: peer) { hear(frame) }
        turns += 1
        if !isWelcome {
            if turns % 30 == 1 { transport.put(.ingest, peer: peer, greeting) }
        } else if next <= count, next <= limit {
            // Now and then a frame is lost, or comes twice.
            let copies = [1, 1, 1, 1, 1, 1, 0, 2][Int(generator.next() % 8)]
            for _ in 0..<copies { transport.put(.ingest, peer: peer, frame(next)) }
            next += 1
        } else if !isDone, turns % 20 == 0 {
            // The last frames may be lost, and no gap tells.
            if turns % 100 == 0 { isWelcome = false }
            transport.put(
                .ingest, peer: peer, ScriptedProducer.frame(.flush, 1, epoch, 0, [], []))
        }
    }

    private var greeting: [UInt8] {
        let text = Array(name.utf8)
        let body = [UInt8](repeating: 0, count: 8) + [UInt8(text.count), 0] + text
        return ScriptedProducer.frame(.hello, 0, epoch, 0, [], body)
    }

    private func frame(_ sequence: UInt64) -> [UInt8] {
        guard isLate else {
            return WrongFrame.sample(
                epoch, sequence, script.features(sequence), label: script.label(sequence))
        }
        guard sequence % 3 == 0 else {
            return WrongFrame.sample(
                epoch, sequence, script.features(sequence), flags: FrameFlags(elementType: .f32))
        }
        // Some of these were labelled before, some are labels themselves, some never were.
        let back = StreamSection.scrambled(sequence) % 6
        let sample = sequence > back ? sequence - 1 - back : 0
        var body: [UInt8] = []
        withUnsafeBytes(of: sample.littleEndian) { body += $0 }
        withUnsafeBytes(of: script.label(sample).littleEndian) { body += $0 }
        return ScriptedProducer.frame(.labels, sequence, epoch, 1, .labels, body)
    }

    private func hear(_ frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            guard let (header, body) = try? Frame.decode(bytes) else { return }
            if let welcome = try? Welcome.decode(header, body), welcome.epoch >= epoch {
                (epoch, next, limit) = (welcome.epoch, welcome.next, welcome.limit)
                acknowledged = max(acknowledged, welcome.durable)
                isWelcome = true
            } else if let ack = try? Ack.decode(header, body), ack.epoch == epoch {
                (acknowledged, limit) = (max(acknowledged, ack.durable), max(limit, ack.limit))
            } else if let credit = try? Credit.decode(header, body) {
                limit = max(limit, credit.limit)
            } else if let nack = try? Nack.decode(header, body) {
                if nack.reason == .sequenceGap || nack.reason == .noCredit { next = nack.expected }
                if nack.reason == .readOnly || nack.reason == .notReady { isWelcome = false }
            } else if header.type == .reset {
                isWelcome = false
            }
        }
    }
}
