// `forget`: a name gives up its place, durably, and nobody can mistake what comes after it.

import Daemon
import Learning
import MillraceProtocol
import Platform
import Simulation
import Testing

@Suite struct ForgetTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 52)

    /// A daemon with three places, and producers a, b and c that filled them.
    private func full(_ rig: DaemonRig) -> [ScriptedProducer] {
        let producers = ["a", "b", "c"].enumerated().map {
            ScriptedProducer(name: $1, script: script, count: 120, peer: $0 + 1)
        }
        rig.run {
            producers.forEach { $0.turn(rig.transport) }
            return producers.allSatisfy(\.isDone)
        }
        #expect(producers.allSatisfy { $0.isDone })
        return producers
    }

    /// The reply to `forget name`, or the reason against it.
    private func forget(_ name: String?, _ rig: DaemonRig) -> Result<ForgetReply, ControlError> {
        rig.answer(
            ControlRequest(command: .forget, name: name), door: .admin, ForgetReply.self)
    }

    private func reason(_ result: Result<ForgetReply, ControlError>) -> RefusalReason? {
        guard case .failure(.refused(let reason, _)) = result else { return nil }
        return reason
    }

    /// Runs a producer until it is done or refused.
    private func run(_ producer: ScriptedProducer, _ rig: DaemonRig) {
        rig.run(turns: 4_000) {
            producer.turn(rig.transport)
            return producer.isDone || !producer.nacks.isEmpty
        }
    }

    @Test func aForgottenNameMakesRoomAndIsForgottenAfterAPowerCut() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        _ = full(rig)
        rig.clock.advance(milliseconds: 10_000)
        let reply = try forget("b", rig).get()
        #expect(reply == ForgetReply(forgotten: "b", freePlaces: 1))
        #expect(rig.status()?.producers.map(\.name) == ["a", "c"])
        #expect(rig.status()?.samples == 360)
        rig.run(turns: 10) { false }
        let record = rig.ask(ControlRequest(command: .guardian), door: .admin, GuardReply.self)
        let entry = try #require(record?.history.first)
        #expect(entry.event == "forget" && entry.by == "admin" && entry.producer == "b")
        #expect(entry.why.contains("producer b gave up"))
        rig.kill()
        try rig.boot()
        #expect(rig.status()?.producers.map(\.name) == ["a", "c"])

        let fourth = ScriptedProducer(name: "d", script: script, count: 50, peer: 9)
        run(fourth, rig)
        #expect(fourth.isDone)
        let status = try #require(rig.status())
        #expect(status.producers.map(\.name) == ["a", "d", "c"])
        #expect(status.producers.map(\.learned) == [120, 50, 120])
        #expect(status.producers.allSatisfy { $0.balances })
        #expect(status.producers[1].figures.samples == 50)
    }

    @Test func noEpochIsGivenTwice() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        let old = full(rig)[1]
        rig.clock.advance(milliseconds: 10_000)
        _ = try forget("b", rig).get()
        // Its spool is refused while the name has no place …
        let early = ScriptedProducer(resuming: old, peer: 21)
        run(early, rig)
        #expect(early.nacks.map(\.reason) == [.unknownEpoch])
        // … and when another producer has its row, and when the name has another.
        let fourth = ScriptedProducer(name: "d", script: script, count: 30, peer: 22)
        run(fourth, rig)
        rig.clock.advance(milliseconds: 10_000)
        _ = try forget("a", rig).get()
        let again = ScriptedProducer(name: "b", script: script, count: 30, peer: 23)
        run(again, rig)
        #expect(again.isDone && fourth.isDone)
        #expect(again.epoch > fourth.epoch && fourth.epoch > old.epoch + 1)
        let late = ScriptedProducer(resuming: old, peer: 24)
        run(late, rig)
        #expect(late.nacks.map(\.reason) == [.fenced])
        #expect(rig.status()?.samples == 420)
    }

    @Test func aProducerThatWasJustHeardOrHasSamplesUnderWayIsKept() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        _ = full(rig)
        #expect(reason(forget("b", rig)) == .notReady)
        #expect(reason(forget("nobody", rig)) == .notFound)
        #expect(reason(forget("no name", rig)) == .badRequest)
        #expect(reason(forget(nil, rig)) == .badRequest)
        #expect(rig.status()?.producers.count == 3)

        let more = ScriptedProducer(name: "b", script: script, count: 200, peer: 2)
        for _ in 0..<200 where more.next <= 15 {
            more.turn(rig.transport)
            _ = rig.daemon?.stepNetwork()
            if !more.isWelcome { rig.run(turns: 1) { false } }
        }
        #expect(more.next > 15 && more.acknowledged == 0)
        rig.clock.advance(milliseconds: 11_000)
        let asked = rig.answer(
            ControlRequest(command: .forget, name: "b"), door: .admin, ForgetReply.self,
            turns: 0, networkTurns: 3)
        #expect(reason(asked) == .notReady)
    }

    @Test func onlyTheAdminDoorTakesIt() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        _ = full(rig)
        rig.clock.advance(milliseconds: 10_000)
        let asked = rig.answer(
            ControlRequest(command: .forget, name: "b"), door: .query, ForgetReply.self)
        #expect(reason(asked) == .notAllowed)
        #expect(rig.status()?.producers.count == 3)
    }

    /// The disk's operations while `forget` was carried out, or what was wrong after the power cut
    /// in one of them.
    private func forgetOnce(
        seed: UInt64, fault: DiskFault?, restart: RestartMode
    ) throws -> (operations: Range<Int>, problem: String?) {
        let disk = SimulatedDisk(seed: seed, directories: [], fault: fault)
        let rig = DaemonRig(storage: disk, directory: "/state")
        try rig.boot()
        _ = full(rig)
        rig.clock.advance(milliseconds: 10_000)
        let before = try #require(rig.status())
        let begin = disk.operationCount
        let result = forget("b", rig)
        let operations = begin..<disk.operationCount
        let isForgotten = (try? result.get()) != nil
        rig.kill()
        disk.restart(restart)
        try rig.boot()
        let after = try #require(rig.status())
        let names = after.producers.map(\.name)
        if names == ["a", "c"], after.samples == 360 { return (operations, nil) }
        if isForgotten { return (operations, "forgotten, then \(names)") }
        let isWhole = names == ["a", "b", "c"] && after.stateDigest == before.stateDigest
        return (operations, isWhole ? nil : "half of it: \(names)")
    }

    @Test func aPowerCutForgetsItWhollyOrNotAtAll() throws {
        let clean = try forgetOnce(seed: 1, fault: nil, restart: .keepAll)
        #expect(clean.problem == nil && clean.operations.count >= 2)
        for operation in clean.operations {
            for restart in RestartMode.allCases {
                for seed in UInt64(1)...4 {
                    let ending = try forgetOnce(
                        seed: seed, fault: DiskFault(.crash, at: operation), restart: restart)
                    #expect(
                        ending.problem == nil, "operation \(operation), \(restart), seed \(seed)")
                }
            }
        }
    }
}
