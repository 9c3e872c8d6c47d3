// Control requests that come too often or at a bad moment: memory stays bounded, and no order of
// requests stops the commits.

import Daemon
import MillraceProtocol
import Platform
import Testing

@Suite struct ControlDoorTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 51)

    private func request(_ command: ControlCommand) -> [UInt8] {
        let json = (try? ControlCodec.encode(ControlRequest(command: command))) ?? []
        return ScriptedProducer.frame(.request, 5, 0, 0, [], json)
    }

    @Test func listingsThatPileUpAreRefused() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        for _ in 0..<100 { rig.transport.put(.query, peer: 4, request(.checkpoints)) }
        for _ in 0..<5 { _ = rig.daemon?.stepNetwork() }
        var refused = 0
        while rig.transport.take(peer: 4) != nil { refused += 1 }
        #expect(refused == 92)
        // They do not keep the operator away.
        let saved = rig.ask(
            ControlRequest(command: .checkpointSave, name: "one"), door: .admin,
            CheckpointReply.self)
        #expect(saved?.checkpoint.name == "one")
    }

    @Test func aHoldAndARollbackLeaveASlotForTheCommit() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(
            storage: LinuxStorage(), directory: directory.path, commitSequences: 400)
        try rig.boot()
        let producer = ScriptedProducer(
            name: "p", script: script, count: 12_000, batch: 40, peer: 1)
        rig.run(turns: 40_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        // All five slots are durable now, one of them held, one the candidate.
        let listed = rig.ask(
            ControlRequest(command: .generations), door: .query, GenerationsReply.self)
        let reply = try #require(listed)
        let free = reply.generations.filter {
            $0.state == "durable" && !$0.held && $0.generation != reply.newest && $0.pins == 0
        }
        #expect(reply.generations.contains { $0.held })
        #expect(free.count == 2)
        let (young, old) = (try #require(free.first), try #require(free.last))
        let held = rig.ask(
            ControlRequest(command: .hold, generation: young.generation), door: .admin,
            HoldReply.self)
        #expect(held?.held == young.generation)
        let answer = rig.ask(
            ControlRequest(command: .rollback, generation: old.generation), door: .admin,
            RollbackReply.self)
        #expect(answer?.restoredFrom == old.generation)
    }
}
