// Sizes in bytes as people write them: 65536, "65536", "64KiB", "64 KiB", "1.5MiB", "1MB".

/// Sizes in bytes.
package enum ByteSize {
    private static let units: [(name: String, bytes: Double)] = [
        ("b", 1), ("", 1), ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824),
        ("tib", 1_099_511_627_776), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12),
    ]

    /// The size that `value` means; nil if it means none, or not a whole number of bytes.
    static func parse(_ value: ConfigurationValue) -> Int64? {
        switch value {
        case .integer(let bytes): return bytes >= 0 ? bytes : nil
        case .text(let text): return parse(text)
        default: return nil
        }
    }

    /// The size that `text` means, with or without a unit; nil if none, or no whole number.
    package static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let rest = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
        guard let number = Double(digits), let unit = units.first(where: { $0.name == rest })
        else { return nil }
        let bytes = number * unit.bytes
        guard bytes.isFinite, bytes < 0x1p62 else { return nil }
        return Int64(exactly: bytes)
    }

    /// The shortest exact way to write `bytes`: "16MiB", "65KiB" or "65000B".
    static func text(_ bytes: Int64) -> String {
        for (name, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes > 0 && bytes & ((1 << Int64(shift)) - 1) == 0 {
            return "\(bytes >> Int64(shift))\(name)"
        }
        return "\(bytes)B"
    }
}
