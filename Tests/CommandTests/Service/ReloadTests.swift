// SIGHUP at the real daemon.

import Glibc
import MillraceProtocol
import Testing

@Suite(.serialized) struct ServiceReloadTests {
    private func waitForLog(_ daemon: RealDaemon, _ text: String) -> Bool {
        for _ in 0..<1_000 {
            if daemon.place.read("log").contains(text) { return true }
            usleep(10_000)
        }
        Issue.record("no \(text) in: \(daemon.place.read("log"))")
        return false
    }

    private func rewrite(_ daemon: RealDaemon, _ edit: (String) -> String) {
        unlink(daemon.configurationPath)
        daemon.place.write("millrace.toml", edit(RealDaemon.morse))
    }

    @Test func hotKeysAreAppliedAndTheOthersNamed() throws {
        let place = Workplace()
        let manager = try NotifySocket(in: place)
        let daemon = RealDaemon(environment: ["NOTIFY_SOCKET": manager.path])
        try #require(daemon.start())
        rewrite(daemon) {
            $0.replacing("rate = 0.05", with: "rate = 0.02")
                .replacing("hidden = [32]", with: "hidden = [48]")
                .replacing("samples = 2000", with: "samples = 1000")
                + "\n[checkpoints]\nkeep = 2\n[producers]\nallow = [\"p\"]\n"
        }
        daemon.process?.send(SIGHUP)
        try #require(waitForLog(daemon, "event=reloaded"))
        let log = daemon.place.read("log")
        #expect(log.contains("event=setting_applied key=learning.rate from=\"0.05\" to=\"0.02\""))
        #expect(
            log.contains("event=setting_needs_restart key=network.hidden from=\"[32]\" to=\"[48]\"")
        )
        let user = CommandClient(state: daemon.state)
        let reload = try #require(user.status()?.reload)
        #expect(
            reload.applied.map(\.key) == [
                "learning.rate", "commit.samples", "producers.allow", "checkpoints.keep",
            ])
        #expect(reload.needsRestart.map(\.key) == ["network.hidden"] && reload.error == nil)
        #expect(reload.count == 1 && reload.secondsAgo >= 0 && reload.secondsAgo < 60)

        // What is in force goes into checkpoints: the new rate, the old network.
        let producer = try RawProducer(daemon.endpoint("ingest"))
        try #require(producer.greet("p") && producer.stream(to: 2_000))
        #expect(user.run(["checkpoint", "save", "after"]).code == 0)
        let shown = user.run([
            "checkpoint", "inspect", "\(daemon.state)/checkpoints/after.safetensors",
        ])
        #expect(shown.output.contains("rate = 0.02") && shown.output.contains("hidden = [32]"))
        let stranger = try RawProducer(daemon.endpoint("ingest"))
        #expect(!stranger.greet("q", seconds: 2) && stranger.nacks > 0)

        // The same file once more: what waits for a restart is said again.
        daemon.process?.send(SIGHUP)
        manager.listen(seconds: 20) {
            $0.heard.count { $0.text.hasPrefix("READY=1") } >= 3
        }
        #expect(user.status()?.reload?.count == 2 && user.status()?.reload?.applied == [])
        let order = manager.heard.map(\.text).filter { !$0.hasPrefix("STATUS") }
        try #require(order.count >= 5)
        #expect(order[0].hasPrefix("READY=1\nSTATUS=learning"))
        #expect(order[1].hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(order[2].hasPrefix("READY=1") && order[2].contains("1 changed keys need a restart"))
        #expect(daemon.stop() == 0)
        // And a restart takes the rest: other shapes, so this state does not fit any more.
        let second = ChildProcess(
            Build.path("millraced"),
            ["--config", daemon.configurationPath, "--state", daemon.state])
        #expect(second?.wait(seconds: 10) == 78)
    }

    @Test func aBrokenFileChangesNothingAndIsReported() throws {
        let daemon = RealDaemon()
        try #require(daemon.start())
        rewrite(daemon) { $0.replacing("rate = 0.05", with: "rate = fast") }
        daemon.process?.send(SIGHUP)
        try #require(waitForLog(daemon, "event=reload_failed"))
        let user = CommandClient(state: daemon.state)
        let error = try #require(user.status()?.reload?.error)
        #expect(error.contains("millrace.toml:"))
        let producer = try RawProducer(daemon.endpoint("ingest"))
        try #require(producer.greet("p") && producer.stream(to: 500))
        rewrite(daemon) { $0 }
        daemon.process?.send(SIGHUP)
        try #require(waitForLog(daemon, "nothing changed"))
        #expect(user.status()?.reload?.error == nil)
        #expect(daemon.stop() == 0)
    }

    /// Configuration and keys are judged apart: a bad key file keeps the keys, and nothing else.
    @Test func aBadKeyFileIsReported() throws {
        let place = Workplace()
        let manager = try NotifySocket(in: place)
        let keyed = try KeyedDaemon(environment: ["NOTIFY_SOCKET": manager.path])
        let daemon = keyed.daemon
        let pump = try keyed.add("pump", [.ingest])
        try #require(daemon.start())
        keyed.remove("pump")
        keyed.write("broken.key", "metadata\n    allow = \"everything\"\n")
        let text = daemon.place.read("millrace.toml")
        unlink(daemon.configurationPath)
        daemon.place.write("millrace.toml", text.replacing("rate = 0.05", with: "rate = 0.02"))
        daemon.process?.send(SIGHUP)
        try #require(waitForLog(daemon, "event=reloaded"))
        #expect(daemon.place.read("log").contains("event=clients_kept message="))
        let user = CommandClient(state: daemon.state)
        let reload = try #require(user.status()?.reload)
        #expect(reload.keysError?.contains("broken.key: line 2") == true, "\(reload)")
        #expect(reload.error == nil && reload.applied.map(\.key) == ["learning.rate"])
        let words = ", a client's key on disk is wrong (see the log)"
        manager.listen(seconds: 20) { $0.heard.count { $0.text.hasPrefix("READY=1") } >= 2 }
        #expect(manager.heard.last?.text.contains(words) == true, "\(manager.heard)")
        // The key that was taken away together with it still opens the door.
        let producer = try RawProducer(keyed.tcp("ingest"), keys: keyed.keys(pump))
        try #require(producer.greet("pump") && producer.stream(to: 500))

        keyed.remove("broken")
        manager.forget()
        daemon.process?.send(SIGHUP)
        manager.listen(seconds: 20) { $0.heard.contains { $0.text.hasPrefix("READY=1") } }
        let after = try #require(user.status()?.reload)
        #expect(after.keysError == nil && after.count == 2)
        #expect(manager.heard.last?.text.contains(words) == false)
        #expect(daemon.stop() == 0)
    }

    @Test func aHundredReloadsUnderLoadLoseNothing() throws {
        let daemon = RealDaemon()
        try #require(daemon.start())
        let identifier = try #require(daemon.process).identifier
        // Every other reload changes the commit policy.
        let file = daemon.configurationPath
        let script = """
            for i in $(seq 50); do
              sed 's/samples = 2000/samples = 1000/' \(file).first >\(file).new
              mv \(file).new \(file); kill -HUP \(identifier); sleep 0.01
              cp \(file).first \(file).new
              mv \(file).new \(file); kill -HUP \(identifier); sleep 0.01
            done
            """
        daemon.place.write("millrace.toml.first", RealDaemon.morse)
        let producer = try RawProducer(daemon.endpoint("ingest"))
        try #require(producer.greet("p"))
        let reloads = try #require(ChildProcess("/bin/sh", ["-c", script]))
        var sent: UInt64 = 0
        while reloads.wait(seconds: 0) == nil, sent < 10_000_000 {
            sent += 5_000
            try #require(producer.stream(to: sent))
        }
        #expect(reloads.wait(seconds: 10) == 0)
        #expect(sent >= 10_000 && producer.nacks == 0 && producer.epoch == 1)
        let user = CommandClient(state: daemon.state)
        let status = try #require(user.status())
        let row = try #require(status.producers.first)
        #expect(row.learned == sent && row.balances)
        #expect(IdSet(row) == IdSet(1...sent))
        #expect(row.resends == 0)
        // Signals that wait together count as one.
        let count = try #require(status.reload).count
        #expect(count > 10 && count <= 100)
        #expect(!daemon.place.read("log").contains("event=reload_failed"))
        #expect(daemon.stop() == 0)
    }
}
