// The device binds: a network that does not run on it is refused, with what would.

import Accelerator
import Configuration
import Junctions
import Testing

@Suite struct DeviceFitTests {
    private func network(_ device: String, _ rest: String = "") -> String {
        """
        [input]
        features = 64
        [output]
        task = "classification"
        classes = 16
        [network]
        hidden = [64]
        [device]
        profile = "microcontroller"
        \(device)
        \(rest)
        """
    }

    @Test func isRefusedWithTheTableAndWhatWouldFit() throws {
        let found = problems(network("memory = \"8KiB\""))
        #expect(found.count == 1)
        let problem = try #require(found.first)
        #expect(problem.key == "device.memory" && problem.place == "test.toml:10")
        for words in [
            "found \"8KiB\", expected at least \"21632B\"", "the biggest line is weights",
            "4096 x 32 + 1024 x 32", "missing", "what would fit",
            "[junction.0]\n  structure = \"circulant\"\n  block = 16", "format = [",
        ] {
            #expect(problem.description.contains(words), "\(words) in \(problem)")
        }
        #expect(problems(network("memory = \"32KiB\"")).isEmpty)
    }

    @Test func whatIsAdvisedLoads() throws {
        let text = network(
            "memory = \"8KiB\"",
            "[junction.0]\nstructure = \"circulant\"\nblock = 8")
        let plan = try #require(try load(text).learner.devicePlan())
        #expect(plan.memory.fits)
    }

    @Test func canBeLoadedByWhoLooksForOneThatFits() throws {
        let it = try ConfigurationLoader.load(
            ConfigurationInputs(
                path: "test.toml", text: network("memory = \"4KiB\""), checksDevice: false))
        let device = try #require(it.learner.device)
        let map = DeviceMemoryMap(it.learner.deviceNetwork, on: device)
        #expect(!map.fits && map.totalBits > 4096 * 8)
    }

    @Test(arguments: [
        ("edges-per-cycle = [3, 1]", "", "device.edges-per-cycle", "2 or 4"),
        ("edges-per-cycle = [1]", "", "device.edges-per-cycle", "2 junctions"),
        ("edges-per-cycle = [4, 4]", "", "device.edge-processors", "at least 4"),
        ("memories = 2", "", "device.memories", "at least"),
        ("float-bits = 0", "", "junction.0.arithmetic", "fixed point of at most 16 bits"),
        (
            "butterflies = 0", "[junction.0]\nstructure = \"circulant\"", "device.butterflies",
            "at least 1 for junction 0"
        ),
        (
            "converters = 0", "[junction]\nrule = \"stochastic\"", "device.converters",
            "at least 1 for junction 0"
        ),
    ])
    func otherReasons(device: String, rest: String, key: String, expected: String) throws {
        let found = problems(network(device, rest))
        #expect(found.map(\.key) == [key], "\(found)")
        #expect(found.first?.expected.contains(expected) == true, "\(found)")
    }

    @Test func theDeviceChoosesForWhatPatternsAreDrawn() throws {
        let sparse =
            "[junction]\nstructure = \"clash-free\"\n[junction.0]\nout-degree = 8\n"
            + "[junction.1]\nout-degree = 4"
        let it = try load(network("edge-processors = 32\nmemory = \"1MiB\"", sparse))
        let z = it.learner.junctions.map { junction -> Int? in
            guard case .clashFree(let settings, _, _) = junction.structure else { return nil }
            return settings.parallelism
        }
        #expect(z == [32, 16])
        #expect(it.origin(of: "junction.0.parallelism") == .device)
        #expect(it.canonicalText.contains("[junction.0]\nout-degree = 8\nparallelism = 32"))
        // A stated one stays, and the device works by it.
        let stated = try load(
            network(
                "edge-processors = 32\nmemory = \"1MiB\"",
                sparse.replacing("out-degree = 8", with: "out-degree = 8\nparallelism = 8")))
        let plan = try #require(try stated.learner.devicePlan())
        #expect(plan.junctions.map(\.parallelism) == [8, 4])
        #expect(
            problems(
                network(
                    "edge-processors = 32\nmemory = \"1MiB\"\nedges-per-cycle = [16, 8]",
                    sparse.replacing("out-degree = 8", with: "out-degree = 8\nparallelism = 8"))
            ).first?.expected.contains("8, for which its pattern is drawn") == true)
    }
}
