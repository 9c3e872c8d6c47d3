// The ingest door under hands that do not follow the rules: nobody can take what was promised to
// another, speak for another, or make the daemon forget an answer.

import Daemon
import MillraceProtocol
import Platform
import Testing

@Suite struct DoorTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 41)
    private let directory = ScratchDirectory()

    private func rig(pendingCapacity: Int = 0) throws -> DaemonRig {
        let rig = DaemonRig(
            storage: LinuxStorage(), directory: directory.path, pendingCapacity: pendingCapacity)
        try rig.boot()
        return rig
    }

    private func welcomed(_ rig: DaemonRig, _ name: String, peer: Int) -> ScriptedProducer {
        let producer = ScriptedProducer(name: name, script: script, count: 0, peer: peer)
        rig.run(turns: 400) {
            producer.turn(rig.transport)
            return producer.isWelcome
        }
        return producer
    }

    private func hello(_ name: String, epoch: UInt32) -> [UInt8] {
        let text = Array(name.utf8)
        let body = [UInt8](repeating: 0, count: 8) + [UInt8(text.count), 0] + text
        return ScriptedProducer.frame(.hello, 0, epoch, 0, [], body)
    }

    private func flush(_ epoch: UInt32) -> [UInt8] {
        ScriptedProducer.frame(.flush, 1, epoch, 0, [], [])
    }

    private func types(_ rig: DaemonRig, peer: Int) -> [UInt8] {
        var types: [UInt8] = []
        while let frame = rig.transport.take(peer: peer) { types.append(frame[5]) }
        return types
    }

    private func nacks(_ rig: DaemonRig, peer: Int) -> [Nack] {
        var nacks: [Nack] = []
        while let frame = rig.transport.take(peer: peer) {
            frame.withUnsafeBytes { bytes in
                guard let (header, body) = try? Frame.decode(bytes),
                    let nack = try? Nack.decode(header, body)
                else { return }
                nacks.append(nack)
            }
        }
        return nacks
    }

    @Test func aFlushIsAnsweredAtOnceWhenAllIsDurable() throws {
        let rig = try rig()
        let producer = welcomed(rig, "p", peer: 1)
        for _ in 0..<2 {
            rig.transport.put(.ingest, peer: 1, flush(producer.epoch))
            _ = rig.daemon?.stepNetwork()
            #expect(types(rig, peer: 1) == [FrameType.ack.rawValue])
        }
    }

    @Test(arguments: ["flush", "hello"])
    func aFloodTakesNoPlaceThatWasPromised(kind: String) throws {
        let rig = try rig()
        let producer = welcomed(rig, "p", peer: 1)
        let other = welcomed(rig, "q", peer: 2)
        // Something that is not durable, so that a FLUSH has work to ask for.
        let first = ScriptedProducer.samples(script, epoch: producer.epoch, first: 1, count: 1)
        rig.transport.put(.ingest, peer: 1, first)
        for attack in 0..<1_500 {
            if kind == "flush" {
                rig.transport.put(.ingest, peer: 1, flush(producer.epoch))
            } else {
                rig.transport.put(.ingest, peer: 100 + attack % 7, hello("h", epoch: 0))
            }
        }
        // The learner takes no turn, so every place that is taken stays taken.
        for _ in 0..<100 { _ = rig.daemon?.stepNetwork() }
        for start in stride(from: UInt64(2), through: 92, by: 10) {
            let count = start == 92 ? 5 : 10
            rig.transport.put(
                .ingest, peer: 1,
                ScriptedProducer.samples(
                    script, epoch: producer.epoch, first: start, count: count))
        }
        for start in stride(from: UInt64(1), through: 89, by: 8) {
            rig.transport.put(
                .ingest, peer: 2,
                ScriptedProducer.samples(script, epoch: other.epoch, first: start, count: 8))
        }
        for _ in 0..<100 { _ = rig.daemon?.stepNetwork() }
        #expect(nacks(rig, peer: 1).isEmpty)
        #expect(nacks(rig, peer: 2).isEmpty)
        rig.run(turns: 400) { false }
        let rows = try #require(rig.status()).producers
        #expect(rows.filter { $0.name != "h" }.map(\.durable) == [96, 96])
        #expect(rows.filter { !$0.balances }.isEmpty)
    }

    @Test func aConnectionSpeaksForOneProducerAndAProducerHasOneConnection() throws {
        let rig = try rig()
        // In both orders of the table's rows.
        _ = welcomed(rig, "a", peer: 1)
        _ = welcomed(rig, "b", peer: 2)
        // A new name begins above all epochs that there were.
        let epochs: [String: UInt32] = ["a": 1, "b": 2]
        for (peer, name) in [(1, "b"), (2, "a"), (2, "b"), (1, "a")] {
            rig.transport.put(.ingest, peer: peer, hello(name, epoch: epochs[name] ?? 0))
            rig.run(turns: 5) { false }
            #expect(types(rig, peer: peer) == [FrameType.welcome.rawValue])
        }
        // Now 1 speaks for a, 2 for b.
        rig.transport.put(.ingest, peer: 1, hello("b", epoch: 2))
        rig.run(turns: 5) { false }
        _ = types(rig, peer: 1)
        rig.transport.put(
            .ingest, peer: 2, ScriptedProducer.samples(script, epoch: 2, first: 1, count: 3))
        rig.transport.put(
            .ingest, peer: 1, ScriptedProducer.samples(script, epoch: 2, first: 1, count: 2))
        rig.run(turns: 100) { false }
        #expect(types(rig, peer: 2) == [FrameType.reset.rawValue])
        let rows = try #require(rig.status()).producers
        #expect(rows.map(\.learned) == [0, 2])
    }

    @Test func neighboursThatAreRefusedForOneReasonGetOneNack() throws {
        let rig = try rig()
        let producer = welcomed(rig, "p", peer: 1)
        var body: [UInt8] = []
        for sample in 0..<6 {
            for feature in 0..<5 {
                let bad: Float = sample == 5 ? .infinity : .nan
                let value: Float = feature == 2 && sample != 3 ? bad : 0
                withUnsafeBytes(of: value.bitPattern.littleEndian) { body += $0 }
            }
        }
        rig.transport.put(
            .ingest, peer: 1,
            ScriptedProducer.frame(
                .samples, 1, producer.epoch, 6, FrameFlags(elementType: .f32), body))
        _ = rig.daemon?.stepNetwork()
        let runs = nacks(rig, peer: 1).map {
            [UInt64($0.reason.rawValue), $0.first, UInt64($0.count)]
        }
        #expect(runs == [[10, 1, 3], [10, 5, 1], [11, 6, 1]])
    }

    @Test func aSkipNeedsCreditForItsFirstNumberOnly() throws {
        let rig = try rig()
        let producer = welcomed(rig, "p", peer: 1)
        let skips: [(UInt64, UInt32)] = [(97, 1), (1, .max), (UInt64(UInt32.max) + 1, 1)]
        for (first, count) in skips {
            rig.transport.put(
                .ingest, peer: 1,
                ScriptedProducer.frame(.skip, first, producer.epoch, count, [], []))
        }
        _ = rig.daemon?.stepNetwork()
        // A gap; a long one that fits; one more, before the learner has given credit again.
        #expect(nacks(rig, peer: 1).map(\.reason) == [.sequenceGap, .noCredit])
        rig.run(turns: 20) { false }
        #expect(rig.status()?.producers.first?.skipped == UInt64(UInt32.max))
        #expect(rig.status()?.producers.first?.next == UInt64(UInt32.max) + 1)
    }
}
