// What a running daemon takes over from a configuration that was read again. Each loop gets the
// values through a box of its own and applies them between two turns, so a sample is learned with
// one rate, and a generation names the configuration it was made with.
//
// Invariant: a value here has no influence on the size of anything that was reserved at the start.

import MillraceProtocol

/// The settings that may change while the daemon runs.
public struct HotSettings: Equatable, Sendable {
    /// When to commit, before `bytesPerDay` stretches it.
    public var commit: CommitPolicy
    /// See `DaemonSettings`.
    public var bytesPerDay: UInt64
    /// See `DaemonSettings`.
    public var keptCheckpoints: Int
    /// See `DaemonSettings`.
    public var checkpointIntervalNanoseconds: UInt64
    /// See `DaemonSettings`.
    public var allowedProducers: [String]?
    /// See `DaemonSettings`.
    public var learnerGuard: GuardSettings
    /// η of the samples that are learned from now on; finite and above 0.
    public var learningRate: Float
    /// See `DaemonSettings`.
    public var configurationText: String
    /// See `DaemonSettings`.
    public var configurationDigest: UInt64

    /// What of `settings` may change.
    /// - learningRate: see the property.
    public init(_ settings: DaemonSettings, learningRate: Float) {
        commit = settings.commit
        bytesPerDay = settings.bytesPerDay
        keptCheckpoints = settings.keptCheckpoints
        checkpointIntervalNanoseconds = settings.checkpointIntervalNanoseconds
        allowedProducers = settings.allowedProducers
        learnerGuard = settings.learnerGuard
        self.learningRate = learningRate
        configurationText = settings.configurationText
        configurationDigest = settings.configurationDigest
    }
}

/// What a reload found; `status` shows it.
public struct ReloadReport: Equatable, Sendable {
    /// Keys whose new values are in force.
    public var applied: [SettingChange]
    /// Keys whose new values wait for a restart.
    public var needsRestart: [SettingChange]
    /// Why nothing was changed.
    public var error: String?
    /// Why the keys of the clients stayed as they were; they are read whatever `error` says.
    public var keysError: String?

    /// - applied, needsRestart, error, keysError: see the properties.
    public init(
        applied: [SettingChange] = [], needsRestart: [SettingChange] = [], error: String? = nil,
        keysError: String? = nil
    ) {
        self.applied = applied
        self.needsRestart = needsRestart
        self.error = error
        self.keysError = keysError
    }
}

/// The boxes in which new settings wait for the loops.
final class ReloadBoxes: Sendable {
    let network = Letterbox<(settings: HotSettings?, report: ReloadReport)>()
    let learner = Letterbox<HotSettings>()
    let storage = Letterbox<HotSettings>()

    var areEmpty: Bool { network.isEmpty && learner.isEmpty && storage.isEmpty }
}

extension Daemon {
    /// Hands a reload's outcome to the loops: new settings, if there are any, and the report for
    /// `status`. Safe from one thread at a time.
    public func apply(_ settings: HotSettings?, _ report: ReloadReport) {
        if let settings {
            // Storage first: it must know a configuration before a generation names it.
            channels.reload.storage.put(settings)
            channels.reload.learner.put(settings)
        }
        channels.reload.network.put((settings, report))
        nudge()
    }

    /// Whether every loop has taken what was applied.
    public var isReloaded: Bool { channels.reload.areEmpty }

    /// Wakes every loop, so that it turns once even if it has nothing to do.
    public func nudge() {
        channels.storageWakeUp.callAlways()
        channels.learnerWakeUp.callAlways()
        channels.networkWakeUp.callAlways()
        access?.call()
    }

    /// One line about how learning goes, as of the newest durable generation: "accuracy 0.913" or
    /// "mean absolute error 0.21"; nil before anything was scored.
    public var headlineText: String? { progress.headline.text }
}

extension NetworkLoop {
    /// Takes over settings that were read again.
    func reload() {
        guard let (settings, report) = channels.reload.network.take() else { return }
        reloads &+= 1
        reloadReport = report
        reloadedNanoseconds = clock.nowNanoseconds
        guard let settings else { return }
        hold.setMargin(settings.learnerGuard.margin)
        producers.allow(
            settings.allowedProducers.map { Set($0.compactMap { ProducerName($0) }) })
        // Who may not produce any more is told to greet again, and then refused.
        for index in sessions.indices where sessions[index].state != .free {
            let name = producers[sessions[index].producer].name
            if !producers.isAllowed(name) { sessions.free(index) }
        }
    }

    /// The newest reload, for `status`.
    var reloadStatus: ReloadStatus? {
        guard let report = reloadReport else { return nil }
        return ReloadStatus(
            count: reloads,
            secondsAgo: Double(clock.nowNanoseconds &- reloadedNanoseconds) / 1e9,
            applied: report.applied, needsRestart: report.needsRestart, error: report.error,
            keysError: report.keysError)
    }
}
