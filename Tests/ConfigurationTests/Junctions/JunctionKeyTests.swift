// Every key of [junction] and [junction.N]: what it becomes, and which layer counts.

import Arithmetic
import Configuration
import Junctions
import Testing

/// Three junctions, each 32 to 32: shapes that every structure takes.
let threeJunctions = """
    [input]
    features = 32

    [output]
    task = "classification"
    classes = 32

    [network]
    hidden = [32, 32]

    """

@Suite struct JunctionKeyTests {
    /// Junction 0 of a network where `lines` stand in its own table and, in a second load, in
    /// [junction]: both must mean the same.
    func junction(_ lines: String) throws -> JunctionSpecification {
        let own = try load(threeJunctions + "[junction.0]\n" + lines).learner
        let common = try load(threeJunctions + "[junction]\n" + lines).learner
        if case .pruned = own.junction(0).structure {
            // The default does not prune the outer junctions.
            #expect(common.junction(1) == own.junction(0))
        } else {
            #expect(common.junction(0) == own.junction(0))
        }
        #expect(own.junction(1) == JunctionSpecification())
        return own.junction(0)
    }

    @Test func nothingIsDense() throws {
        let it = try load(threeJunctions)
        #expect(it.learner.junctions.isEmpty && it.learner.junction(2) == JunctionSpecification())
        #expect(!it.effectiveText.contains("junction") && !it.canonicalText.contains("junction"))
    }

    @Test(arguments: [
        ("structure = \"dense\"", WeightStructure.dense),
        (
            "structure = \"random\"\ndensity = 0.25\npattern-seed = 7",
            .random(.fraction(0.25), seed: 7)
        ),
        (
            "structure = \"structured\"\nout-degree = 2\npattern-seed = 0",
            .structured(.outDegree(2), seed: 0)
        ),
        (
            "structure = \"clash-free\"\ndensity = 1\npattern-seed = 1",
            .clashFree(InterleaverSettings(type: 2), .fraction(1), seed: 1)
        ),
        (
            "structure = \"clash-free\"\nout-degree = 4\ninterleaver = 3\nparallelism = 16\n"
                + "dither = \"memory\"\nsweep-start = \"zero\"\npattern-seed = 9",
            .clashFree(
                InterleaverSettings(type: 3, parallelism: 16, dithers: true, startsAtZero: true),
                .outDegree(4), seed: 9)
        ),
        (
            "structure = \"clash-free\"\nout-degree = 1\ninterleaver = 1\ndither = \"none\"\n"
                + "sweep-start = \"drawn\"\npattern-seed = 9",
            .clashFree(InterleaverSettings(type: 1), .outDegree(1), seed: 9)
        ),
        (
            "structure = \"lane-aligned\"\ndensity = 0.0625\npattern-seed = 3",
            .laneAligned(.fraction(0.0625), seed: 3)
        ),
        ("structure = \"circulant\"", .circulant(blockSize: 8)),
        ("structure = \"circulant\"\nblock = 256", .circulant(blockSize: 256)),
        ("structure = \"pruned\"", .pruned(PruningSettings(kept: 2, group: 8))),
        (
            "structure = \"pruned\"\npattern = \"2:16\"\npruned-passes = \"forward\"\n"
                + "weight-update = \"masked\"\ndropped-decay = 2e-4",
            .pruned(
                PruningSettings(
                    kept: 2, group: 16, passes: .forward, updatesKeptOnly: true,
                    droppedDecay: 2e-4))
        ),
        (
            "structure = \"pruned\"\npattern = \"1:4\"\npruned-passes = \"backward\"\n"
                + "weight-update = \"dense\"\ndropped-decay = 0",
            .pruned(PruningSettings(kept: 1, group: 4, passes: .backward, droppedDecay: 0))
        ),
    ])
    func structures(lines: String, structure: WeightStructure) throws {
        #expect(try junction(lines) == JunctionSpecification(structure: structure))
    }

    @Test(arguments: [
        ("rule = \"exact\"", Increment.exact),
        ("rule = \"stochastic\"", .stochastic(StochasticRule(bitCount: 8))),
        (
            "rule = \"stochastic\"\nstream-bits = 64\nstream-scaling = \"maximum\"\n"
                + "stream-sharing = \"nothing\"",
            .stochastic(StochasticRule(bitCount: 64, scaling: .maximum, sharing: .nothing))
        ),
        (
            "rule = \"stochastic\"\nstream-bits = 1\nstream-scaling = \"power-of-two\"\n"
                + "stream-sharing = \"elements\"",
            .stochastic(StochasticRule(bitCount: 1))
        ),
        (
            "rule = \"stochastic\"\nstream-scaling = \"none\"\nstream-sharing = \"sides\"",
            .stochastic(StochasticRule(bitCount: 8, scaling: .none, sharing: .sides))
        ),
    ])
    func rules(lines: String, increment: Increment) throws {
        #expect(try junction(lines) == JunctionSpecification(increment: increment))
    }

    @Test(arguments: [
        ("arithmetic = \"float32\"", nil), ("arithmetic = \"fixed\"", [10, 2, 7]),
        ("arithmetic = \"fixed\"\nformat = [16, 4, 11]", [16, 4, 11]),
        ("arithmetic = \"fixed\"\nformat = [8, 2, 5]", [8, 2, 5]),
    ])
    func arithmetics(lines: String, format: [Int]?) throws {
        let rate = "[learning]\nrate = 0.125\n[junction]\n"
        let it = try load(threeJunctions + rate + lines).learner
        let expected = format.flatMap { FixedFormat($0[0], $0[1], $0[2]) }
        let arithmetic = expected.map { NumberArithmetic.fixed($0) } ?? .float32
        #expect(it.junctions.map(\.arithmetic) == [arithmetic, arithmetic, arithmetic])
        // Softmax needs an exponential function.
        #expect(it.outputActivation == (format == nil ? .softmax : .sigmoid))
    }

    @Test func tablesOverrideSingleKeys() throws {
        let it = try load(
            threeJunctions + """
                [junction]
                structure = "structured"
                density = 0.5
                pattern-seed = 11
                rule = "stochastic"
                stream-bits = 16
                [junction.1]
                out-degree = 3
                rule = "exact"
                [junction.2]
                structure = "circulant"
                block = 2
                rule = "exact"
                """
        ).learner
        let stochastic = Increment.stochastic(StochasticRule(bitCount: 16))
        #expect(
            it.junctions == [
                JunctionSpecification(
                    structure: .structured(.fraction(0.5), seed: 11), increment: stochastic),
                JunctionSpecification(structure: .structured(.outDegree(3), seed: 11)),
                JunctionSpecification(structure: .circulant(blockSize: 2)),
            ])
    }

    @Test func defaultPruningSparesTheOuterJunctions() throws {
        let text = threeJunctions + "[junction]\nstructure = \"pruned\"\npattern = \"2:4\"\n"
        let pruned = WeightStructure.pruned(PruningSettings(kept: 2, group: 4))
        let it = try load(text).learner
        #expect(it.junctions.map(\.structure) == [.dense, pruned, .dense])
        let last = try load(text + "[junction.2]\nstructure = \"pruned\"\n").learner
        #expect(last.junctions.map(\.structure) == [.dense, pruned, pruned])
        let other = try load(text + "[junction.0]\nstructure = \"circulant\"\n").learner
        #expect(other.junctions.map(\.structure) == [.circulant(blockSize: 8), pruned, .dense])
    }

    @Test func patternSeedsDiffer() throws {
        func seeds(_ flags: [String] = []) throws -> [UInt64] {
            let text = threeJunctions + "[junction]\nstructure = \"random\"\ndensity = 0.5\n"
            let it = try load(
                text, flags: flags.compactMap { ConfigurationFlag(assignment: $0) })
            return it.learner.junctions.map { junction in
                if case .random(_, let seed) = junction.structure { seed } else { 0 }
            }
        }
        let first = try seeds()
        #expect(Set(first).count == 3 && first.allSatisfy { $0 <= UInt64(Int64.max) })
        #expect(try seeds() == first)
        #expect(Set(try seeds(["network.seed=2"])).isDisjoint(with: first))
        let one = try seeds(["junction.1.pattern-seed=5"])
        #expect(one == [first[0], 5, first[2]])
        // Never to change: the patterns of old checkpoints depend on it.
        #expect(first[0] == 2_744_445_766_842_958_308)
    }

    @Test func widthsOfTheOuterLayers() throws {
        let it = try load(
            threeJunctions + "input-width = 64\noutput-width = 48\n[daemon]\nmax-peers = 2\n")
        #expect(it.network.inputWidth == 64 && it.network.outputWidth == 48)
        #expect(it.learner.widths == [64, 32, 32, 48])
        #expect(try load(threeJunctions + "input-width = 0\n").learner.widths == [32, 32, 32, 32])
        #expect(!(try load(threeJunctions).effectiveText.contains("-width")))
    }
}
