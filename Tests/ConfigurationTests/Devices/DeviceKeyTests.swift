// [device] and [energy]: profiles, what overrides them, and what is wrong with them.

import Accelerator
import Configuration
import Glibc
import Simulation
import Testing

@Suite struct DeviceKeyTests {
    static let artix =
        minimal + "\n[device]\nprofile = \"artix7\"\n[junction]\n"
        + "arithmetic = \"fixed\"\n[learning]\nrate = 0.5\n[network]\nactivation = \"relu\"\n"

    private func device(_ text: String) throws -> DeviceDescription {
        try #require(try load(text).learner.device)
    }

    @Test func nothingIsEmulatedUnlessAsked() throws {
        #expect(try load(minimal).learner.device == nil)
        #expect(!(try load(minimal).canonicalText.contains("[device]")))
    }

    @Test(arguments: DeviceProfiles.names)
    func everyShippedProfileIsComplete(name: String) throws {
        let text = try #require(DeviceProfiles.text(name))
        let it = try ConfigurationLoader.load(
            ConfigurationInputs(
                path: "test.toml", text: minimal + "\n[device]\nprofile = \"\(name)\"",
                flags: [], checksDevice: false))
        let device = try #require(it.learner.device)
        #expect(device.name == name && !device.title.isEmpty && !device.source.isEmpty)
        #expect(device.clockHertz >= 1e6 && device.memory.capacityBits >= 1 << 18)
        let energy = try #require(device.energy)
        #expect(energy.rows.allSatisfy { !$0.source.isEmpty } && !energy.node.isEmpty)
        #expect((1...device.memory.capacityBits / 8).contains(energy.memoryBytes))
        // Every number says where it is from, in the line or the comment above it.
        for line in text.split(separator: "\n") where line.contains(" = ") {
            #expect(!line.hasPrefix("[") && line.count <= 100)
        }
        for word in ["assumed"] { #expect(text.contains(word)) }
    }

    @Test func energiesAreThoseOfTheTable() throws {
        let energy = try #require(try device(Self.artix).energy)
        #expect(energy.unit == .picojoules && energy.name == "45nm")
        #expect(energy.energy(of: Action(.multiply, bits: 32)) == 3.1)
        #expect(energy.energy(of: Action(.multiply, bits: 10)) == 0.2 * 1.25 * 1.25)
        #expect(energy.energy(of: Action(.add, bits: 16, isFloat: true)) == 0.4)
        // Block memories of 4.5 KiB are charged as that of 8 KiB; the whole as one of 1 MiB.
        #expect(energy.energy(of: Action(.read(.weights), bits: 64)) == 10)
        let whole = try #require(
            try device(Self.artix.replacing("\"artix7\"", with: "\"artix7\"\nbank = \"607.5KiB\""))
                .energy)
        #expect(whole.energy(of: Action(.read(.weights), bits: 64)) == 100)
        let essop = try #require(
            try device(minimal + "\n[device]\nprofile = \"essop-14nm\"").energy)
        #expect(essop.unit == .relative(to: "multiplications in FP16"))
        #expect(essop.energy(of: Action(.countOnes, bits: 8)) == 0.178)
        #expect(essop.energy(of: Action(.draw, bits: 16)) == nil)
    }

    /// The folder is what is embedded.
    @Test func everyFileIsShipped() throws {
        var files: Set<String> = []
        let folder = try #require(opendir("\(packageRoot)/Sources/Configuration/Devices"))
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".toml") { files.insert(String(name.dropLast(5))) }
        }
        let energies = DeviceProfiles.energyNames.map { "energy-\($0)" }
        #expect(files == Set(DeviceProfiles.names + energies))
        for name in DeviceProfiles.names {
            let text = try ConfigurationLoader.read(
                "\(packageRoot)/Sources/Configuration/Devices/\(name).toml")
            #expect(text == DeviceProfiles.text(name))
        }
    }

    @Test func theConfigurationOverridesItsProfile() throws {
        let plain = try device(Self.artix)
        #expect(plain.clockHertz == 15e6 && plain.edgeProcessors?.count == 160)
        #expect(plain.edgeProcessors?.processClocks == 0 && plain.parallelism == .auto)
        #expect(plain.memory.capacityBits == 4860 * 1024 && plain.memory.widthBits == 36)
        let text = Self.artix + "[device.x]\n"
        #expect(problems(text).first?.key == "device.x")
        let changed = try device(
            Self.artix.replacing(
                "\"artix7\"",
                with: "\"artix7\"\nclock-megahertz = 30\nedges-per-cycle = [2, 4]\n"
                    + "process-clocks = 2\nenergy = \"none\"\nmemory = \"8KiB\""))
        #expect(changed.clockHertz == 30e6 && changed.parallelism == .edges([2, 4]))
        #expect(changed.edgeProcessors?.processClocks == 2 && changed.energy == nil)
        #expect(changed.memory.capacityBits == 65_536)
        let flag = try #require(ConfigurationFlag(assignment: "device.edge-processors=64"))
        #expect(
            try load(Self.artix, flags: [flag]).learner.device?.edgeProcessors?.count == 64)
        #expect(
            try load(Self.artix, environment: ["MILLRACE_DEVICE_READ_PORTS": "2"])
                .learner.device?.memory.readPorts == 2)
        let it = try load(Self.artix)
        #expect(it.effectiveText.contains("# profile artix7:"))
        #expect(it.origin(of: "device.memory")?.text.hasPrefix("profile artix7:") == true)
    }

    @Test func aDeviceNeedsNoProfile() throws {
        let text =
            minimal + """

                [device]
                clock-megahertz = 1
                memory = 4096
                word-bits = 8
                float-bits = 32
                edge-processors = 4
                array-rows = 3
                add-clocks = 4
                dataflow = "output-stationary"
                sums = "waiting"
                selection = "on-demand"
                weight-buffers = "single"
                [energy]
                rows = [["multiply", "float", 32, 2, "somebody"]]
                unit = "multiplications"
                """
        let it = try device(
            text.replacing("features = 4", with: "features = 4\n[network]\nhidden = []"))
        #expect(it.name == "custom" && it.edgeProcessors?.overheadClocks == 2)
        #expect(
            it.tensorArray
                == TensorArray(
                    rows: 3, columns: 3, addClocks: 4, reductionLanes: 1, updateLanes: 1,
                    dataflow: .outputStationary, interleaves: false, generatesAhead: false,
                    doubleBuffers: false))
        #expect(it.energy?.unit == .relative(to: "multiplications") && it.energy?.rows.count == 1)
    }

    @Test func aProfileOfOnesOwnIsAPathBesideTheConfiguration() throws {
        let folder = TemporaryFolder()
        try withExtendedLifetime(folder) {
            _ = folder.write(
                "own.toml",
                "[device]\nname = \"own\"\nclock-megahertz = 2\nmemory = \"64KiB\"\n"
                    + "word-bits = 16\nfloat-bits = 16\nedge-processors = 4\n"
                    + "energy = \"own-energy.toml\"\n")
            _ = folder.write(
                "own-energy.toml",
                "[energy]\nname = \"own\"\nrows = [[\"add\", \"float\", 16, 0.5, \"guess\"]]\n")
            let path = folder.write(
                "millrace.toml", minimal + "\n[device]\nprofile = \"own.toml\"\n")
            let it = try ConfigurationLoader.load(path: path, environment: [:])
            #expect(it.learner.device?.name == "own")
            #expect(it.learner.device?.energy?.rows.first?.energy == 0.5)
            // Whoever has the checkpoint need not have the files.
            #expect(!it.canonicalText.contains("own.toml"))
            #expect(try load(it.canonicalText).learner == it.learner)
            _ = folder.write("own.toml", "[device]\nclock = 2\nprofile = \"artix7\"\n[input]\n")
            do throws(ConfigurationErrors) {
                _ = try ConfigurationLoader.load(path: path, environment: [:])
                Issue.record("a wrong profile loads")
            } catch {
                let text = error.description
                for words in [
                    "own.toml:2: device.clock: found an unknown key", "nearest known key: device.",
                    "own.toml:3: device.profile: found a profile in a profile",
                    "own.toml:4: input: found a table that does not belong here",
                ] {
                    #expect(text.contains(words), "\(words) in \(text)")
                }
            }
        }
    }

    /// One line that is wrong by itself.
    @Test(arguments: [
        "clock-megahertz = 0", "clock-megahertz = 1e9", "memory = 0", "memory = \"2000TiB\"",
        "word-bits = 0", "read-ports = 17", "seeds = true", "fixed-bits = 17", "float-bits = 8",
        "edges-per-cycle = []", "edges-per-cycle = \"all\"", "edges-per-cycle = [0]",
        "edge-processors = -1", "process-clocks = 1e3", "array-rows = 4097",
        "dataflow = \"os\"", "converters = 9223372036854775807",
    ])
    func wrongValues(line: String) throws {
        let found = problems(
            Self.artix.replacing("\"artix7\"", with: "\"artix7\"\n\(line)"))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.key == "device.\(line.prefix { $0 != " " })")
        #expect(found.first?.place == "test.toml:9")
    }

    @Test(arguments: [
        "[\"multiply\", \"integer\", 8, 1]", "[\"multiply\", \"int\", 8, 1, \"s\"]",
        "[\"divide\", \"integer\", 8, 1, \"s\"]", "[\"read\", \"integer\", 8, 1, \"s\"]",
        "[\"add\", \"8KiB\", 8, 1, \"s\"]", "[\"add\", \"integer\", 8, -1, \"s\"]",
        "[\"add\", \"integer\", 8, 1, \"\"]", "[\"add\", \"integer\", -8, 1, \"s\"]",
    ])
    func wrongEnergies(row: String) throws {
        let found = problems(Self.artix + "[energy]\nrows = [\(row)]\n")
        #expect(found.map(\.key) == ["energy.rows"], "\(found)")
    }

    @Test func aSecondRowAboutTheSameIsRefusedByItsLine() throws {
        let rows = [
            "[\"add\", \"integer\", 8, 1, \"s\"]", "[\"add\", \"integer\", 16, 1, \"s\"]",
            "[\"read\", \"8KiB\", 8, 1, \"s\"]", "[\"read\", \"32KiB\", 8, 1, \"s\"]",
            "[\"add\", \"integer\", 8, 2, \"t\"]",
        ]
        func table(_ rows: some Sequence<String>) -> String {
            Self.artix + "[energy]\nrows = [\n" + rows.map { "    \($0),\n" }.joined() + "]\n"
        }
        #expect(problems(table(rows.dropLast())).isEmpty)
        let problem = try #require(problems(table(rows)).first)
        let text = table(rows)
        let line = text[..<(try #require(text.ranges(of: rows[4]).last)).lowerBound]
            .split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(problem.key == "energy.rows" && problem.place == "test.toml:\(line)")
        #expect(problem.found == "row 5 about the same as row 1")
    }

    @Test(arguments: ["joules", "pJ", "nJ", "nanojoules per action", "Picojoules", "\u{B5}J"])
    func absoluteEnergiesAreInPicojoules(unit: String) {
        let found = problems(Self.artix + "[energy]\nunit = \"\(unit)\"\n")
        #expect(found.map(\.key) == ["energy.unit"], "\(found)")
        #expect(found.first?.expected.contains("\"picojoules\"") == true)
    }

    @Test func aBankIsNotLargerThanTheMemory() throws {
        let found = problems(
            Self.artix.replacing("\"artix7\"", with: "\"artix7\"\nbank = \"2MiB\""))
        #expect(found.map(\.key) == ["device.bank"] && found.first?.place == "test.toml:9")
        // A profile's bank need not be made smaller with its memory.
        let small = try ConfigurationLoader.load(
            ConfigurationInputs(
                path: "test.toml",
                text: Self.artix.replacing("\"artix7\"", with: "\"artix7\"\nmemory = \"2KiB\""),
                checksDevice: false))
        #expect(small.learner.device?.energy?.memoryBytes == 2048)
    }

    @Test(arguments: [
        ("[device]\nprofile = \"artix\"", "device.profile", "nearest: \"artix7\""),
        ("[device]\nprofile = \"none.toml\"", "device.profile", "a readable file"),
        ("[device]\nprofile = \"artix7\"\nenergy = \"45\"", "device.energy", "\"none\""),
        ("[device]\nname = \"x\"", "device.clock-megahertz", "device.profile = \"artix7\""),
        ("[energy]\nname = \"x\"", "energy.name", "none without a [device]"),
    ])
    func wrongReferences(text: String, key: String, expected: String) throws {
        let found = problems(minimal + "\n" + text)
        #expect(found.first?.key == key && found.first?.place.hasPrefix("test.toml") == true)
        #expect(found.first?.expected.contains(expected) == true, "\(found)")
    }

    @Test func keysOfAMissingUnitMeanNothing() throws {
        let own = problems(
            Self.artix.replacing("\"artix7\"", with: "\"artix7\"\nadd-clocks = 2"))
        #expect(own.map(\.key) == ["device.add-clocks"])
        // Whoever takes a unit out of a profile need not take out its other keys.
        let text =
            minimal + "\n[device]\nprofile = \"microcontroller\"\nedge-processors = 0\n"
            + "[network]\nhidden = [8]"
        #expect(try device(text).edgeProcessors == nil)
    }
}
