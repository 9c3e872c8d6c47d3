// Turning a number into the element type that a receiver expects, without ever changing it
// silently: what does not fit is refused.

extension SourceElement {
    /// What numbers this type takes, for messages.
    var range: String {
        switch self {
        case .u8: "a whole number from 0 to 255"
        case .i16: "a whole number from -32768 to 32767"
        case .f32: "a finite number that a 32-bit float can hold"
        }
    }

    /// Appends `value` to `row` as this type. Whole numbers for the integer types; for `f32`
    /// finite values, and whole numbers of 64-bit origin only where they are exact.
    ///
    /// - Returns: false, with nothing appended, if the value does not fit.
    func append(_ value: Double, to row: inout [UInt8]) -> Bool {
        switch self {
        case .u8:
            guard let exact = UInt8(exactly: value) else { return false }
            row.append(exact)
        case .i16:
            guard let exact = Int16(exactly: value) else { return false }
            withUnsafeBytes(of: exact.littleEndian) { row.append(contentsOf: $0) }
        case .f32:
            let float = Float(value)
            guard float.isFinite else { return false }
            withUnsafeBytes(of: float.bitPattern.littleEndian) { row.append(contentsOf: $0) }
        }
        return true
    }
}
