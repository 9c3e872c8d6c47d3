// 64-bit digests in JSON are text: many readers of JSON keep numbers as doubles and would round
// them.

/// Lower-case hexadecimal digits, as many as the type has: sixteen for a 64-bit number.
public enum Hexadecimal {
    /// `value` with all digits of its type, leading zeros included.
    public static func digits<Number: FixedWidthInteger & UnsignedInteger>(
        _ value: Number
    ) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: Number.bitWidth / 4 &- text.utf8.count) + text
    }

    /// The number in exactly sixteen digits; nil for anything else.
    public static func value(_ digits: String) -> UInt64? {
        guard digits.utf8.count == 16, digits.first != "+", digits.first != "-" else {
            return nil
        }
        return UInt64(digits, radix: 16)
    }
}
