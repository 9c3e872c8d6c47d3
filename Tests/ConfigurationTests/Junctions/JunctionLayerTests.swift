// Tables of junctions through files in every notation, variables and flags; and back to text.

import Configuration
import Junctions
import Testing

@Suite struct JunctionLayerTests {
    @Test(arguments: [
        "[junction.0]\nstructure = \"circulant\"\nblock = 4",
        "[junction]\n0.structure = \"circulant\"\n0.block = 4",
        "[junction]\n[junction.\"0\"]\nstructure = \"circulant\"\nblock = 4",
        "[ junction . 0 ]\n\"structure\" = 'circulant'\nblock = 4",
        "[junction]\n0 = { structure = \"circulant\", block = 4 }",
        "[network]\nseed = 1\n[junction.0]\nblock = 4\n[junction]\n0.structure = \"circulant\"",
    ])
    func notations(text: String) throws {
        // The last one defines a table twice, which TOML forbids.
        guard !text.hasPrefix("[network]") else {
            #expect(problems(minimal + "\n" + text).first?.expected == "TOML")
            return
        }
        let it = try load(minimal + "\n" + text)
        #expect(it.learner.junction(0).structure == .circulant(blockSize: 4))
        #expect(it.learner.junction(1).structure == .dense)
    }

    @Test func notationsBeforeAnyTable() throws {
        for text in [
            "junction.0.structure = \"circulant\"\njunction.0.block = 4\n",
            "junction.0 = { structure = \"circulant\", block = 4 }\n",
            "junction = { 0 = { structure = \"circulant\", block = 4 }, rule = \"exact\" }\n",
        ] {
            let it = try load(text + minimal)
            #expect(it.learner.junction(0).structure == .circulant(blockSize: 4))
            let line = text.hasPrefix("junction.0.") ? 2 : 1
            #expect(
                it.origin(of: "junction.0.block") == .file(path: "test.toml", line: line))
        }
    }

    @Test func variablesAndFlags() throws {
        let it = try load(
            threeJunctions + "[junction.1]\nstructure = \"random\"\ndensity = 0.5\n",
            environment: [
                "MILLRACE_JUNCTION_STRUCTURE": "clash-free", "MILLRACE_JUNCTION_OUT_DEGREE": "3",
                "MILLRACE_JUNCTION_0_PARALLELISM": "16", "MILLRACE_JUNCTION_1_DENSITY": "0.25",
                "MILLRACE_NETWORK_INPUT_WIDTH": "64",
            ],
            flags: [
                "junction.pattern-seed=4", "junction.2.rule=stochastic", "junction.2.stream-bits=3",
            ].compactMap { ConfigurationFlag(assignment: $0) })
        #expect(
            it.learner.junctions.map(\.structure) == [
                .clashFree(InterleaverSettings(type: 2, parallelism: 16), .outDegree(3), seed: 4),
                .random(.fraction(0.25), seed: 4),
                .clashFree(InterleaverSettings(type: 2), .outDegree(3), seed: 4),
            ])
        #expect(it.learner.junctions[2].increment == .stochastic(StochasticRule(bitCount: 3)))
        #expect(it.learner.widths[0] == 64)
        #expect(
            it.origin(of: "junction.0.parallelism")
                == .environment(variable: "MILLRACE_JUNCTION_0_PARALLELISM"))
        let fixed = try load(
            minimal, environment: ["MILLRACE_JUNCTION_FORMAT": "12, 3, 8"],
            flags: [
                .init(key: "junction.arithmetic", value: "fixed", flag: "f"),
                .init(key: "learning.rate", value: "0.5", flag: "f"),
            ])
        #expect(fixed.effectiveText.contains("format     = [12, 3, 8]"))
    }

    /// An override from a higher layer takes out what no longer means anything; what is left
    /// loads again.
    @Test(arguments: [
        ("junction.structure=dense", WeightStructure.dense),
        ("junction.0.structure=circulant", .circulant(blockSize: 8)),
        ("junction.out-degree=2", .random(.outDegree(2), seed: 1)),
        ("junction.0.out-degree=2", .random(.outDegree(2), seed: 1)),
    ])
    func overrides(assignment: String, structure: WeightStructure) throws {
        let text =
            minimal + "\n[junction]\nstructure = \"random\"\ndensity = 0.5\npattern-seed = 1\n"
        let flag = try #require(ConfigurationFlag(assignment: assignment))
        let it = try load(text, flags: [flag])
        #expect(it.learner.junction(0).structure == structure)
        #expect(try load(it.canonicalText).learner == it.learner)
    }

    @Test func overridesTheOneThatIsPruned() throws {
        let text = threeJunctions + "[junction]\nstructure = \"pruned\"\npattern = \"2:4\"\n"
        let flag = try #require(ConfigurationFlag(assignment: "junction.1.structure=circulant"))
        let it = try load(text, flags: [flag])
        #expect(
            it.learner.junctions.map(\.structure) == [.dense, .circulant(blockSize: 8), .dense])
        #expect(!it.canonicalText.contains("pattern"))
        #expect(try load(it.canonicalText).learner == it.learner)
    }

    static let everything = """
        input-width = 64
        [junction]
        structure = "clash-free"
        out-degree = 3
        dither = "memory"
        stream-bits = 12
        [junction.0]
        density = 0.125
        parallelism = 16
        interleaver = 3
        pattern-seed = 9223372036854775807
        [junction.1]
        structure = "pruned"
        pattern = "4:8"
        pruned-passes = "forward"
        weight-update = "dense"
        dropped-decay = 0
        rule = "stochastic"
        stream-scaling = "none"
        stream-sharing = "elements"
        [junction.2]
        structure = "circulant"
        block = 2
        """
    static let fixed = """
        activation = "sigmoid"
        [junction]
        arithmetic = "fixed"
        format = [12, 3, 8]
        [junction.0]
        structure = "clash-free"
        out-degree = 4
        [learning]
        rate = 0.0625
        """

    @Test(arguments: [everything, fixed])
    func roundTrip(lines: String) throws {
        let it = try load(threeJunctions + lines)
        #expect(it.learner.junctions.count == 3)
        for text in [it.canonicalText, it.effectiveText] {
            let again = try load(text)
            #expect(again.learner == it.learner && again.canonicalText == it.canonicalText)
            #expect(again.shapeDigest == it.shapeDigest)
        }
    }

    @Test func printsWhatIsSetAndWhatItMeans() throws {
        let it = try load(
            threeJunctions + "[junction]\nstructure = \"pruned\"\n[junction.2]\nrule = \"exact\"\n"
                + "[learning]\nrate = 0.5\n")
        #expect(
            it.canonicalText.contains(
                "[junction]\nstructure = \"pruned\"\n[junction.2]\nrule = \"exact\"\n[learning]\n"
            ))
        let shown = it.effectiveText
        #expect(shown.contains("[junction]\nstructure = \"pruned\""))
        #expect(!shown.contains("[junction.0]") && !shown.contains("stream-bits"))
        #expect(
            shown.contains(
                """
                # junction 0, 32 to 32: dense; exact; float32; 1024 weights
                # junction 1, 32 to 32: pruned 2:8, both passes; exact; float32; 1024 weights
                # junction 2, 32 to 32: dense; exact; float32; 1024 weights

                [learning]
                """), "\(shown)")
    }

    @Test(arguments: [
        ("junction.1.structure=dense", true), ("junction.rule=exact", true),
        ("junction.0.structure=circulant", false), ("junction.rule=stochastic", false),
        ("network.input-width=5", false), ("network.input-width=4", true),
    ])
    func digestsShapes(assignment: String, isSame: Bool) throws {
        let flag = try #require(ConfigurationFlag(assignment: assignment))
        let first = try load(minimal)
        #expect((try load(minimal, flags: [flag]).shapeDigest == first.shapeDigest) == isSame)
    }

    @Test func scansTheLinesOfNumberedTables() {
        let text = """
            junction.3.rule = "exact"
            [junction.0]
            structure = "dense"
            [junction]
            1.format = [
              10, 2, 7]
            2 = { block = 4,
              rule = "exact" }
            """
        let lines = KeyScanner.lines(of: text)
        #expect(lines[["junction"]] == 1 && lines[["junction", "3", "rule"]] == 1)
        #expect(lines[["junction", "0"]] == 2 && lines[["junction", "0", "structure"]] == 3)
        #expect(lines[["junction", "1", "format"]] == 5)
        #expect(lines[["junction", "1", "format", "0"]] == 6)
        #expect(lines[["junction", "2", "block"]] == 7 && lines[["junction", "2", "rule"]] == 8)
    }
}
