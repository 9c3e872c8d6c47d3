// What the daemon tells its log: rare, and never a sample's value.

import MillraceProtocol

/// Something worth a line in the log.
public enum DaemonEvent: Equatable, Sendable {
    /// The guard or the administrator did something to generations, or the guard noticed something.
    case audited(AuditEntry)
    /// The audit file cannot be written; everything else goes on.
    case auditFailed(String)
    case checkpointFailed(String)
    case deviceChanged(from: String, to: String)
    case recovered(String)
    /// The configuration was read again; what came of it.
    case reloaded(String)
    /// It could not be used, and nothing was changed.
    case reloadFailed(String)
    case settingApplied(key: String, from: String, to: String)
    case settingNeedsRestart(key: String, from: String, to: String)
    /// Loops that do not move any more: the service manager is not told that all is well.
    case stuck(String)
    case held(generation: UInt64)
    case started(generation: UInt64, String)
    case stopped(generation: UInt64)
    case storageFailed(String)
    case storageRecovered(UInt64)

    /// Whether somebody should look at it soon.
    public var isProblem: Bool {
        switch self {
        case .checkpointFailed, .reloadFailed, .storageFailed, .stuck, .auditFailed: true
        case .audited(let entry): entry.by == "guard" && ["rollback", "fall"].contains(entry.event)
        default: false
        }
    }

    /// The event as one logfmt line.
    public var line: String {
        switch self {
        case .audited(let entry):
            "event=\(entry.event) by=\(entry.by) from=\(entry.from)"
                + (entry.to.map { " to=\($0)" } ?? "")
                + (entry.generation.map { " generation=\($0)" } ?? "")
                + (entry.undone.map { " undone=\($0)" } ?? "")
                + " message=\(Self.quoted(entry.why))"
        case .auditFailed(let message):
            "event=audit_failed message=\(Self.quoted(message))"
        case .checkpointFailed(let message):
            "event=checkpoint_failed message=\(Self.quoted(message))"
        case .deviceChanged(let before, let after):
            "event=device_changed from=\(Self.quoted(before)) to=\(Self.quoted(after)) "
                + "message=\(Self.quoted("charges start again at 0"))"
        case .reloaded(let message): "event=reloaded message=\(Self.quoted(message))"
        case .reloadFailed(let message):
            "event=reload_failed message=\(Self.quoted(message + "; all stays as it was"))"
        case .settingApplied(let key, let before, let after):
            "event=setting_applied key=\(key) from=\(Self.quoted(before)) "
                + "to=\(Self.quoted(after))"
        case .settingNeedsRestart(let key, let before, let after):
            "event=setting_needs_restart key=\(key) from=\(Self.quoted(before)) "
                + "to=\(Self.quoted(after))"
        case .stuck(let loops): "event=stuck loops=\(Self.quoted(loops))"
        case .recovered(let message): "event=recovered message=\(Self.quoted(message))"
        case .held(let generation): "event=held generation=\(generation)"
        case .started(let generation, let message):
            "event=started generation=\(generation) message=\(Self.quoted(message))"
        case .stopped(let generation): "event=stopped generation=\(generation)"
        case .storageFailed(let message):
            "event=storage_failed mode=read_only message=\(Self.quoted(message))"
        case .storageRecovered(let generation):
            "event=storage_recovered generation=\(generation)"
        }
    }

    /// Text that cannot forge a second field or line.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
