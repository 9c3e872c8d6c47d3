// Samples through the whole daemon, over doors without sockets: learned once each, acknowledged
// when durable, the same bytes whatever happens in between.

import Arithmetic
import Daemon
import MillraceProtocol
import Platform
import Testing
import WeightStore

@Suite struct StreamingTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 11)

    /// Streams `count` samples, dying and starting again after each of `deaths` turns.
    private func digest(count: UInt64, batch: UInt64, deaths: [Int]) throws -> String {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        var generator = SplitMix64(seed: 5)
        let producer = ScriptedProducer(
            name: "p", script: script, count: count, batch: batch, peer: 1)
        var turns = 0
        var deaths = deaths[...]
        var peer = 1
        while !producer.isDone, turns < 100_000 {
            producer.turn(rig.transport)
            rig.turn(&generator)
            turns += 1
            if let next = deaths.first, turns >= next {
                deaths.removeFirst()
                rig.kill()
                try rig.boot()
                peer += 1
                producer.reconnect(peer: peer)
            }
        }
        #expect(producer.isDone)
        let status = try #require(rig.status())
        let row = try #require(status.producers.first)
        #expect(row.learned == count)
        #expect(row.idCount == count)
        #expect(row.idSum == Hexadecimal.digits(count * (count + 1) / 2))
        #expect(row.balances)
        return status.stateDigest
    }

    @Test func everySampleIsLearnedOnceAndAcknowledged() throws {
        _ = try digest(count: 1_000, batch: 7, deaths: [])
    }

    @Test func resumeIsContinue() throws {
        let whole = try digest(count: 1_500, batch: 7, deaths: [])
        #expect(try digest(count: 1_500, batch: 7, deaths: [200]) == whole)
        #expect(try digest(count: 1_500, batch: 13, deaths: [50, 90, 300, 1_111, 1_500]) == whole)
        #expect(try digest(count: 1_501, batch: 7, deaths: []) != whole)
    }

    @Test func anAcknowledgementNamesWhatIsDurable() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(
            storage: LinuxStorage(), directory: directory.path, commitSequences: 0)
        rig.settings.commit = CommitPolicy(sequences: 0, intervalNanoseconds: 0)
        try rig.boot()
        let producer = ScriptedProducer(name: "p", script: script, count: 30, peer: 1)
        for _ in 0..<200 {
            producer.turn(rig.transport)
            _ = rig.daemon?.stepNetwork()
            _ = rig.daemon?.stepLearner()
            if !producer.isWelcome { _ = rig.daemon?.stepStorage() }
        }
        // Everything is learned, a commit was ordered by FLUSH, but storage never took a turn.
        #expect(producer.next == 31)
        #expect(producer.acknowledged == 0)
        rig.run(turns: 10) { false }
        producer.turn(rig.transport)
        #expect(producer.acknowledged == 30)
    }

    @Test func severalProducersShareTheDaemon() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        var generator = SplitMix64(seed: 9)
        let producers = (1...3).map {
            ScriptedProducer(name: "p\($0)", script: script, count: UInt64(200 * $0), peer: $0)
        }
        for _ in 0..<60_000 where !producers.allSatisfy(\.isDone) {
            for producer in producers { producer.turn(rig.transport) }
            rig.turn(&generator)
        }
        #expect(producers.allSatisfy { $0.isDone })
        let status = try #require(rig.status())
        #expect(status.producers.map(\.learned) == [200, 400, 600])
        #expect(status.producers.allSatisfy { $0.balances })
        #expect(status.samples == 1_200)

        let fourth = ScriptedProducer(name: "p4", script: script, count: 1, peer: 9)
        for _ in 0..<50 {
            fourth.turn(rig.transport)
            rig.run(turns: 1) { false }
        }
        #expect(fourth.nacks.first?.reason == .producerTableFull)
    }

    @Test func rollbackWritesANewGenerationWithTheOldState() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        let producer = ScriptedProducer(name: "p", script: script, count: 400, peer: 1)
        rig.run(turns: 4_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        let listed = rig.ask(
            ControlRequest(command: .generations), door: .query, GenerationsReply.self)
        let generations = try #require(listed).generations.filter { $0.state == "durable" }
        let target = try #require(generations.dropFirst().first)
        let answer = rig.ask(
            ControlRequest(command: .rollback, generation: target.generation), door: .admin,
            RollbackReply.self)
        let rollback = try #require(answer)
        #expect(rollback.restoredFrom == target.generation)
        #expect(rollback.stateDigest == target.stateDigest)
        let status = try #require(rig.status())
        #expect(status.generation == rollback.generation)
        #expect(status.stateDigest == target.stateDigest)
        // The stream does not go back: nothing that was acknowledged is asked for again.
        #expect(status.producers.first?.durable == 400)
        rig.kill()
        try rig.boot()
        #expect(rig.status()?.stateDigest == target.stateDigest)
    }
}
