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

    /// A number is nearest to the point of its row in the list, or a line leads there.
    @Test func numbersStandAtTheirPoints() throws {
        let arguments = [
            "plan", Scene.example("morse"), "--fit", "256KiB", "--data", "morse", "--samples",
            "120",
            "--seed", "1",
        ]
        let path = "\(user.place.path)/numbers.svg"
        let result = user.run(arguments + ["--svg", path, "--json"])
        let front = try #require(result.document?["rows"]?.list)
            .filter { $0["isOnFront"]?.flag == true }.compactMap { $0["candidate"]?.text }
        var points: [(x: Double, y: Double, name: String)] = []
        var labels: [(x: Double, y: Double, number: String, line: (x: Double, y: Double)?)] = []
        var line: (x: Double, y: Double)?
        var isAfterPoint = false
        for part in user.place.read("numbers.svg").split(separator: "<") {
            func number(_ key: String) -> Double {
                part.split(separator: " \(key)=\"").dropFirst().first
                    .flatMap { Double($0.prefix { $0 != "\"" }) } ?? .nan
            }
            let text = String(part.split(separator: ">").last ?? "")
            if part.hasPrefix("circle"), number("r") == 5.5 {
                points.append((number("cx"), number("cy"), ""))
                (line, isAfterPoint) = (nil, true)
            } else if part.hasPrefix("title"), isAfterPoint {
                points[points.count - 1].name = text
            } else if part.hasPrefix("line"), isAfterPoint {
                line = (number("x1"), number("y1"))
            } else if part.hasPrefix("text"), isAfterPoint {
                let width = Double(text.count) * 6.6
                labels.append((number("x") + width / 2, number("y") - 4, text, line))
                isAfterPoint = false
            }
        }
        #expect(front.count > 5 && labels.map(\.number) == front.indices.map { "\($0 + 1)" })
        #expect(points.map(\.name) == front)
        for (label, point) in zip(labels, points) {
            if let line = label.line {
                #expect(line == (point.x, point.y), "line of \(label.number)")
                continue
            }
            func distance(_ x: Double, _ y: Double) -> Double {
                ((x - label.x) * (x - label.x) + (y - label.y) * (y - label.y)).squareRoot()
            }
            let own = distance(point.x, point.y)
            for other in points where (other.x, other.y) != (point.x, point.y) {
                #expect(
                    1.2 * own < distance(other.x, other.y),
                    "\(label.number) is as near to \(other.name) as to \(point.name)")
            }
        }
    }

    @Test func rowsBeyondTheDeviceGiveItTheMemory() throws {
        let arguments = ["plan", Scene.example("fpga"), "--set", "device.memory=8KiB"]
        let document = try #require(user.run(arguments + ["--fit", "64KiB", "--json"]).document)
        let rows = try #require(document["rows"]?.list)
        let beyond = rows.filter { ($0["memoryBits"]?.integer ?? 0) > 65_536 }
        try #require(!beyond.isEmpty && beyond.count < rows.count)
        for row in rows {
            let settings = row["settings"]?.list.compactMap(\.text) ?? []
            let isBeyond = (row["memoryBits"]?.integer ?? 0) > 65_536
            #expect(settings.contains("device.memory=65536") == isBeyond, "\(settings)")
        }
        for row in [beyond.first, beyond.last].compactMap(\.self) {
            let settings = row["settings"]?.list.compactMap(\.text) ?? []
            let plan = user.run(
                ["plan", Scene.example("fpga"), "--json", "--set", "device.memory=8KiB"]
                    + settings.flatMap { ["--set", $0] })
            #expect(plan.code == 0, "\(settings): \(plan.errors)")
            #expect(plan.document?["energyPerSample"] == row["energyPerSample"], "\(settings)")
        }
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
