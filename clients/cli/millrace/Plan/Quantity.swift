// Amounts with units, as people read them, and memory sizes as people write them.

import Accelerator
import Configuration

extension Format {
    /// 1234567 → "1,234,567".
    static func count(_ value: Int) -> String {
        value < 0 ? "-" + count(value.magnitude as UInt) : count(UInt64(value))
    }

    private static func count(_ value: UInt) -> String { count(UInt64(value)) }

    /// 2.2667e-6, "s" → "2.27 µs": three digits with the prefix that suits.
    static func quantity(_ value: Double, _ unit: String) -> String {
        guard value != 0, value.isFinite else { return "\(decimal(value, 0)) \(unit)" }
        var scaled = abs(value)
        var prefix = 0
        while scaled < 0.9995, prefix > -5 {
            scaled *= 1000
            prefix -= 1
        }
        while scaled >= 999.5, prefix < 4 {
            scaled /= 1000
            prefix += 1
        }
        let letters = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T"]
        let places = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2
        var digits = decimal(scaled, places)
        if places > 0 {
            while digits.last == "0" { digits.removeLast() }
            if digits.last == "." { digits.removeLast() }
        }
        return (value < 0 ? "-" : "") + "\(digits) \(letters[prefix + 5])\(unit)"
    }

    /// A share as per cent.
    static func percent(_ share: Double, places: Int = 1) -> String {
        decimal(share * 100, places) + " %"
    }

    /// An energy in its unit, without what was not counted.
    static func energy(_ energy: Energy?) -> String {
        guard let energy else { return "-" }
        let isPart = energy.uncounted.isEmpty ? "" : "≥ "
        return switch energy.unit {
        case .picojoules: isPart + quantity(energy.amount * 1e-12, "J")
        case .relative: isPart + (energy.amount < 100 ? decimal(energy.amount, 2) : rounded(energy))
        }
    }

    private static func rounded(_ energy: Energy) -> String {
        energy.amount < 1e15 ? count(Int(energy.amount.rounded())) : "\(energy.amount)"
    }
}

extension EnergyTable.Unit {
    /// `pJ`, or what one is.
    var text: String {
        switch self {
        case .picojoules: "pJ"
        case .relative(let action): action
        }
    }
}

/// A size of memory as `--fit` takes it.
enum MemorySize {
    static let expected =
        "bytes as in a configuration (12360, 64KiB, 1.5MB) or bits (98880bit, 64kbit), above 0"

    /// The size in bits; nil if `text` means none.
    static func bits(_ text: String) -> Int? {
        let word = text.filter { $0 != " " }.lowercased()
        for ending in ["bits", "bit"] where word.hasSuffix(ending) {
            return scaled(String(word.dropLast(ending.count)))
        }
        guard let bytes = ByteSize.parse(text), bytes > 0, bytes < 1 << 56 else { return nil }
        return Int(bytes) * 8
    }

    private static func scaled(_ word: String) -> Int? {
        let units = [
            ("ki", 1024.0), ("mi", 1_048_576), ("gi", 1_073_741_824), ("k", 1e3), ("m", 1e6),
            ("g", 1e9), ("", 1),
        ]
        for (ending, factor) in units where word.hasSuffix(ending) {
            let digits = word.dropLast(ending.count)
            guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
                let number = Double(digits), number * factor < 0x1p59
            else { return nil }
            return Int(exactly: number * factor).flatMap { $0 > 0 ? $0 : nil }
        }
        return nil
    }
}
