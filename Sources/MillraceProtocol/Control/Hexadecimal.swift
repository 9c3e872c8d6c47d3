// 64-bit digests in JSON are text: many readers of JSON keep numbers as doubles and would round
// them.

/// Sixteen lower-case hexadecimal digits for a 64-bit number.
public enum Hexadecimal {
    /// `value` as exactly sixteen digits.
    public static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 &- text.utf8.count) + text
    }

    /// The number in exactly sixteen digits; nil for anything else.
    public static func value(_ digits: String) -> UInt64? {
        guard digits.utf8.count == 16, digits.first != "+", digits.first != "-" else {
            return nil
        }
        return UInt64(digits, radix: 16)
    }
}
