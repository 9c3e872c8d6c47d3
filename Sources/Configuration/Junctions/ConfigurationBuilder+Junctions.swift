// The tables of junctions against each other, and against the rest of the configuration. What is
// wrong with a structure for the widths at hand is found by the learner's own check.

import Junctions
import Learning

extension ConfigurationBuilder {
    /// The tables as they stand now.
    var junctionTables: JunctionTables {
        let count = integers("network.hidden").count + 1
        return JunctionTables(
            values: values, prefix: "junction", indices: Array(0..<count),
            first: blockCount == 0 ? 0 : nil, last: count - 1)
    }

    /// The tables of all junctions, from the input: those inside blocks, then the others.
    var allJunctionTables: [JunctionTables] { [blockJunctionTables, junctionTables] }

    /// The junctions, from the input; empty if nothing is said about them.
    func junctions() -> [JunctionSpecification] {
        let tables = junctionTables
        guard !tables.isEmpty else { return [] }
        return tables.indices.map {
            tables.specification($0, networkSeed: UInt64(integer("network.seed")))
        }
    }

    /// Reports what the tables of junctions contradict in each other. Keys that lost their meaning
    /// by an override from a higher layer are taken out: `--set junction.structure=dense` needs no
    /// other change.
    mutating func checkJunctions() {
        // A wrong value of theirs has its report already, and would cause others that confuse.
        let isRight = !problems.contains { problem in
            problem.key.map {
                $0.hasPrefix("junction") || $0.hasPrefix("block") || $0 == "network.hidden"
            }
                ?? false
        }
        guard isRight, checkJunctionNumbers(), checkPruning() else { return }
        checkMeanings()
        checkDensities()
        checkPairs()
    }

    /// The key that a property of `StructureError` is set by.
    func structureKey(_ index: Int, _ property: String) -> String {
        let names = [
            "pruning": "pattern", "dropped decay": "dropped-decay", "learning rate": "rate",
        ]
        if property == "hidden activation" { return "network.activation" }
        if property == "output activation" { return "network.output-activation" }
        let name = names[property] ?? property
        if name == "rate" || name == "momentum" { return "learning.\(name)" }
        if name == "weight decay" { return "learning.weight-decay" }
        let tables = junctionTables
        let density = ["density", "out-degree"].contains(name) ? tables.densityPath(index) : nil
        return density ?? tables.path(name, index) ?? "junction.\(index).\(name)"
    }

    private mutating func checkJunctionNumbers() -> Bool {
        let count = junctionTables.indices.count
        let used = Set(junctionTables.tablesInUse)
        var isRight = true
        for index in JunctionKeys.tables.dropFirst(count)
        where used.contains(index) || hasLine(of: "junction.\(index)") {
            let section = "junction.\(index)"
            let key = junctionTables.names(in: section).first.map { section + "." + $0 } ?? section
            let numbers = count == 1 ? "junction.0" : "junction.0 to junction.\(count - 1)"
            let layers = count == 2 ? "1 layer" : "\(count - 1) layers"
            report(
                key, found: "a junction \(index)",
                expected: "\(numbers): the network has \(count) "
                    + "\(count == 1 ? "junction" : "junctions") (network.hidden has \(layers))")
            isRight = false
        }
        return isRight
    }

    // MARK: keys that mean nothing

    private mutating func checkMeanings() {
        let all = allJunctionTables
        for key in JunctionKeys.all {
            guard let owner = key.owner else { continue }
            var isUsed = false
            for tables in all {
                for index in tables.indices {
                    if owner.words.contains(tables.word(owner.key, index)) {
                        isUsed = true
                        continue
                    }
                    judge(
                        "\(tables.section(index)).\(key.name)", owner,
                        deciders: [tables.path(owner.key, index)].compactMap { $0 },
                        why: why(owner.key, index, tables))
                }
            }
            guard !isUsed else { continue }
            judge(
                "junction.\(key.name)", owner,
                deciders: all.flatMap { tables in
                    tables.indices.compactMap { tables.path(owner.key, $0) }
                },
                why: "no junction has that \(owner.key)")
        }
    }

    private func why(_ key: String, _ index: Int, _ tables: JunctionTables) -> String {
        if key == "structure", tables.isSpared(index) {
            return "the first and the last junction stay dense unless their own table says "
                + "structure = \"pruned\""
        }
        return "\(tables.prefix) \(index) has \"\(tables.word(key, index))\""
    }

    /// Reports or takes out a key without meaning, if it is there.
    private mutating func judge(
        _ path: String, _ owner: JunctionKey.Owner, deciders: [String], why: String
    ) {
        guard let value = values[path] else { return }
        let isOverridden = deciders.contains { (values[$0]?.origin.rank ?? 0) > value.origin.rank }
        guard !isOverridden else {
            values[path] = nil
            return
        }
        let words = owner.words.map { "\"\($0)\"" }.joined(separator: ", ")
        report(
            path, found: shown(path),
            expected: "none: it belongs to \(owner.key) \(words), and \(why)")
    }

    // MARK: keys that need each other

    private mutating func checkDensities() {
        let blocks = blockJunctionTables
        for section in ["junction"] + JunctionKeys.tables.map({ "junction.\($0)" })
            + blocks.indices.map(blocks.section)
        {
            let paths = [section + ".density", section + ".out-degree"]
            guard let density = values[paths[0]], let degree = values[paths[1]] else { continue }
            if density.origin.rank == degree.origin.rank {
                report(
                    paths[1], found: shown(paths[1]),
                    expected: "either this or \(paths[0]), which is "
                        + "\(TomlText.value(density.value))")
            } else {
                values[density.origin.rank < degree.origin.rank ? paths[0] : paths[1]] = nil
            }
        }
        for tables in allJunctionTables { checkDensities(of: tables) }
    }

    private mutating func checkDensities(of tables: JunctionTables) {
        let sparse = JunctionKeys.all.first { $0.name == "density" }?.owner?.words ?? []
        for index in tables.indices where tables.densityPath(index) == nil {
            let word = tables.word("structure", index)
            let key = tables.path("structure", index) ?? "junction.structure"
            guard sparse.contains(word), !problems.contains(where: { $0.key == key }) else {
                continue
            }
            report(
                key, found: "\"\(word)\" without a density",
                expected: "\(tables.section(index)).density (above 0, to 1) or "
                    + "\(tables.section(index)).out-degree (edges per left neuron), or one of them in "
                    + "[junction]")
        }
    }

    /// Keys of one structure that exclude each other.
    private mutating func checkPairs() {
        for tables in allJunctionTables {
            for index in tables.indices { checkPairs(index, tables) }
        }
    }

    private mutating func checkPairs(_ index: Int, _ tables: JunctionTables) {
        let word = tables.word("structure", index)
        let name = "\(tables.prefix) \(index)"
        if word == "clash-free", tables.integer("interleaver", index) == 1,
            tables.text("sweep-start", index) == "zero"
        {
            reportOnce(
                tables.path("sweep-start", index),
                expected: "interleaver 2 or 3: interleaver 1 (\(name)) has "
                    + "permutations and no starts")
        }
        if word == "pruned", tables.text("pruned-passes", index) == "backward",
            (tables.real("dropped-decay", index) ?? 0) > 0
        {
            reportOnce(
                tables.path("dropped-decay", index),
                expected: "0 with pruned-passes = \"backward\" (\(name)), where FF "
                    + "drops no weight")
        }
    }

    /// A key of [junction] may be wrong for several junctions.
    private mutating func reportOnce(_ path: String?, expected: String) {
        guard let path, !problems.contains(where: { $0.key == path }) else { return }
        report(path, found: shown(path), expected: expected)
    }

    /// A default of "pruned" must have a junction to prune: with one or two, both are spared.
    private mutating func checkPruning() -> Bool {
        let all = allJunctionTables.flatMap { tables in tables.indices.map { (tables, $0) } }
        guard all.count <= 2,
            let spared = all.first(where: { $0.isSpared($1) }),
            let word = spared.0.text("structure", spared.1),
            !all.contains(where: { $0.word("structure", $1) == word })
        else { return true }
        report(
            "junction.structure",
            found: "\"\(word)\" in a network of "
                + (all.count == 1 ? "1 junction" : "\(all.count) junctions"),
            expected:
                "two or more hidden layers, since the first and the last junction stay dense; "
                + "or \(spared.0.section(spared.1)).structure = \"\(word)\", which "
                + (word == "pruned" ? "prunes this one as well" : "makes this one circulant"))
        return false
    }

    // MARK: what rules and arithmetic ask of the rest

    /// Reports what fixed point and stochastic increments cannot do.
    mutating func checkLearning(_ network: NetworkSettings, _ learning: LearningSettings) {
        for tables in allJunctionTables {
            if let index = tables.indices.first(where: {
                tables.word("arithmetic", $0) == "fixed"
            }) {
                let cause = setting("arithmetic", index, tables)
                checkRate(learning.rate, cause)
                checkPlainDescent(learning, cause, "fixed point learns by plain descent")
                // Between blocks there are floats, and every function.
                if tables.prefix == "junction" { checkActivations(network, tables) }
            }
            if let index = tables.indices.first(where: {
                tables.word("rule", $0) == "stochastic"
            }) {
                checkPlainDescent(
                    learning, setting("rule", index, tables),
                    "stochastic increments are used once and not remembered")
            }
        }
    }

    /// `junction.0.rule = "stochastic"`
    private func setting(_ name: String, _ index: Int, _ tables: JunctionTables) -> String {
        let path = tables.path(name, index) ?? "junction.\(name)"
        return "\(path) = \"\(tables.word(name, index))\""
    }

    private mutating func checkRate(_ rate: Float, _ cause: String) {
        guard !problems.contains(where: { $0.key == "learning.rate" }) else { return }
        guard rate.significandBitPattern != 0 || !(-15...0).contains(rate.exponent) else { return }
        let nearest = LearnerConfiguration.nearestPowerOfTwo(rate).exponent
        report(
            "learning.rate", found: shown("learning.rate"),
            expected: "a power of two from 2^-15 to 1 with \(cause), where it is a shift; nearest: "
                + "learning.rate = "
                + "\(TomlText.real(Double(LearnerConfiguration.nearestPowerOfTwo(rate)))) "
                + "(2^\(nearest))")
    }

    /// Reports momentum and weight decay where there can be none.
    mutating func checkPlainDescent(
        _ learning: LearningSettings, _ cause: String, _ why: String,
        otherwise: String = "change the junction"
    ) {
        for (key, value) in [
            ("learning.momentum", learning.momentum),
            ("learning.weight-decay", learning.weightDecay),
        ] where value > 0 && !problems.contains(where: { $0.key == key }) {
            report(
                key, found: shown(key),
                expected: "0 with \(cause): \(why). Set \(key) = 0, or \(otherwise)")
        }
    }

    private mutating func checkActivations(_ network: NetworkSettings, _ tables: JunctionTables) {
        var reported: Set<String> = []
        for index in tables.indices where tables.word("arithmetic", index) == "fixed" {
            let isLast = index == tables.last
            let key = isLast ? "network.output-activation" : "network.activation"
            let activation = isLast ? network.outputActivation : network.activation
            let legal: [Activation] =
                isLast ? [.sigmoid, .identity] : [.sigmoid, .relu, .identity]
            guard !legal.contains(activation), reported.insert(key).inserted else { continue }
            let words = isLast ? "\"sigmoid\"" : "\"sigmoid\", \"relu\""
            report(
                key, found: "\"\(activation.rawValue)\"",
                expected: words + " or \"identity\" with "
                    + "\(setting("arithmetic", index, tables)): fixed point has no "
                    + "\(activation.rawValue)" + (isLast ? " there" : ""))
        }
    }

    // MARK: widths of the outer layers

    /// Reports layers that are narrower than what they hold.
    mutating func checkWidths(outputCount: Int) {
        let counts = [
            ("network.input-width", integer("input.features"), "the features"),
            ("network.output-width", outputCount, "the outputs"),
        ]
        for (key, count, what) in counts where count > 0 {
            let width = integer(key)
            guard width != 0, width < count else { continue }
            report(
                key, found: "\(width)",
                expected: "at least \(count), \(what); or 0 for as many as needed")
        }
    }
}

extension ConfigurationOrigin {
    /// A value replaces those of lower rank.
    var rank: Int {
        switch self {
        case .builtIn, .derived, .device: 0
        case .file: 1
        case .environment: 2
        case .flag: 3
        }
    }
}
