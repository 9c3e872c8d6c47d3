// The keys of [junction] and [junction.N]: the same in both. Most of them mean something only for
// some structures, one rule or one arithmetic; the table says which.

/// One key of a junction.
struct JunctionKey: Sendable {
    /// The key that decides whether another one means anything, with the words for which it does.
    struct Owner: Equatable, Sendable {
        /// `structure`, `rule` or `arithmetic`.
        let key: String
        /// Values of that key.
        let words: [String]
    }

    let name: String
    let kind: ValueKind
    /// nil: it means something in every junction.
    let owner: Owner?
}

/// The table of a junction's keys. None has a built-in value: a junction of which nothing is said
/// is dense, exact and float32, and is not printed.
enum JunctionKeys {
    /// Tables that can be: as many as the junctions of the deepest network.
    static let tables = 0...KeyTable.mostHidden

    /// What a word of `structure`, `rule` and `arithmetic` is if nobody says.
    static let standardWords = ["structure": "dense", "rule": "exact", "arithmetic": "float32"]

    static let all: [JunctionKey] = [
        key(
            "structure",
            .choice([
                "dense", "random", "structured", "clash-free", "lane-aligned", "circulant",
                "pruned",
            ])),
        key("density", .real(0...1, excludesLow: true), sparse),
        key("out-degree", .integer(1...65_536), sparse),
        key("pattern-seed", .integer(0...Int64.max), sparse),
        key("interleaver", .oneOf([1, 2, 3]), clashFree),
        key("parallelism", .integer(0...65_536), clashFree),
        key("dither", .choice(["none", "memory"]), clashFree),
        key("sweep-start", .choice(["drawn", "zero"]), clashFree),
        key("block", .oneOf([2, 4, 8, 16, 32, 64, 128, 256]), circulant),
        key("pattern", .choice(["1:4", "2:4", "1:8", "2:8", "4:8", "2:16"]), pruned),
        key("pruned-passes", .choice(["both", "forward", "backward"]), pruned),
        key("weight-update", .choice(["dense", "masked"]), pruned),
        key("dropped-decay", .real(0...1), pruned),
        key("rule", .choice(["exact", "stochastic"])),
        key("stream-bits", .integer(1...64), stochastic),
        key("stream-scaling", .choice(["power-of-two", "maximum", "none"]), stochastic),
        key("stream-sharing", .choice(["elements", "nothing", "sides"]), stochastic),
        key("arithmetic", .choice(["float32", "fixed"])),
        key("format", .fixedFormat, fixed),
    ]

    private static let sparse = JunctionKey.Owner(
        key: "structure", words: ["random", "structured", "clash-free", "lane-aligned"])
    private static let clashFree = JunctionKey.Owner(key: "structure", words: ["clash-free"])
    private static let circulant = JunctionKey.Owner(key: "structure", words: ["circulant"])
    private static let pruned = JunctionKey.Owner(key: "structure", words: ["pruned"])
    private static let stochastic = JunctionKey.Owner(key: "rule", words: ["stochastic"])
    private static let fixed = JunctionKey.Owner(key: "arithmetic", words: ["fixed"])

    private static func key(
        _ name: String, _ kind: ValueKind, _ owner: JunctionKey.Owner? = nil
    ) -> JunctionKey {
        JunctionKey(name: name, kind: kind, owner: owner)
    }
}
