// The layers put together: for every key the value that counts and where it came from.
// Layers, each over the one before: default, file, environment, flags.

import SampleSources

/// Where a value came from.
public enum ConfigurationOrigin: Equatable, Sendable {
    /// Nobody gave one.
    case builtIn
    /// It follows from other keys.
    case derived
    /// A line of the file.
    case file(path: String, line: Int?)
    /// An environment variable.
    case environment(variable: String)
    /// A flag on the command line.
    case flag(String)

    /// `default`, `millrace.toml:12`, `env MILLRACE_LEARNING_RATE`, `--set learning.rate=0.1`.
    public var text: String {
        switch self {
        case .builtIn: "default"
        case .derived: "default for this task"
        case .file(let path, let line): path + (line.map { ":\($0)" } ?? "")
        case .environment(let variable): "env \(variable)"
        case .flag(let flag): flag
        }
    }
}

/// One key with the value that counts.
struct EffectiveValue: Equatable, Sendable {
    var value: ConfigurationValue
    var origin: ConfigurationOrigin
}

/// A value given on the command line.
public struct ConfigurationFlag: Equatable, Sendable {
    /// `section.key`
    public var key: String
    /// The value as text.
    public var value: String
    /// The flag as the user typed it, for messages.
    public var flag: String

    /// - key: `section.key`. - value: as text. - flag: as typed, like `--state`.
    public init(key: String, value: String, flag: String) {
        self.key = key
        self.value = value
        self.flag = flag
    }

    /// `section.key=value`, as `--set` takes it; nil without a dot before the first "=".
    public init?(assignment: String) {
        guard let equals = assignment.firstIndex(of: "="),
            assignment[..<equals].contains(Character("."))
        else { return nil }
        key = String(assignment[..<equals])
        value = String(assignment[assignment.index(after: equals)...])
        flag = "--set \(assignment)"
    }
}

/// Collects values layer by layer, and problems as it goes.
struct LayerCollector {
    private(set) var values: [String: EffectiveValue] = [:]
    private(set) var problems: [ConfigurationProblem] = []

    init() {
        for key in KeyTable.all {
            if case .value(let value) = key.standard {
                values[key.path] = EffectiveValue(value: value, origin: .builtIn)
            }
        }
    }

    mutating func report(_ problem: ConfigurationProblem) { problems.append(problem) }

    /// Takes every key of a parsed file.
    mutating func add(_ text: ConfigurationText, path: String) {
        func line(_ keys: KeyPath) -> Int? { text.lines[keys] }
        func place(_ keys: KeyPath) -> String { path + (line(keys).map { ":\($0)" } ?? "") }
        let ordered = text.sections.sorted {
            (line([$0.key]) ?? 0, $0.key) < (line([$1.key]) ?? 0, $1.key)
        }
        for (section, content) in ordered {
            guard KeyTable.sections.contains(section) else {
                report(unknown(section, isSection: true, at: place([section])))
                continue
            }
            guard case .table(let table) = content else {
                report(
                    ConfigurationProblem(
                        place: place([section]), key: section, found: content.found,
                        expected: "a table: [\(section)]"))
                continue
            }
            let keys = table.sorted {
                (line([section, $0.key]) ?? 0, $0.key) < (line([section, $1.key]) ?? 0, $1.key)
            }
            for (name, value) in keys {
                let keys = [section, name]
                let origin = ConfigurationOrigin.file(path: path, line: line(keys))
                set(section + "." + name, value, origin, place: place(keys))
            }
        }
    }

    /// Takes `MILLRACE_SECTION_KEY` and `MILLRACE_STATE`.
    mutating func add(environment: [String: String]) {
        let byVariable = Dictionary(
            KeyTable.all.map { ($0.variable, $0) }, uniquingKeysWith: { first, _ in first })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) {
            let origin = ConfigurationOrigin.environment(variable: variable)
            if let key = byVariable[variable] {
                set(key.path, key.kind.value(fromText: text), origin, place: origin.text)
            } else if variable.hasPrefix("MILLRACE_") {
                reportIfMisspelt(variable, among: Array(byVariable.keys))
            }
        }
        if let state = environment["MILLRACE_STATE"] {
            let origin = ConfigurationOrigin.environment(variable: "MILLRACE_STATE")
            set("daemon.state", .text(state), origin, place: origin.text)
        }
    }

    /// A variable of a section that exists must name a key; others may belong to somebody else.
    private mutating func reportIfMisspelt(_ variable: String, among known: [String]) {
        let section = variable.dropFirst(9).prefix { $0 != "_" }.lowercased()
        let isOfSection =
            KeyTable.sections.contains(section)
            && variable.dropFirst(9).contains(Character("_"))
        let near = Spelling.nearest(to: variable, among: known.sorted())
        let isNear = near.map { Spelling.distance($0, variable) <= 2 } ?? false
        guard isOfSection || isNear else { return }
        report(
            ConfigurationProblem(
                place: "env \(variable)", key: nil, found: "an unknown variable",
                expected: "MILLRACE_SECTION_KEY", nearest: near))
    }

    /// Takes a flag.
    mutating func add(_ flag: ConfigurationFlag) {
        guard let key = KeyTable.find(flag.key) else {
            report(unknown(flag.key, isSection: false, at: flag.flag))
            return
        }
        let origin = ConfigurationOrigin.flag(flag.flag)
        set(flag.key, key.kind.value(fromText: flag.value), origin, place: flag.flag)
    }

    private mutating func set(
        _ path: String, _ value: ConfigurationValue, _ origin: ConfigurationOrigin, place: String
    ) {
        guard let key = KeyTable.find(path) else {
            report(unknown(path, isSection: false, at: place))
            return
        }
        guard let accepted = key.kind.accept(value) else {
            report(
                ConfigurationProblem(
                    place: place, key: path, found: Self.found(value, key.kind),
                    expected: key.kind.expected))
            return
        }
        values[path] = EffectiveValue(value: accepted, origin: origin)
    }

    /// What was found, with the first element that is wrong if it is a list.
    private static func found(_ value: ConfigurationValue, _ kind: ValueKind) -> String {
        if case .endpoints(let ipcOnly) = kind {
            var list = [value]
            if case .array(let values) = value { list = values }
            for case .text(let text) in list {
                if let why = Endpoint.problem(text, ipcOnly: ipcOnly) {
                    return "\"\(text.prefix(80))\" (\(why))"
                }
            }
        }
        guard case .array(let values) = value, values.count > 1 else { return value.found }
        for (index, element) in values.enumerated()
        where kind.accept(.array([element])) == nil {
            if case .countOrNames = kind, case .text = element { continue }
            return "\(value.found) whose element \(index + 1) is \(element.found)"
        }
        return value.found
    }

    private func unknown(
        _ path: String, isSection: Bool, at place: String
    ) -> ConfigurationProblem {
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        if isSection || parts.count < 2 || !KeyTable.sections.contains(parts[0]) {
            let section = isSection ? path : parts.first ?? path
            let near = Spelling.nearest(to: section, among: KeyTable.sections)
            return ConfigurationProblem(
                place: place, key: section, found: "an unknown section",
                expected: "one of " + KeyTable.sections.joined(separator: ", "),
                nearest: near.map { "[\($0)]" })
        }
        return ConfigurationProblem(
            place: place, key: path, found: "an unknown key",
            expected: "a key of [\(parts[0])]: "
                + KeyTable.names(in: parts[0]).joined(separator: ", "),
            nearest: Self.nearestKey(to: parts[1], in: parts[0]))
    }

    /// The nearest key of the same section; else a key of that name in another section.
    private static func nearestKey(to name: String, in section: String) -> String? {
        if let near = Spelling.nearest(to: name, among: KeyTable.names(in: section)) {
            return section + "." + near
        }
        if let same = KeyTable.all.first(where: { $0.name == name }) { return same.path }
        return Spelling.nearest(to: section + "." + name, among: KeyTable.all.map(\.path))
    }
}
