// A producer that asks for an epoch and hears nothing asks again. However its questions and the
// answers cross on their way, it must not be left with an epoch that is fenced.

import Daemon
import MillraceProtocol
import Simulation
import Testing

@Suite struct GreetingTests {
    private let script = SimulatedScript(
        name: "p", samples: SampleScript(featureCount: 5, classCount: 3, seed: 71), isLate: false)

    private func welcomes(_ rig: DaemonRig, peer: Int) -> [UInt32] {
        var epochs: [UInt32] = []
        rig.run(turns: 60) { false }
        while let frame = rig.transport.take(peer: peer) {
            frame.withUnsafeBytes { bytes in
                guard let (header, body) = try? Frame.decode(bytes),
                    let welcome = try? Welcome.decode(header, body)
                else { return }
                epochs.append(welcome.epoch)
            }
        }
        return epochs
    }

    @Test func theSameQuestionAfterTheAnswerGetsTheSameAnswer() throws {
        let rig = DaemonRig(storage: SimulatedDisk(seed: 1), directory: "/state")
        try rig.boot()
        rig.transport.put(.ingest, peer: 1, script.hello(epoch: 0))
        #expect(welcomes(rig, peer: 1) == [1])
        rig.transport.put(.ingest, peer: 1, script.hello(epoch: 0))
        #expect(welcomes(rig, peer: 1) == [1])
        // The process dies; with the epoch that it heard of the producer comes back.
        rig.kill()
        try rig.boot()
        rig.transport.put(.ingest, peer: 2, script.hello(epoch: 1))
        #expect(welcomes(rig, peer: 2) == [1])
    }

    @Test func afterTheFirstSampleItIsAnotherQuestion() throws {
        let rig = DaemonRig(storage: SimulatedDisk(seed: 2), directory: "/state")
        try rig.boot()
        rig.transport.put(.ingest, peer: 1, script.hello(epoch: 0))
        #expect(welcomes(rig, peer: 1) == [1])
        rig.transport.put(.ingest, peer: 1, script.frame(epoch: 1, first: 1, count: 1))
        rig.transport.put(.ingest, peer: 1, script.hello(epoch: 0))
        #expect(welcomes(rig, peer: 1) == [2])
    }
}
