// The keys of [block.N]: the kind, what that kind asks for, and the keys of its junctions, which
// are those of [junction.N].
//
// A network may have many blocks, each with many keys: they are not in the table of keys but made
// when somebody asks for one.

/// One key of a block.
struct BlockKey: Sendable {
    let name: String
    let kind: ValueKind
    /// The kinds of blocks that it means something to.
    let kinds: [String]
    /// Whether a block of such a kind cannot do without it.
    let isRequired: Bool
}

/// What can stand in a block's table.
enum BlockKeys {
    /// Most blocks of a network.
    static let most = 128

    /// Every kind, in the order of docs/blocks.md.
    static let kinds = [
        "conv1d", "conv2d", "max-pool", "average-pool", "global-pool", "residual", "lstm",
        "group-norm", "running-norm", "flatten", "linear",
    ]

    static let convolutions = ["conv1d", "conv2d"]
    static let pools = ["max-pool", "average-pool"]
    static let normalisations = ["group-norm", "running-norm"]
    /// Kinds that have junctions; a residual block only with a projection.
    static let withJunctions = convolutions + ["residual", "lstm", "linear"]

    private static let extent = ValueKind.oneOrTwo(1...65_536)

    /// The keys of blocks themselves, in the order in which they are printed.
    static let own: [BlockKey] = [
        key("kind", .choice(kinds), kinds, isRequired: true),
        key("channels", .integer(1...65_536), convolutions, isRequired: true),
        key("kernel", extent, convolutions, isRequired: true),
        key("size", extent, pools, isRequired: true),
        key("stride", extent, convolutions + pools),
        key("dilation", extent, convolutions),
        key("padding", .padding, convolutions),
        key("pooling", .choice(["maximum", "average"]), ["global-pool"]),
        key("span", .integer(1...Int64(most)), ["residual"], isRequired: true),
        key("projection", .choice(["none", "convolution", "padded"]), ["residual"]),
        key("units", .integer(1...16_384), ["lstm"], isRequired: true),
        key("projected", .integer(0...16_384), ["lstm"]),
        key("state", .choice(["window", "producer"]), ["lstm"]),
        key("history", .integer(1...65_536), ["lstm"]),
        key("output", .choice(["last", "sequence"]), ["lstm"]),
        key("groups", .integer(1...65_536), ["group-norm"]),
        key("rate", .real(0...1, excludesLow: true), ["running-norm"]),
        key("neurons", .integer(1...65_536), ["linear"], isRequired: true),
        key(
            "activation", .choice(["relu", "leaky-relu", "sigmoid", "tanh", "identity"]),
            convolutions + ["residual", "linear"] + normalisations),
    ]

    /// All of them.
    static let all: [BlockKey] =
        own + JunctionKeys.all.map { key($0.name, $0.kind, withJunctions) }

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    static func find(_ name: String) -> BlockKey? { byName[name] }

    /// The names of the keys that a kind knows, its own first.
    static func names(of kind: String) -> [String] {
        all.filter { $0.kinds.contains(kind) }.map(\.name)
    }

    /// The number of `block.12`; nil if that is no table of a block.
    static func number(ofSection section: String) -> Int? {
        guard section.hasPrefix("block.") else { return nil }
        let digits = section.dropFirst("block.".count)
        guard let number = Int(digits), (0..<most).contains(number), "\(number)" == digits else {
            return nil
        }
        return number
    }

    /// The key at `block.12.channels`.
    static func definition(_ path: String) -> KeyDefinition? {
        guard let dot = path.lastIndex(of: "."), number(ofSection: String(path[..<dot])) != nil,
            let key = byName[String(path[path.index(after: dot)...])]
        else { return nil }
        return KeyDefinition(
            section: String(path[..<dot]), name: key.name, kind: key.kind, standard: .derived)
    }

    /// The key that `MILLRACE_BLOCK_12_OUT_DEGREE` sets.
    static func definition(variable: String) -> KeyDefinition? {
        let prefix = "MILLRACE_BLOCK_"
        guard variable.hasPrefix(prefix) else { return nil }
        let rest = variable.dropFirst(prefix.count)
        guard let end = rest.firstIndex(of: "_") else { return nil }
        let name = rest[rest.index(after: end)...].lowercased().map { $0 == "_" ? "-" : $0 }
        return definition("block.\(rest[..<end]).\(String(name))")
    }

    /// The numbers of the blocks that have values, ascending.
    static func numbers(in paths: some Sequence<String>) -> [Int] {
        var numbers: Set<Int> = []
        for path in paths where path.hasPrefix("block.") {
            guard let dot = path.lastIndex(of: "."),
                let number = number(ofSection: String(path[..<dot]))
            else { continue }
            numbers.insert(number)
        }
        return numbers.sorted()
    }

    private static func key(
        _ name: String, _ kind: ValueKind, _ kinds: [String], isRequired: Bool = false
    ) -> BlockKey {
        BlockKey(name: name, kind: kind, kinds: kinds, isRequired: isRequired)
    }
}
