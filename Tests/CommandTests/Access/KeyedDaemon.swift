// A real millraced with keys: its own, and a folder of those of its clients.

import Glibc
import Messaging
import MillraceProtocol
import Simulation
import Testing

/// A running daemon whose tcp endpoints ask for keys.
final class KeyedDaemon {
    let daemon: RealDaemon
    let server: Certificate
    private let files: Workplace
    private let ports: [String: Int]

    /// - allowsCrowds: whether so many may come at once, and so fast, that it is the keys that keep
    ///   strangers out and not the limits of connections.
    init(allowsCrowds: Bool = false, environment: [String: String] = [:]) throws {
        files = Workplace()
        files.makeDirectory("clients.d")
        server = try Self.certificate("server", [])
        ports = ["ingest": FreePort.next(), "query": FreePort.next(), "admin": FreePort.next()]
        let doors = ports.sorted { $0.key < $1.key }.map {
            "\($0.key) = [\"ipc://{state}/\($0.key).sock\", \"tcp://127.0.0.1:\($0.value)\"]"
        }
        let limits = allowsCrowds ? "max-connections = 192\nhandshakes-per-second = 100_000" : ""
        daemon = RealDaemon(
            configuration: """
                \(RealDaemon.morse)
                \(doors.joined(separator: "\n"))
                \(limits)
                [keys]
                server = "\(files.path)/server.key_secret"
                clients = "\(files.path)/clients.d"
                """, environment: environment)
        let secret = files.write("server.key_secret", server.text)
        chmod(secret, 0o600)
    }

    var secretPath: String { "\(files.path)/server.key_secret" }
    var clientsPath: String { "\(files.path)/clients.d" }

    func tcp(_ door: String) -> String { "tcp://127.0.0.1:\(ports[door] ?? 0)" }

    /// A new key that the daemon knows from its next reload on.
    func add(
        _ name: String, _ rights: AccessRights, producers: [String] = []
    ) throws -> Certificate {
        let certificate = try Self.certificate(name, rights, producers)
        write("\(name).key", certificate.publicHalf.text)
        return certificate
    }

    /// Any file in the folder of keys.
    func write(_ name: String, _ text: String) { files.write("clients.d/\(name)", text) }

    func remove(_ name: String) { unlink("\(clientsPath)/\(name).key") }

    /// SIGHUP; true once the daemon has read its keys again.
    func reload() -> Bool {
        let before = access?["clientsRead"]?.integer ?? 0
        daemon.process?.send(SIGHUP)
        for _ in 0..<2000 {
            if (access?["clientsRead"]?.integer ?? 0) > before { return true }
            usleep(10_000)
        }
        return false
    }

    /// What a client with this certificate uses.
    func keys(_ certificate: Certificate) throws -> CurveClient {
        try CurveClient(serverKey: server.publicKey, certificate: certificate)
    }

    /// `status`, asked over ipc, where no key is needed.
    var status: JSON? {
        (try? RawQuery(daemon.endpoint("query")))?.ask(ControlRequest(command: .status))
    }

    /// The object `access` of it.
    var access: JSON? { status?["access"] }

    /// A pair of keys with a name.
    static func certificate(
        _ name: String, _ rights: AccessRights, _ producers: [String] = []
    ) throws -> Certificate {
        let pair = try Curve.makePair()
        return Certificate(
            name: try #require(ProducerName(name)), publicKey: pair.publicKey,
            secretKey: pair.secretKey, rights: rights,
            producers: producers.compactMap { ProducerName($0) })
    }
}

extension JSON {
    /// How often `access` counts a refusal for a reason.
    func refusals(_ reason: String) -> Int {
        self["lastRefusals"]?.list.first { $0["reason"]?.text == reason }?["count"]?.integer ?? 0
    }
}
