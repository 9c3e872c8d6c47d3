// A junction in words, for people who look at a plan or a checkpoint.

extension JunctionSpecification {
    /// `clash-free type 2, out-degree 4, seed 7; exact; fixed (10,2,7)`
    public var text: String {
        var parts = [structure.text]
        switch increment {
        case .exact: parts.append("exact")
        case .stochastic(let rule):
            var words = "stochastic, \(rule.bitCount) bits"
            if rule.scaling != .powerOfTwo { words += ", scaling \(rule.scaling.rawValue)" }
            if rule.sharing != .elements { words += ", sharing \(rule.sharing.rawValue)" }
            parts.append(words)
        }
        switch arithmetic {
        case .float32: parts.append("float32")
        case .fixed(let format): parts.append("fixed \(format.text)")
        }
        return parts.joined(separator: "; ")
    }
}

extension EdgeDensity {
    /// `density 0.0625` or `out-degree 4`
    var text: String {
        switch self {
        case .fraction(let fraction): "density \(fraction)"
        case .outDegree(let degree): "out-degree \(degree)"
        }
    }
}

extension WeightStructure {
    /// The structure with its numbers.
    public var text: String {
        switch self {
        case .dense: return "dense"
        case .random(let density, let seed): return "random, \(density.text), seed \(seed)"
        case .structured(let density, let seed):
            return "structured, \(density.text), seed \(seed)"
        case .clashFree(let settings, let density, let seed):
            var words = "clash-free type \(settings.type), \(density.text)"
            if let z = settings.parallelism { words += ", parallelism \(z)" }
            if settings.dithers { words += ", dithered" }
            words += settings.startsAtZero ? ", starts at zero" : ", seed \(seed)"
            return words
        case .laneAligned(let density, let seed):
            return "lane-aligned, \(density.text), seed \(seed)"
        case .circulant(let blockSize): return "circulant, block \(blockSize)"
        case .pruned(let settings):
            var words = "pruned \(settings.kept):\(settings.group), \(settings.passes.rawValue)"
            if settings.updatesKeptOnly { words += ", masked update" }
            if let decay = settings.droppedDecay { words += ", dropped decay \(decay)" }
            return words
        }
    }
}
