// What a key may do once it is in, and what a reload of the keys changes.

import Glibc
import Messaging
import MillraceProtocol
import Simulation
import Testing

@Suite(.serialized) struct RightsTests {
    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test func eachRightOpensItsOwnRequests() throws {
        let keyed = try KeyedDaemon()
        let asker = try keyed.add("asker", [.query])
        let reader = try keyed.add("reader", [.metrics])
        let chief = try keyed.add("chief", [.admin])
        let pump = try keyed.add("pump", [.ingest], producers: ["pump-1", "pump-2"])
        try #require(keyed.daemon.start())
        let schema = WireSchema(
            elementType: .i16, featureCount: 64, outputCount: 64, task: .classification)
        let status = ControlRequest(command: .status)

        let asking = try RawQuery(keyed.tcp("query"), keys: keyed.keys(asker))
        #expect(asking.predict(zeros(128), count: 1, schema: schema) != nil)
        #expect(asking.ask(ControlRequest(command: .schema))?["ok"]?.flag == true)
        let refused = try #require(asking.ask(status))
        #expect(refused["ok"]?.flag == false)
        #expect(refused["error"]?["reason"]?.text == "notAllowed", "\(refused)")

        let reading = try RawQuery(keyed.tcp("query"), keys: keyed.keys(reader))
        #expect(reading.ask(status)?["ok"]?.flag == true)
        #expect(reading.predict(zeros(128), count: 1, schema: schema) == nil)

        let commanding = try RawQuery(keyed.tcp("admin"), keys: keyed.keys(chief))
        #expect(commanding.ask(status)?["ok"]?.flag == true)
        // Over ipc nobody needs a key.
        let local = try RawQuery(keyed.daemon.endpoint("query"))
        #expect(local.predict(zeros(128), count: 1, schema: schema) != nil)

        let second = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(pump))
        #expect(second.greet("pump-2"))
        let foreign = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(pump))
        #expect(!foreign.greet("pump-3", seconds: 2))
        #expect(foreign.lastNack?.reason == .notAllowed)
        let access = try #require(keyed.access)
        #expect(access.refusals("noRightForFrame") == 2)
        #expect(access.refusals("producer") > 0)
        #expect(access["clientCount"]?.integer == 4)
        #expect(access["keyedDoors"]?.list.compactMap(\.text) == ["ingest", "query", "admin"])
        #expect(keyed.daemon.stop() == 0)
    }

    /// R3: a hundred reloads under load, each with a changed folder.
    @Test func reloadsDropNoSessionOfAnUnchangedKey() throws {
        let keyed = try KeyedDaemon()
        let pump = try keyed.add("pump", [.ingest])
        _ = try keyed.add("other", [.query])
        try #require(keyed.daemon.start())
        let producer = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(pump))
        try #require(producer.greet("pump"))
        let first = keyed.access?["clientsRead"]?.integer ?? 0
        for round in 0..<100 {
            if round % 2 == 0 {
                keyed.remove("other")
            } else {
                _ = try keyed.add("other", [.query])
            }
            let before = try reads(keyed)
            keyed.daemon.process?.send(SIGHUP)
            // Signals that come close together are one: each is waited for, under load.
            var turns = 0
            repeat {
                #expect(producer.stream(to: producer.durable + 96))
                turns += 1
            } while try reads(keyed) == before && turns < 1000
        }
        #expect(producer.nacks == 0)
        #expect(producer.resets == 0)
        let status = try #require(keyed.status)
        #expect((status["access"]?["clientsRead"]?.integer ?? 0) - first == 100)
        #expect(status["access"]?["connectionsCut"]?.integer == 0)
        #expect(status["access"]?["handshakesAdmitted"]?.integer == 1)
        let row = status["producers"]?.list.first
        #expect(row?["learned"]?.integer == Int(producer.durable))
        #expect(producer.durable >= 9_600)
        #expect(row?["resends"]?.integer == 0)
        #expect(keyed.daemon.stop() == 0)
    }

    private func reads(_ keyed: KeyedDaemon) throws -> Int {
        try #require(keyed.access?["clientsRead"]?.integer)
    }

    @Test func aBadFileKeepsTheOldKeysAtAReloadAndEndsAStart() throws {
        let keyed = try KeyedDaemon()
        let pump = try keyed.add("pump", [.ingest])
        try #require(keyed.daemon.start())
        keyed.write("broken.key", "metadata\n    allow = \"everything\"\n")
        let producer = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(pump))
        #expect(producer.greet("pump"))
        keyed.daemon.process?.send(SIGHUP)
        for _ in 0..<2000 where !keyed.daemon.place.read("log").contains("clients_kept") {
            usleep(10_000)
        }
        let log = keyed.daemon.place.read("log")
        #expect(log.contains("event=clients_kept"))
        #expect(log.contains("broken.key: line 2"))
        #expect(producer.stream(to: 64))
        #expect(keyed.daemon.stop() == 0)
        #expect(start(keyed) == 78)
        #expect(keyed.daemon.place.read("log").contains("broken.key: line 2"))
        keyed.remove("broken")
        chmod(keyed.secretPath, 0o640)
        #expect(start(keyed) == 78)
        #expect(keyed.daemon.place.read("log").contains("TRY: chmod 600 \(keyed.secretPath)"))
    }

    /// The exit code of a start that must fail.
    private func start(_ keyed: KeyedDaemon) -> Int32? {
        let process = ChildProcess(
            Build.path("millraced"),
            ["--config", keyed.daemon.configurationPath, "--state", keyed.daemon.state],
            output: "\(keyed.daemon.place.path)/log")
        return process?.wait(seconds: 20)
    }

    @Test func theSecretIsInNoLogStatusOrCheckpointAndNoCoreIsDumped() throws {
        // So that a core would be dumped, if it were allowed.
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        var wanted = rlimit(rlim_cur: min(limit.rlim_max, 1 << 20), rlim_max: limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &wanted)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) }
        let keyed = try KeyedDaemon()
        _ = try keyed.add("pump", [.ingest])
        try #require(keyed.daemon.start())
        let secret = try #require(keyed.server.secretKey).z85
        let admin = try RawQuery(keyed.daemon.endpoint("admin"))
        let saved = admin.ask(ControlRequest(command: .checkpointSave, name: "kept"))
        let path = try #require(saved?["checkpoint"]?["path"]?.text)
        #expect(keyed.reload())
        let status = try #require(keyed.status)
        #expect(!"\(status)".contains(secret))
        #expect(!keyed.daemon.place.read("log").contains(secret))
        let checkpoint = TemporaryFolder.bytes(path)
        #expect(checkpoint.count > 1000)
        #expect(checkpoint.firstRange(of: Array(secret.utf8)) == nil)
        let bytes = try #require(keyed.server.secretKey).withBytes { Array($0) }
        #expect(checkpoint.firstRange(of: bytes) == nil)
        keyed.daemon.kill(SIGABRT)
        #expect(keyed.daemon.process?.dumpedCore == false)
    }
}
