// What a junction became, as one line for people.

import Junctions

enum JunctionText {
    /// `clash-free, out-degree 4, interleaver 2, parallelism 128, seed 7; exact; fixed (10,2,7)`
    static func line(_ junction: JunctionSpecification) -> String {
        [
            structure(junction.structure), increment(junction.increment),
            arithmetic(junction.arithmetic),
        ].joined(separator: "; ")
    }

    /// The same with what follows from the widths: the parallelism that was chosen, and weights.
    static func line(_ junction: JunctionSpecification, inputs: Int, outputs: Int) -> String {
        var text = line(junction)
        guard let form = try? junction.junction(inputs: inputs, outputs: outputs).form else {
            return text
        }
        if case .clashFree(let settings, _, _) = junction.structure, settings.parallelism == nil,
            case .sparse(let pattern) = form.edges
        {
            text += "; parallelism \(pattern.parallelism) chosen"
        }
        return text + "; \(form.weightCount) weights"
    }

    /// What decides the fields that a junction keeps.
    static func shape(_ junction: JunctionSpecification) -> String {
        let isStochastic = junction.increment != .exact
        return structure(junction.structure) + "; stochastic \(isStochastic); "
            + arithmetic(junction.arithmetic)
    }

    private static func structure(_ structure: WeightStructure) -> String {
        switch structure {
        case .dense: "dense"
        case .random(let density, let seed): "random, \(edges(density)), seed \(seed)"
        case .structured(let density, let seed): "structured, \(edges(density)), seed \(seed)"
        case .clashFree(let interleaver, let density, let seed):
            "clash-free, \(edges(density)), \(self.interleaver(interleaver)), seed \(seed)"
        case .laneAligned(let density, let seed):
            "lane-aligned, \(edges(density)), seed \(seed)"
        case .circulant(let blockSize): "circulant, block \(blockSize)"
        case .pruned(let pruning): self.pruning(pruning)
        }
    }

    private static func edges(_ density: EdgeDensity) -> String {
        switch density {
        case .fraction(let fraction): "density \(TomlText.real(fraction))"
        case .outDegree(let degree): "out-degree \(degree)"
        }
    }

    private static func interleaver(_ settings: InterleaverSettings) -> String {
        var text = "interleaver \(settings.type)"
        if let parallelism = settings.parallelism { text += ", parallelism \(parallelism)" }
        if settings.dithers { text += ", memories dithered" }
        if settings.startsAtZero { text += ", starts at zero" }
        return text
    }

    private static func pruning(_ settings: PruningSettings) -> String {
        var text = "pruned \(settings.kept):\(settings.group), \(settings.passes) "
        text += settings.passes == .both ? "passes" : "pass only"
        if settings.updatesKeptOnly { text += ", masked update" }
        if let decay = settings.droppedDecay { text += ", dropped-decay \(decay)" }
        return text
    }

    private static func increment(_ increment: Increment) -> String {
        guard case .stochastic(let rule) = increment else { return "exact" }
        return "stochastic, \(rule.bitCount) bits, scaling \(rule.scaling.rawValue), "
            + "sharing \(rule.sharing.rawValue)"
    }

    private static func arithmetic(_ arithmetic: NumberArithmetic) -> String {
        guard case .fixed(let format) = arithmetic else { return "float32" }
        return "fixed \(format.text)"
    }
}
