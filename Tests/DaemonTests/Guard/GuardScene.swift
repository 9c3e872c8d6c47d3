// One stream through a daemon with its guard, over a simulated disk: 8,000 samples, of which 2,000
// have wrong labels. The rate is low, so that what was learned wrong is not forgotten within the
// few hundred samples that evidence takes.

import Daemon
import Learning
import MillraceProtocol
import Simulation

/// A daemon, its disk, and what the stream is like.
struct GuardScene {
    static let count: UInt64 = 8_000
    static let poison: Range<UInt64> = 5_001..<7_001

    let disk: SimulatedDisk
    let rig: DaemonRig
    var script: SampleScript

    init(
        poison: Range<UInt64> = Self.poison, seed: UInt64 = 31,
        target: SampleScript.Target = .classes,
        wrongness: SampleScript.Wrongness = .random, isOn: Bool = true, isPipelined: Bool = false,
        pendingCapacity: Int = 0, disk: SimulatedDisk = SimulatedDisk(seed: 1)
    ) {
        self.disk = disk
        script = SampleScript(featureCount: 5, classCount: 3, seed: seed, poison: poison)
        script.target = target
        script.wrongness = wrongness
        rig = DaemonRig(
            storage: disk, directory: "/state", pendingCapacity: pendingCapacity,
            commitSequences: 100, isPipelined: isPipelined)
        rig.configuration.learningRate = 0.02
        rig.settings.learnerGuard.isOn = isOn
        guard target != .classes else { return }
        rig.configuration.task =
            target == .value ? .regression(targetCount: 1) : .forecast(steps: 1)
        rig.configuration.outputActivation = .identity
        rig.configuration.loss = .squaredError
    }

    /// The stream to its end, through as many lives as it takes; nil when it does not end.
    ///
    /// - dies: asked at each turn whether the process is to end there
    func run(restart: RestartMode = .dropUnsynchronized, dies: () -> Bool = { false })
        -> StatusReply?
    {
        let producer = ScriptedProducer(
            name: "p", script: script, count: Self.count, batch: 50, peer: 1)
        var peer = 1
        var starts = 0
        for _ in 0..<60_000 where !producer.isDone {
            if rig.daemon == nil {
                do {
                    try rig.boot()
                } catch {
                    starts += 1
                    if starts > 3 { return nil }
                    disk.restart(restart)
                    continue
                }
                peer += 1
                producer.reconnect(peer: peer)
            }
            producer.turn(rig.transport)
            _ = rig.daemon?.stepNetwork()
            _ = rig.daemon?.stepLearner()
            _ = rig.daemon?.stepStorage()
            rig.clock.advance(milliseconds: 1)
            if disk.hasCrashed || dies() {
                let mode = disk.hasCrashed ? restart : .processKilled
                rig.kill()
                disk.restart(mode)
            }
        }
        return producer.isDone ? rig.status() : nil
    }

    /// Lines of the log about rollbacks by the guard, of all lives.
    var rollbacks: Int {
        rig.events.all.count { $0.line.hasPrefix("event=rollback by=guard") }
    }

    /// Every sample in the learned set exactly once, whatever was undone in the weights.
    func isExactlyOnce(_ status: StatusReply?) -> Bool {
        guard let row = status?.producers.first(where: { $0.name == "p" }) else { return false }
        let count = Self.count
        let xor = (1...count).reduce(UInt64(0)) { $0 ^ StreamSection.scrambled($1) }
        return row.balances && row.idCount == count && row.learned == count
            && row.idSum == Hexadecimal.digits(count * (count + 1) / 2)
            && row.idXor == Hexadecimal.digits(xor)
    }

    /// The newest entries of the record.
    func history() -> [AuditEntry] {
        rig.ask(ControlRequest(command: .guardian), door: .query, GuardReply.self)?.history ?? []
    }
}
