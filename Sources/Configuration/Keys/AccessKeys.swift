// [keys]: whom the daemon knows. Three keys of the configuration, and what follows from them for
// its endpoints.

/// [keys], with paths resolved. The files themselves are read by the daemon at its start.
public struct KeySettings: Equatable, Sendable {
    /// The sentence that opens a socket to everybody.
    public static let plainSentence = "anyone may connect"
    /// The credential that stands for [keys] server when that is empty.
    public static let credential = "curve.secret"

    /// The daemon's secret certificate; nil = no keys, TCP is plain.
    public var serverPath: String?
    /// The folder of client certificates; nil = none, so nobody can connect over TCP.
    public var clientsPath: String?
    /// Whether plain TCP may be open to other machines.
    public var allowsPlainTCP: Bool

    /// - serverPath, clientsPath, allowsPlainTCP: see the properties.
    public init(
        serverPath: String? = nil, clientsPath: String? = nil, allowsPlainTCP: Bool = false
    ) {
        self.serverPath = serverPath
        self.clientsPath = clientsPath
        self.allowsPlainTCP = allowsPlainTCP
    }
}

/// Who may come through one endpoint.
public enum EndpointAccess: Equatable, Sendable {
    /// CURVE: only listed keys.
    case keyed
    /// A Unix socket: whom the file's permissions let.
    case permissions
    /// Plain TCP on the loopback: every user of this machine.
    case plainLocal
    /// Plain TCP that other machines can reach: anyone.
    case plainReachable

    /// In words, for people.
    public var text: String {
        switch self {
        case .keyed: "listed keys only (CURVE)"
        case .permissions: "whom the file permissions of the socket let"
        case .plainLocal: "every user of this machine (plain TCP)"
        case .plainReachable: "ANYONE who can reach this machine (plain TCP)"
        }
    }
}

extension MillraceConfiguration {
    /// Who may come through `endpoint`.
    public func access(to endpoint: String) -> EndpointAccess {
        guard Endpoint.isTCP(endpoint) else { return .permissions }
        if keys.serverPath != nil { return .keyed }
        return Endpoint.isReachable(endpoint) ? .plainReachable : .plainLocal
    }

    /// Every endpoint with its door, in the order of the file.
    public var doorEndpoints: [(door: String, endpoint: String)] {
        daemon.ingestEndpoints.map { ("ingest", $0) } + daemon.queryEndpoints.map { ("query", $0) }
            + daemon.adminEndpoints.map { ("admin", $0) }
    }

}

extension ConfigurationBuilder {
    /// The credential takes the place of a server key that nobody named.
    mutating func takeCredential(_ path: String?) {
        guard let path, text("keys.server").isEmpty else { return }
        values["keys.server"] = EffectiveValue(
            value: .text(path), origin: .environment(variable: "CREDENTIALS_DIRECTORY"))
    }

    func keySettings() -> KeySettings {
        KeySettings(
            serverPath: path(of: "keys.server"), clientsPath: path(of: "keys.clients"),
            allowsPlainTCP: text("keys.plain-tcp") == KeySettings.plainSentence)
    }

    /// A path from the file is relative to the file; others to the current directory.
    private func path(of key: String) -> String? {
        guard let value = values[key], case .text(let text) = value.value, !text.isEmpty else {
            return nil
        }
        return Self.resolved(text, value.origin)
    }

    /// Whether the keys fit the endpoints: nothing that other machines can reach without keys or
    /// the sentence, no commands over TCP without keys, and no half of a pair of settings.
    mutating func checkKeys(_ keys: KeySettings, _ daemon: DaemonLimits) {
        let tcp = [
            ("daemon.ingest", daemon.ingestEndpoints), ("daemon.query", daemon.queryEndpoints),
            ("daemon.admin", daemon.adminEndpoints),
        ].flatMap { key, endpoints in endpoints.filter(Endpoint.isTCP).map { (key, $0) } }
        guard keys.serverPath != nil else {
            // With Unix sockets alone the list waits for the day on which there is more.
            if keys.clientsPath != nil, let (_, endpoint) = tcp.first {
                report(
                    "keys.clients",
                    found: "client keys without the daemon's own, and \(endpoint)",
                    expected:
                        "keys.server or the credential \(KeySettings.credential) beside it, or nobody's "
                        + "key is looked at; millrace keygen --server makes one")
            }
            for (key, endpoint) in tcp { requirePlain(endpoint, key, keys) }
            return
        }
        if keys.allowsPlainTCP {
            report(
                "keys.plain-tcp", found: "\"\(KeySettings.plainSentence)\" beside keys.server",
                expected: "one of the two: with a server key every tcp endpoint asks for keys")
        }
        if keys.clientsPath == nil, let (_, endpoint) = tcp.first {
            report(
                "keys.clients", found: "nothing",
                expected: "the folder of the clients' NAME.key files: \(endpoint) lets in listed "
                    + "keys only, and there is no list; millrace keygen NAME makes a client's")
        }
    }

    /// Whether an endpoint of plain TCP may be.
    private mutating func requirePlain(_ endpoint: String, _ key: String, _ keys: KeySettings) {
        let start =
            "server and clients in [keys] (millrace keygen --server makes the daemon's pair)"
        if key == "daemon.admin" {
            report(
                key, found: "\"\(endpoint)\" without keys",
                expected: "ipc://PATH, or \(start): whoever reaches this door commands the daemon")
        } else if Endpoint.isReachable(endpoint), !keys.allowsPlainTCP {
            report(
                key, found: "\"\(endpoint)\", which other machines can reach, without keys",
                expected: "\(start), or an endpoint on 127.0.0.1; if anyone may indeed send "
                    + "and ask, plain-tcp = \"\(KeySettings.plainSentence)\" in [keys]")
        }
    }
}
