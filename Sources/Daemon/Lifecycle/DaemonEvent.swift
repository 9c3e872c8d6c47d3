// What the daemon tells its log: rare, and never a sample's value.

import Learning
import MillraceProtocol

/// Something worth a line in the log.
public enum DaemonEvent: Equatable, Sendable {
    /// Somebody was not let in, or a frame not taken, because of who it is; one line per second
    /// and reason stands for `count` of them.
    case accessRefused(
        reason: String, door: String, address: String, client: String?, count: UInt64)
    /// The guard or the administrator did something to generations, or the guard noticed something.
    case audited(AuditEntry)
    /// The audit file cannot be written; everything else goes on.
    case auditFailed(String)
    case checkpointFailed(String)
    /// A reload found a bad file among the keys, and the keys in force stayed.
    case clientsKept(String)
    /// The table of keys was replaced.
    case clientsReplaced(count: Int)
    /// The guard cut a connection that owed `bytes`, so long after it was accepted; nil instead of
    /// the door if it was over before the guard knew of it.
    case connectionCut(
        door: Door?, reason: String, peer: String, bytes: Int64, afterMilliseconds: UInt64)
    /// The guard refused a connection.
    case connectionRefused(door: Door, reason: String, peer: String)
    /// So many connections were cut or refused without a line of their own.
    case connectionsNotNamed(count: UInt64)
    /// More descriptors are needed than the process may open.
    case descriptorsScarce(needed: Int, allowed: Int)
    case deviceChanged(from: String, to: String)
    /// The loss rose, of one producer's samples or of all.
    case driftAlarm(DriftAlarm, detector: String, producer: String?, response: String)
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
        case .auditFailed, .checkpointFailed, .clientsKept, .descriptorsScarce, .driftAlarm,
            .reloadFailed, .storageFailed, .stuck:
            true
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
                + (entry.producer.map { " producer=\($0)" } ?? "")
                + " message=\(Self.quoted(entry.why))"
        case .auditFailed(let message):
            "event=audit_failed message=\(Self.quoted(message))"
        case .accessRefused(let reason, let door, let address, let client, let count):
            "event=access_refused reason=\(reason) door=\(Self.quoted(door)) "
                + "address=\(Self.quoted(address)) "
                + (client.map { "client=\($0) " } ?? "") + "count=\(count)"
        case .clientsKept(let message):
            "event=clients_kept message=\(Self.quoted(message))"
        case .clientsReplaced(let count): "event=clients_replaced count=\(count)"
        case .checkpointFailed(let message):
            "event=checkpoint_failed message=\(Self.quoted(message))"
        case .connectionCut(let door, let reason, let peer, let bytes, let milliseconds):
            "event=connection_cut door=\(door?.name ?? "unknown") reason=\(reason) peer=\(Self.quoted(peer)) "
                + "bytes=\(bytes) after_ms=\(milliseconds)"
        case .connectionRefused(let door, let reason, let peer):
            "event=connection_refused door=\(door) reason=\(reason) peer=\(Self.quoted(peer))"
        case .connectionsNotNamed(let count): "event=connections_not_named count=\(count)"
        case .descriptorsScarce(let needed, let allowed):
            "event=descriptors_scarce needed=\(needed) allowed=\(allowed) message="
                + Self.quoted(
                    "a flood of connections may use them up. TRY: LimitNOFILE=\(needed) in the "
                        + "unit, or ulimit -n, or a smaller daemon.max-connections")
        case .driftAlarm(let alarm, let detector, let producer, let response):
            "event=drift_alarm detector=\(detector) "
                + (producer.map { "producer=\(Self.quoted($0)) " } ?? "")
                + "number=\(alarm.number) sample=\(alarm.sample) "
                + "loss_before=\(Self.loss(alarm.before)) loss_after=\(Self.loss(alarm.after)) "
                + "samples_after=\(alarm.samplesAfter) response=\(response)"
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

    /// Four significant digits or so: 0.1234, 12.34.
    private static func loss(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e11 else { return "\(value)" }
        return "\((value * 1e4).rounded() / 1e4)"
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
