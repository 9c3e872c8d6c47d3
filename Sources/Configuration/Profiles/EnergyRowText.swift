// The rows of an energy table as TOML writes them:
//
//     ["multiply", "integer", 8, 0.2, "M. Horowitz, ISSCC 2014"]
//     ["read", "32KiB", 64, 20, "M. Horowitz, ISSCC 2014"]
//
// action, kind of number (of a memory: its size), bits of the number (0: of any width), energy in
// the table's unit, source.

import Accelerator

enum EnergyRowText {
    /// For messages.
    static let expected =
        "an array of rows [action, \"integer\" or \"float\" or a memory's size, bits, energy, "
        + "source], with one of the actions "
        + EnergyTable.actionWords.map { "\"\($0)\"" }.joined(separator: ", ")
        + ", 0 to 65536 bits, and an energy of at least 0"
    private static let most = 256

    /// The rows, or nil if one of them is none.
    static func rows(_ value: ConfigurationValue) -> [EnergyRow]? {
        guard case .array(let values) = value, (1...most).contains(values.count) else {
            return nil
        }
        let rows = values.compactMap(row)
        return rows.count == values.count ? rows : nil
    }

    /// The first row that stands for the same as an earlier one, both from 0; nil: all differ.
    static func duplicate(_ rows: [EnergyRow]) -> (row: Int, earlier: Int)? {
        for (index, row) in rows.enumerated() {
            if let earlier = rows[..<index].firstIndex(where: { $0.isAbout(row) }) {
                return (index, earlier)
            }
        }
        return nil
    }

    /// Whether a unit's text has a word of absolute energy in it other than `picojoules`.
    static func isAbsolute(_ unit: String) -> Bool {
        let prefixes = ["", "a", "f", "p", "n", "u", "\u{B5}", "\u{3BC}", "m", "k"]
        let names = ["", "atto", "femto", "pico", "nano", "micro", "milli", "kilo"]
        let symbols = Set(prefixes.map { $0 + "j" })
        let words = Set(names.flatMap { [$0 + "joule", $0 + "joules"] })
        return unit.lowercased().split { !$0.isLetter }.contains { word in
            symbols.contains(String(word)) || words.contains(String(word))
        }
    }

    private static func row(_ value: ConfigurationValue) -> EnergyRow? {
        guard case .array(let parts) = value, parts.count == 5,
            case .text(let action) = parts[0], EnergyTable.actionWords.contains(action),
            case .text(let kind) = parts[1], case .integer(let bits) = parts[2],
            (0...65_536).contains(bits), let energy = energy(parts[3]),
            case .text(let source) = parts[4], !source.isEmpty
        else { return nil }
        var bytes = 0
        if EnergyTable.memoryWords.contains(action) {
            guard let size = ByteSize.parse(.text(kind)), (1...1 << 50).contains(size) else {
                return nil
            }
            bytes = Int(size)
        } else if kind != "integer", kind != "float" {
            return nil
        }
        return EnergyRow(
            action: action, isFloat: kind == "float", bits: Int(bits), energy: energy,
            source: source, memoryBytes: bytes)
    }

    private static func energy(_ value: ConfigurationValue) -> Double? {
        let number: Double
        switch value {
        case .integer(let whole): number = Double(whole)
        case .real(let real): number = real
        default: return nil
        }
        return number.isFinite && (0...1e12).contains(number) ? number : nil
    }
}

extension EnergyRow {
    /// Whether both are about the same action, kind of number, width and memory.
    fileprivate func isAbout(_ other: EnergyRow) -> Bool {
        action == other.action && isFloat == other.isFloat && bits == other.bits
            && memoryBytes == other.memoryBytes
    }
}
