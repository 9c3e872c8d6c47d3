// What a key may do. The daemon's doors ask for one of these (protocol/KEYS.md, "Rights").

/// A set of rights.
public struct AccessRights: OptionSet, Hashable, Sendable {
    /// One bit per right.
    public let rawValue: UInt8

    /// - rawValue: one bit per right; bits without a right are kept and mean nothing.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Handing over samples and labels, under the key's producer names.
    public static let ingest = AccessRights(rawValue: 1)
    /// Asking for predictions.
    public static let query = AccessRights(rawValue: 2)
    /// Reading status, generations and checkpoints.
    public static let metrics = AccessRights(rawValue: 4)
    /// Changing the daemon: checkpoints, roll-back, stop.
    public static let admin = AccessRights(rawValue: 8)

    /// Every right with its word, in the order in which they are written.
    public static let words: [(right: AccessRights, word: String)] = [
        (.ingest, "ingest"), (.query, "query"), (.metrics, "metrics"), (.admin, "admin"),
    ]

    /// The right of that name; nil if there is none.
    public init?(word: some StringProtocol) {
        guard let entry = Self.words.first(where: { $0.word == word }) else { return nil }
        self = entry.right
    }

    /// The words of the rights in the set: "ingest query"; empty for none.
    public var text: String {
        Self.words.filter { contains($0.right) }.map(\.word).joined(separator: " ")
    }
}
