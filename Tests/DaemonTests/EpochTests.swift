// Epochs and late labels: who may speak for a producer, and what a label that comes later does.

import Daemon
import MillraceProtocol
import Platform
import Testing

@Suite struct EpochTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 21)

    private func welcomed(_ rig: DaemonRig, _ name: String, count: UInt64, peer: Int)
        -> ScriptedProducer
    {
        let producer = ScriptedProducer(name: name, script: script, count: count, peer: peer)
        rig.run(turns: 2_000) {
            producer.turn(rig.transport)
            return producer.isWelcome && producer.isDone
        }
        return producer
    }

    @Test func aNewEpochIsDurableBeforeItIsNamed() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        let producer = ScriptedProducer(name: "p", script: script, count: 1, peer: 1)
        for _ in 0..<100 {
            producer.turn(rig.transport)
            _ = rig.daemon?.stepNetwork()
            _ = rig.daemon?.stepLearner()
        }
        #expect(!producer.isWelcome)
        rig.run(turns: 3) { false }
        producer.turn(rig.transport)
        #expect(producer.isWelcome)
        rig.kill()
        try rig.boot()
        #expect(rig.status()?.producers.first?.epoch == producer.epoch)
    }

    @Test func epochsGrowAndFenceTheOneBefore() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        let old = welcomed(rig, "p", count: 10, peer: 1)
        let new = welcomed(rig, "p", count: 6, peer: 2)
        #expect((old.epoch, new.epoch) == (1, 2))
        #expect(rig.status()?.producers.first?.learned == 6)
        // The zombie's connection still stands, but its session is gone.
        rig.transport.put(.ingest, peer: 1, WrongFrame.sample(1, 11, [0, 0, 0, 0, 0]))
        rig.run(turns: 5) { false }
        #expect(rig.transport.take(peer: 1)?[5] == FrameType.reset.rawValue)
        for (epoch, reason) in [(UInt32(1), RefusalReason.fenced), (3, .unknownEpoch)] {
            let frame = hello("p", epoch: epoch)
            rig.transport.put(.ingest, peer: 3, frame)
            rig.run(turns: 5) { false }
            let answer = try #require(rig.transport.take(peer: 3))
            #expect(answer[5] == FrameType.nack.rawValue)
            #expect(UInt16(answer[32]) == reason.rawValue)
        }
    }

    @Test func aSchemaThatDiffersIsRefusedAtTheGreeting() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        rig.transport.put(.ingest, peer: 3, hello("p", epoch: 0, schemaDigest: 99))
        rig.run(turns: 5) { false }
        let answer = try #require(rig.transport.take(peer: 3))
        #expect(UInt16(answer[32]) == RefusalReason.schemaMismatch.rawValue)
        #expect(rig.status()?.counters.refusedBy == ["schemaMismatch": 1])
    }

    private func hello(_ name: String, epoch: UInt32, schemaDigest: UInt64 = 0) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 160) { buffer, count in
            guard let name = ProducerName(name) else { return }
            count = Hello(name: name, epoch: epoch, schemaDigest: schemaDigest).encode(
                into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}

@Suite struct LateLabelTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 22)

    private func labels(_ epoch: UInt32, _ first: UInt64, _ samples: [UInt64], _ label: Int32)
        -> [UInt8]
    {
        var body: [UInt8] = []
        for sample in samples { withUnsafeBytes(of: sample.littleEndian) { body += $0 } }
        for _ in samples { withUnsafeBytes(of: label.littleEndian) { body += $0 } }
        return ScriptedProducer.frame(.labels, first, epoch, UInt32(samples.count), .labels, body)
    }

    @Test func samplesWaitAreLabelledExpireAndTheBalanceHolds() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path, pendingCapacity: 4)
        try rig.boot()
        let producer = ScriptedProducer(name: "p", script: script, count: 0, peer: 1)
        rig.run(turns: 200) {
            producer.turn(rig.transport)
            return producer.isWelcome
        }
        // Six samples without labels into a window of four: two expire.
        for sequence in UInt64(1)...6 {
            let frame = WrongFrame.sample(
                1, sequence, script.features(sequence), flags: FrameFlags(elementType: .f32))
            rig.transport.put(.ingest, peer: 1, frame)
        }
        flush(rig)
        var row = try #require(rig.status()?.producers.first)
        #expect((row.pending, row.expired, row.learned) == (4, 2, 0))
        #expect(row.balances)
        // Labels for two that wait, one that expired, and one that was labelled already.
        rig.transport.put(.ingest, peer: 1, labels(1, 7, [5, 3, 1, 5], 2))
        flush(rig)
        row = try #require(rig.status()?.producers.first)
        #expect((row.pending, row.expired, row.learned) == (2, 2, 2))
        #expect((row.labels, row.refused, row.next) == (2, 2, 11))
        #expect(row.balances)
        // The learner found them; the producer is told, and status counts them.
        var told: [UInt64] = []
        while let frame = rig.transport.take(peer: 1) {
            frame.withUnsafeBytes { bytes in
                guard let (header, body) = try? Frame.decode(bytes),
                    let nack = try? Nack.decode(header, body)
                else { return }
                #expect(nack.reason == .unknownSample)
                told += (0..<UInt64(nack.count)).map { nack.first + $0 }
            }
        }
        #expect(told == [9, 10])
        #expect(rig.status()?.counters.refusedBy == ["unknownSample": 2])
        // What waits survives the process.
        rig.kill()
        try rig.boot()
        row = try #require(rig.status()?.producers.first)
        #expect((row.pending, row.learned) == (2, 2))
        #expect(row.idSum == Hexadecimal.digits(UInt64(8)))
    }

    private func flush(_ rig: DaemonRig) {
        rig.transport.put(
            .ingest, peer: 1, ScriptedProducer.frame(.flush, 1, 1, 0, [], []))
        rig.run(turns: 300) { false }
    }
}
