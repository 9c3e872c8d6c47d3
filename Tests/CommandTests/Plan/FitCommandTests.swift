// `millrace plan --fit`: what is found can be pasted, what is not found is explained, and training
// is the daemon's.

import Glibc
import Simulation
import Testing

@Suite struct FitCommandTests {
    private let user = CommandClient(state: "/nowhere")

    private func configuration() -> String { user.place.write("small.toml", Scene.small) }

    @Test func rowsCanBePasted() throws {
        let file = configuration()
        let result = user.run(["plan", file, "--fit", "6KiB", "--json"])
        #expect(result.code == 0, "\(result.errors)")
        let document = try #require(result.document)
        #expect(document["candidates"]?.integer == 215)
        let rows = try #require(document["rows"]?.list)
        let omitted = document["leftOut"]?.list.reduce(0) { $0 + ($1["count"]?.integer ?? 0) }
        #expect(rows.count + (document["tooLarge"]?.integer ?? 0) + (omitted ?? 0) == 215)
        let front = rows.filter { $0["isOnFront"]?.flag == true }
        try #require(!front.isEmpty && front.count < rows.count)
        let others = stride(from: front.count, to: rows.count, by: 9).map { rows[$0] }
        for row in front + others {
            let settings = row["settings"]?.list.compactMap(\.text) ?? []
            let plan = user.run(
                ["plan", file, "--json"] + settings.flatMap { ["--set", $0] })
            #expect(plan.code == 0, "\(settings): \(plan.errors)")
            #expect(plan.document?["memoryBits"] == row["memoryBits"], "\(settings)")
            #expect(plan.document?["clocksPerSample"] == row["clocksPerSample"], "\(settings)")
            #expect((row["memoryBits"]?.integer ?? .max) <= 6 * 1024 * 8)
        }
        // Fixed point learns by plain descent with a power of two, and that is said.
        let fixed = try #require(
            rows.first { $0["numbers"]?.text?.hasPrefix("fixed") == true })
        let settings = fixed["settings"]?.list.compactMap(\.text) ?? []
        #expect(settings.contains("learning.momentum=0"))
        #expect(settings.contains("learning.rate=0.125"))
        #expect(document["adjustments"]?.list.count == 3)
    }

    @Test func tablesOfJunctionsAreOverridden() throws {
        let arguments = ["plan", Scene.example("fpga"), "--device", "artix7"]
        let document = try #require(
            user.run(arguments + ["--fit", "16KiB", "--json"]).document)
        let front = try #require(document["rows"]?.list).filter { $0["isOnFront"]?.flag == true }
        try #require(!front.isEmpty)
        for row in front {
            let settings = row["settings"]?.list.compactMap(\.text) ?? []
            let plan = user.run(arguments + ["--json"] + settings.flatMap { ["--set", $0] })
            #expect(plan.document?["memoryBits"] == row["memoryBits"], "\(settings)")
            #expect(plan.document?["clocksPerSample"] == row["clocksPerSample"], "\(settings)")
        }
        let reasons = document["leftOut"]?.list.compactMap { $0["reason"]?.text } ?? []
        #expect(reasons.contains { $0.contains("no tensor-array") }, "\(reasons)")
    }

    @Test func theTableAndThePictureShowTheFront() throws {
        let picture = "\(user.place.path)/fit.svg"
        let result = user.run(
            ["plan", configuration(), "--fit", "6KiB", "--svg", picture],
            changed: ["COLUMNS": "100"])
        #expect(result.code == 0, "\(result.errors)")
        for words in ["215 candidates", "left out", "bytes", "clocks", "--set junction."] {
            #expect(result.output.contains(words), "\(words) in \(result.output)")
        }
        #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
        let svg = try SVG(user.place.read("fit.svg"))
        #expect(svg.problems.isEmpty, "\(svg.problems)")
    }

    @Test func whereNothingFitsTheSmallestIsNamed() throws {
        let file = configuration()
        let result = user.run(["plan", file, "--fit", "80bit"])
        #expect(result.code == 78 && result.output.isEmpty)
        for words in ["10 bytes", "smallest", "largest line", "--fit ", "network.hidden=[16,16]"] {
            #expect(result.errors.contains(words), "\(words) in \(result.errors)")
        }
        // The advice is right: with so much, one fits; with a byte less, none.
        let words = result.errors.split(separator: " ")
        let place = try #require(words.firstIndex(of: "--fit"))
        let bytes = try #require(Int(words[place + 1].filter(\.isNumber)))
        #expect(user.run(["plan", file, "--fit", "\(bytes)"]).code == 0)
        #expect(user.run(["plan", file, "--fit", "\(bytes - 1)"]).code == 78)
        let document = user.run(["plan", file, "--fit", "80bit", "--json"]).document
        #expect(document?["error"]?["status"]?.integer == 78)
    }

    @Test func candidatesReallyLearn() throws {
        let file = configuration()
        // The class is where the largest of four groups of features is.
        var rows: [String] = []
        var state: UInt64 = 9
        for _ in 0..<1500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let label = Int(state >> 62)
            let values = (0..<16).map { feature in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let noise = Double(state >> 40) / Double(1 << 24) * 0.4
                return noise + (feature / 4 == label ? 0.6 : 0)
            }
            rows.append((values.map { "\($0)" } + ["\(label)"]).joined(separator: ","))
        }
        let data = user.place.write("learn.csv", rows.joined(separator: "\n") + "\n")
        let arguments = [
            "plan", file, "--fit", "3KiB", "--data", data, "--label-column", "17", "--samples",
            "1400", "--seed", "3", "--json",
        ]
        let result = user.run(arguments)
        #expect(result.code == 0, "\(result.errors)")
        let document = try #require(result.document)
        #expect(document["training"]?["samples"]?.integer == 1400)
        #expect(document["training"]?["seed"]?.integer == 3)
        let found = try #require(document["rows"]?.list)
        let figures = found.compactMap { $0["figure"]?.number }
        #expect(figures.count == found.count && document["fitting"]?.integer == found.count)
        #expect((figures.max() ?? 0) > 0.9, "\(figures)")
        #expect(user.run(arguments).output == result.output, "the same seed, the same figures")
        let missing = user.run(arguments.map { $0 == data ? "/nowhere.csv" : $0 })
        #expect(missing.code == 66)
    }

    @Test func anInterruptionEndsWithWhatIsKnown() throws {
        let command = try #require(
            user.start([
                "plan", configuration(), "--fit", "6KiB", "--data",
                "morse", "--samples", "5000000", "--json", "--set", "input.features=64", "--set",
                "output.classes=64", "--set", "network.output-width=64",
            ]))
        usleep(700_000)
        command.process.send(SIGINT)
        let result = command.wait()
        #expect(result.code == 130, "\(result.errors)")
        #expect(result.document?["interrupted"]?.flag == true)
        #expect((result.document?["rows"]?.list.count ?? 0) > 0)
    }
}
