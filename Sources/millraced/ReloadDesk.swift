// SIGHUP: the configuration is read again from the same file, environment and flags. What may
// change is handed to the loops; what may not is named with its old and new value; a broken file
// changes nothing.

import Configuration
import Daemon
import MillraceProtocol
import Platform

/// Remembers what is in force and how it was read.
struct ReloadDesk {
    /// How to read the configuration again.
    let read: () throws(ConfigurationErrors) -> MillraceConfiguration
    /// What is in force: as started, with the hot keys of later reads.
    private(set) var running: MillraceConfiguration

    init(
        running: MillraceConfiguration,
        read: @escaping () throws(ConfigurationErrors) -> MillraceConfiguration
    ) {
        self.running = running
        self.read = read
    }

    /// Reads again and says what follows from it.
    /// - Returns: settings for the loops, nil if nothing hot changed; and the report.
    mutating func reload() -> (settings: HotSettings?, report: ReloadReport) {
        do throws(ConfigurationErrors) {
            let new = try read()
            let changes = new.changes(from: running)
            let hot = changes.filter(\.isHot)
            let report = ReloadReport(
                applied: hot.map(Self.fact),
                needsRestart: changes.filter { !$0.isHot }.map(Self.fact))
            guard !hot.isEmpty else { return (nil, report) }
            running = try running.takingHotKeys(of: new)
            return (
                HotSettings(
                    DaemonSettings(running), learningRate: running.learner.learningRate), report
            )
        } catch {
            return (nil, ReloadReport(error: "\(error)"))
        }
    }

    private static func fact(_ change: ConfigurationChange) -> SettingChange {
        SettingChange(key: change.key, before: change.before, after: change.after)
    }
}

extension ReloadReport {
    /// Lines for the log.
    var events: [DaemonEvent] {
        (keysError.map { [.clientsKept($0)] } ?? []) + configurationEvents
    }

    private var configurationEvents: [DaemonEvent] {
        if let error { return [.reloadFailed(error)] }
        if applied.isEmpty, needsRestart.isEmpty { return [.reloaded("nothing changed")] }
        return applied.map { .settingApplied(key: $0.key, from: $0.before, to: $0.after) }
            + needsRestart.map { .settingNeedsRestart(key: $0.key, from: $0.before, to: $0.after) }
            + [
                .reloaded(
                    "\(applied.count) applied, \(needsRestart.count) "
                        + (needsRestart.count == 1 ? "needs" : "need") + " a restart")
            ]
    }

    /// For the service manager's status line; empty when there is nothing to add.
    var statusText: String {
        var text = keysError == nil ? "" : ", a client's key on disk is wrong (see the log)"
        if error != nil {
            text += ", the configuration on disk is wrong (see the log)"
        } else if !needsRestart.isEmpty {
            text += ", \(needsRestart.count) changed keys need a restart"
        }
        return text
    }
}
