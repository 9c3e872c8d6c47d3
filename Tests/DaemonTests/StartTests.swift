// What a daemon refuses to start from, and that a refusal changes nothing on disk.

import Daemon
import MillraceProtocol
import Simulation
import Testing

@Suite struct StartTests {
    private let script = SampleScript(featureCount: 5, classCount: 3, seed: 41)

    private func trained(classNames: [String]) throws -> DaemonRig {
        let rig = DaemonRig(storage: SimulatedDisk(seed: 3), directory: "/state")
        rig.settings.classNames = classNames
        try rig.boot()
        let producer = ScriptedProducer(name: "p", script: script, count: 30, peer: 1)
        rig.run(turns: 2_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        return rig
    }

    @Test func namesInAnotherOrderAreRefused() throws {
        let rig = try trained(classNames: ["worn", "good", "new"])
        rig.kill()
        rig.settings.classNames = ["good", "worn", "new"]
        do throws(StartError) {
            try rig.boot()
            Issue.record("a state was taken whose classes have other names")
        } catch {
            guard case .namesDiffer = error else { throw error }
            #expect(error.exitCode == 78)
        }
        rig.settings.classNames = ["worn", "good", "new"]
        try rig.boot()
        #expect(rig.status()?.producers.first?.learned == 30)
    }

    @Test func namesMayBeGivenLaterAndThenCount() throws {
        let rig = try trained(classNames: [])
        rig.kill()
        rig.settings.classNames = ["a", "b", "c"]
        try rig.boot()
        let producer = ScriptedProducer(name: "q", script: script, count: 5, peer: 2)
        rig.run(turns: 2_000) {
            producer.turn(rig.transport)
            return producer.isDone
        }
        rig.kill()
        rig.settings.classNames = ["b", "a", "c"]
        #expect(throws: StartError.self) { try rig.boot() }
    }

    @Test func aCheckpointThatCannotBeUsedLeavesTheDirectoryAsItWas() throws {
        let disk = SimulatedDisk(seed: 4)
        let rig = DaemonRig(storage: disk, directory: "/state")
        disk.setContents("/bad.safetensors", [UInt8](repeating: 7, count: 64))
        #expect(throws: StartError.self) {
            try rig.boot(origin: .checkpoint(path: "/bad.safetensors"))
        }
        #expect(disk.contents("/state/ring") == nil)
        try rig.boot()
        #expect(rig.status() != nil)
    }

    /// What is forgotten in the configuration of a second start must not change answers in silence.
    @Test(arguments: ["activation", "output activation", "loss"])
    func anotherMeaningOfTheWeightsIsRefused(_ changed: String) throws {
        let rig = try trained(classNames: [])
        let before = try #require(rig.status())
        rig.kill()
        let configuration = rig.configuration
        switch changed {
        case "activation": rig.configuration.hiddenActivation = .tanh
        case "output activation": rig.configuration.outputActivation = .sigmoid
        default:
            rig.configuration.outputActivation = .sigmoid
            rig.configuration.loss = .squaredError
        }
        do throws(StartError) {
            try rig.boot()
            Issue.record("a state was taken that was learned with another \(changed)")
        } catch {
            guard case .structureDiffers = error else { throw error }
            #expect(error.exitCode == 78)
        }
        rig.configuration = configuration
        rig.configuration.learningRate *= 2
        try rig.boot()
        #expect(rig.status()?.stateDigest == before.stateDigest)
    }
}
