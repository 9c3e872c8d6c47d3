// Goal: with the keys that `millrace keygen` made everything works over TCP; without the right ones
// every command ends soon, with the code and the words that say which of the two keys is wrong.

import Glibc
import MillraceProtocol
import Testing

/// A daemon behind keys, all files of which were made by the commands that a user would type.
private final class KeyedScene {
    let daemon: RealDaemon
    let user: CommandClient
    let file: String
    private let ports = (ingest: FreePort.next(), query: FreePort.next())

    init(start: Bool = true) throws {
        user = CommandClient(state: "/nowhere")
        user.place.makeDirectory("clients.d")
        daemon = RealDaemon(
            configuration: SmallData.configuration() + """

                [keys]
                server = "\(user.place.path)/server.key_secret"
                clients = "\(user.place.path)/clients.d"
                """)
        file = user.place.write("small.csv", SmallData(rows: 600, seed: 4).csv)
        try keygen("--server")
        try keygen("pump-1")
        try list("pump-1")
        if start { try #require(daemon.start(doors)) }
    }

    /// The doors on TCP, beside the socket file of queries.
    var doors: [String] {
        [
            "--set", "daemon.ingest=\(ingest)",
            "--set", "daemon.query=ipc://{state}/query.sock,\(query)",
        ]
    }
    var ingest: String { "tcp://127.0.0.1:\(ports.ingest)" }
    var query: String { "tcp://127.0.0.1:\(ports.query)" }
    func path(_ name: String) -> String { "\(user.place.path)/\(name)" }

    func keygen(_ arguments: String...) throws {
        let result = user.run(["keygen", "--directory", user.place.path] + arguments)
        try #require(result.code == 0, "\(result.errors)")
    }

    /// Copies a public certificate to the daemon.
    func list(_ name: String) throws {
        let bytes = Workplace.bytes(path("\(name).key"))
        try #require(!bytes.isEmpty)
        user.place.write("clients.d/\(name).key", bytes)
    }

    /// Runs a command over TCP with these keys.
    func run(
        _ arguments: [String], key: String? = "pump-1.key_secret",
        server: String? = "server.key", timeout: String = "20"
    ) -> CommandResult {
        var all = arguments + ["--query", query, "--timeout", timeout]
        if let key { all += ["--key", path(key)] }
        if let server { all += ["--server-key", server.utf8.count == 40 ? server : path(server)] }
        return user.run(all)
    }
}

@Suite struct KeyedCommandTests {
    @Test func withKeysEverythingWorksOverTCP() throws {
        let scene = try KeyedScene()
        let stream = scene.run(
            ["stream", scene.file, "--name", "pump-1", "--ingest", scene.ingest, "--json"])
        #expect(stream.code == 0, "\(stream.errors)")
        #expect(stream.document?["acknowledged"]?.integer == 600)
        let predict = scene.run(["predict", scene.file, "--json"])
        #expect(predict.code == 0, "\(predict.errors)")
        #expect(scene.run(["generations"]).code == 0)
        // The daemon's key as 40 characters, and both from the environment.
        let server = try Certificate.parse(Workplace.bytes(scene.path("server.key")))
        #expect(scene.run(["status"], server: server.publicKey.z85).code == 0)
        let environment = [
            "MILLRACE_KEY": scene.path("pump-1.key_secret"),
            "MILLRACE_SERVER_KEY": server.publicKey.z85, "MILLRACE_QUERY": scene.query,
        ]
        #expect(scene.user.run(["status"], changed: environment).code == 0)
        // A socket that is a file needs none, and none is read for it.
        let local = ["MILLRACE_KEY": "/nowhere", "MILLRACE_STATE": scene.daemon.state]
        #expect(scene.user.run(["status"], changed: local).code == 0)
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aKeyIsRefusedInWordsAndSoon() throws {
        let scene = try KeyedScene()
        try scene.keygen("stranger")
        try scene.keygen("reader", "--allow", "query,metrics")
        let stranger = try Certificate.parse(Workplace.bytes(scene.path("stranger.key")))
        let began = time(nil)
        let refused = scene.run(["status", "--timeout", "60"], key: "stranger.key_secret")
        #expect(time(nil) - began < 30, "it waited although it knew")
        #expect(refused.code == 77, "\(refused.errors)")
        for words in ["refused this key", stranger.publicKey.z85, "TRY: copy", "reload"] {
            #expect(refused.errors.contains(words), "\(words) in: \(refused.errors)")
        }
        // Listed now, but without the right for this door.
        try scene.list("reader")
        scene.daemon.process?.send(SIGHUP)
        var status = scene.run(["status"], key: "reader.key_secret")
        for _ in 0..<20 where status.code != 0 {
            status = scene.run(["status"], key: "reader.key_secret")
        }
        #expect(status.code == 0, "\(status.errors)")
        let stream = scene.run(
            ["stream", scene.file, "--name", "reader", "--ingest", scene.ingest],
            key: "reader.key_secret")
        #expect(stream.code == 77, "\(stream.errors)")
        // The right door, but somebody else's name.
        let other = scene.run(["stream", scene.file, "--name", "x", "--ingest", scene.ingest])
        #expect(other.code == 77, "\(other.errors)")
        for words in ["TRY: --name with one of the key's producers", "producers = \"x\""] {
            #expect(other.errors.contains(words), "\(words) in: \(other.errors)")
        }
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aHandshakeThatFailsEndsWithTheReason() throws {
        let scene = try KeyedScene()
        let plain = scene.run(["status"], key: nil, server: nil, timeout: "2")
        #expect(plain.code == 69 || plain.code == 77, "\(plain.errors)")
        #expect(plain.errors.contains("--key"), "\(plain.errors)")
        let wrong = scene.run(["status"], server: "pump-1.key")
        #expect(wrong.code == 69, "\(wrong.errors)")
        #expect(wrong.errors.contains("another daemon than --server-key says"))
        #expect(wrong.errors.contains("TRY: --server-key with"), "\(wrong.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aKeyThatIsTakenAwayEndsItsStream() throws {
        let scene = try KeyedScene()
        let stream = try #require(
            scene.user.start(
                [
                    "stream", scene.file, "--name", "pump-1", "--loop", "--rate", "200",
                    "--ingest", scene.ingest, "--query", scene.query, "--key",
                    scene.path("pump-1.key_secret"), "--server-key", scene.path("server.key"),
                ]))
        let beside = CommandClient(state: scene.daemon.state)
        _ = beside.wait(for: "pump-1") { $0.learned > 0 }
        unlink(scene.path("clients.d/pump-1.key"))
        scene.daemon.process?.send(SIGHUP)
        let result = stream.wait(seconds: 20)
        #expect(result.code == 77, "\(result.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func filesThatMustNotBeUsedAreRefused() throws {
        let scene = try KeyedScene(start: false)
        func fails(_ code: Int32, _ words: String, key: String?, server: String? = "server.key") {
            let result = scene.run(["status"], key: key, server: server)
            #expect(result.code == code, "\(result.errors)")
            #expect(
                result.errors.contains(words) && result.errors.contains("TRY:"),
                "\(result.errors)")
        }
        let secret = scene.path("pump-1.key_secret")
        chmod(secret, 0o644)
        fails(77, "TRY: chmod 600 \(secret)", key: "pump-1.key_secret")
        chmod(secret, 0o600)
        symlink(secret, scene.path("link"))
        fails(77, "symbolic link", key: "link")
        fails(66, "no such file", key: "nothing")
        // With a space: forty characters of a path could be those of a key.
        fails(66, "no such file", key: "pump-1.key_secret", server: "nothing here")
        let bytes = Workplace.bytes(secret)
        chmod(scene.user.place.write("cut", Array(bytes.dropLast(8))), 0o600)
        fails(65, "cut:", key: "cut")
        for mode in [0o644, 0o600] as [mode_t] {
            chmod(scene.path("pump-1.key"), mode)
            fails(65, "is the public file of a pair: there is no secret-key", key: "pump-1.key")
            fails(65, "TRY: --key \(scene.path("pump-1.key_secret"))", key: "pump-1.key")
        }
        chmod(scene.user.place.write("large", [UInt8](repeating: 0x23, count: 5000)), 0o600)
        fails(65, "more than 4096 bytes", key: "large")
        fails(64, "the daemon's key is missing", key: "pump-1.key_secret", server: nil)
        fails(64, "key of one's own is missing", key: nil)
    }

    @Test func checkSaysWhoMayComeIn() throws {
        let scene = try KeyedScene(start: false)
        try scene.keygen("reader", "--allow", "metrics")
        try scene.list("reader")
        func check(_ more: [String] = []) -> (code: Int32?, text: String) {
            let process = ChildProcess(
                Build.path("millraced"),
                ["--config", scene.daemon.configurationPath, "--check"] + scene.doors + more,
                output: scene.path("out"))
            defer { unlink(scene.path("out")) }
            return (process?.wait(seconds: 20), scene.user.place.read("out"))
        }
        let (code, text) = check()
        #expect(code == 0, "\(text)")
        let folder = scene.path("clients.d")
        #expect(
            text.contains("ingest \(scene.ingest): listed keys only (CURVE), 1 of 2 in \(folder)"))
        #expect(text.contains("query \(scene.query): listed keys only (CURVE), 2 of 2 in"))
        #expect(text.contains("admin.sock: whom the file permissions"))
        chmod(scene.path("server.key_secret"), 0o640)
        let exposed = check()
        #expect(exposed.code == 78 && exposed.text.contains("chmod 600"), "\(exposed.text)")
        chmod(scene.path("server.key_secret"), 0o600)
        let both = check(["--set", "keys.plain-tcp=anyone may connect"])
        #expect(both.code == 78 && both.text.contains("keys.plain-tcp"), "\(both.text)")
        let bare = check(["--set", "keys.server=", "--set", "keys.clients="])
        #expect(bare.code == 0 && bare.text.contains("every user of this machine"), "\(bare.text)")
        let open = check([
            "--set", "keys.server=", "--set", "keys.clients=",
            "--set", "daemon.ingest=tcp://0.0.0.0:5570",
        ])
        #expect(open.code == 78 && open.text.contains("millrace keygen --server"), "\(open.text)")
    }
}
