// The layers put together: for every key the value that counts and where it came from.
// Layers, each over the one before: default, file, environment, flags.

import SampleSources

/// Where a value came from.
public enum ConfigurationOrigin: Equatable, Sendable {
    /// Nobody gave one.
    case builtIn
    /// It follows from other keys.
    case derived
    /// The emulated device decided.
    case device
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
        case .device: "chosen by the device"
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
        let file = FileLines(path: path, lines: text.lines)
        for (section, content) in file.ordered(text.sections, below: []) {
            guard KeyTable.isSection(section), !section.contains(Character(".")) else {
                report(unknownSection(section, at: file.place([section])))
                continue
            }
            guard case .table(let table) = content else {
                report(noTable(section, content, at: file.place([section])))
                continue
            }
            add(table, section: [section], of: file)
        }
    }

    /// Takes the keys of a table, and the tables in it that are sections too.
    private mutating func add(
        _ table: [String: ConfigurationValue], section words: KeyPath, of file: FileLines
    ) {
        let section = words.joined(separator: ".")
        for (name, value) in file.ordered(table, below: words) {
            let keys = words + [name]
            let path = section + "." + name
            if name.contains(Character(".")) {
                report(unknownKey(TomlText.quoted(name), in: section, at: file.place(keys)))
            } else if KeyTable.isSection(path) {
                guard case .table(let inner) = value else {
                    report(noTable(path, value, at: file.place(keys)))
                    continue
                }
                add(inner, section: keys, of: file)
            } else if case .table = value, KeyTable.hasTables(section),
                KeyTable.find(path) == nil
            {
                report(unknownSection(path, at: file.place(keys)))
            } else {
                let origin = ConfigurationOrigin.file(path: file.path, line: file.lines[keys])
                set(path, value, origin, place: file.place(keys))
            }
        }
    }

    /// Takes `MILLRACE_SECTION_KEY` and `MILLRACE_STATE`.
    mutating func add(environment: [String: String]) {
        let byVariable = Dictionary(
            KeyTable.all.map { ($0.variable, $0) }, uniquingKeysWith: { first, _ in first })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) {
            let origin = ConfigurationOrigin.environment(variable: variable)
            if let key = byVariable[variable] ?? BlockKeys.definition(variable: variable) {
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
            report(unknown(flag.key, at: flag.flag))
            return
        }
        let origin = ConfigurationOrigin.flag(flag.flag)
        set(flag.key, key.kind.value(fromText: flag.value), origin, place: flag.flag)
    }

    private mutating func set(
        _ path: String, _ value: ConfigurationValue, _ origin: ConfigurationOrigin, place: String
    ) {
        guard let key = KeyTable.find(path) else {
            report(unknown(path, at: place))
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
        if case .endpoints = kind {
            var list = [value]
            if case .array(let values) = value { list = values }
            for case .text(let text) in list {
                if let why = Endpoint.problem(text) {
                    return "\"\(text.prefix(80))\" (\(why))"
                }
            }
        }
        guard case .array(let values) = value, values.count > 1 else {
            return single(value, kind).found
        }
        for (index, element) in values.enumerated()
        where kind.accept(.array([element])) == nil {
            if case .countOrNames = kind, case .text = element { continue }
            return "\(value.found) whose element \(index + 1) is \(element.found)"
        }
        return value.found
    }

    /// One number of a key that takes one or two is the number, however it is stored.
    private static func single(
        _ value: ConfigurationValue, _ kind: ValueKind
    ) -> ConfigurationValue {
        guard case .array(let values) = value, values.count == 1 else { return value }
        switch kind {
        case .oneOrTwo, .padding: return values[0]
        default: return value
        }
    }

    /// What to say about a path that is not in the table of keys.
    private func unknown(_ path: String, at place: String) -> ConfigurationProblem {
        let words = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard words.count > 1, KeyTable.sections.contains(words[0]) else {
            return unknownSection(words[0], at: place)
        }
        if KeyTable.isSection(path), let first = KeyTable.names(in: path).first {
            return ConfigurationProblem(
                place: place, key: path, found: "a section",
                expected: "a key of it, like \(path).\(first)")
        }
        if let (section, name) = KeyTable.split(path) {
            return unknownKey(name, in: section, at: place)
        }
        if KeyTable.hasTables(words[0]) {
            return unknownSection(words[0] + "." + words[1], at: place)
        }
        return unknownKey(words[1...].joined(separator: "."), in: words[0], at: place)
    }

    private func noTable(
        _ section: String, _ value: ConfigurationValue, at place: String
    ) -> ConfigurationProblem {
        ConfigurationProblem(
            place: place, key: section, found: value.found, expected: "a table: [\(section)]")
    }

    private func unknownKey(
        _ name: String, in section: String, at place: String
    ) -> ConfigurationProblem {
        let (known, kind) = names(in: section)
        return ConfigurationProblem(
            place: place, key: section + "." + name, found: "an unknown key",
            expected: "a key of [\(section)]\(kind): " + known.joined(separator: ", "),
            nearest: Self.nearestKey(to: name, in: section, known))
    }

    /// The names of a section's keys; of a block whose kind is known by now, those of that kind.
    private func names(in section: String) -> ([String], kind: String) {
        guard case .text(let kind) = values[section + ".kind"]?.value,
            BlockKeys.number(ofSection: section) != nil
        else { return (KeyTable.names(in: section), "") }
        return (BlockKeys.names(of: kind), ", \(kind)")
    }

    private func unknownSection(_ section: String, at place: String) -> ConfigurationProblem {
        if section.hasPrefix("junction.") {
            let last = JunctionKeys.tables.upperBound
            return ConfigurationProblem(
                place: place, key: section, found: "an unknown section",
                expected: "junction.N with N from 0 to \(last), counted from the input")
        }
        if section == "block" || section.hasPrefix("block.") {
            return ConfigurationProblem(
                place: place, key: section, found: "an unknown section",
                expected: "block.N with N from 0 to \(BlockKeys.most - 1), counted from the input")
        }
        let near = Spelling.nearest(to: section, among: KeyTable.sectionNames)
        return ConfigurationProblem(
            place: place, key: section, found: "an unknown section",
            expected: "one of " + KeyTable.sectionNames.joined(separator: ", "),
            nearest: near.map { "[\($0)]" })
    }

    /// The nearest key of the same section; else a key of that name in another section.
    private static func nearestKey(
        to name: String, in section: String, _ names: [String]
    ) -> String? {
        if let near = Spelling.nearest(to: name, among: names) { return section + "." + near }
        if let same = KeyTable.all.first(where: { $0.name == name }) { return same.path }
        return Spelling.nearest(to: section + "." + name, among: KeyTable.all.map(\.path))
    }
}

/// Where the keys of a file stand.
private struct FileLines {
    let path: String
    let lines: [KeyPath: Int]

    func place(_ keys: KeyPath) -> String { path + (lines[keys].map { ":\($0)" } ?? "") }

    /// The values of a table in the order of the file.
    func ordered(
        _ table: [String: ConfigurationValue], below section: KeyPath
    ) -> [(key: String, value: ConfigurationValue)] {
        table.sorted {
            (lines[section + [$0.key]] ?? 0, $0.key) < (lines[section + [$1.key]] ?? 0, $1.key)
        }
    }
}
