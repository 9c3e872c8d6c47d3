// What a daemon refuses to start from, and that a refusal changes nothing on disk.

import Daemon
import Learning
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
            let words = [
                "activation relu on disk, activation tanh configured", "output-activation", "loss",
            ]
            #expect(error.message.contains(changed == "activation" ? words[0] : words[1]))
            #expect(error.message.contains("[block.N]"))
        }
        rig.configuration = configuration
        rig.configuration.learningRate *= 2
        try rig.boot()
        #expect(rig.status()?.stateDigest == before.stateDigest)
    }

    /// A refusal names the block that changed, and does not blame the version of the program first.
    @Test(arguments: [
        (BlockSpecification.groupNorm(groups: 1, activation: .identity), false),
        (.groupNorm(groups: 2, activation: .relu), false),
        (
            .convolution(
                ConvolutionBlock(
                    dimensions: 1, channels: 2, kernel: GridExtent(1, 5), padding: .same)), true
        ),
    ])
    func anotherBlockIsNamed(_ block: BlockSpecification, _ hasOtherShape: Bool) throws {
        let rig = DaemonRig(storage: SimulatedDisk(seed: 5), directory: "/state", featureCount: 8)
        rig.configuration.inputShape = [4, 2]
        rig.configuration.blocks = [
            .convolution(
                ConvolutionBlock(
                    dimensions: 1, channels: 2, kernel: GridExtent(1, 3), padding: .same)),
            .groupNorm(groups: 2, activation: .identity), .flatten,
        ]
        try rig.boot()
        rig.run(turns: 500) { false }
        rig.kill()
        let place = hasOtherShape ? 0 : 1
        rig.configuration.blocks[place] = block
        do throws(StartError) {
            try rig.boot()
            Issue.record("a state was taken that was learned with another block")
        } catch {
            let kind =
                hasOtherShape
                ? "block.0 conv1d channels 2 kernel 1 x 3"
                : "block.1 group-norm groups 2 identity on disk"
            #expect(error.exitCode == 78 && error.message.contains(kind), "\(error.message)")
            #expect(error.message.contains("[block.N]") && error.message.contains("configured"))
            if case .shapesDiffer(_, _, let changed) = error {
                #expect(hasOtherShape && changed.count == 1)
            } else if case .structureDiffers(_, let changed) = error {
                #expect(!hasOtherShape && changed.count == 1)
            } else {
                throw error
            }
        }
    }

    /// Nobody may write there: a restart does not mend it.
    @Test func aStateThatMayNotBeUsedIs77() {
        let error = StartError.noPermission(directory: "/state", "/state/lock: permission denied")
        #expect(error.exitCode == 77)
        #expect(
            error.message.contains("/state/lock: permission denied. TRY: sudo chown -R USER /state")
        )
    }
}
