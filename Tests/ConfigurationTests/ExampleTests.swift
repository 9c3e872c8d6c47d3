// The examples load, describe what the sources deliver, and explain themselves.

import Arithmetic
import Configuration
import Junctions
import SampleSources
import Testing

@Suite struct ExampleTests {
    static let names = [
        "autoencoder", "circulant", "ecg", "ecg-conv", "elec2", "essop", "fpga", "gas",
        "gas-drift", "har", "har-conv", "har-lstm", "host", "lane-aligned", "mnist", "mnist-conv",
        "morse", "nm", "steps",
    ]

    @Test(arguments: names)
    func loads(name: String) throws {
        let path = "\(packageRoot)/examples/\(name).toml"
        let text = try ConfigurationLoader.read(path)
        let it = try ConfigurationLoader.load(
            path: path, environment: ["MILLRACE_STATE": "/run/millrace-\(name)"])
        #expect(text.hasPrefix("# \(name): "))
        #expect(text.contains("#   millraced --config examples/\(name).toml"))
        #expect(text.contains("#   millrace stream "))
        #expect(it.daemon.stateDirectory == "/run/millrace-\(name)")
        #expect(try load(it.canonicalText).canonicalText == it.canonicalText)
    }

    func junctions(_ name: String) throws -> [JunctionSpecification] {
        try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/\(name).toml", environment: [:]
        ).learner.junctions
    }

    @Test func areTheNetworksTheyClaim() throws {
        let it = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/fpga.toml", environment: [:]
        ).learner
        #expect(it.networkText == "1024-64-32" && it.learningRate == 0.125)
        #expect(
            it.junctions.map(\.arithmetic)
                == FixedFormat(10, 2, 7).map { [.fixed($0), .fixed($0)] })
        let degrees = it.junctions.map { junction -> [Int?] in
            guard case .clashFree(let settings, .outDegree(let degree), _) = junction.structure
            else { return [] }
            return [degree, settings.parallelism, settings.type]
        }
        #expect(degrees == [[4, 128, 2], [16, 32, 2]])
        let pruned = WeightStructure.pruned(PruningSettings(kept: 2, group: 8))
        #expect(try junctions("nm").map(\.structure) == [.dense, pruned, .dense])
        #expect(try junctions("circulant").map(\.structure) == [.circulant(blockSize: 8), .dense])
        #expect(try junctions("essop").map(\.structure) == [.dense, .dense])
        guard case .laneAligned(.fraction(0.0625), _) = try junctions("lane-aligned")[0].structure
        else {
            Issue.record("lane-aligned is not")
            return
        }
    }

    /// Every example with a device runs on it.
    @Test(arguments: [
        ("circulant", "swm-fpga"), ("ecg", "microcontroller"), ("elec2", "microcontroller"),
        ("essop", "essop-14nm"), ("fpga", "artix7"), ("host", "microcontroller"),
        ("morse", "microcontroller"), ("nm", "sat-vcu1525"),
    ])
    func runsOnItsDevice(name: String, device: String) throws {
        let it = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/\(name).toml", environment: [:])
        let plan = try #require(try it.learner.devicePlan())
        #expect(plan.device.name == device && plan.memory.fits && plan.memory.totalBits > 0)
        #expect(try load(it.canonicalText).learner == it.learner)
    }

    @Test func theFpgaIsTheOneOfThePaper() throws {
        let it = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/fpga.toml", environment: [:])
        var learner = it.learner
        learner.schedule = .pipeline
        let plan = try #require(try learner.devicePlan())
        #expect(plan.junctions.map(\.parallelism) == [128, 32])
        #expect(plan.memory.totalBits == 98_880 && plan.clocksPerSample == 34)
        #expect((441_000..<442_000).contains(plan.samplesPerSecond))
        let flag = try #require(ConfigurationFlag(assignment: "device.process-clocks=2"))
        learner.device = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/fpga.toml", environment: [:], flags: [flag]
        ).learner.device
        #expect(try learner.devicePlan()?.clocksPerSample == 36)
    }

    @Test func matchTheBuiltInSources() throws {
        let morse = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/morse.toml", environment: [:])
        #expect(morse.output.classNames == MorseCode.names && morse.input.featureCount == 64)
        let host = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/host.toml", environment: [:])
        #expect(host.input.names == HostSource.featureNames)
    }
}
