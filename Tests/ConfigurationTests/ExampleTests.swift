// The examples load, describe what the sources deliver, and explain themselves.

import Arithmetic
import Configuration
import Junctions
import SampleSources
import Testing

@Suite struct ExampleTests {
    static let names = [
        "circulant", "ecg", "elec2", "essop", "fpga", "gas", "har", "host", "lane-aligned",
        "mnist", "morse", "nm",
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

    @Test func matchTheBuiltInSources() throws {
        let morse = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/morse.toml", environment: [:])
        #expect(morse.output.classNames == MorseCode.names && morse.input.featureCount == 64)
        let host = try ConfigurationLoader.load(
            path: "\(packageRoot)/examples/host.toml", environment: [:])
        #expect(host.input.names == HostSource.featureNames)
    }
}
