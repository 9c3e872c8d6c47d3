// [junction] and [junction.N] read as one: what counts for a junction, and where it stands. A key
// in a junction's own table counts before the same key in [junction], whatever layer either came
// from.

import Arithmetic
import Junctions

/// The tables of junctions over the values of all keys.
struct JunctionTables {
    let values: [String: EffectiveValue]
    /// `junction`, or `block` for the junctions inside blocks.
    let prefix: String
    /// The numbers of the junctions.
    let indices: [Int]
    /// The first junction of the network, if it is among these.
    let first: Int?
    /// The last one.
    let last: Int?

    /// The section of a junction's own table.
    func section(_ index: Int) -> String { "\(prefix).\(index)" }

    /// Whether anything is said about junctions at all.
    var isEmpty: Bool {
        !JunctionKeys.all.contains { key in
            values["junction.\(key.name)"] != nil
                || JunctionKeys.tables.contains { values["junction.\($0).\(key.name)"] != nil }
        }
    }

    /// Junction numbers that have values, in order.
    var tablesInUse: [Int] {
        JunctionKeys.tables.filter { !names(in: "junction.\($0)").isEmpty }
    }

    /// Names of the keys that a table sets, in the order of the table of keys.
    func names(in section: String) -> [String] {
        JunctionKeys.all.map(\.name).filter { values[section + "." + $0] != nil }
    }

    /// The path of the key that counts for junction `index`; nil if nobody gives a value.
    func path(_ name: String, _ index: Int) -> String? {
        ["\(section(index)).\(name)", "junction.\(name)"].first { values[$0] != nil }
    }

    /// Whether junction `index` is dense only because it is the first or the last: pruning those
    /// costs most, so a default of "pruned" leaves them out. The first of a network with blocks has
    /// few channels, which circulant blocks do not divide, so it is left out there, too.
    func isSpared(_ index: Int) -> Bool {
        guard index == first || index == last, path("structure", index) == "junction.structure"
        else { return false }
        let word = text("structure", index)
        return word == "pruned" || word == "circulant" && prefix == "block"
    }

    /// The word that counts for `structure`, `rule` or `arithmetic`.
    func word(_ name: String, _ index: Int) -> String {
        if name == "structure", isSpared(index) { return "dense" }
        return text(name, index) ?? JunctionKeys.standardWords[name] ?? ""
    }

    /// The path of the density that counts: a junction's own table first, whichever of both keys
    /// it uses.
    func densityPath(_ index: Int) -> String? {
        [section(index), "junction"].flatMap { ["\($0).density", "\($0).out-degree"] }
            .first { values[$0] != nil }
    }

    private func value(_ name: String, _ index: Int) -> ConfigurationValue? {
        path(name, index).flatMap { values[$0]?.value }
    }

    func text(_ name: String, _ index: Int) -> String? {
        if case .text(let text) = value(name, index) { text } else { nil }
    }

    func integer(_ name: String, _ index: Int) -> Int? {
        if case .integer(let number) = value(name, index) { Int(number) } else { nil }
    }

    func real(_ name: String, _ index: Int) -> Double? {
        if case .real(let number) = value(name, index) { number } else { nil }
    }
}

extension JunctionTables {
    /// What junction `index` is. The tables have passed their checks.
    func specification(_ index: Int, networkSeed: UInt64) -> JunctionSpecification {
        JunctionSpecification(
            structure: structure(index, networkSeed), increment: increment(index),
            arithmetic: arithmetic(index))
    }

    /// Where the seeds of patterns inside blocks begin.
    private static let blockSeeds = 64

    /// The seed of a pattern that nobody chose: it differs from junction to junction, and from
    /// the words that seed the weights. 63 bits, so that it can be written as TOML.
    static func patternSeed(networkSeed: UInt64, junction index: Int) -> UInt64 {
        var generator = SplitMix64(seed: networkSeed ^ 0x6a75_6e63_7469_6f6e)
        for _ in 0..<index { _ = generator.next() }
        return generator.next() >> 1
    }

    private func structure(_ index: Int, _ networkSeed: UInt64) -> WeightStructure {
        let seed =
            integer("pattern-seed", index).map { UInt64($0) }
            ?? Self.patternSeed(
                networkSeed: networkSeed,
                junction: prefix == "block" ? Self.blockSeeds + index : index)
        switch word("structure", index) {
        case "random": return .random(density(index), seed: seed)
        case "structured": return .structured(density(index), seed: seed)
        case "clash-free": return .clashFree(interleaver(index), density(index), seed: seed)
        case "lane-aligned": return .laneAligned(density(index), seed: seed)
        case "circulant": return .circulant(blockSize: integer("block", index) ?? 8)
        case "pruned": return .pruned(pruning(index))
        default: return .dense
        }
    }

    private func density(_ index: Int) -> EdgeDensity {
        switch densityPath(index).flatMap({ values[$0]?.value }) {
        case .real(let fraction): .fraction(fraction)
        case .integer(let degree): .outDegree(Int(degree))
        default: .fraction(1)
        }
    }

    private func interleaver(_ index: Int) -> InterleaverSettings {
        InterleaverSettings(
            type: integer("interleaver", index) ?? 2,
            // 0 chooses, as if nobody had said anything.
            parallelism: integer("parallelism", index).flatMap { $0 == 0 ? nil : $0 },
            dithers: text("dither", index) == "memory",
            startsAtZero: text("sweep-start", index) == "zero")
    }

    private func pruning(_ index: Int) -> PruningSettings {
        let parts = (text("pattern", index) ?? "2:8").split(separator: ":").compactMap { Int($0) }
        return PruningSettings(
            kept: parts[0], group: parts[1],
            passes: text("pruned-passes", index).flatMap { .init(rawValue: $0) } ?? .both,
            updatesKeptOnly: text("weight-update", index) == "masked",
            droppedDecay: real("dropped-decay", index).map { Float($0) })
    }

    private func increment(_ index: Int) -> Increment {
        guard word("rule", index) == "stochastic" else { return .exact }
        return .stochastic(
            StochasticRule(
                bitCount: integer("stream-bits", index) ?? 8,
                scaling: text("stream-scaling", index).flatMap { .init(rawValue: $0) }
                    ?? .powerOfTwo,
                sharing: text("stream-sharing", index).flatMap { .init(rawValue: $0) }
                    ?? .elements))
    }

    private func arithmetic(_ index: Int) -> NumberArithmetic {
        guard word("arithmetic", index) == "fixed",
            let format = value("format", index).flatMap(ValueKind.format) ?? standardFormat(index)
        else { return .float32 }
        return .fixed(format)
    }

    /// The well-tried format; spectra need all sixteen bits.
    private func standardFormat(_ index: Int) -> FixedFormat? {
        word("structure", index) == "circulant" ? FixedFormat(16, 4, 11) : FixedFormat(10, 2, 7)
    }
}
