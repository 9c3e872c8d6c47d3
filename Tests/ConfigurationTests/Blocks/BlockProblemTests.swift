// What is wrong with [block.N]: named with its key and its line, and nothing traps.

import Configuration
import Testing

@Suite struct BlockProblemTests {
    /// A block that may stand anywhere.
    private let last = "[block.1]\nkind = \"flatten\"\n"

    private func found(_ text: String) -> [String] {
        problems(text).map { "\($0.place) \($0.key ?? "-")" }
    }

    @Test func keysOfOtherKindsAndMissingOnes() {
        let text = sequence + "[block.0]\nkind = \"conv1d\"\nunits = 3\nchannels = 4\n" + last
        // Line 8 begins the table.
        #expect(Set(found(text)) == ["test.toml:10 block.0.units", "test.toml:8 block.0.kernel"])
        #expect(
            found(sequence + "[block.0]\nchannels = 4\n" + last) == ["test.toml:8 block.0.kind"])
        #expect(
            found(sequence + "[block.0]\nkind = \"flaten\"\n" + last)
                == ["test.toml:9 block.0.kind"])
        let pool = "[block.0]\nkind = \"max-pool\"\nsize = 2\nrule = \"exact\"\n"
        #expect(found(sequence + pool + last) == ["test.toml:11 block.0.rule"])
    }

    @Test func aStateNeedsItsHistory() {
        let lines = "[block.0]\nkind = \"lstm\"\nunits = 4\n"
        #expect(
            problems(sequence + lines + "state = \"producer\"\n").map(\.key)
                == ["block.0.history"])
        #expect(problems(sequence + lines + "history = 200\n").map(\.key) == ["block.0.history"])
    }

    /// What learns is an older sample, whose state is gone.
    @Test func aStateGoesWithForecastsOfOneStep() throws {
        func found(_ steps: Int) -> [ConfigurationProblem] {
            problems(
                """
                [input]
                features = 6
                shape = [2, 3]
                [output]
                task = "forecast"
                steps = \(steps)
                [block.0]
                kind = "lstm"
                units = 4
                state = "producer"
                history = 2
                """)
        }
        #expect(found(1).isEmpty, "\(found(1))")
        let first = try #require(found(2).first)
        #expect(first.key == "block.0.state" && first.place == "test.toml:10", "\(first)")
        #expect(first.expected.contains("window with a forecast of 2 steps"), "\(first)")
    }

    @Test func gapsAndNumbers() {
        let gap = problems(sequence + "[block.2]\nkind = \"flatten\"\n")
        #expect(gap.map(\.key) == ["block.0.kind", "block.1.kind"])
        #expect(gap.allSatisfy { $0.expected.contains("without a gap") })
        for number in ["128", "01", "-1", "x"] {
            let found = problems(sequence + "[block.\(number)]\nkind = \"flatten\"\n")
            #expect(found.first?.expected.contains("0 to 127") == true, "\(number): \(found)")
        }
        let flags = ["block.200.units=1", "block.0.unit=1"].compactMap {
            ConfigurationFlag(assignment: $0)
        }
        let wrong = problems(
            sequence + "[block.0]\nkind = \"lstm\"\nunits = 4\n",
            environment: ["MILLRACE_BLOCK_0_UNIT": "3"], flags: flags)
        #expect(wrong.map(\.key) == [nil, "block.200", "block.0.unit"], "\(wrong)")
        #expect(wrong.last?.nearest == "block.0.units")
    }

    @Test func shapesOfTheInput() {
        let block = "[block.0]\nkind = \"flatten\"\n"
        let flat = "[input]\nfeatures = 8\n[output]\ntask = \"classification\"\nclasses = 2\n"
        #expect(problems(flat + block).map(\.key) == ["input.shape"])
        let vector = flat.replacing("features = 8", with: "features = 8\nshape = [8]")
        #expect(problems(vector + block).isEmpty)
        for shape in ["[3, 3]", "[65536, 65536, 65536]", "[8, 1, 1, 1]", "[0, 8]", "[-1, -8]"] {
            let text = flat.replacing("features = 8", with: "features = 8\nshape = \(shape)")
            #expect(problems(text + block).contains { $0.key == "input.shape" }, "\(shape)")
        }
    }

    /// What only the learner finds out stands at the key that it is about.
    @Test(arguments: [
        ("kind = \"conv1d\"\nchannels = 4\nkernel = 200", "block.0.kernel", 11),
        ("kind = \"conv1d\"\nchannels = 4\nkernel = 3\npadding = 7", "block.0.padding", 12),
        ("kind = \"max-pool\"\nsize = 200", "block.0.size", 10),
        ("kind = \"group-norm\"\ngroups = 4", "block.0.groups", 10),
        ("kind = \"residual\"\nspan = 1", "block.0.span", 10),
        (
            "kind = \"conv1d\"\nchannels = 4\nkernel = 3\nstructure = \"circulant\"\nblock = 4",
            "block.0.block", 13
        ),
        (
            "kind = \"conv1d\"\nchannels = 4\nkernel = 3\nstructure = \"pruned\"\npattern = \"2:8\"",
            "block.0.pattern", 13
        ),
        ("kind = \"lstm\"\nunits = 4\nstate = \"producer\"\nhistory = 7", "block.0.history", 12),
    ])
    func theLearnersErrorsHaveKeys(_ lines: String, _ key: String, _ line: Int) throws {
        let found = problems(sequence + "[block.0]\n" + lines + "\n" + last)
        let first = try #require(found.first, "\(lines)")
        #expect(first.key == key && found.count == 1, "\(found)")
        #expect(first.place == "test.toml:\(line)", "\(first)")
        #expect(first.found.contains("block 0"), "\(first)")
    }

    @Test(arguments: ["3", "[1, 3]", "3\npadding = \"same\""])
    func aSequenceHasNoSecondAxis(_ kernel: String) throws {
        let found = problems(
            sequence + "[block.0]\nkind = \"conv2d\"\nchannels = 4\nkernel = \(kernel)\n" + last)
        #expect(found.map(\.key) == ["block.0.kind"] && found.first?.place == "test.toml:9")
        let problem = try #require(found.first)
        #expect(problem.found == "\"conv2d\" with input.shape = [128, 6]")
        #expect(problem.expected.contains("\"conv1d\"") && problem.expected.contains("[rows, col"))
    }

    @Test func anUnknownKeyIsToldTheKeysOfItsKind() throws {
        let lines = "[block.0]\nkind = \"conv1d\"\nchannels = 4\nkernal = 3\nkernel = 3\n"
        let text = "\(try #require(problems(sequence + lines + last).first))"
        #expect(
            text.hasPrefix(
                "test.toml:11: block.0.kernal: found an unknown key; nearest known key: "
                    + "block.0.kernel; expected a key of [block.0], conv1d: kind, channels, kernel, "
            ), "\(text)")
        #expect(!text.contains("units") && text.contains("structure"))
        let flat = problems(sequence + "[block.0]\nkind = \"flatten\"\nkernal = 3\n")
        #expect(flat.first?.expected == "a key of [block.0], flatten: kind")
    }

    @Test func whereNoCirculantBlockIsLegalItSaysSo() throws {
        func expected(_ channels: Int) throws -> String {
            let text =
                "[input]\nfeatures = \(20 * channels)\nshape = [20, \(channels)]\n"
                + "[output]\ntask = \"classification\"\nclasses = 2\n[block.0]\n"
                + "kind = \"conv1d\"\nchannels = 4\nkernel = 3\nstructure = \"circulant\"\n"
                + "block = 8\n"
            let problem = try #require(problems(text + last).first)
            #expect(problem.key == "block.0.block")
            return problem.expected
        }
        #expect(try expected(3).contains("no block fills 3. TRY: structure = \"dense\""))
        #expect(try expected(12) == "a divisor of the channels: 2, 4")
    }

    /// What a shell hands over with its quotes means what it would in a file.
    @Test func flagsMayBeQuotedAndSingleNumbersAreNamed() throws {
        func flag(_ text: String) throws -> ConfigurationFlag {
            try #require(ConfigurationFlag(assignment: text))
        }
        let conv = "[block.0]\nkind = \"conv1d\"\nchannels = 4\nkernel = 3\n"
        for text in [
            "block.1.kind=\"flatten\"", "block.1.kind='flatten'", "block.0.padding=\"same\"",
            "memory.budget=\"32MiB\"", "output.classes=\"a\",\"b\"",
        ] {
            #expect(problems(sequence + conv + last, flags: [try flag(text)]) == [], "\(text)")
        }
        let it = try load(
            sequence + conv + last, flags: [try flag("output.classes=\"a\",'b'")])
        #expect(it.output.classNames == ["a", "b"])
        for (text, found) in [
            ("block.0.stride=0", "0 (an integer)"), ("block.0.padding=-1", "-1 (an integer)"),
            ("block.0.kernel=\"3\"", "\"3\" (text)"),
            ("block.1.kind=\"flat\"", "\"flat\" (text)"),
        ] {
            let problem = problems(sequence + conv + last, flags: [try flag(text)]).first
            #expect(problem?.found == found, "\(text)")
        }
    }

    @Test func whatIsLeftBehindTheBlocksIsAVector() throws {
        let text = sequence + "[block.0]\nkind = \"conv1d\"\nchannels = 4\nkernel = 3\n"
        let found = problems(text)
        #expect(found.map(\.key) == ["block.0.kind"])
        #expect(found.first?.expected.contains("flatten or global-pool") == true, "\(found)")
        let flat = problems(
            sequence + "[block.0]\nkind = \"flatten\"\n[block.1]\nkind = \"lstm\"\nunits = 3\n")
        #expect(flat.map(\.key) == ["block.1.kind"])
    }

    @Test func aDefaultOfAllJunctionsNamesTheWayOut() throws {
        let text = """
            [junction]
            structure = "circulant"
            block = 8
            [block.0]
            kind = "conv1d"
            channels = 12
            kernel = 3
            [block.1]
            kind = "conv1d"
            channels = 12
            kernel = 3
            [block.2]
            kind = "flatten"
            """
        let found = problems(sequence + text)
        #expect(found.map(\.key) == ["junction.block"])
        #expect(
            found.first?.expected.contains("block.1.structure = \"dense\"") == true, "\(found)")
    }

    @Test func hostileExtentsAreRefused() {
        for lines in [
            "kind = \"conv1d\"\nchannels = 65536\nkernel = 65536\ndilation = 65536",
            "kind = \"conv1d\"\nchannels = 65536\nkernel = 65536\ndilation = 65536\n"
                + "padding = \"same\"",
            "kind = \"conv1d\"\nchannels = 65536\nkernel = 2\npadding = 4096\nstride = 65536",
            "kind = \"max-pool\"\nsize = 65536\nstride = 65536",
            "kind = \"residual\"\nspan = 128",
            "kind = \"lstm\"\nunits = 16384\nprojected = 65536",
            "kind = \"group-norm\"\ngroups = 65536",
            "kind = \"conv1d\"\nchannels = 99999999999\nkernel = [1, 2, 3]",
            "kind = \"conv1d\"\nchannels = 1\nkernel = []\npadding = [-1, 9223372036854775807]",
        ] {
            #expect(!problems(sequence + "[block.0]\n" + lines + "\n" + last).isEmpty, "\(lines)")
        }
        // Large, and possible: a memory plan says so later.
        #expect(
            problems(
                sequence + "[block.0]\nkind = \"lstm\"\nunits = 4096\nstate = \"producer\"\n"
                    + "history = 65536\n[labels]\nwindow = 0\n"
            ).isEmpty)
    }

    @Test func thePipelineHasNoBlocks() {
        let found = problems(
            sequence + "[block.0]\nkind = \"flatten\"\n[network]\nschedule = \"pipeline\"\n")
        #expect(found.map(\.key) == ["network.schedule"], "\(found)")
    }
}
