// What became of the newest request to read the configuration again, for status.

/// One key of the configuration whose value is another now.
public struct SettingChange: Codable, Equatable, Sendable {
    /// `section.key`
    public var key: String
    /// The value before, as it stands in a file.
    public var before: String
    /// The value that was read.
    public var after: String

    /// - key, before, after: see the properties.
    public init(key: String, before: String, after: String) {
        self.key = key
        self.before = before
        self.after = after
    }
}

/// The newest reload; absent before the first.
public struct ReloadStatus: Codable, Equatable, Sendable {
    /// Reloads asked for since the start.
    public var count: UInt64
    /// Seconds since the newest.
    public var secondsAgo: Double
    /// What it changed in the running daemon.
    public var applied: [SettingChange]
    /// What is different in the file and counts from the next start only.
    public var needsRestart: [SettingChange]
    /// Why nothing was changed; absent when the configuration was good.
    public var error: String?
    /// Why the keys of the clients stayed as they were; absent when they were good.
    public var keysError: String?

    /// - count, secondsAgo, applied, needsRestart, error, keysError: see the properties.
    public init(
        count: UInt64, secondsAgo: Double, applied: [SettingChange] = [],
        needsRestart: [SettingChange] = [], error: String? = nil, keysError: String? = nil
    ) {
        self.count = count
        self.secondsAgo = secondsAgo
        self.applied = applied
        self.needsRestart = needsRestart
        self.error = error
        self.keysError = keysError
    }
}
