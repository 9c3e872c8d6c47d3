// The types that keys have, and how a written value becomes one of them.

import Arithmetic

/// The type and range of one key.
enum ValueKind: Equatable, Sendable {
    case integer(ClosedRange<Int64>)
    /// `excludesLow`, `excludesHigh`: the ends do not belong to the range.
    case real(ClosedRange<Double>, excludesLow: Bool = false, excludesHigh: Bool = false)
    case choice([String])
    /// One of a few whole numbers.
    case oneOf([Int64])
    /// (b_w, b_n, b_f) of fixed-point numbers.
    case fixedFormat
    /// "16MiB", "64 KiB", 65536.
    case bytes(ClosedRange<Int64>)
    case text
    /// The path of a file or folder, or "" for none.
    case path
    /// Whole numbers, possibly none.
    case integers(ClosedRange<Int64>, most: Int)
    /// One number for all features, or an array with one each.
    case realOrReals(ClosedRange<Double>)
    case names
    /// A count, or an array of that many names.
    case countOrNames(ClosedRange<Int64>)
    /// Names of producers.
    case producerNames
    /// One endpoint or an array.
    case endpoints
    /// "auto", or whole numbers, at least one.
    case autoOrIntegers(ClosedRange<Int64>, most: Int)
    /// Rows of an energy table.
    case energyRows
    /// One whole number, or two: rows and columns. Stored as an array.
    case oneOrTwo(ClosedRange<Int64>)
    /// "same", "valid", or so many zeros. Numbers are stored as an array.
    case padding

    /// "an integer from 1 to 65536": for messages.
    var expected: String {
        switch self {
        case .integer(let range):
            return "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .real(let range, let excludesLow, let excludesHigh):
            let low = excludesLow ? "above" : "from"
            let high = excludesHigh ? "below" : "to"
            return "a number \(low) \(range.lowerBound) \(high) \(range.upperBound)"
        case .choice(let words):
            return "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .oneOf(let numbers):
            return "one of " + numbers.map { "\($0)" }.joined(separator: ", ")
        case .fixedFormat:
            return "three integers, [width, integer bits, fraction bits], with 1 + integer bits + "
                + "fraction bits = width, a width of 4 to 16 and at least 3 fraction bits, like "
                + "[10, 2, 7]"
        case .bytes(let range):
            return "a size from \(ByteSize.text(range.lowerBound)) to "
                + "\(ByteSize.text(range.upperBound)), like \"16MiB\", \"64KiB\" or 65536"
        case .text: return "text that is not empty"
        case .path: return "a path, or \"\" for none"
        case .integers(let range, let most):
            return "an array of up to \(most) integers from \(range.lowerBound) to "
                + "\(range.upperBound)"
        case .realOrReals(let range):
            return "a number from \(range.lowerBound) to \(range.upperBound), or an array of one "
                + "per feature"
        case .names: return "an array of different names, each of 1 to 64 characters"
        case .countOrNames(let range):
            return "a count from \(range.lowerBound) to \(range.upperBound), or an array of that "
                + "many different names"
        case .producerNames:
            return "an array of different names of 1 to 64 characters from A-Z a-z 0-9 . _ -"
        case .endpoints: return Endpoint.expected
        case .autoOrIntegers(let range, let most):
            return "\"auto\", or an array of 1 to \(most) integers from \(range.lowerBound) to "
                + "\(range.upperBound), one per junction"
        case .energyRows: return EnergyRowText.expected
        case .oneOrTwo(let range):
            return "an integer from \(range.lowerBound) to \(range.upperBound), or "
                + "[rows, columns]"
        case .padding:
            return "\"same\", \"valid\", an integer from 0 to \(Self.mostPadding), or "
                + "[rows, columns]"
        }
    }

    /// Most zeros at one end.
    static let mostPadding: Int64 = 4096
}

extension ValueKind {
    /// `value` as this kind stores it, or nil if it is not one. Whole numbers become reals where
    /// reals are wanted, sizes become integers, single values arrays where arrays are stored.
    func accept(_ value: ConfigurationValue) -> ConfigurationValue? {
        switch self {
        case .integer(let range):
            guard case .integer(let number) = value, range.contains(number) else { return nil }
            return value
        case .real(let range, let excludesLow, let excludesHigh):
            guard let number = Self.real(value), range.contains(number),
                !(excludesLow && number == range.lowerBound),
                !(excludesHigh && number == range.upperBound)
            else { return nil }
            return .real(number)
        case .choice(let words):
            guard case .text(let word) = value, words.contains(word) else { return nil }
            return value
        case .oneOf(let numbers):
            guard case .integer(let number) = value, numbers.contains(number) else { return nil }
            return value
        case .bytes(let range):
            guard let bytes = ByteSize.parse(value), range.contains(bytes) else { return nil }
            return .integer(bytes)
        case .text:
            guard case .text(let text) = value, !text.isEmpty else { return nil }
            return value
        case .path:
            guard case .text(let text) = value, !text.utf8.contains(0) else { return nil }
            return value
        default:
            return acceptList(value)
        }
    }

    private func acceptList(_ value: ConfigurationValue) -> ConfigurationValue? {
        switch self {
        case .integers(let range, let most):
            guard case .array(let values) = value, values.count <= most,
                values.allSatisfy({
                    if case .integer(let number) = $0 { range.contains(number) } else { false }
                })
            else { return nil }
            return value
        case .fixedFormat:
            return Self.format(value) == nil ? nil : value
        case .autoOrIntegers(let range, let most):
            if value == .text("auto") { return value }
            guard case .array(let list) = value, !list.isEmpty else { return nil }
            return ValueKind.integers(range, most: most).accept(value)
        case .energyRows:
            return EnergyRowText.rows(value) == nil ? nil : value
        case .oneOrTwo(let range):
            return Self.oneOrTwo(value, range)
        case .padding:
            if value == .text("same") || value == .text("valid") { return value }
            return Self.oneOrTwo(value, 0...Self.mostPadding)
        case .realOrReals(let range):
            if case .array(let values) = value {
                let numbers = values.compactMap(Self.real)
                guard numbers.count == values.count, numbers.allSatisfy(range.contains) else {
                    return nil
                }
                return .array(numbers.map { .real($0) })
            }
            guard let number = Self.real(value), range.contains(number) else { return nil }
            return .real(number)
        case .names:
            return Self.names(value, allowed: Self.isName)
        case .countOrNames(let range):
            if case .integer(let count) = value { return range.contains(count) ? value : nil }
            guard let names = Self.names(value, allowed: Self.isName),
                case .array(let list) = names, range.contains(Int64(list.count))
            else { return nil }
            return names
        case .producerNames:
            return Self.names(value, allowed: Self.isProducerName)
        case .endpoints:
            var list = [value]
            if case .array(let values) = value { list = values }
            guard !list.isEmpty, list.count <= 8, Set(list.map(\.found)).count == list.count,
                list.allSatisfy({
                    if case .text(let text) = $0 {
                        Endpoint.problem(text) == nil
                    } else {
                        false
                    }
                })
            else { return nil }
            return .array(list)
        default:
            return nil
        }
    }

    /// The format that `[b_w, b_n, b_f]` means.
    static func format(_ value: ConfigurationValue) -> FixedFormat? {
        guard case .array(let values) = value else { return nil }
        let parts = values.compactMap { part in
            if case .integer(let number) = part { Int(exactly: number) } else { nil }
        }
        // The bound keeps sums of absurd numbers from overflowing.
        guard parts.count == 3, values.count == 3, parts.allSatisfy({ (0...64).contains($0) })
        else { return nil }
        return FixedFormat(parts[0], parts[1], parts[2])
    }

    private static func oneOrTwo(
        _ value: ConfigurationValue, _ range: ClosedRange<Int64>
    ) -> ConfigurationValue? {
        var list = [value]
        if case .array(let values) = value { list = values }
        let isRight =
            (1...2).contains(list.count)
            && list.allSatisfy {
                if case .integer(let number) = $0 { range.contains(number) } else { false }
            }
        return isRight ? .array(list) : nil
    }

    private static func real(_ value: ConfigurationValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .real(let number): number.isFinite ? number : nil
        default: nil
        }
    }

    private static func names(
        _ value: ConfigurationValue, allowed: (String) -> Bool
    ) -> ConfigurationValue? {
        guard case .array(let values) = value else { return nil }
        var seen: Set<String> = []
        for case .text(let name) in values where allowed(name) { seen.insert(name) }
        return seen.count == values.count ? value : nil
    }

    /// Whether `text` can name a feature, class or target: 1 to 64 printable characters.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.count) && !text.unicodeScalars.contains { $0.value < 0x20 }
    }

    static func isProducerName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                Character(Unicode.Scalar(byte)).isLetter && byte < 0x80
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            }
    }

    /// The written value that the text of a variable or flag means.
    ///
    /// Text in one pair of quotes is what a file would make of it.
    func value(fromText text: String) -> ConfigurationValue {
        if let inside = Self.unquoted(text) {
            switch self {
            case .names, .countOrNames, .producerNames, .endpoints: return .array([.text(inside)])
            default: return .text(inside)
            }
        }
        switch self {
        case .choice, .path, .text: return .text(text)
        case .integer, .real, .oneOf: return ConfigurationText.value(text) ?? .text(text)
        case .bytes:
            return Int64(text).map { .integer($0) } ?? .text(text)
        case .integers, .fixedFormat, .realOrReals, .countOrNames, .names, .producerNames,
            .endpoints, .autoOrIntegers, .energyRows, .oneOrTwo, .padding:
            return listValue(text)
        }
    }

    /// What stands in the quotes; nil if the text is not one quoted string.
    private static func unquoted(_ text: String) -> String? {
        guard text.hasPrefix("\"") || text.hasPrefix("'"),
            case .text(let inside) = ConfigurationText.value(text)
        else { return nil }
        return inside
    }

    /// `[1, 2]` as TOML has it; otherwise items separated by commas, or one number.
    private func listValue(_ text: String) -> ConfigurationValue {
        if text.hasPrefix("[") { return ConfigurationText.value(text) ?? .text(text) }
        let items = text.split(separator: ",").map(Self.trimmed)
        switch self {
        case .autoOrIntegers where text == "auto": return .text(text)
        case .padding where text == "same" || text == "valid": return .text(text)
        case .integers, .fixedFormat, .realOrReals, .autoOrIntegers, .oneOrTwo, .padding:
            let numbers = items.map { ConfigurationText.value($0) ?? .text($0) }
            // A word that is no number stays what was typed, for messages.
            if numbers.count == 1, case .text = numbers[0] { return .text(text) }
            if case .realOrReals = self, numbers.count == 1 { return numbers[0] }
            return .array(numbers)
        case .countOrNames:
            if items.count == 1, let count = Int64(items[0]) { return .integer(count) }
            return .array(items.map { .text(Self.unquoted($0) ?? $0) })
        default:
            return .array(items.map { .text(Self.unquoted($0) ?? $0) })
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
