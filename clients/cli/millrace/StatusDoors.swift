// What `millrace status` says of keys, connections and reloads, one line each, and the last refusal
// of each reason.

import MillraceProtocol

/// Who may come in, who is in, and what the newest reload did.
struct StatusDoors {
    let status: StatusReply

    var lines: [(name: String, text: String)] {
        var lines: [(name: String, text: String)] = []
        if let access = status.access {
            lines.append(("keys", Self.keys(access)))
            lines.append(("strangers", Self.strangers(access)))
            lines += access.lastRefusals.map { ("", Self.refusal($0)) }
        }
        if let connections = status.connections {
            lines.append(("connections", Self.connections(connections)))
        }
        if let reload = status.reload { lines += Self.reload(reload) }
        return lines
    }

    private static func keys(_ access: AccessStatus) -> String {
        let names = access.clients.prefix(8).map(\.name)
        let more = access.clientCount > names.count ? ", …" : ""
        let known =
            access.clientCount == 0
            ? "none is known"
            : "\(access.clientCount) known: \(names.joined(separator: ", "))\(more)"
        return "\(known); asked for over TCP at \(access.keyedDoors.joined(separator: ", "))"
    }

    private static func strangers(_ access: AccessStatus) -> String {
        "refused \(Format.count(access.handshakesRefused)) at the handshake and "
            + "\(Format.count(access.framesRefused)) by the frame, cut with their key "
            + "\(Format.count(access.connectionsCut)); let in "
            + Format.count(access.handshakesAdmitted)
    }

    private static func refusal(_ refusal: RefusalStatus) -> String {
        let who = [
            refusal.client.map { "key \($0)" }, refusal.address.isEmpty ? nil : refusal.address,
        ].compactMap { $0 }
        return "  \(refusal.reason) \(Format.count(refusal.count)), the last at "
            + "\(refusal.door.isEmpty ? "no door" : refusal.door)"
            + (who.isEmpty ? "" : " from \(who.joined(separator: " at "))")
            + ", \(Format.decimal(refusal.secondsAgo, 0)) s ago"
    }

    private static func connections(_ connections: ConnectionStatus) -> String {
        let open = ["ingest", "query", "admin"].map { "\($0) \(connections.open[$0] ?? 0)" }
        let parts =
            ["open: \(open.joined(separator: ", "))", "\(Format.count(connections.accepted)) came"]
            + counts("refused", connections.refusedBy) + counts("cut", connections.cutBy)
            + (connections.brokenHandshakes > 0
                ? ["\(Format.count(connections.brokenHandshakes)) broken handshakes"] : [])
        return parts.joined(separator: "; ")
    }

    private static func counts(_ word: String, _ counts: [String: UInt64]) -> [String] {
        let present = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        guard !present.isEmpty else { return [] }
        let list = present.map { "\($0.key) \(Format.count($0.value))" }
        return ["\(word): \(list.joined(separator: ", "))"]
    }

    private static func reload(_ reload: ReloadStatus) -> [(name: String, text: String)] {
        let when = "\(reload.count), the newest \(Format.decimal(reload.secondsAgo, 0)) s ago: "
        if let error = reload.error {
            return [("reloads", when + "nothing changed, because of an error"), ("", "  \(error)")]
        }
        var parts = [
            reload.applied.isEmpty
                ? "no setting changed" : "changed \(list(reload.applied))"
        ]
        if !reload.needsRestart.isEmpty {
            parts.append("at the next start \(list(reload.needsRestart))")
        }
        return [("reloads", when + parts.joined(separator: "; "))]
    }

    private static func list(_ changes: [SettingChange]) -> String {
        changes.map(\.key).joined(separator: ", ")
    }
}
