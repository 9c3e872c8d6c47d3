// Bounds of whole-number features: what is outside is refused, whatever the type's range is.

import Daemon
import Learning
import MillraceProtocol
import Platform
import Testing

/// Bounds, and samples of five features with whether they may be learned.
struct BoundsCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let element: WireElementType
    let bounds: FeatureBounds
    let samples: [(values: [Int], isTaken: Bool)]

    static let all: [BoundsCase] = [
        BoundsCase(
            testDescription: "bytes, no bounds", element: .u8, bounds: FeatureBounds(),
            samples: [([0, 255, 0, 255, 128], true)]),
        BoundsCase(
            testDescription: "bytes, their whole range", element: .u8,
            bounds: FeatureBounds(lowest: 0, highest: 255),
            samples: [([0, 255, 0, 255, 128], true)]),
        BoundsCase(
            testDescription: "bytes, 9.5 to 200", element: .u8,
            bounds: FeatureBounds(lowest: 9.5, highest: 200),
            samples: [
                ([10, 200, 10, 200, 10], true), ([9, 10, 10, 10, 10], false),
                ([10, 10, 10, 10, 201], false),
            ]),
        BoundsCase(
            testDescription: "bytes, none of them", element: .u8,
            bounds: FeatureBounds(lowest: 300, highest: 400),
            samples: [([255, 255, 255, 255, 255], false)]),
        BoundsCase(
            testDescription: "16 bits, −1.5 to 300.25", element: .i16,
            bounds: FeatureBounds(lowest: -1.5, highest: 300.25),
            samples: [
                ([-1, 300, 0, 0, 0], true), ([0, 0, -2, 0, 0], false),
                ([301, 0, 0, 0, 0], false), ([0, 0, 0, 0, -32768], false),
            ]),
        BoundsCase(
            testDescription: "16 bits, each its own", element: .i16,
            bounds: FeatureBounds(lower: [0, -5, -5, -5, -5], upper: [9, 5, 5, 5, 5]),
            samples: [
                ([9, 5, 5, -5, -5], true), ([-1, 0, 0, 0, 0], false), ([9, 6, 0, 0, 0], false),
            ]),
    ]

    /// A labelled frame of one sample.
    func frame(_ values: [Int], epoch: UInt32, next: UInt64) -> [UInt8] {
        var body: [UInt8] = []
        for value in values {
            if element == .u8 {
                body.append(UInt8(value))
            } else {
                withUnsafeBytes(of: Int16(value).littleEndian) { body += $0 }
            }
        }
        withUnsafeBytes(of: Int32(1).littleEndian) { body += $0 }
        return ScriptedProducer.frame(
            .samples, next, epoch, 1, [.labels, FrameFlags(elementType: element)], body)
    }
}

@Suite struct BoundsTests {
    @Test(arguments: BoundsCase.all) func onlyWhatIsInsideIsLearned(_ test: BoundsCase) throws {
        let directory = ScratchDirectory()
        let rig = DaemonRig(storage: LinuxStorage(), directory: directory.path)
        rig.configuration.elementType = test.element == .u8 ? .u8 : .i16
        rig.settings.bounds = test.bounds
        try rig.boot()
        let producer = ScriptedProducer(
            name: "p", script: SampleScript(featureCount: 5, classCount: 3, seed: 3), count: 0,
            peer: 1)
        rig.run(turns: 400) {
            producer.turn(rig.transport)
            return producer.isWelcome
        }
        for (index, sample) in test.samples.enumerated() {
            let frame = test.frame(sample.values, epoch: producer.epoch, next: UInt64(index + 1))
            rig.transport.put(.ingest, peer: 1, frame)
        }
        rig.transport.put(
            .ingest, peer: 1, ScriptedProducer.frame(.flush, 1, producer.epoch, 0, [], []))
        rig.run(turns: 400) { false }
        let status = try #require(rig.status())
        let refused = UInt64(test.samples.count { !$0.isTaken })
        #expect(
            status.counters.refusedBy
                == (refused > 0 ? [RefusalReason.outOfBounds.name: refused] : [:]))
        let row = try #require(status.producers.first)
        #expect(row.learned == UInt64(test.samples.count) - refused)
        #expect(row.refused == refused)
    }
}
