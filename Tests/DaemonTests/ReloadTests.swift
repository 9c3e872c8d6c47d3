// Settings that change under a running daemon, and loops that stop moving: the three loops turn by
// turn in one thread.

import Arithmetic
import Daemon
import MillraceProtocol
import Platform
import Testing

@Suite struct ReloadTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 11)

    private func rig(_ directory: ScratchDirectory) throws -> DaemonRig {
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        return rig
    }

    private func run(_ producer: ScriptedProducer, _ rig: DaemonRig) {
        rig.run {
            producer.turn(rig.transport)
            return producer.isDone
        }
    }

    private func hot(_ rig: DaemonRig) -> HotSettings {
        HotSettings(rig.settings, learningRate: rig.configuration.learningRate)
    }

    /// The state after 300 samples with one rate and 300 with another.
    private func digest(
        _ first: Float, _ second: Float, isReloaded: Bool = true
    ) throws -> String {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        rig.configuration.learningRate = first
        try rig.boot()
        run(ScriptedProducer(name: "p", script: script, count: 300, peer: 1), rig)
        if isReloaded {
            var settings = hot(rig)
            settings.learningRate = second
            rig.daemon?.apply(settings, ReloadReport())
            rig.run(turns: 2) { false }
            #expect(rig.daemon?.isReloaded == true)
        } else {
            rig.kill()
            rig.configuration.learningRate = second
            try rig.boot()
        }
        run(ScriptedProducer(name: "q", script: script, count: 300, peer: 2), rig)
        return try #require(rig.status()).stateDigest
    }

    @Test func aNewRateLearnsAsAfterARestartWithIt() throws {
        let changed = try digest(0.05, 0.4)
        #expect(try digest(0.05, 0.4, isReloaded: false) == changed)
        #expect(try digest(0.05, 0.05) != changed)
        #expect(try digest(0.4, 0.4) != changed)
    }

    @Test func producersThatMayNotAnyMoreAreRefused() throws {
        let directory = ScratchDirectory()
        let rig = try rig(directory)
        let kept = ScriptedProducer(name: "kept", script: script, count: 40, peer: 1)
        let gone = ScriptedProducer(name: "gone", script: script, count: 40, peer: 2)
        run(kept, rig)
        run(gone, rig)
        var settings = hot(rig)
        settings.allowedProducers = ["kept"]
        rig.daemon?.apply(settings, ReloadReport())
        rig.run(turns: 5) { false }
        for producer in [kept, gone] {
            rig.transport.put(
                .ingest, peer: producer.peer,
                ScriptedProducer.samples(script, epoch: producer.epoch, first: 41, count: 5))
        }
        rig.run(turns: 200) { false }
        let status = try #require(rig.status())
        #expect(status.producers.map(\.learned) == [45, 40])
        gone.reconnect(peer: 3)
        for _ in 0..<200 {
            gone.turn(rig.transport)
            rig.run(turns: 2) { false }
        }
        #expect(!gone.isWelcome && gone.nacks.last?.reason == .unknownProducer)
        // And let in again.
        settings.allowedProducers = nil
        rig.daemon?.apply(settings, ReloadReport())
        gone.reconnect(peer: 4)
        for _ in 0..<200 {
            gone.turn(rig.transport)
            rig.run(turns: 2) { false }
        }
        #expect(gone.isWelcome)
    }

    @Test func statusTellsOfTheNewestReload() throws {
        let directory = ScratchDirectory()
        let rig = try rig(directory)
        let before = try #require(rig.status())
        #expect(before.reload == nil)
        rig.daemon?.apply(nil, ReloadReport(error: "line 3"))
        let change = SettingChange(key: "ring.slots", before: "4", after: "6")
        rig.run(turns: 2) { false }
        rig.daemon?.apply(nil, ReloadReport(needsRestart: [change]))
        rig.run(turns: 3_000) { false }
        let status = try #require(rig.status())
        let reload = try #require(status.reload)
        #expect(reload.count == 2 && reload.error == nil && reload.needsRestart == [change])
        #expect(reload.secondsAgo > 2.5 && reload.secondsAgo < 4)
    }

    /// Which loops turn, and whether the service manager is told that all is well.
    @Test(arguments: [
        [true, true, true], [false, true, true], [true, false, true],
        [true, true, false],
    ])
    func aStuckLoopEndsTheFeeding(moves: [Bool]) throws {
        let directory = ScratchDirectory()
        let rig = try rig(directory)
        let daemon = try #require(rig.daemon)
        var watchdog = try #require(
            Watchdog(
                environment: ["WATCHDOG_USEC": "300000"], processIdentifier: 1,
                now: rig.clock.nowNanoseconds))
        let producer = ScriptedProducer(name: "p", script: script, count: 10_000, peer: 1)
        var feeds = 0
        for round in 0..<2_000 {
            // Half a second in, some of the loops stop.
            let isHealthy = round < 500
            if round == 500 { feeds = 0 }
            producer.turn(rig.transport)
            if isHealthy || moves[0] { _ = daemon.stepNetwork() }
            if isHealthy || moves[1] { _ = daemon.stepLearner() }
            if isHealthy || moves[2] { _ = daemon.stepStorage() }
            rig.clock.advance(milliseconds: 1)
            let turns = [daemon.turns.network, daemon.turns.learner, daemon.turns.storage]
            if watchdog.look(at: turns, now: rig.clock.nowNanoseconds) == .feed { feeds += 1 }
        }
        if moves == [true, true, true] {
            #expect(feeds == 15)
        } else {
            // At most the one for what still moved before.
            #expect(feeds <= 1)
        }
    }
}
