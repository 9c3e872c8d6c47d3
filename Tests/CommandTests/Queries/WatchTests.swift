// `millrace watch` against a real daemon: how it shows, how it ends, and what it does when the
// daemon goes away.

import Glibc
import MillraceProtocol
import Testing

@Suite struct WatchTests {
    /// The lines of what a command printed.
    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map(String.init)
    }

    @Test func withoutATerminalItPrintsALinePerRefreshAndEnds() throws {
        let scene = try Trained()
        let result = scene.user.run(["watch", "--count", "3", "--interval", "0.05"])
        #expect(result.code == 0 && result.errors.isEmpty)
        #expect(lines(result.output).count == 3)
        for line in lines(result.output) {
            #expect(!line.contains("\u{1B}"))
            for word in ["/s", "accuracy", "last 1,000", "loss", "queue 0", "generation"] {
                #expect(line.contains(word), "\(word) in \(line)")
            }
        }
    }

    @Test func jsonIsOneObjectPerLineWithTheStatusInside() throws {
        let scene = try Trained()
        let status = try #require(scene.user.run(["status", "--json"]).document)
        let result = scene.user.run(["watch", "--count", "2", "--interval", "0.1", "--json"])
        let documents = lines(result.output).compactMap { JSON($0) }
        try #require(result.code == 0 && documents.count == 2)
        for (document, number) in zip(documents, 1...) {
            #expect(document["number"]?.integer == number)
            #expect(document["answered"]?.flag == true)
            for member in ["generation", "stateDigest", "figures", "budget", "samples"] {
                #expect(document["status"]?[member] == status[member], "\(member)")
            }
        }
        #expect(documents[0]["rates"]?["samplesPerSecond"] == nil)
        #expect(documents[1]["rates"]?["samplesPerSecond"]?.number == 0)
        #expect(documents[1]["rates"]?["producers"]?["small"]?.number == 0)
    }

    @Test func ratesAreThoseOfTheStream() throws {
        let scene = try Trained(rows: 0)
        let stream = try #require(
            scene.user.start(["stream", scene.file, "--name", "one", "--loop", "--rate", "400"]))
        _ = scene.user.wait(for: "one") { $0.learned > 50 }
        let result = scene.user.run(["watch", "--count", "3", "--interval", "0.5", "--json"])
        let last = try #require(lines(result.output).last.flatMap { JSON($0) })
        let overall = try #require(last["rates"]?["samplesPerSecond"]?.number)
        // One producer, so both are the same count over the same time.
        #expect(overall > 0 && overall == last["rates"]?["producers"]?["one"]?.number)
        stream.process.send(SIGINT)
        #expect(stream.wait().code == 130)
    }

    @Test func aDaemonThatGoesAwayIsSaidAndWaitedFor() throws {
        let scene = try Trained()
        let watch = try #require(scene.user.start(["watch", "--interval", "0.1", "--json"]))
        func seen() -> [JSON] { lines(watch.output).compactMap { JSON($0) } }
        func wait(_ condition: ([JSON]) -> Bool) -> Bool {
            for _ in 0..<400 {
                if condition(seen()) { return true }
                usleep(25_000)
            }
            return false
        }
        #expect(wait { $0.contains { $0["answered"]?.flag == true } })
        scene.daemon.kill()
        #expect(wait { $0.last?["answered"]?.flag == false })
        #expect((seen().last?["awaySeconds"]?.number ?? 0) > 0)
        try #require(scene.daemon.start())
        #expect(wait { $0.last?["answered"]?.flag == true })
        watch.process.send(SIGINT)
        #expect(watch.wait().code == 0, "Ctrl-C is how it ends")
    }

    @Test func countEndsItWithoutADaemonToo() throws {
        let scene = try Trained()
        let watch = try #require(
            scene.user.start(["watch", "--count", "3", "--interval", "0.5"]))
        for _ in 0..<400 where watch.output.isEmpty { usleep(25_000) }
        scene.daemon.kill()
        let result = watch.wait()
        #expect(result.code == 69)
        #expect(lines(result.output).count == 3)
        #expect(lines(result.output).last?.contains("does not answer") == true)
        #expect(result.errors.contains("it went away") && result.errors.contains("TRY:"))
    }

    @Test func anInterruptedCountIs130() throws {
        let scene = try Trained(rows: 0)
        let watch = try #require(scene.user.start(["watch", "--count", "1000"]))
        for _ in 0..<400 where watch.output.isEmpty { usleep(25_000) }
        watch.process.send(SIGINT)
        #expect(watch.wait().code == 130)
    }

    /// What a terminal of so many columns and rows gets.
    private func terminal(_ scene: Trained, _ columns: Int, _ environment: String) -> String {
        let command =
            "stty cols \(columns) rows 24; \(environment) \(Build.path("millrace")) watch "
            + "--count 2 --interval 0.1"
        let process = ChildProcess(
            "/bin/sh", ["-c", "script -qec '\(command)' /dev/null"],
            environment: ["MILLRACE_STATE": scene.daemon.state, "SHELL": "/bin/sh"],
            output: "\(scene.user.place.path)/terminal-\(columns)\(environment.count)")
        #expect(process?.wait(seconds: 20) == 0)
        return scene.user.place.read("terminal-\(columns)\(environment.count)")
    }

    @Test func aTerminalIsDrawnInPlaceWithinItsWidth() throws {
        let scene = try Trained()
        for columns in [20, 50, 120] {
            let text = terminal(scene, columns, "TERM=xterm NO_COLOR=1")
            #expect(text.contains("millraced"))
            // Where there is no room for all, the figures go before the producers.
            #expect(columns < 50 || text.contains("small"))
            #expect(text.contains("A"), "the cursor goes up")
            #expect(!text.contains("m\u{1B}") && !text.contains("\u{1B}[1m"), "no colours")
            // A terminal ends its lines with two bytes, which Swift takes for one character.
            for line in lines(String(decoding: text.utf8.filter { $0 != 13 }, as: UTF8.self)) {
                var plain = line
                for escape in ["[K", "[J"] + (1..<24).map({ "[\($0)A" }) {
                    plain = plain.replacing("\u{1B}" + escape, with: "")
                }
                #expect(plain.count < columns, "\(plain)")
            }
        }
        #expect(terminal(scene, 80, "TERM=xterm").contains("\u{1B}[1m"))
        #expect(!terminal(scene, 80, "TERM=dumb").contains("\u{1B}"))
    }
}
