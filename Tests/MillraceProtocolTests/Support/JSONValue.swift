// JSON as a value, and as much of JSON Schema (draft 2020-12) as protocol/schema uses: type,
// const, enum, pattern (the two patterns there), minimum, maxItems, properties,
// required, additionalProperties, items, and $ref into $defs. An unknown keyword is an error, so that a
// schema cannot say something that this does not check.

import FoundationEssentials
import MillraceProtocol

enum JSONValue: Decodable, Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    init(_ bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number(let value): value == value.rounded() ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var strings: [String] {
        guard case .array(let items) = self else { return [] }
        return items.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}

/// A schema, and what it complains about.
struct JSONSchema {
    let root: JSONValue

    /// Complaints about `value`, each with the path it is about.
    func complaints(_ value: JSONValue) -> [String] { complaints(value, root, at: "$") }

    private func complaints(_ value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        guard case .object(let keywords) = schema else { return ["\(path): schema is no object"] }
        if case .string(let reference)? = keywords["$ref"] {
            let name = String(reference.dropFirst("#/$defs/".count))
            guard let target = root["$defs"]?[name] else { return ["\(path): no \(reference)"] }
            return complaints(value, target, at: path)
        }
        return keywords.sorted { $0.key < $1.key }.flatMap { keyword, rule in
            check(keyword, rule, value, schema, at: path)
        }
    }

    private func check(
        _ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ schema: JSONValue,
        at path: String
    ) -> [String] {
        switch keyword {
        case "$schema", "title", "description", "$defs": return []
        case "type":
            var types = rule.strings
            if case .string(let type) = rule { types = [type] }
            let fits =
                types.contains(value.typeName)
                || (types.contains("number") && value.typeName == "integer")
            return fits ? [] : ["\(path): \(value.typeName) instead of \(types)"]
        case "const": return value == rule ? [] : ["\(path): not \(rule)"]
        case "enum":
            guard case .array(let allowed) = rule else { return ["\(path): bad enum"] }
            return allowed.contains(value) ? [] : ["\(path): \(value) is not allowed"]
        case "minimum":
            guard case (.number(let least), .number(let found)) = (rule, value) else { return [] }
            return found >= least ? [] : ["\(path): \(found) < \(least)"]
        case "maxItems":
            guard case (.number(let most), .array(let found)) = (rule, value) else { return [] }
            return Double(found.count) <= most ? [] : ["\(path): more than \(most) items"]
        case "pattern": return Self.matches(value, rule) ? [] : ["\(path): pattern \(rule)"]
        case "required":
            return rule.strings.filter { value[$0] == nil }.map { "\(path).\($0): absent" }
        case "properties": return members(value, rule, at: path)
        case "additionalProperties": return additional(value, rule, schema, at: path)
        case "items":
            guard case .array(let items) = value else { return [] }
            return items.enumerated().flatMap { complaints($1, rule, at: "\(path)[\($0)]") }
        default: return ["\(path): keyword \(keyword) is not checked here"]
        }
    }

    private func members(_ value: JSONValue, _ rule: JSONValue, at path: String) -> [String] {
        guard case .object(let members) = value else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { key, member in
            rule[key].map { complaints(member, $0, at: "\(path).\(key)") } ?? []
        }
    }

    private func additional(
        _ value: JSONValue, _ rule: JSONValue, _ schema: JSONValue, at path: String
    ) -> [String] {
        guard case .object(let members) = value else { return [] }
        let others = members.filter { schema["properties"]?[$0.key] == nil }
        if rule == .bool(false) { return others.keys.sorted().map { "\(path).\($0): unknown" } }
        return others.flatMap { complaints($1, rule, at: "\(path).\($0)") }
    }

    private static func matches(_ value: JSONValue, _ rule: JSONValue) -> Bool {
        guard case (.string(let text), .string(let pattern)) = (value, rule) else { return true }
        switch pattern {
        case "^[0-9a-f]{16}$": return Hexadecimal.value(text) != nil && text == text.lowercased()
        case "^[A-Za-z0-9._-]{1,64}$": return ProducerName(text) != nil
        default: return false
        }
    }

    /// Every path of a property that the schema describes, so that a test can see whether a
    /// value shows all of them.
    func describedPaths() -> Set<String> { describedPaths(root, at: "$") }

    private func describedPaths(_ schema: JSONValue, at path: String) -> Set<String> {
        if case .string(let reference)? = schema["$ref"] {
            let name = String(reference.dropFirst("#/$defs/".count))
            return root["$defs"]?[name].map { describedPaths($0, at: path) } ?? []
        }
        var paths: Set<String> = []
        if case .object(let properties)? = schema["properties"] {
            for (key, member) in properties {
                paths.insert("\(path).\(key)")
                paths.formUnion(describedPaths(member, at: "\(path).\(key)"))
            }
        }
        if let items = schema["items"] { paths.formUnion(describedPaths(items, at: path + "[]")) }
        return paths
    }

    /// The same paths as a value has them.
    static func paths(of value: JSONValue, at path: String = "$") -> Set<String> {
        switch value {
        case .object(let members):
            members.reduce(into: []) { paths, member in
                paths.insert("\(path).\(member.key)")
                paths.formUnion(Self.paths(of: member.value, at: "\(path).\(member.key)"))
            }
        case .array(let items):
            items.reduce(into: []) { $0.formUnion(Self.paths(of: $1, at: path + "[]")) }
        default: []
        }
    }
}
