// Everything that can be wrong with the tables of junctions, and what is said about it.

import Configuration
import Testing

@Suite struct JunctionProblemTests {
    /// One line that is wrong by itself.
    @Test(arguments: [
        "structure = \"sparse\"", "structure = 3", "density = 0", "density = 1.5",
        "density = \"half\"", "out-degree = 0", "out-degree = 2.0", "pattern-seed = -1",
        "interleaver = 4", "interleaver = \"2\"", "parallelism = -1", "dither = true",
        "sweep-start = 0", "block = 3", "block = 512", "block = \"8\"", "pattern = \"3:8\"",
        "pattern = [2, 8]", "pruned-passes = \"none\"", "weight-update = \"sparse\"",
        "dropped-decay = 2", "rule = \"essop\"", "stream-bits = 65", "stream-bits = 0",
        "stream-scaling = \"max\"", "stream-sharing = \"all\"", "arithmetic = \"int8\"",
        "format = [10, 2]", "format = [10, 2, 8]", "format = [3, 0, 2]", "format = \"10,2,7\"",
        "format = [17, 5, 11]", "format = [10, 7, 2]", "format = [9223372036854775807, 1, 1]",
        "format = [10, 2, 7, 1]", "format = [10, 2, 7.0]",
    ])
    func wrongValues(line: String) throws {
        for section in ["junction", "junction.0"] {
            let found = problems(threeJunctions + "[\(section)]\n\(line)\n")
            #expect(found.count == 1, "\(found)")
            let problem = try #require(found.first)
            #expect(problem.key == "\(section).\(line.prefix { $0 != " " })")
            #expect(problem.place == "test.toml:11")
        }
    }

    /// Tables that contradict themselves or the rest, with the whole text of the error.
    @Test(arguments: [
        (
            "[junction]\nstructure = \"dense\"\nblock = 4",
            "test.toml:12: junction.block: found 4, expected none: it belongs to structure "
                + "\"circulant\", and no junction has that structure"
        ),
        (
            "[junction.1]\ndensity = 0.5",
            "test.toml:11: junction.1.density: found 0.5, expected none: it belongs to structure "
                + "\"random\", \"structured\", \"clash-free\", \"lane-aligned\", and junction 1 "
                + "has \"dense\""
        ),
        (
            "[junction]\nstructure = \"pruned\"\n[junction.2]\npattern = \"2:4\"",
            "test.toml:13: junction.2.pattern: found \"2:4\", expected none: it belongs to "
                + "structure \"pruned\", and the first and the last junction stay dense unless "
                + "their own table says structure = \"pruned\""
        ),
        (
            "[junction.0]\nstream-bits = 4",
            "test.toml:11: junction.0.stream-bits: found 4, expected none: it belongs to rule "
                + "\"stochastic\", and junction 0 has \"exact\""
        ),
        (
            "[junction]\nformat = [10, 2, 7]",
            "test.toml:11: junction.format: found [10, 2, 7], expected none: it belongs to "
                + "arithmetic \"fixed\", and no junction has that arithmetic"
        ),
        (
            "[junction.1]\nstructure = \"random\"",
            "test.toml:11: junction.1.structure: found \"random\" without a density, expected "
                + "junction.1.density (above 0, to 1) or junction.1.out-degree (edges per left "
                + "neuron), or one of them in [junction]"
        ),
        (
            "[junction.0]\nstructure = \"random\"\ndensity = 0.5\nout-degree = 2",
            "test.toml:13: junction.0.out-degree: found 2, expected either this or "
                + "junction.0.density, which is 0.5"
        ),
        (
            "[junction.0]\nstructure = \"clash-free\"\ndensity = 0.5\ninterleaver = 1\n"
                + "sweep-start = \"zero\"",
            "test.toml:14: junction.0.sweep-start: found \"zero\", expected interleaver 2 or 3: "
                + "interleaver 1 (junction 0) has permutations and no starts"
        ),
        (
            "[junction.0]\nstructure = \"pruned\"\npruned-passes = \"backward\"\n"
                + "dropped-decay = 0.5",
            "test.toml:13: junction.0.dropped-decay: found 0.5, expected 0 with pruned-passes = "
                + "\"backward\" (junction 0), where FF drops no weight"
        ),
        (
            "[junction.7]\nrule = \"exact\"",
            "test.toml:11: junction.7.rule: found a junction 7, expected junction.0 to junction.2: "
                + "the network has 3 junctions (network.hidden has 2 layers)"
        ),
        (
            "[junction.3]",
            "test.toml:10: junction.3: found a junction 3, expected junction.0 to junction.2: "
                + "the network has 3 junctions (network.hidden has 2 layers)"
        ),
        (
            "[learning]\nrate = 0.05\n[junction.1]\narithmetic = \"fixed\"",
            "test.toml:11: learning.rate: found 0.05, expected a power of two from 2^-15 to 1 with "
                + "junction.1.arithmetic = \"fixed\", where it is a shift; nearest: "
                + "learning.rate = 0.0625 (2^-4)"
        ),
        (
            "[learning]\nrate = 0.5\nmomentum = 0.9\n[junction]\narithmetic = \"fixed\"",
            "test.toml:12: learning.momentum: found 0.9, expected 0 with junction.arithmetic = "
                + "\"fixed\": fixed point learns by plain descent. Set learning.momentum = 0, or "
                + "change the junction"
        ),
        (
            "[learning]\nweight-decay = 0.1\n[junction.2]\nrule = \"stochastic\"",
            "test.toml:11: learning.weight-decay: found 0.1, expected 0 with junction.2.rule = "
                + "\"stochastic\": stochastic increments are used once and not remembered. Set "
                + "learning.weight-decay = 0, or change the junction"
        ),
        (
            "activation = \"tanh\"\n[learning]\nrate = 0.5\n[junction.0]\narithmetic = \"fixed\"",
            "test.toml:10: network.activation: found \"tanh\", expected \"sigmoid\", \"relu\" or "
                + "\"identity\" with junction.0.arithmetic = \"fixed\": fixed point has no tanh"
        ),
        (
            "output-activation = \"softmax\"\n[learning]\nrate = 1\n[junction.2]\n"
                + "arithmetic = \"fixed\"",
            "test.toml:10: network.output-activation: found \"softmax\", expected \"sigmoid\" "
                + "or \"identity\" with junction.2.arithmetic = \"fixed\": fixed point "
                + "has no softmax there"
        ),
        (
            "input-width = 3",
            "test.toml:10: network.input-width: found 3, expected at least 32, the features; or 0 "
                + "for as many as needed"
        ),
        (
            "output-width = 1",
            "test.toml:10: network.output-width: found 1, expected at least 32, the outputs; or 0 "
                + "for as many as needed"
        ),
    ])
    func contradictions(lines: String, message: String) {
        let found = problems(threeJunctions + lines + "\n").map(\.description)
        #expect(found == [message])
    }

    @Test func pruningByDefaultNeedsAnInnerJunction() {
        let text = minimal + "\n[junction]\nstructure = \"pruned\"\npattern = \"2:4\"\n"
        let found = problems(text).map(\.description)
        #expect(
            found == [
                "test.toml:8: junction.structure: found \"pruned\" in a network of 2 junctions, "
                    + "expected two or more hidden layers, since the first and the last junction "
                    + "stay dense; or junction.0.structure = \"pruned\", which prunes this one as "
                    + "well"
            ])
        #expect(problems(text + "[junction.0]\nstructure = \"pruned\"\n").isEmpty)
        #expect(
            problems(text, flags: [.init(key: "network.hidden", value: "", flag: "f")]).count == 1)
    }

    @Test func oneMissingDensityIsSaidOnce() {
        let found = problems(threeJunctions + "[junction]\nstructure = \"random\"\n")
        #expect(found.map(\.key) == ["junction.structure"])
    }

    @Test(arguments: [1, 0.5, 0.000030517578125])
    func takesRatesThatAreShifts(rate: Double) {
        let fixed = "\n[junction]\narithmetic = \"fixed\"\n[learning]\nrate = "
        #expect(problems(minimal + fixed + "\(rate)").isEmpty)
        #expect(problems(minimal + fixed + "\(rate * 3)").map(\.key) == ["learning.rate"])
        #expect(problems(minimal + fixed + "0.00001").first?.expected.contains("(2^-15)") == true)
    }

    @Test func sharedDefaultsNeedNotFitEveryJunction() {
        let text = """
            [junction]
            density = 0.5
            block = 4
            [junction.0]
            structure = "random"
            [junction.1]
            structure = "circulant"
            """
        #expect(problems(threeJunctions + text).isEmpty)
    }

    @Test(
        arguments: [
            ("[junction]\nstructur = 1", "junction.structur", "junction.structure"),
            ("[junction.0]\nout_degree = 1", "junction.0.out_degree", "junction.0.out-degree"),
            ("[junctions]\nrule = 1", "junctions", "[junction]"),
            ("[network]\nstructure = \"dense\"", "network.structure", "junction.structure"),
            ("[junction.0]\nhidden = [3]", "junction.0.hidden", "network.hidden"),
            ("[junction.17]\nrule = \"exact\"", "junction.17", nil),
            ("[junction.x]", "junction.x", nil), ("[junction.00]", "junction.00", nil),
            ("[junction]\n-1.rule = \"exact\"", "junction.-1", nil),
            ("[junction]\n\"0.rule\" = \"exact\"", "junction.\"0.rule\"", "junction.0.rule"),
            ("[\"junction.0\"]\nrule = \"exact\"", "junction.0", nil),
            ("[junction]\n0 = 3", "junction.0", nil),
            ("[[junction]]\nrule = \"exact\"", "junction", nil),
            ("[[junction.0]]\nrule = \"exact\"", "junction.0", nil),
            ("[junction.0.rule]\nx = 1", "junction.0.rule", nil),
        ] as [(String, String, String?)])
    func unknownNames(text: String, key: String, nearest: String?) throws {
        let found = problems(minimal + "\n" + text)
        let problem = try #require(found.first)
        #expect(found.count == 1 && problem.key == key, "\(found)")
        #expect(problem.nearest == nearest, "\(problem)")
        #expect(problem.place.hasPrefix("test.toml:"))
    }

    @Test func unknownVariablesAndFlags() {
        let found = problems(
            minimal, environment: ["MILLRACE_JUNCTION_0_STRUCTUR": "dense"],
            flags: [
                "junction.99.rule=exact", "junction.0.rul=exact", "juncton.rule=exact",
                "junction.0=exact",
            ].compactMap { ConfigurationFlag(assignment: $0) })
        #expect(
            found.map(\.key) == [nil, "junction.99", "junction.0.rul", "juncton", "junction.0"])
        #expect(found[4].expected == "a key of it, like junction.0.structure")
        #expect(found[0].nearest == "MILLRACE_JUNCTION_0_STRUCTURE")
        #expect(found[1].expected == "junction.N with N from 0 to 16, counted from the input")
        #expect(found[2].nearest == "junction.0.rule" && found[3].nearest == "[junction]")
        #expect(found[3].expected.contains("network, block.N, junction, junction.N, learning"))
    }
}
