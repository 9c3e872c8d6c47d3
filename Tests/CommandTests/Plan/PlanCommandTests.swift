// `millrace plan`: the table, the document, the picture, and what it says when there is no plan.

import Simulation
import Testing

@Suite struct PlanCommandTests {
    private let user = CommandClient(state: "/nowhere")
    /// The published FPGA network, on the device of that paper.
    private let fpga = ["plan", Scene.example("fpga"), "--device", "artix7"]

    @Test func theTableHasEveryLine() throws {
        let result = user.run(fpga, changed: ["COLUMNS": "80"])
        #expect(result.code == 0, "\(result.errors)")
        for words in [
            "1024-64-32", "weights", "51,200", "activation banks", "total", "FF clocks", "clashes",
            "multiplications", "5,120", "7.58 %", "samples/s", "question",
        ] {
            #expect(result.output.contains(words), "\(words) in \(result.output)")
        }
        #expect(!result.output.contains("\u{1B}"), "no colours into a file")
        let lines = result.output.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 && $0.last != " " })
    }

    @Test(arguments: [40, 60, 120])
    func linesKeepToTheWidth(columns: Int) {
        let result = user.run(fpga, changed: ["COLUMNS": "\(columns)"])
        #expect(result.code == 0)
        // A word that is longer than its room stays whole.
        let tooLong = result.output.split(separator: "\n").filter { $0.count > max(columns, 56) }
        #expect(tooLong.isEmpty, "\(tooLong)")
    }

    @Test func theDocumentHasStableNames() throws {
        let document = try #require(user.run(fpga + ["--json"]).document)
        #expect(document["edges"]?.integer == 5120)
        let density = try #require(document["density"]?.number)
        #expect(abs(density - 5120.0 / 67_584) < 1e-12)
        #expect(document["clashes"]?.integer == 0)
        #expect(document["stallClocks"]?.integer == 0)
        #expect(document["fits"]?.flag == true)
        #expect(document["advice"] == .null)
        let memory = try #require(document["memory"]?.list)
        let bits = try #require(document["memoryBits"]?.integer)
        #expect(memory.reduce(0) { $0 + ($1["bits"]?.integer ?? 0) } == bits)
        #expect(memory.first { $0["owner"]?.text == "weights" }?["bits"]?.integer == 51_200)
        let junctions = try #require(document["junctions"]?.list)
        #expect(junctions.map { $0["edges"]?.integer } == [4096, 1024])
        #expect(junctions.map { $0["parallelism"]?.integer } == [128, 32])
        #expect(junctions.map { $0["feedforward"]?["clocks"]?.integer } == [32, 32])
        #expect(junctions[0]["backprop"] == .null)
        #expect(junctions[1]["backprop"]?["multiplications"]?.integer == 2048)
        #expect(document["multiplications"]?.integer == 5120 + 2048 + 5216)
        let clocks = try #require(document["clocksPerSample"]?.integer)
        let rate = try #require(document["samplesPerSecond"]?.number)
        #expect(abs(rate * Double(clocks) - 15e6) < 1)
        #expect(document["energyPerSample"]?["unit"]?.text == "pJ")
    }

    @Test func documentsHaveTheMembersOfTheirSchema() throws {
        let plan = try #require(user.run(fpga + ["--json", "--simulate"]).document)
        let schema = try Scene.schema("plan")
        #expect(plan.names == schema["properties"]?.names)
        let junction = schema["properties"]?["junctions"]?["items"]
        #expect(plan["junctions"]?.list.last?.names == junction?["properties"]?.names)
        let operation = schema["$defs"]?["operation"]?["properties"]
        #expect(plan["junctions"]?.list.last?["backprop"]?.names == operation?.names)
        #expect(
            plan["simulation"]?.names == schema["properties"]?["simulation"]?["properties"]?.names)
        let fit = try #require(user.run(fpga + ["--fit", "16KiB", "--json"]).document)
        let other = try Scene.schema("plan-fit")
        #expect(fit.names == other["properties"]?.names)
        let row = other["properties"]?["rows"]?["items"]
        #expect(fit["rows"]?.list.first?.names == row?["properties"]?.names)
    }

    @Test func theSimulatorAgreesAndFindsClashes() throws {
        let agreed = user.run(fpga + ["--simulate"], changed: ["COLUMNS": "200"])
        #expect(agreed.code == 0 && agreed.output.contains("are those of the plan"))
        // A random pattern asks a memory twice in a clock.
        let arguments =
            fpga + ["--simulate", "--set", "junction.0.structure=random"]
            + ["--set", "junction.0.density=0.0625", "--json"]
        let document = try #require(user.run(arguments).document)
        #expect(document["simulation"]?["agrees"]?.flag == true)
        #expect((document["clashes"]?.integer ?? 0) > 0)
        #expect(document["simulation"]?["clashes"] == document["clashes"])
        #expect(document["simulation"]?["firstClashes"]?.list.isEmpty == false)
        let busy = document["junctions"]?.list.first
        #expect((busy?["stallClocks"]?.integer ?? 0) > 0)
    }

    @Test func whatIsNotSteppedIsNotSaidToAgree() throws {
        let arguments = ["plan", Scene.example("nm"), "--simulate"]
        let result = user.run(arguments, changed: ["COLUMNS": "200"])
        #expect(result.code == 0 && result.output.contains("not simulated: "), "\(result.output)")
        #expect(!result.output.contains("are those of the plan"))
        let document = try #require(user.run(arguments + ["--json"]).document)
        #expect(document["simulation"]?["agrees"] == .null)
        #expect(document["simulation"]?["stepped"]?.list.isEmpty == true)
    }

    /// What is refused for its z is refused for what somebody asked, with what helps.
    @Test(arguments: [
        (["device.edge-processors=1"], "2 edge processors", "auto"),
        (["device.edge-processors=1"], "schedule = \"sequential\"", "auto"),
        (["device.memories=18"], "19 memories", "auto"),
        (
            ["device.edges-per-cycle=[128,31]"], "a divisor of its 64 left neurons: 16 or 32",
            "drawn"
        ),
        (["device.edges-per-cycle=[128,64]"], "192 edge processors", "drawn"),
        (["device.edges-per-cycle=[1024,64]"], "1088 edge processors", "drawn"),
        (["device.edges-per-cycle=fast"], "found \"fast\"", "an array of 1,"),
        (["device.bank=2MiB"], "at most device.memory", "auto"),
    ])
    func impossibleParallelism(settings: [String], words: String, not: String) {
        let result = user.run(
            ["plan", Scene.example("fpga")] + settings.flatMap { ["--set", $0] })
        #expect(result.code == 78)
        #expect(result.errors.contains(words) && !result.errors.contains(not), "\(result.errors)")
    }

    @Test func advisesOtherDevicesThatWork() {
        let result = user.run(
            ["plan", Scene.example("fpga"), "--set", "device.edge-processors=1"])
        #expect(!result.errors.contains("artix7,") && result.errors.contains("--fit 622080"))
        let floats = user.run(
            ["plan", user.place.write("small.toml", Scene.small), "--device", "artix7"])
        #expect(
            floats.errors.contains("--device with essop-14nm, microcontroller"), "\(floats.errors)")
    }

    /// Every network that is advised starts when its lines are pasted, and takes what is said.
    @Test(arguments: [
        ("morse", 49_152), ("essop", 29_500), ("essop", 12_000), ("fpga", 12_359), ("fpga", 6_000),
        ("nm", 60_000),
    ])
    func whatIsAdvisedIsSoWhenPasted(example: String, bytes: Int) throws {
        let start = ["plan", Scene.example(example), "--json", "--set", "device.memory=\(bytes)"]
        let first = user.run(start)
        try #require(first.code == 78, "\(first.errors)")
        let advice = try #require(first.document?["advice"]?.text)
        var recipes: [(title: String, settings: [String])] = []
        var section = ""
        for line in advice.split(separator: "\n") where line.hasPrefix("  ") {
            let words = line.dropFirst(2)
            if words.hasPrefix("#") {
                recipes.append((String(words), []))
            } else if words.hasPrefix("[") {
                section = String(words.dropFirst().dropLast())
            } else {
                let key = words.prefix { $0 != " " }
                let value = words.dropFirst(key.count + 3).filter { $0 != "\"" }
                recipes[recipes.count - 1].settings.append("\(section).\(key)=\(value)")
            }
        }
        try #require(!recipes.isEmpty, "\(advice)")
        for recipe in recipes {
            let pasted = user.run(start + recipe.settings.flatMap { ["--set", $0] })
            #expect(pasted.code == 0, "\(recipe): \(pasted.errors)")
            let bits = try #require(recipe.title.split(separator: ": ").last)
            let told = Int(bits.filter(\.isNumber))
            #expect(pasted.document?["memoryBits"]?.integer == told, "\(recipe)")
        }
    }

    @Test func aNetworkThatDoesNotFitIsShownAndIs78() throws {
        let arguments = fpga + ["--set", "device.memory=4KiB"]
        let result = user.run(arguments)
        #expect(result.code == 78)
        #expect(result.output.contains("weights") && result.output.contains("of 32,768 bits"))
        #expect(result.errors.contains("does not fit"))
        let document = try #require(user.run(arguments + ["--json"]).document)
        #expect(document["fits"]?.flag == false)
        #expect(document["capacityBits"]?.integer == 32_768)
        #expect(document["advice"]?.text?.isEmpty == false)
    }

    @Test func withoutADeviceItSaysWhichThereAre() throws {
        let file = user.place.write("plain.toml", Scene.plain)
        let result = user.run(["plan", file])
        #expect(result.code == 78 && result.output.isEmpty)
        for words in ["no [device]", "artix7", "TRY: --device"] {
            #expect(result.errors.contains(words), "\(result.errors)")
        }
        let other = user.run(["plan", file, "--device", "artix"])
        #expect(other.code == 78 && other.errors.contains("artix7"))
        // Floats on a device that has none.
        let unfit = user.run(["plan", file, "--device", "artix7"])
        #expect(unfit.code == 78 && unfit.errors.contains("does not run on artix7"))
        #expect(user.run(["plan", file, "--device", "microcontroller"]).code == 0)
    }

    @Test(arguments: [
        ["plan"], ["plan", "x.toml", "--fit", "much"], ["plan", "x.toml", "--fit", "0"],
        ["plan", "x.toml", "--data", "x.csv"], ["plan", "x.toml", "--samples", "10"],
        ["plan", "x.toml", "--fit", "1KiB", "--simulate"],
        ["plan", "x.toml", "--fit", "1KiB", "--set", "junction.0.structure=dense"],
        ["plan", "x.toml", "--fit", "1KiB", "--data", "x.csv", "--samples", "0"],
    ])
    func wrongUsageIs64(arguments: [String]) {
        let result = user.run(arguments)
        #expect(result.code == 64, "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func otherTroubleHasItsCode() {
        #expect(user.run(["plan", "/nowhere.toml"]).code == 66)
        #expect(user.run(fpga + ["--set", "nonsense"]).code == 64)
        #expect(user.run(fpga + ["--set", "network.hidden=[0]"]).code == 78)
        let unwritable = user.run(fpga + ["--svg", "/nowhere/plan.svg"])
        #expect(unwritable.code == 74 && unwritable.errors.contains("/nowhere/plan.svg"))
    }

    @Test func thePictureIsWellFormedAndNothingOverlaps() throws {
        let path = "\(user.place.path)/plan.svg"
        #expect(user.run(fpga + ["--svg", path]).code == 0)
        let picture = try SVG(user.place.read("plan.svg"))
        #expect(picture.texts.map(\.words).contains("junction 0"))
        #expect(picture.problems.isEmpty, "\(picture.problems)")
        let many = fpga + ["--svg", path, "--set", "network.hidden=[64,64,64,64,64]"]
        let deep = many + ["--set", "junction.0.out-degree=4", "--set", "junction.density=0.5"]
        #expect(user.run(deep).code == 0)
        #expect(try SVG(user.place.read("plan.svg")).problems.isEmpty)
    }
}

/// Configurations of these tests.
enum Scene {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(4).joined(separator: "/")

    static func example(_ name: String) -> String { "\(root)/examples/\(name).toml" }

    static func schema(_ name: String) throws -> JSON {
        let bytes = TemporaryFolder.bytes("\(root)/protocol/schema/\(name).json")
        return try #require(JSON(String(decoding: bytes, as: UTF8.self)))
    }

    /// A small network in floats, with what fixed point does not have.
    static let small =
        plain + """

            [device]
            profile = "microcontroller"
            """

    /// The same without a device.
    static let plain = """
        [input]
        features = 16
        normalise = "none"
        [output]
        task = "classification"
        classes = 4
        [network]
        hidden = [32, 32]
        output-width = 16
        [learning]
        rate = 0.1
        momentum = 0.5
        """
}

extension JSON {
    /// The names of an object's members.
    fileprivate var names: Set<String>? {
        guard case .object(let members) = self else { return nil }
        return Set(members.keys)
    }
}
