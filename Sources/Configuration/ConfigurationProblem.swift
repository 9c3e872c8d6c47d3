// What is wrong with a configuration: every problem with its place, all problems together.

/// One thing that is wrong.
public struct ConfigurationProblem: Error, Equatable, Sendable {
    /// `FILE:LINE`, an environment variable, or a flag.
    public var place: String
    /// `section.key`; nil when it is about the whole file.
    public var key: String?
    /// What was found.
    public var found: String
    /// What was expected.
    public var expected: String
    /// The nearest known key, if the key is unknown and something is near.
    public var nearest: String?

    /// - place: file and line, variable, or flag. - key: `section.key`. - found: what is there.
    /// - expected: what should be there. - nearest: the nearest known key.
    public init(
        place: String, key: String?, found: String, expected: String, nearest: String? = nil
    ) {
        self.place = place
        self.key = key
        self.found = found
        self.expected = expected
        self.nearest = nearest
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `FILE:LINE: section.key: found …; nearest known key: …; expected …`
    public var description: String {
        var text = "\(place): "
        if let key { text += "\(key): " }
        text += "found \(found)"
        // First, for the list of what is known may be long.
        text += nearest.map { "; nearest known key: \($0); " } ?? ", "
        return text + "expected \(expected)"
    }
}

/// Everything that is wrong with a configuration; at least one problem.
public struct ConfigurationErrors: Error, Equatable, Sendable {
    /// In the order of files, variables, flags, and then what concerns several keys.
    public let problems: [ConfigurationProblem]

    /// - problems: at least one.
    public init(_ problems: [ConfigurationProblem]) {
        precondition(!problems.isEmpty)
        self.problems = problems
    }
}

extension ConfigurationErrors: CustomStringConvertible {
    /// One problem per line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
