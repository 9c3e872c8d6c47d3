// Drift inside a whole daemon, its three loops in one thread over a simulated disk.

import Daemon
import Learning
import MillraceProtocol
import Simulation
import Testing

@Suite struct DriftDaemonTests {
    private func scene(_ response: DriftResponse, isPipelined: Bool = false) -> GuardScene {
        let scene = GuardScene(wrongness: .shifted, isPipelined: isPipelined)
        scene.rig.configuration.drift = DriftSettings(
            detector: .adwin(AdaptiveWindowSettings()), response: response)
        return scene
    }

    @Test(arguments: [false, true])
    func anAlarmIsInStatusLogAndGenerations(_ isPipelined: Bool) throws {
        let scene = scene(.raiseRate(factor: 2, samples: 300), isPipelined: isPipelined)
        let status = try #require(scene.run())
        let drift = try #require(status.drift)
        #expect(drift.detector == "adwin" && drift.onAlarm == "raise-rate")
        let newest = try #require(drift.newest)
        #expect(drift.alarms >= 1 && newest.number == drift.alarms)
        #expect(newest.sample > 5_000 && newest.lossAfter > newest.lossBefore)
        let own = try #require(status.producers.first?.drift)
        #expect(own.newest == newest)
        let lines = scene.rig.events.all.map(\.line).filter { $0.hasPrefix("event=drift_alarm") }
        #expect(lines.count == Int(drift.alarms))
        #expect(lines.first?.contains(" response=raise-rate") == true, "\(lines)")
        let reply = try #require(
            scene.rig.ask(
                ControlRequest(command: .generations), door: .query, GenerationsReply.self))
        #expect(reply.generations.first?.driftAlarms == drift.alarms)
        #expect(reply.generations.last?.driftAlarmsSince == nil)
        for (newer, older) in zip(reply.generations, reply.generations.dropFirst())
        where newer.restoredFrom == 0 {
            let (now, before) = (newer.driftAlarms ?? 0, older.driftAlarms ?? 0)
            #expect(newer.driftAlarmsSince == now - before)
        }
        #expect(scene.isExactlyOnce(status))
    }

    @Test func withoutADetectorNothingIsSaid() throws {
        let status = try #require(GuardScene(wrongness: .shifted).run())
        #expect(status.drift == nil && status.producers.first?.drift == nil)
    }

    /// The comparison begins with the alarm, before the figure has fallen.
    @Test func theGuardIsAsked() throws {
        let scene = scene(.askGuard)
        let status = try #require(scene.run())
        let history = scene.history().reversed()
        let asked = try #require(history.first { $0.event == "asked" })
        let fall = history.first { $0.event == "fall" }
        #expect(fall.map { $0.from >= asked.from } ?? true, "\(history)")
        #expect(asked.why.contains("loss rose") && (asked.to ?? 0) > 0)
        #expect(scene.isExactlyOnce(status))
    }
}
