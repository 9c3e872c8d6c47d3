// What can be wrong with parameters, whatever their structure.

/// Checks that several forms share.
enum JunctionFindings {
    /// One line per learned float field that holds numbers that are not finite.
    static func notFinite(_ parameters: UnsafeRawPointer, _ fields: [JunctionField]) -> [String] {
        var findings: [String] = []
        for (index, field) in fields.enumerated() where field.element == .f32 {
            let values = (parameters + fields.offset(index)).assumingMemoryBound(to: Float.self)
            let rows = field.shape.dropLast().reduce(1, *)
            var count = 0
            for row in 0..<rows {
                for column in 0..<(field.shape.last ?? 1)
                where !values[row * field.rowStride + column].isFinite {
                    count += 1
                }
            }
            if count > 0 { findings.append("\(field.name): \(count) numbers are not finite") }
        }
        return findings
    }
}
