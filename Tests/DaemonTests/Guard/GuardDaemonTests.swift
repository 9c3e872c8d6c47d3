// The guard inside a whole daemon, its three loops in one thread over a simulated disk.

import Arithmetic
import Daemon
import Learning
import MillraceProtocol
import Simulation
import Testing
import WeightStore

@Suite struct GuardDaemonTests {
    @Test func poisonIsUndoneAndEverySampleStaysDecidedOnce() throws {
        let scene = GuardScene()
        let status = try #require(scene.run())
        let guardian = try #require(status.guardian)
        #expect(guardian.falls >= 1 && guardian.drifts == 0)
        #expect(guardian.rollbacks == 1)
        #expect(guardian.undone > 2_000)
        #expect(guardian.answersFrom == nil)
        #expect(scene.isExactlyOnce(status))
        let text = String(decoding: scene.disk.contents("/state/audit.jsonl") ?? [], as: UTF8.self)
        #expect(text.contains("\"event\":\"fall\""))
        #expect(text.contains("\"by\":\"guard\",\"event\":\"rollback\""))
        let entry = try #require(scene.history().first { $0.event == "rollback" })
        #expect(entry.generation != nil && (entry.to ?? 0) < entry.from)
        #expect(scene.rollbacks == 1)
    }

    /// Labels that are wrong in one way are learned, and undone when they end.
    @Test func shiftedLabelsAreTakenForDriftAndUndoneAfterwards() throws {
        let scene = GuardScene(wrongness: .shifted)
        let status = try #require(scene.run())
        let guardian = try #require(status.guardian)
        #expect(guardian.drifts >= 1 && guardian.rollbacks == 1, "\(guardian)")
        #expect(scene.isExactlyOnce(status))
    }

    @Test func aStuckLabelIsUndone() throws {
        let scene = GuardScene(wrongness: .stuck)
        let status = try #require(scene.run())
        let guardian = try #require(status.guardian)
        #expect(guardian.falls >= 1 && guardian.rollbacks == 1, "\(guardian)")
        #expect(scene.history().contains { $0.why.contains("one label") })
        #expect(scene.isExactlyOnce(status))
    }

    @Test func thePipelineIsUndoneToo() throws {
        let scene = GuardScene(isPipelined: true)
        let status = try #require(scene.run())
        #expect(status.guardian?.rollbacks == 1)
        #expect(scene.isExactlyOnce(status))
    }

    @Test(arguments: [SampleScript.Target.value, .none])
    func targetsOutOfOrderAreUndone(_ target: SampleScript.Target) throws {
        let scene = GuardScene(target: target)
        let status = try #require(scene.run())
        let guardian = try #require(status.guardian)
        #expect(guardian.falls >= 1 && guardian.drifts == 0, "\(guardian)")
        #expect(guardian.rollbacks == 1, "\(guardian)")
        #expect(scene.isExactlyOnce(status))
    }

    /// Samples first, labels later: what is compared is what waited.
    @Test func lateLabelsAreComparedAndUndone() throws {
        let scene = GuardScene(poison: 27_001..<36_001, pendingCapacity: 6)
        let producer = LabellingProducer(
            name: "p", script: scene.script, count: 42_000, peer: 1, isLate: true)
        var generator = SplitMix64(seed: 5)
        try scene.rig.boot()
        scene.rig.run(turns: 400_000) {
            producer.turn(scene.rig.transport, &generator)
            return producer.isDone
        }
        let status = try #require(scene.rig.status())
        let row = try #require(status.producers.first)
        #expect(producer.isDone && row.balances)
        #expect(row.learned == row.labels && row.idCount == row.learned)
        #expect(row.learned + row.pending + row.expired == producer.count / 3 * 2)
        #expect(status.guardian?.rollbacks == 1, "\(row.learned)")
    }

    @Test func withoutPoisonTheBytesAreThoseWithoutTheGuard() throws {
        for target in [SampleScript.Target.classes, .value, .none] {
            let digests = [true, false].map {
                GuardScene(poison: 0..<0, target: target, isOn: $0).run()?.stateDigest
            }
            #expect(digests[0] != nil && digests[0] == digests[1], "\(target)")
        }
    }

    @Test func onFallNothingUndoesNothing() throws {
        let scene = GuardScene(isOn: false)
        let status = try #require(scene.run())
        let guardian = try #require(status.guardian)
        #expect(guardian.state == "off" && guardian.falls == 0 && guardian.rollbacks == 0)
        #expect(scene.rollbacks == 0 && scene.isExactlyOnce(status))
        // The poison is there: what is learned is not what clean labels teach.
        #expect(status.stateDigest != GuardScene(poison: 0..<0).run()?.stateDigest)
    }

    @Test func aReloadTurnsItOffAndOn() throws {
        let scene = GuardScene()
        let rig = scene.rig
        try rig.boot()
        for isOn in [false, true] {
            var settings = HotSettings(
                rig.settings, learningRate: rig.configuration.learningRate)
            settings.learnerGuard = GuardSettings(isOn: isOn, margin: 0.03, patience: 9_000)
            rig.daemon?.apply(settings, ReloadReport())
            rig.run(turns: 3) { false }
            #expect((rig.status()?.guardian?.state == "off") != isOn)
        }
    }

    /// The disk dies at every operation around the rollback.
    @Test func aCrashAtAnyStepOfTheRollbackLosesNothing() throws {
        let scene = GuardScene()
        var first = 0
        _ = scene.run {
            if first == 0, scene.rollbacks > 0 { first = scene.disk.operationCount }
            return false
        }
        try #require(first > 0)
        let modes = RestartMode.allCases
        for operation in (first - 8)..<(first + 4) {
            let mode = modes[operation % modes.count]
            let scene = GuardScene(
                disk: SimulatedDisk(seed: 1, fault: DiskFault(.crash, at: operation)))
            let status = scene.run(restart: mode)
            #expect(scene.isExactlyOnce(status), "operation \(operation), \(mode)")
            #expect(scene.disk.hasFaulted)
        }
    }

    /// Power cuts and kills anywhere, while the guard judges, undoes, and begins again.
    @Test func randomLivesWithTheGuardActingLoseNothing() throws {
        var rollbacks = 0
        var lives = 0
        for seed in UInt64(1)...16 {
            var random = SplitMix64(seed: seed)
            let fault = DiskFault(.crash, at: Int(150 + random.next() % 500))
            let scene = GuardScene(
                seed: 31 + seed, wrongness: seed % 3 == 0 ? .shifted : .random,
                isPipelined: seed % 4 == 0, disk: SimulatedDisk(seed: seed, fault: fault))
            let modes = RestartMode.allCases
            let status = scene.run(restart: modes[Int(seed) % modes.count]) {
                let isDead = random.next() % 400 == 0
                lives += isDead ? 1 : 0
                return isDead
            }
            #expect(scene.isExactlyOnce(status), "seed \(seed)")
            rollbacks += scene.rollbacks
        }
        print("random lives with the guard: 16 streams, \(lives) kills, \(rollbacks) rollbacks")
        #expect(rollbacks >= 8 && lives > 0)
    }

    /// Each life gets a weight that is not finite, then loses its power: what is found is finite.
    @Test(arguments: [SampleScript.Target.classes, .value, .none], [false, true])
    func notFiniteIsNeverDurable(_ target: SampleScript.Target, _ isPipelined: Bool) throws {
        let scene = GuardScene(poison: 0..<0, target: target, isPipelined: isPipelined)
        var random = SplitMix64(seed: 3)
        var done: UInt64 = 0
        for value in [Float.nan, .infinity, -.infinity, .signalingNaN] {
            let rig = scene.rig
            try rig.boot()
            let daemon = try #require(rig.daemon)
            let fields = weights(daemon)
            #expect(isFinite(daemon), "\(value)")
            done += 300
            let producer = ScriptedProducer(
                name: "p", script: scene.script, count: done, batch: 50, peer: Int(done))
            var turn = 0
            rig.run(turns: 4_000) {
                producer.turn(rig.transport)
                turn += 1
                if turn == 4 {
                    let field = fields[Int(random.next() % UInt64(fields.count))]
                    let index = Int(random.next() % UInt64(field.byteCount / 4))
                    (daemon.liveSection + field.offset)
                        .storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
                }
                return producer.isDone
            }
            #expect(producer.isDone)
            #expect((rig.status()?.guardian?.notFinite ?? 0) >= 1, "\(value)")
            rig.kill()
            scene.disk.restart(.dropUnsynchronized)
        }
        try scene.rig.boot()
        #expect(isFinite(try #require(scene.rig.daemon)))
    }

    private func weights(_ daemon: Daemon) -> [SectionField] {
        daemon.liveLayout.section.fields.filter {
            $0.name.hasPrefix("junction.") && $0.element == .f32
        }
    }

    private func isFinite(_ daemon: Daemon) -> Bool {
        weights(daemon).allSatisfy { field in
            (0..<(field.byteCount / 4)).allSatisfy {
                (daemon.liveSection + field.offset)
                    .load(fromByteOffset: 4 * $0, as: Float.self).isFinite
            }
        }
    }

    @Test func weightsThatAreNotFiniteNeverBecomeAGeneration() throws {
        let disk = SimulatedDisk(seed: 1)
        let rig = GuardScene(isOn: false, disk: disk).rig
        try rig.boot()
        let daemon = try #require(rig.daemon)
        let field = try #require(
            daemon.liveLayout.section.fields.first { $0.name.contains("weight") })
        let before = daemon.newestGeneration
        (daemon.liveSection + field.offset).storeBytes(of: Float.nan, as: Float.self)
        let producer = ScriptedProducer(
            name: "p", script: GuardScene(poison: 0..<0).script, count: 300, batch: 50, peer: 1)
        rig.run(turns: 4_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        let status = try #require(rig.status())
        #expect(status.guardian?.notFinite == 1)
        let entry = rig.ask(ControlRequest(command: .guardian), door: .query, GuardReply.self)?
            .history.first { $0.event == "rollback" }
        #expect(entry?.why == "a weight was not a finite number")
        #expect((entry?.to ?? 0) >= before)
        let value = (daemon.liveSection + field.offset).load(as: Float.self)
        #expect(value.isFinite)
        #expect(producer.isDone)
    }

    @Test func anAuditFileThatCannotBeWrittenStopsNothing() throws {
        let disk = SimulatedDisk(seed: 1)
        let rig = GuardScene(disk: disk).rig
        try rig.boot()
        let generation = try #require(rig.daemon).newestGeneration
        disk.setContents("/state/audit.jsonl", Array("half a li".utf8))
        disk.arm(DiskFault(.inputOutputOnce, at: disk.operationCount + 3))
        let held = rig.ask(
            ControlRequest(command: .hold, generation: generation), door: .admin, HoldReply.self)
        #expect(held?.held == generation)
        _ = rig.status()
        let again = rig.ask(
            ControlRequest(command: .hold, generation: generation), door: .admin, HoldReply.self)
        #expect(again?.held == generation)
        let reply = rig.ask(ControlRequest(command: .guardian), door: .query, GuardReply.self)
        #expect(reply?.history.filter { $0.event == "hold" && $0.by == "admin" }.count == 2)
        #expect(rig.daemon?.isReadOnly == false)
    }
}
