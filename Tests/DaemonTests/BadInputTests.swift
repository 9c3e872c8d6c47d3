// Everything a sender can do wrong: each has its own counted refusal, does no harm, and leaves
// the learned state as if it had never come.

import Daemon
import MillraceProtocol
import Platform
import Testing

/// One wrong frame, and what must be counted for it.
struct WrongFrame: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let reason: RefusalReason
    /// Whether it consumes a sequence (a sample refused alone).
    let consumes: Bool
    let make: @Sendable (_ epoch: UInt32, _ next: UInt64) -> [UInt8]

    init(
        _ description: String, _ reason: RefusalReason, consumes: Bool = false,
        _ make: @escaping @Sendable (_ epoch: UInt32, _ next: UInt64) -> [UInt8]
    ) {
        testDescription = description
        self.reason = reason
        self.consumes = consumes
        self.make = make
    }

    static let labelled: FrameFlags = [.labels, FrameFlags(elementType: .f32)]

    /// A SAMPLES frame of one sample with these features and label.
    static func sample(
        _ epoch: UInt32, _ next: UInt64, _ features: [Float], label: Int32 = 1,
        flags: FrameFlags = labelled
    ) -> [UInt8] {
        var body: [UInt8] = []
        for value in features { withUnsafeBytes(of: value.bitPattern.littleEndian) { body += $0 } }
        if flags.contains(.labels) { withUnsafeBytes(of: label.littleEndian) { body += $0 } }
        return ScriptedProducer.frame(.samples, next, epoch, 1, flags, body)
    }

    static func broken(
        _ epoch: UInt32, _ next: UInt64, _ change: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var frame = sample(epoch, next, [0, 0, 0, 0, 0])
        change(&frame)
        return frame
    }

    static let all: [WrongFrame] = [
        WrongFrame("a NaN", .notANumber, consumes: true) { sample($0, $1, [0, .nan, 0, 0, 0]) },
        WrongFrame("an infinity", .infinite, consumes: true) {
            sample($0, $1, [0, 0, -.infinity, 0, 0])
        },
        WrongFrame("1e30", .outOfBounds, consumes: true) { sample($0, $1, [1e30, 0, 0, 0, 0]) },
        WrongFrame("a label out of range", .labelOutOfRange, consumes: true) {
            sample($0, $1, [0, 0, 0, 0, 0], label: 3)
        },
        WrongFrame("a negative label", .labelOutOfRange, consumes: true) {
            sample($0, $1, [0, 0, 0, 0, 0], label: -2)
        },
        WrongFrame("too few features", .wrongWidth) { sample($0, $1, [0, 0, 0, 0]) },
        WrongFrame("too many features", .wrongWidth) { sample($0, $1, [0, 0, 0, 0, 0, 0]) },
        WrongFrame("another element type", .wrongElementType) {
            sample($0, $1, [0, 0, 0, 0, 0], flags: [.labels, FrameFlags(elementType: .i16)])
        },
        WrongFrame("a bad checksum", .badChecksum) { broken($0, $1) { $0[40] ^= 1 } },
        WrongFrame("a bad magic", .badMagic) { broken($0, $1) { $0[0] = 0 } },
        WrongFrame("another version", .badVersion) { broken($0, $1) { $0[4] = 9 } },
        WrongFrame("a short body", .shortBody) { broken($0, $1) { $0.removeLast() } },
        WrongFrame("a long body", .longBody) { broken($0, $1) { $0.append(0) } },
        WrongFrame("nothing at all", .shortBody) { _, _ in [] },
        WrongFrame("an oversize frame", .oversize) { _, _ in
            [UInt8](repeating: 0, count: 64 * 1024)
        },
        WrongFrame("an unknown type", .unknownType) { epoch, next in
            var frame = sample(epoch, next, [0, 0, 0, 0, 0])
            frame[5] = 77
            // The checksum is right for the unknown type.
            return resealed(frame)
        },
        WrongFrame("an empty batch", .emptyBatch) {
            ScriptedProducer.frame(.samples, $1, $0, 0, labelled, [])
        },
        WrongFrame("a sequence gap", .sequenceGap) { sample($0, $1 + 5, [0, 0, 0, 0, 0]) },
        WrongFrame("a duplicate", .duplicate) { sample($0, $1 - 1, [9, 9, 9, 9, 9]) },
        WrongFrame("an old epoch", .fenced) { sample($0 - 1, $1, [0, 0, 0, 0, 0]) },
        WrongFrame("a label for a sample that never was", .unknownSample, consumes: true) {
            epoch, next in
            var body: [UInt8] = []
            withUnsafeBytes(of: UInt64(next + 9).littleEndian) { body += $0 }
            withUnsafeBytes(of: Int32(1).littleEndian) { body += $0 }
            return ScriptedProducer.frame(.labels, next, epoch, 1, .labels, body)
        },
    ]

    /// The same bytes with the checksum they should have.
    static func resealed(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        let body = Array(frame[32...])
        let crc = (Array(frame[..<28]) + [0, 0, 0, 0] + body).withUnsafeBytes {
            CRC32C.checksum($0)
        }
        withUnsafeBytes(of: crc.littleEndian) { frame.replaceSubrange(28..<32, with: $0) }
        return frame
    }
}

@Suite struct BadInputTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 3)

    private func streamed(_ wrong: WrongFrame?) throws -> StatusReply {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        // Two epochs, so that an old one exists.
        for peer in 1...2 {
            let producer = ScriptedProducer(name: "p", script: script, count: 20, peer: peer)
            rig.run(turns: 2_000) {
                producer.turn(rig.transport)
                return producer.isDone
            }
            #expect(producer.isDone)
            guard peer == 2, let wrong else { continue }
            rig.transport.put(.ingest, peer: peer, wrong.make(producer.epoch, producer.next))
            let flush = ScriptedProducer.frame(.flush, 1, producer.epoch, 0, [], [])
            rig.transport.put(.ingest, peer: peer, flush)
            rig.run(turns: 200) { false }
        }
        return try #require(rig.status())
    }

    @Test(arguments: WrongFrame.all)
    func isRefusedCountedAndHarmless(wrong: WrongFrame) throws {
        let clean = try streamed(nil)
        let status = try streamed(wrong)
        #expect(status.counters.refusedBy == [wrong.reason.name: 1])
        #expect(status.stateDigest == clean.stateDigest)
        let row = try #require(status.producers.first)
        #expect(row.learned == 20)
        #expect(row.refused == (wrong.consumes ? 1 : 0))
        #expect(row.next == (wrong.consumes ? 22 : 21))
        #expect(row.balances)
    }

    @Test func aPoisonousFirstSampleLeavesNoTrace() throws {
        func digest(poison: Bool) throws -> String {
            let directory = ScratchDirectory()
            let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
            try rig.boot()
            let first = ScriptedProducer(name: "poison", script: script, count: 0, peer: 1)
            rig.run(turns: 200) {
                first.turn(rig.transport)
                return first.isWelcome
            }
            if poison {
                let frame = WrongFrame.sample(first.epoch, 1, [1e30, 1, 1, 1, 1])
                rig.transport.put(.ingest, peer: 1, frame)
            }
            let producer = ScriptedProducer(name: "p", script: script, count: 400, peer: 2)
            rig.run(turns: 4_000) {
                producer.turn(rig.transport)
                return producer.isDone
            }
            return try #require(rig.status()).stateDigest
        }
        #expect(try digest(poison: true) == digest(poison: false))
    }

    @Test func anUnknownConnectionIsToldToGreet() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        rig.transport.put(.ingest, peer: 3, WrongFrame.sample(1, 1, [0, 0, 0, 0, 0]))
        rig.run(turns: 5) { false }
        let frame = try #require(rig.transport.take(peer: 3))
        #expect(frame[5] == FrameType.reset.rawValue)
    }

    @Test func onlyListedProducersMayGreet() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        rig.settings.allowedProducers = ["known"]
        try rig.boot()
        for (name, peer) in [("known", 1), ("unknown", 2)] {
            let producer = ScriptedProducer(name: name, script: script, count: 5, peer: peer)
            rig.run(turns: 600) {
                producer.turn(rig.transport)
                return producer.isDone || !producer.nacks.isEmpty
            }
            #expect(producer.isDone == (name == "known"))
            #expect(producer.nacks.first?.reason == (name == "known" ? nil : .unknownProducer))
        }
    }

    @Test func sendingWithoutCreditIsRefused() throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        try rig.boot()
        let producer = ScriptedProducer(name: "p", script: script, count: 0, peer: 1)
        rig.run(turns: 200) {
            producer.turn(rig.transport)
            return producer.isWelcome
        }
        // The learner takes no turn, so the share of 96 is all there is; a frame that goes past it
        // is refused whole (MILLRACE.md §7), so four frames of 20 are taken.
        for first in stride(from: UInt64(1), to: 141, by: 20) {
            let frame = ScriptedProducer.samples(
                script, epoch: producer.epoch, first: first, count: 20)
            rig.transport.put(.ingest, peer: 1, frame)
        }
        for _ in 0..<5 { _ = rig.daemon?.stepNetwork() }
        producer.turn(rig.transport)
        let nack = try #require(producer.nacks.first)
        #expect(nack.reason == .noCredit)
        #expect(nack.expected == 81)
    }
}
