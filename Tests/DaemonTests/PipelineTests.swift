// The junction pipeline in the daemon: samples under way are learned and acknowledged, survive a kill
// and a rollback, and the schedule is part of what a state is.

import Daemon
import MillraceProtocol
import Simulation
import Testing

@Suite struct PipelineTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 71)
    /// Junctions of the rig's network.
    static let junctionCount: UInt64 = 2

    private func stream(_ rig: DaemonRig, _ name: String, _ count: UInt64, peer: Int) {
        let producer = ScriptedProducer(name: name, script: script, count: count, peer: peer)
        rig.run(turns: 4_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        #expect(producer.isDone)
    }

    @Test(arguments: [1, 2, 3, 30] as [UInt64])
    func samplesUnderWayAreLearnedAndCounted(_ count: UInt64) throws {
        let rig = DaemonRig(
            storage: SimulatedDisk(seed: 3), directory: "/state", isPipelined: true)
        try rig.boot()
        stream(rig, "p", count, peer: 1)
        let before = try #require(rig.status())
        #expect(before.producers.first?.learned == count)
        #expect(before.producers.first?.durable == count)
        #expect(before.inFlight == Int(min(count, 2 * Self.junctionCount - 1)))
        #expect(before.samples == count)
        rig.kill()
        try rig.boot()
        let after = try #require(rig.status())
        #expect(after.stateDigest == before.stateDigest)
        #expect(after.inFlight == before.inFlight && after.samples == before.samples)
    }

    /// What was under way in the old generation is under way again, and nothing else.
    @Test func aRollbackTakesTheRegistersBack() throws {
        let rig = DaemonRig(
            storage: SimulatedDisk(seed: 3), directory: "/state", commitSequences: 5,
            isPipelined: true)
        try rig.boot()
        stream(rig, "p", 20, peer: 1)
        let early = try #require(rig.status())
        stream(rig, "q", 5, peer: 2)
        let late = try #require(rig.status())
        #expect(late.stateDigest != early.stateDigest)
        let reply = rig.ask(
            ControlRequest(command: .rollback, generation: early.generation), door: .admin,
            RollbackReply.self)
        #expect(reply != nil)
        let back = try #require(rig.status())
        #expect(back.stateDigest == early.stateDigest)
        #expect(back.inFlight == 3 && back.samples == early.samples)
        #expect(back.producers.allSatisfy { $0.balances })
    }

    @Test(arguments: [false, true]) func anotherScheduleIsAnotherState(_ first: Bool) throws {
        let disk = SimulatedDisk(seed: 3)
        let rig = DaemonRig(storage: disk, directory: "/state", isPipelined: first)
        try rig.boot()
        stream(rig, "p", 10, peer: 1)
        #expect(rig.status()?.inFlight == (first ? 3 : 0))
        rig.kill()
        let other = DaemonRig(storage: disk, directory: "/state", isPipelined: !first)
        do throws(StartError) {
            try other.boot()
            Issue.record("a state of the other schedule was taken")
        } catch {
            #expect(error.exitCode == 78)
            #expect("\(error)".contains("schedule pipeline"), "\(error)")
        }
        try rig.boot()
        #expect(rig.status()?.producers.first?.learned == 10)
    }
}
