// Why a junction cannot have the structure, rule or arithmetic that somebody asked for.

/// One wrong property of a junction, with what would be right.
public struct StructureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The property in the words of a configuration: `density`, `block`, `parallelism`.
    public let property: String
    /// What it was, for these shapes: `0.3 (in-degree 19.2)`.
    public let found: String
    /// What it may be, nearest values first: `a multiple of 1/64: 0.296875 or 0.3125`.
    public let expected: String

    /// An error about one property.
    public init(_ property: String, found: String, expected: String) {
        self.property = property
        self.found = found
        self.expected = expected
    }

    /// One sentence.
    public var description: String { "\(property) is \(found), but must be \(expected)" }
}
