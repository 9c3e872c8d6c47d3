// As much of JSON Schema (draft 2020-12) as the documents of the command line use. A keyword that
// is not known here is a complaint, so that a schema cannot say something that nobody checks.

/// A schema of protocol/schema.
struct Schema {
    private let root: JSON

    /// - name: of the file, without `.json`.
    init(_ name: String) throws { root = try Scene.schema(name) }

    /// What is wrong with a value; empty when nothing is.
    func complaints(_ value: JSON) throws -> [String] { try check(value, root, "") }

    private func check(_ value: JSON, _ schema: JSON, _ path: String) throws -> [String] {
        guard case .object(let keywords) = schema else { return ["\(path): no schema"] }
        return try keywords.flatMap { keyword, rule -> [String] in
            switch keyword {
            case "$schema", "title", "description", "$defs", "format", "pattern": return []
            case "$ref": return try follow(rule.text ?? "", value, path)
            case "type":
                let kinds = rule.text.map { [$0] } ?? rule.list.compactMap(\.text)
                return kinds.contains { Self.isKind($0, value) } ? [] : ["\(path): not \(kinds)"]
            case "const": return value == rule ? [] : ["\(path): not \(rule)"]
            case "enum": return rule.list.contains(value) ? [] : ["\(path): not in \(rule.list)"]
            case "minimum":
                return (value.number ?? 0) >= (rule.number ?? 0) ? [] : ["\(path): too small"]
            case "maximum":
                return (value.number ?? 0) <= (rule.number ?? 0) ? [] : ["\(path): too large"]
            case "required":
                return rule.list.compactMap(\.text).filter { value[$0] == nil }
                    .map { "\(path): no \($0)" }
            case "items":
                return try value.list.enumerated().flatMap {
                    try check($0.element, rule, "\(path)[\($0.offset)]")
                }
            case "properties":
                guard case .object(let properties) = rule else { return ["\(path): properties"] }
                return try properties.flatMap { name, rule in
                    try value[name].map { try check($0, rule, "\(path).\(name)") } ?? []
                }
            case "additionalProperties":
                return try others(value, schema).flatMap { name, member in
                    rule == .flag(false)
                        ? ["\(path): \(name) is not described"]
                        : rule == .flag(true) ? [] : try check(member, rule, "\(path).\(name)")
                }
            default: return ["\(path): the keyword \(keyword) is not checked"]
            }
        }
    }

    /// Members that `properties` does not name.
    private func others(_ value: JSON, _ schema: JSON) -> [String: JSON] {
        guard case .object(let members) = value else { return [:] }
        return members.filter { schema["properties"]?[$0.key] == nil }
    }

    /// `#/$defs/NAME`, `FILE.json` or `FILE.json#/$defs/NAME`.
    private func follow(_ reference: String, _ value: JSON, _ path: String) throws -> [String] {
        let parts = reference.split(separator: "#", omittingEmptySubsequences: false)
        let file = String(parts.first ?? "")
        let place = try file.isEmpty ? self : Schema(String(file.dropLast(".json".count)))
        guard parts.count == 2, let name = parts[1].split(separator: "/").last else {
            return try place.check(value, place.root, path)
        }
        guard let target = place.root["$defs"]?[String(name)] else {
            return ["\(path): \(reference) is nowhere"]
        }
        return try place.check(value, target, path)
    }

    private static func isKind(_ kind: String, _ value: JSON) -> Bool {
        switch value {
        case .null: kind == "null"
        case .flag: kind == "boolean"
        case .number(let number):
            kind == "number" || kind == "integer" && number == number.rounded()
        case .text: kind == "string"
        case .list: kind == "array"
        case .object: kind == "object"
        }
    }
}
