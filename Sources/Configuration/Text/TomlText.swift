// Values as TOML, in one notation: what is written here reads back as the same value.

enum TomlText {
    /// `value` as it stands after `key = `; sizes with their unit.
    static func value(_ value: ConfigurationValue, _ kind: ValueKind? = nil) -> String {
        if case .bytes = kind, case .integer(let bytes) = value {
            return bytes == 0 ? "0" : "\"\(ByteSize.text(bytes))\""
        }
        if case .energyRows = kind, case .array(let rows) = value {
            return "[\n" + rows.map { "    \(Self.value($0)),\n" }.joined() + "]"
        }
        switch value {
        case .integer(let number): return "\(number)"
        case .real(let number): return real(number)
        case .boolean(let flag): return "\(flag)"
        case .text(let text): return quoted(text)
        case .array(let values):
            if case .endpoints = kind, values.count == 1 { return Self.value(values[0]) }
            return "[" + values.map { Self.value($0) }.joined(separator: ", ") + "]"
        case .table(let table):
            let pairs = table.sorted { $0.key < $1.key }
            return "{ "
                + pairs.map { "\(quoted($0.key)) = \(Self.value($0.value))" }
                .joined(separator: ", ") + " }"
        case .moment(let text): return text
        }
    }

    /// The shortest digits that read back as `number`.
    static func real(_ number: Double) -> String {
        if number == number.rounded(), abs(number) < 1e15 {
            return "\(Int64(number)).0"
        }
        return "\(number)"
    }

    /// A basic string.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}

/// FNV-1a, 64 bits, of text: equal text, equal digest.
enum TextDigest {
    static func of(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
