// Who may ask what where; several clients at once; a daemon that is stopping.

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite struct DoorTests {
    @Test func whatChangesTheDaemonIsRefusedOnTheQuerySocket() throws {
        let scene = try Trained()
        let before = try #require(scene.user.status())
        let query = try RawQuery(scene.daemon.endpoint("query"))
        let admin = try RawQuery(scene.daemon.endpoint("admin"))
        for command in ControlCommand.allCases {
            let request = ControlRequest(
                command: command, generation: before.generation, name: "mine")
            let reply = try #require(query.ask(request))
            #expect(reply["ok"]?.flag == !command.needsAdmin, "\(command)")
            guard command.needsAdmin else { continue }
            #expect(reply["error"]?["reason"]?.text == "notAllowed", "\(command)")
            #expect(reply["error"]?["message"]?.text?.contains("admin socket") == true)
        }
        #expect(scene.user.status()?.generation == before.generation, "nothing was changed")
        #expect(scene.user.run(["checkpoint", "list"]).output.contains("mine") == false)
        let hold = ControlRequest(command: .hold, generation: before.generation)
        #expect(admin.ask(hold)?["held"]?.integer == Int(before.generation))
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"command\":1}", "{\"command\":\"explode\"}",
        "{\"command\":\"rollback\",\"generation\":-1}", String(repeating: "[", count: 4000),
        "{\"command\":\"status\",\"command\":\"stop\"", String(repeating: "x", count: 5000),
    ])
    func brokenRequestsAreRefusedAndTheDaemonLives(text: String) throws {
        let scene = try Trained(rows: 0)
        for door in ["query", "admin"] {
            let client = try RawQuery(scene.daemon.endpoint(door))
            // One that is too long for the door gets no answer.
            let reply = client.ask(
                json: Array(text.utf8), seconds: text.utf8.count <= 4096 ? 20 : 1)
            if text.utf8.count <= 4096 {
                #expect(reply?["ok"]?.flag == false, "\(door)")
                #expect(reply?["error"]?["reason"]?.text == "badRequest", "\(door)")
            }
            #expect(client.ask(ControlRequest(command: .status))?["ok"]?.flag == true)
        }
        #expect(scene.daemon.stop() == 0)
    }

    @Test func rollbackAndHoldNeedAGenerationThatIsThere() throws {
        let scene = try Trained(rows: 0)
        let admin = try RawQuery(scene.daemon.endpoint("admin"))
        for command in [ControlCommand.rollback, .hold] {
            let bare = admin.ask(ControlRequest(command: command))
            #expect(bare?["error"]?["reason"]?.text == "badRequest")
            let missing = admin.ask(ControlRequest(command: command, generation: 7_777))
            #expect(missing?["error"]?["reason"]?.text == "notFound")
        }
        let path = admin.ask(ControlRequest(command: .checkpointSave, name: "../../escape"))
        #expect(path?["ok"]?.flag == false)
        let restore = admin.ask(ControlRequest(command: .checkpointRestore, name: "../ring"))
        #expect(restore?["ok"]?.flag == false)
    }

    @Test func twoClientsAtOnceAreTwoProducers() throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let streams = try ["one", "two"].map { name in
            try #require(
                user.start([
                    "stream", "morse:seed=\(name == "one" ? 1 : 2)", "--name", name, "--limit",
                    "6000", "--json",
                ]))
        }
        for stream in streams {
            let result = stream.wait()
            #expect(result.code == 0, "\(result.errors)")
            #expect(result.document?["acknowledged"]?.integer == 6_000)
        }
        let status = try #require(user.status())
        #expect(status.samples == 12_000 && status.producers.count == 2)
        for producer in status.producers {
            #expect(producer.balances && IdSet(producer) == IdSet(1...6_000))
        }
    }

    /// Two machines with one name: the newer epoch wins, the older run is told.
    @Test func aNewerEpochFencesTheOlderRun() throws {
        let daemon = RealDaemon()
        let user = CommandClient(state: daemon.state)
        let elsewhere = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let words = ["stream", "morse:seed=3", "--name", "same"]
        let zombie = try #require(user.start(words + ["--rate", "2000"]))
        _ = user.wait(for: "same") { $0.learned > 200 }
        let newer = elsewhere.run(words + ["--limit", "500", "--json"])
        #expect(newer.code == 0 && newer.document?["epoch"]?.integer == 2)
        let old = zombie.wait()
        #expect(old.code == 77)
        #expect(old.errors.contains("a newer epoch of producer same is open"))
        #expect(old.errors.contains("TRY:"))
        #expect(user.producer("same")?.learned == 500)
    }

    @Test func aFullTableOfProducersIsSaidInWords() throws {
        let scene = try Trained(rows: 0)
        for name in ["p1", "p2", "p3", "p4"] {
            let words = ["stream", scene.file, "--name", name, "--limit", "5"]
            #expect(scene.user.run(words).code == 0)
        }
        let fifth = scene.user.run(["stream", scene.file, "--name", "p5"])
        #expect(fifth.code == 77)
        #expect(fifth.errors.contains("max-producers"), "\(fifth.errors)")
        #expect(scene.user.run(["stream", scene.file, "--name", "p1"]).code == 0)
    }

    @Test func aStoppingDaemonLearnsWhatItTookAndTakesNoMore() throws {
        // Wide enough that the queue takes a while to drain.
        let daemon = RealDaemon(
            configuration: RealDaemon.morse.replacing("hidden = [32]", with: "hidden = [4096]"))
        let user = CommandClient(state: daemon.state)
        try #require(daemon.start())
        let words = ["stream", "morse:seed=8", "--name", "m", "--limit", "30000", "--json"]
        let stream = try #require(user.start(words))
        let seen = try #require(user.wait(for: "m") { $0.queued > 500 })
        // Connected before, so that no moment of the draining is spent on that.
        let query = try RawQuery(daemon.endpoint("query"))
        #expect(query.ask(ControlRequest(command: .status)) != nil)
        daemon.process?.send(SIGTERM)
        // It takes a moment to hear the signal; after that it says what it does, or is gone.
        var mode: String?
        for _ in 0..<100 where mode != "stopping" {
            guard let reply = query.ask(ControlRequest(command: .status), seconds: 1) else { break }
            mode = reply["mode"]?.text
            usleep(5_000)
        }
        #expect(mode == "stopping")
        #expect(daemon.process?.wait(seconds: 20) == 0)
        #expect(stream.process.wait(seconds: 0) == nil, "the client waits")
        try #require(daemon.start())
        let after = try #require(user.producer("m"))
        #expect(after.durable >= seen.next - 1, "what was queued was learned")
        stream.process.send(SIGINT)
        #expect(stream.wait().code == 130)
    }

    @Test func stopByTheAdminSocketEndsItCleanly() throws {
        let scene = try Trained()
        let admin = try RawQuery(scene.daemon.endpoint("admin"))
        let reply = try #require(admin.ask(ControlRequest(command: .stop)))
        #expect(reply["ok"]?.flag == true && reply["mode"]?.text == "stopping")
        #expect(scene.daemon.process?.wait(seconds: 10) == 0)
        #expect(scene.user.run(["status", "--timeout", "0.2"]).code == 69)
    }

    /// Endpoints that exist, but are the wrong doors.
    @Test func theWrongDoorIsAnErrorAndNoHarm() throws {
        let scene = try Trained()
        let ingest = scene.daemon.endpoint("ingest")
        let query = scene.daemon.endpoint("query")
        let status = scene.user.run(["status", "--query", ingest, "--timeout", "0.5"])
        #expect(status.code == 69, "\(status.errors)")
        #expect(status.errors.contains("TRY:"))
        let admin = scene.user.run(["rollback", "1", "--admin", query])
        #expect(admin.code == 77)
        #expect(scene.user.status()?.producers.first?.balances == true)
    }
}
