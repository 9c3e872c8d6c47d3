// The junctions of a configuration, and what can be wrong with them.

import Junctions

extension LearnerConfiguration {
    /// Every junction, from the input; the configuration must be valid.
    func madeJunctions() -> [Junction] {
        let widths = widths
        return (0..<(widths.count - 1)).map { index in
            do throws(StructureError) {
                return try junction(index).junction(
                    inputs: widths[index], outputs: widths[index + 1])
            } catch {
                preconditionFailure("a valid configuration: junction \(index): \(error)")
            }
        }
    }
}
