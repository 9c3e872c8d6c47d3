// Keys in the service: inherited sockets and the secret key as a credential.

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite(.serialized) struct KeyedActivationTests {
    /// A folder as the service manager makes it for a service's secrets.
    private final class Credentials {
        let folder = Workplace()
        let server: Certificate
        var environment: [String: String] { ["CREDENTIALS_DIRECTORY": folder.path] }

        init() throws {
            server = try KeyedDaemon.certificate("server", [])
            // An access list shows as permission of the group.
            chmod(folder.write("curve.secret", server.text), 0o440)
        }

        /// A client's key in `clients.d` of a place.
        func list(
            _ name: String, _ rights: AccessRights, in place: Workplace
        ) throws -> CurveClient {
            let certificate = try KeyedDaemon.certificate(name, rights)
            place.write("clients.d/\(name).key", certificate.publicHalf.text)
            return try client(certificate)
        }

        func client(_ certificate: Certificate) throws -> CurveClient {
            try CurveClient(serverKey: server.publicKey, certificate: certificate)
        }
    }

    private static let listed = RealDaemon.morse + "\n[keys]\nclients = \"clients.d\"\n"

    private func stop(_ process: ChildProcess?) {
        process?.send(SIGTERM)
        #expect(process?.wait(seconds: 20) == 0)
    }

    /// CURVE holds on a socket that another process has bound, and at each door by its own rights.
    @Test(.enabled(if: ServiceTools.hasPython)) func inheritedSocketsAskForKeys() throws {
        let parent = SocketParent(configuration: Self.listed)
        let credentials = try Credentials()
        parent.place.makeDirectory("clients.d")
        let pump = try credentials.list("pump", [.ingest], in: parent.place)
        let chief = try credentials.list("chief", [.admin], in: parent.place)
        let stranger = try credentials.client(KeyedDaemon.certificate("pump", [.ingest]))
        let process = parent.start(
            [
                "ingest=tcp:127.0.0.1", "admin=tcp:127.0.0.1",
                "query=unix:\(parent.place.path)/q",
            ], parent.command, environment: credentials.environment)
        try #require(parent.waitForStart())
        let ingest = "tcp://127.0.0.1:\(parent.ports[0])"
        let admin = "tcp://127.0.0.1:\(parent.ports[1])"

        let producer = try RawProducer(ingest, keys: pump)
        #expect(producer.greet("pump") && producer.stream(to: 1_000))
        let status = ControlRequest(command: .status)
        #expect(try RawQuery(admin, keys: chief).ask(status)?["ok"]?.flag == true)
        // Each waits for a while, and nothing comes.
        for keys in [nil, stranger, chief] {
            #expect(try !RawProducer(ingest, keys: keys).greet("pump", seconds: 0.5))
        }
        #expect(try RawQuery(admin).ask(status, seconds: 1) == nil)
        #expect(try RawQuery(admin, keys: pump).ask(status, seconds: 1) == nil)
        // A Unix socket asks for file permission only.
        let reply = try RawQuery("ipc://\(parent.place.path)/q").ask(status)
        #expect(reply?["access"]?["keyedDoors"]?.list.compactMap(\.text) == ["ingest", "admin"])
        #expect(reply?["access"]?.refusals("unlistedKey") ?? 0 > 0)
        #expect(reply?["access"]?.refusals("noRightAtDoor") ?? 0 > 0)
        #expect(reply?["samples"]?.integer == 1_000, "\(String(describing: reply))")
        stop(process)
    }

    /// Refused without keys, allowed with them; in a network of its own, where nobody can reach it.
    @Test(
        .enabled(if: ServiceTools.hasPython && ServiceTools.hasNamespaces),
        arguments: [
            ("ingest=tcp:0.0.0.0", "", "may be reached from other machines"),
            ("ingest=tcp:0.0.0.0", "clients", "may be reached from other machines"),
            ("ingest=tcp:0.0.0.0", "plain", nil),
            ("ingest=tcp:0.0.0.0", "clients secret", nil),
            ("ingest=tcp:0.0.0.0", "secret", "and there is no list"),
            ("ingest=unix:PLACE/x", "secret", nil),
            ("admin=tcp:127.0.0.1", "", "commands are taken from Unix sockets only"),
            ("admin=tcp:127.0.0.1", "plain", "commands are taken from Unix sockets only"),
            ("admin=tcp:127.0.0.1", "clients secret", nil),
            ("admin=tcp:127.0.0.1", "secret", "and there is no list"),
        ] as [(String, String, String?)])
    func whatMayBeInheritedDependsOnKeys(specification: String, has: String, refusal: String?)
        throws
    {
        var text = RealDaemon.morse + "\n[keys]\n"
        if has.contains("clients") { text += "clients = \"clients.d\"\n" }
        if has.contains("plain") { text += "plain-tcp = \"anyone may connect\"\n" }
        let parent = SocketParent(configuration: text)
        parent.place.makeDirectory("clients.d")
        let credentials = try Credentials()
        let process = parent.start(
            [specification.replacing("PLACE", with: parent.place.path)], parent.command,
            wall: [ServiceTools.unshare, "-n"],
            environment: has.contains("secret") ? credentials.environment : [:])
        if let refusal {
            #expect(process?.wait(seconds: 10) == 78)
            let log = parent.place.read("log")
            #expect(log.contains(refusal) && log.contains("TRY:"), "\(log)")
        } else {
            try #require(parent.waitForStart())
            // The warning is about the doors that are there, not about those of the file.
            let warns = parent.place.read("log").contains(
                "event=plain_tcp endpoint=\"tcp://0.0.0.0")
            #expect(warns == (has == "plain"))
            stop(process)
        }
    }

    /// docs/service.md: the packaged configuration, a door on TCP, and a key put in place.
    @Test func theCredentialTurnsKeysOnInThePackagedConfiguration() throws {
        let runtime = Workplace()
        let text = ServiceTools.text("millrace.toml")
        let port = FreePort.next()
        let endpoint = "tcp://127.0.0.1:\(port)"
        let door = ["--set", "daemon.ingest=\(endpoint)"]
        let without = RealDaemon(
            configuration: text, environment: ["RUNTIME_DIRECTORY": runtime.path])
        let refused = ServiceTools.run(
            Build.path("millraced"),
            ["--config", without.configurationPath, "--state", without.state] + door)
        #expect(refused.code == 78 && refused.text.contains("keygen --server"), "\(refused.text)")

        let credentials = try Credentials()
        let daemon = RealDaemon(
            configuration: text,
            environment: credentials.environment.merging(["RUNTIME_DIRECTORY": runtime.path]) {
                $1
            })
        daemon.place.makeDirectory("clients.d")
        let user = CommandClient(state: daemon.state)
        #expect(user.run(["keygen", "pump-1", "--directory", user.place.path]).code == 0)
        daemon.place.write(
            "clients.d/pump-1.key", Workplace.bytes("\(user.place.path)/pump-1.key"))
        let check = ServiceTools.run(
            Build.path("millraced"), ["--config", daemon.configurationPath, "--check"] + door,
            environment: credentials.environment)
        #expect(
            check.text.contains("\(endpoint): listed keys only (CURVE), 1 of 1 in "),
            "\(check.text.suffix(600))")
        try #require(daemon.start(door))
        let result = user.run([
            "stream", "host", "--rate", "100", "--limit", "40", "--name", "pump-1", "--ingest",
            endpoint, "--query", "ipc://\(runtime.path)/query.sock", "--key",
            "\(user.place.path)/pump-1.key_secret", "--server-key",
            credentials.server.publicKey.z85,
        ])
        #expect(result.code == 0, "\(result.errors)")
        #expect(try !RawProducer(endpoint).greet("pump-1", seconds: 0.5))
        #expect(daemon.stop() == 0)
    }
}
