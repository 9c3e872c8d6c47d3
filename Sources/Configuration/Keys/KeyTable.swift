// Every key there is, in the order in which it is printed: section, name, type and range, default.
// A key without a default must be given, or gets its value from others (`derived`).

/// One key.
struct KeyDefinition: Sendable {
    let section: String
    let name: String
    let kind: ValueKind
    let standard: Standard

    /// Where the value comes from if nobody gives one.
    enum Standard: Equatable, Sendable {
        case value(ConfigurationValue)
        /// Must be given.
        case required
        /// Follows from other keys, or the key stays absent.
        case derived
    }

    /// `section.key`
    var path: String { section + "." + name }

    /// `MILLRACE_SECTION_KEY`
    var variable: String {
        "MILLRACE_" + path.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }
}

/// The table of keys. A section is a table of the file: `learning`, or `junction.0`, whose name has
/// a dot; no key has one.
enum KeyTable {
    /// Most hidden layers.
    static let mostHidden = 16

    /// In the order in which they are printed.
    static let sections =
        ["input", "output", "network", "block", "junction"]
        + JunctionKeys.tables.map { "junction.\($0)" }
        + [
            "learning", "labels", "guard", "drift", "device", "energy", "commit", "ring", "memory",
            "daemon",
            "keys", "producers", "checkpoints",
        ]

    /// The sections as messages list them: numbered ones once.
    static let sectionNames = sections.compactMap { section in
        switch section {
        case "block": "block.N"
        case "junction.0": "junction.N"
        default: section.contains(Character(".")) ? nil : section
        }
    }

    static let all: [KeyDefinition] =
        input + output + network + junctions + learning + DriftKeys.all + device + storage + daemon
        + people

    static func find(_ path: String) -> KeyDefinition? {
        byPath[path] ?? BlockKeys.definition(path)
    }

    static func names(in section: String) -> [String] {
        if BlockKeys.number(ofSection: section) != nil { return BlockKeys.all.map(\.name) }
        return all.filter { $0.section == section }.map(\.name)
    }

    /// Whether a table of that name can be: `learning`, `junction.0`, `block.12`.
    static func isSection(_ path: String) -> Bool {
        sections.contains(path) || BlockKeys.number(ofSection: path) != nil
    }

    /// The sections in the order in which they are printed, with the blocks that have values.
    static func sections(with values: [String: EffectiveValue]) -> [String] {
        let blocks = BlockKeys.numbers(in: values.keys).map { "block.\($0)" }
        return sections.flatMap { $0 == "block" ? blocks : [$0] }
    }

    /// The keys of a section, in the order in which they are printed.
    static func keys(in section: String) -> [KeyDefinition] {
        guard BlockKeys.number(ofSection: section) != nil else {
            return all.filter { $0.section == section }
        }
        return BlockKeys.all.compactMap { find("\(section).\($0.name)") }
    }

    /// The section that a path of keys is in, and the rest; nil if the section is unknown.
    static func split(_ path: String) -> (section: String, name: String)? {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        let section = String(path[..<dot])
        guard isSection(section) else { return nil }
        return (section, String(path[path.index(after: dot)...]))
    }

    /// Whether there are sections inside this one: `junction`.
    static func hasTables(_ section: String) -> Bool {
        section == "block" || sections.contains { $0.hasPrefix(section + ".") }
    }

    /// The words of a section's header: `["junction", "0"]`.
    static func keys(ofSection section: String) -> KeyPath {
        section.split(separator: ".").map(String.init)
    }

    private static let byPath = Dictionary(
        all.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })

    private static func key(
        _ section: String, _ name: String, _ kind: ValueKind, _ standard: KeyDefinition.Standard
    ) -> KeyDefinition {
        KeyDefinition(section: section, name: name, kind: kind, standard: standard)
    }

    /// Largest magnitude of a number that configures something.
    private static let wide = -1e30...1e30

    private static let input: [KeyDefinition] = [
        key("input", "features", .integer(1...65_536), .required),
        key("input", "shape", .integers(1...65_536, most: 3), .derived),
        key("input", "type", .choice(["u8", "i16", "f32"]), .value(.text("f32"))),
        key("input", "scale", .real(wide), .value(.real(1))),
        key("input", "offset", .real(wide), .value(.real(0))),
        key("input", "normalise", .choice(["running", "none"]), .value(.text("running"))),
        key("input", "clip", .real(0...1e6, excludesLow: true), .value(.real(10))),
        key("input", "horizon", .integer(0...1_000_000_000_000), .value(.integer(0))),
        key("input", "lower", .realOrReals(wide), .value(.real(-1e9))),
        key("input", "upper", .realOrReals(wide), .value(.real(1e9))),
        key("input", "names", .names, .value(.array([]))),
    ]

    private static let output: [KeyDefinition] = [
        key(
            "output", "task",
            .choice(["classification", "regression", "forecast", "autoencoder"]), .required),
        key("output", "classes", .countOrNames(2...65_536), .derived),
        key("output", "targets", .countOrNames(1...65_536), .derived),
        key("output", "steps", .integer(1...65_536), .derived),
        key("output", "anomaly", .choice(["score", "percentile"]), .derived),
    ]

    private static let network: [KeyDefinition] = [
        key("network", "input-width", .integer(0...65_536), .derived),
        key(
            "network", "hidden", .integers(1...65_536, most: mostHidden),
            .value(.array([.integer(128)]))),
        key("network", "output-width", .integer(0...65_536), .derived),
        key(
            "network", "activation",
            .choice(["relu", "leaky-relu", "sigmoid", "tanh", "identity"]),
            .value(.text("relu"))),
        key(
            "network", "output-activation",
            .choice(["softmax", "identity", "sigmoid", "tanh", "relu"]), .derived),
        key("network", "loss", .choice(["cross-entropy", "squared-error"]), .derived),
        key(
            "network", "initialisation",
            .choice(["he-uniform", "he-normal", "glorot-uniform", "glorot-normal", "lecun-uniform"]
            ),
            .value(.text("he-uniform"))),
        key("network", "seed", .integer(0...Int64.max), .value(.integer(1))),
        key("network", "recompute", .integer(0...Int64(BlockKeys.most)), .derived),
        ScheduleKey.definition,
    ]

    private static let junctions: [KeyDefinition] =
        sections
        .filter { $0.hasPrefix("junction") }
        .flatMap { section in
            JunctionKeys.all.map { key(section, $0.name, $0.kind, .derived) }
        }

    private static let learning: [KeyDefinition] = [
        key("learning", "rate", .real(0...1000, excludesLow: true), .value(.real(0.01))),
        key("learning", "momentum", .real(0...1, excludesHigh: true), .value(.real(0))),
        key("learning", "weight-decay", .real(0...1), .value(.real(0))),
        key("labels", "window", .integer(0...1_048_576), .value(.integer(0))),
        key("guard", "on-fall", .choice(["compare", "nothing"]), .value(.text("compare"))),
        key("guard", "margin", .real(0...1), .value(.real(0.02))),
        key("guard", "patience", .integer(1000...1_000_000_000), .value(.integer(10_000))),
    ]

    private static let device: [KeyDefinition] = DeviceKeys.all.map {
        key($0.section, $0.name, $0.kind, .derived)
    }

    private static let storage: [KeyDefinition] = [
        key("commit", "samples", .integer(0...1_000_000_000), .value(.integer(0))),
        key("commit", "interval-milliseconds", .integer(1...86_400_000), .value(.integer(1000))),
        key("commit", "bytes-per-day", .bytes(0...1 << 50), .value(.integer(0))),
        key("ring", "slots", .integer(4...64), .value(.integer(4))),
        key("ring", "held", .integer(1...8), .value(.integer(1))),
        key("memory", "budget", .bytes(65_536...1 << 42), .value(.integer(16 << 20))),
    ]

    private static let daemon: [KeyDefinition] = [
        key("daemon", "state", .text, .value(.text("millrace-state"))),
        key("daemon", "ingest", .endpoints, socket("ingest")),
        key("daemon", "query", .endpoints, socket("query")),
        key("daemon", "admin", .endpoints, socket("admin")),
        key(
            "daemon", "socket-mode", .choice(["0600", "0660", "0666"]), .value(.text("0600"))),
        key("daemon", "max-batch", .integer(1...65_536), .value(.integer(256))),
        key("daemon", "queue", .integer(1...16_777_216), .value(.integer(4096))),
        key("daemon", "max-producers", .integer(1...4096), .value(.integer(16))),
        key("daemon", "max-peers", .integer(1...4096), .value(.integer(8))),
        key("daemon", "max-connections", .integer(0...4096), .value(.integer(0))),
        key("daemon", "connections-per-address", .integer(0...4096), .value(.integer(0))),
        key("daemon", "handshakes-per-second", .integer(1...100_000), .value(.integer(100))),
        key("daemon", "first-frame-seconds", .integer(1...86_400), .value(.integer(10))),
        key("daemon", "max-message", .bytes(1024...1 << 26), .value(.integer(32_768))),
    ]

    private static func socket(_ name: String) -> KeyDefinition.Standard {
        .value(.array([.text("ipc://\(Endpoint.placeholder)/\(name).sock")]))
    }

    private static let people: [KeyDefinition] = [
        key("keys", "server", .path, .value(.text(""))),
        key("keys", "clients", .path, .value(.text(""))),
        key(
            "keys", "plain-tcp", .choice(["", KeySettings.plainSentence]), .value(.text(""))),
        key("producers", "allow", .producerNames, .derived),
        key("checkpoints", "keep", .integer(1...10_000), .value(.integer(5))),
        key("checkpoints", "interval-minutes", .integer(0...525_600), .value(.integer(0))),
    ]
}
