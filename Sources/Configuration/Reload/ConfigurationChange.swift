// A configuration that was read again while the daemon runs: what differs, what of it may be taken
// over, and the configuration that is then in force.

import Learning

/// One key whose value is another now.
public struct ConfigurationChange: Equatable, Sendable {
    /// `section.key`
    public let key: String
    /// The value before, as it stands in a file; "nothing" if it had none.
    public let before: String
    /// The value now.
    public let after: String
    /// Whether a running daemon takes it over; the others count from the next start.
    public let isHot: Bool
}

/// Which keys a running daemon takes over.
public enum HotKeys {
    /// A key that decides the size of something reserved, the shape of the state or a place is
    /// not among them.
    public static let paths: Set<String> = [
        "checkpoints.interval-minutes", "checkpoints.keep", "commit.bytes-per-day",
        "commit.interval-milliseconds", "commit.samples", "guard.margin", "guard.on-fall",
        "guard.patience", "learning.rate", "producers.allow",
    ]
}

extension MillraceConfiguration {
    /// What differs from `old`, key by key, in the order in which keys are printed.
    public func changes(from old: MillraceConfiguration) -> [ConfigurationChange] {
        let all = values.merging(old.values, uniquingKeysWith: { first, _ in first })
        let keys = KeyTable.sections(with: all).flatMap(KeyTable.keys(in:))
        return keys.compactMap { key in
            let (before, after) = (old.values[key.path]?.value, values[key.path]?.value)
            guard before != after else { return nil }
            func text(_ value: ConfigurationValue?) -> String {
                value.map { TomlText.value($0, key.kind) } ?? "nothing"
            }
            return ConfigurationChange(
                key: key.path, before: text(before), after: text(after),
                isHot: HotKeys.paths.contains(key.path))
        }
    }

    /// This configuration with the hot keys of `new`. Throws when they do not fit the rest: for
    /// example a rate that fixed point cannot have, while the file that was read has no fixed point.
    public func takingHotKeys(
        of new: MillraceConfiguration
    ) throws(ConfigurationErrors) -> MillraceConfiguration {
        var result = self
        for key in HotKeys.paths { result.values[key] = new.values[key] }
        result.learning.rate = new.learning.rate
        result.learner.learningRate = new.learning.rate
        result.commit = new.commit
        result.checkpoints = new.checkpoints
        result.guardOptions = new.guardOptions
        result.allowedProducers = new.allowedProducers
        func problem(_ key: String, _ found: String, _ expected: String) -> ConfigurationErrors {
            ConfigurationErrors([
                ConfigurationProblem(
                    place: new.origin(of: key)?.text ?? "configuration", key: key, found: found,
                    expected: expected)
            ])
        }
        if let names = new.allowedProducers, names.count > daemon.maxProducers {
            throw problem(
                "producers.allow", "\(names.count) names",
                "at most daemon.max-producers, which is \(daemon.maxProducers) until a restart")
        }
        do throws(LearnerConfigurationError) {
            try result.learner.validate()
        } catch {
            throw problem(
                "learning.rate", "\(new.learning.rate)",
                "one that fits what runs until a restart: \(error)")
        }
        return result
    }
}
