// Standard input cannot be read again: what was read and is not acknowledged lies in the spool,
// and is sent again after either side restarts.

import Glibc
import MillraceProtocol
import Testing

/// A pipe whose reading end becomes the standard input of commands.
private final class Feeder {
    let readingEnd: Int32
    private var writingEnd: Int32

    /// A named pipe can be opened with O_CLOEXEC at once, so no other child inherits an end.
    init(_ place: Workplace) {
        let path = "\(place.path)/pipe"
        mkfifo(path, 0o600)
        readingEnd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        writingEnd = open(path, O_WRONLY | O_CLOEXEC)
        _ = fcntl(readingEnd, F_SETFL, O_RDONLY)
    }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(writingEnd, $0.baseAddress, $0.count)
            }
            guard count > 0 else {
                Issue.record("the pipe broke")
                return
            }
            done += count
        }
    }

    func finish() {
        guard writingEnd >= 0 else { return }
        close(writingEnd)
        writingEnd = -1
    }

    deinit {
        finish()
        close(readingEnd)
    }
}

@Suite struct SpoolTests {
    /// Commits only when it is asked to, so that nothing is acknowledged in between.
    private static let lazy = SmallData.configuration(commitSamples: 100_000, interval: 3_600_000)
    private static let words = ["stream", "-", "--name", "s", "--json"]

    /// The digest of the same 600 rows in one undisturbed run.
    private static let undisturbed: String? = {
        let daemon = RealDaemon(configuration: lazy)
        let user = CommandClient(state: daemon.state)
        let file = user.place.write("s.jsonl", SmallData(rows: 600, seed: 11).jsonLines)
        guard daemon.start(), user.run(words, input: file).code == 0 else { return nil }
        return user.status()?.stateDigest
    }()

    private func isWhole(_ scene: Trained) throws {
        let status = try #require(scene.user.status())
        let producer = try #require(status.producers.first)
        #expect(producer.epoch == 1 && producer.balances && producer.durable == 600)
        #expect(IdSet(producer) == IdSet(1...600))
        #expect(try status.stateDigest == #require(Self.undisturbed))
    }

    /// The daemon took 300 rows, acknowledged none, and dies; the client has them.
    @Test func theDaemonDiesBeforeItAcknowledges() throws {
        let scene = try Trained(rows: 0, configuration: Self.lazy)
        let feeder = Feeder(scene.user.place)
        let stream = try #require(scene.user.start(Self.words, pipe: feeder.readingEnd))
        feeder.write(scene.data.lines(0..<300))
        _ = scene.user.wait(for: "s") { $0.next == 301 }
        #expect(scene.user.producer("s")?.durable == 0)
        scene.daemon.kill()
        feeder.write(scene.data.lines(300..<450))
        try #require(scene.daemon.start())
        #expect(scene.user.producer("s")?.learned == 0, "the crash took them")
        feeder.write(scene.data.lines(450..<600))
        feeder.finish()
        let result = stream.wait()
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.document?["acknowledged"]?.integer == 600)
        #expect((result.document?["resent"]?.integer ?? 0) >= 300)
        try isWhole(scene)
    }

    /// Client and daemon both die; only the spool has the rows.
    @Test(arguments: [false, true])
    func theClientDiesWithUnacknowledgedRows(daemonToo: Bool) throws {
        let scene = try Trained(rows: 0, configuration: Self.lazy)
        let feeder = Feeder(scene.user.place)
        let stream = try #require(scene.user.start(Self.words, pipe: feeder.readingEnd))
        feeder.write(scene.data.lines(0..<300))
        _ = scene.user.wait(for: "s") { $0.next == 301 }
        stream.process.send(SIGKILL)
        #expect(stream.wait().code == 128 + SIGKILL)
        if daemonToo {
            scene.daemon.kill()
            try #require(scene.daemon.start())
            #expect(scene.user.producer("s")?.next == 1)
        }
        // The same command; standard input now has what came afterwards.
        let rest = scene.user.place.write("rest.jsonl", scene.data.lines(300..<600))
        let result = scene.user.run(Self.words, input: rest)
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.document?["acknowledged"]?.integer == 600)
        try isWhole(scene)
    }

    /// A daemon that began anew knows no epoch; what the spool holds goes into its first.
    @Test func aFreshDaemonGetsWhatTheSpoolHolds() throws {
        let scene = try Trained(rows: 0, configuration: Self.lazy)
        let first = scene.user.place.write("first.jsonl", scene.data.lines(0..<100))
        #expect(scene.user.run(Self.words, input: first).code == 0)
        let feeder = Feeder(scene.user.place)
        let words = Self.words + ["--append"]
        let stream = try #require(scene.user.start(words, pipe: feeder.readingEnd))
        feeder.write(scene.data.lines(100..<300))
        _ = scene.user.wait(for: "s") { $0.next == 301 }
        stream.process.send(SIGKILL)
        _ = stream.wait()
        scene.daemon.kill()
        try #require(scene.daemon.start(["--fresh"]))
        let refused = scene.user.run(words)
        #expect(
            refused.code == 65 && refused.errors.contains("--append --again"), "\(refused.errors)")
        let rest = scene.user.place.write("rest.jsonl", scene.data.lines(300..<600))
        let again = scene.user.run(words + ["--again"], input: rest)
        #expect(again.code == 0, "\(again.errors)")
        let producer = try #require(scene.user.producer("s"))
        #expect(producer.balances && producer.learned == 500)
        #expect(IdSet(producer) == IdSet(1...500))
        // And on in that epoch.
        #expect(scene.user.run(words, input: first).code == 0)
        #expect(scene.user.producer("s")?.learned == 600)
        #expect(scene.user.producer("s")?.epoch == producer.epoch)
    }

    @Test func aStreamOfWhichNothingWasTakenIs65() throws {
        let scene = try Trained(
            rows: 0,
            configuration: SmallData.configuration().replacing(
                "[output]", with: "lower = 1000.0\nupper = 2000.0\n[output]"))
        let result = scene.user.run(["stream", scene.file, "--name", "s", "--json"])
        #expect(result.code == 65 && result.errors.contains("all 600 samples were refused"))
        #expect(result.errors.contains("outOfBounds"), "\(result.errors)")
        #expect(result.document?["refused"]?.integer == 600)
        let labels = scene.user.run(["stream", scene.file, "--labels", "x.npy"])
        #expect(labels.code == 64 && labels.errors.contains("--label-column"), "\(labels.errors)")
    }

    /// A new epoch must not drop rows that exist nowhere but in the spool; an empty pipe sends them.
    @Test func rowsThatWaitAreNeverDroppedAndAnEmptyPipeSendsThem() throws {
        let scene = try Trained(rows: 0, configuration: Self.lazy)
        let feeder = Feeder(scene.user.place)
        let stream = try #require(scene.user.start(Self.words, pipe: feeder.readingEnd))
        feeder.write(scene.data.lines(0..<300))
        _ = scene.user.wait(for: "s") { $0.next == 301 }
        stream.process.send(SIGKILL)
        _ = stream.wait()
        scene.daemon.kill()
        try #require(scene.daemon.start())
        let rest = scene.user.place.write("rest.jsonl", scene.data.lines(300..<600))
        let again = scene.user.run(Self.words + ["--again"], input: rest)
        #expect(again.code == 75)
        #expect(again.errors.contains("--append"), "\(again.errors)")
        let empty = scene.user.run(Self.words + ["--append"])
        #expect(empty.code == 0, "\(empty.errors)")
        #expect(empty.document?["acknowledged"]?.integer == 300)
        #expect(scene.user.run(Self.words + ["--append"], input: rest).code == 0)
        try isWhole(scene)
    }

    /// A pipe that ended is finished work; --append goes on in the same epoch.
    @Test func appendContinuesAfterAPipeThatEnded() throws {
        let scene = try Trained(rows: 0, configuration: Self.lazy)
        let first = scene.user.place.write("first.jsonl", scene.data.lines(0..<250))
        let rest = scene.user.place.write("rest.jsonl", scene.data.lines(250..<600))
        #expect(scene.user.run(Self.words, input: first).code == 0)
        let unread = scene.user.run(["stream", "-", "--name", "s"], input: rest)
        #expect(unread.code == 0)
        #expect(unread.output.contains("standard input was not read"), "\(unread.output)")
        let more = scene.user.run(Self.words + ["--append"], input: rest)
        #expect(more.document?["resumedAt"]?.integer == 250, "\(more.errors)")
        try isWhole(scene)
        #expect(scene.user.run(["stream", scene.file, "--append"]).code == 64)
    }

    /// Columns beside the features are labels only where that is wanted, and it is said.
    @Test func labelsAreTakenOpenlyOrNotAtAll() throws {
        let scene = try Trained(rows: 0, configuration: SmallData.configuration(window: 8))
        let labelled = scene.user.run(["stream", scene.file, "--name", "with", "--json"])
        #expect(labelled.errors.contains("labels from column label"), "\(labelled.errors)")
        let bare = scene.user.run(["stream", scene.file, "--name", "bare", "--no-labels", "--json"])
        #expect(bare.code == 0)
        let producer = try #require(scene.user.producer("bare"))
        #expect(producer.learned == 0 && producer.expired == 592 && producer.pending == 8)
    }

    /// The daemon is not there at all when the stream ends: nothing is lost, the code says so.
    @Test func finishedWorkLeavesNoRowsInTheSpool() throws {
        let scene = try Trained(rows: 0, configuration: Self.lazy)
        let file = scene.user.place.write("s.jsonl", scene.data.jsonLines)
        #expect(scene.user.run(Self.words, input: file).code == 0)
        let listing = ChildProcess(
            "/usr/bin/find", ["\(scene.user.place.path)/spool", "-name", "*.rows"],
            output: "\(scene.user.place.path)/found")
        #expect(listing?.wait(seconds: 10) == 0)
        #expect(scene.user.place.read("found").isEmpty)
        try isWhole(scene)
    }

    /// A record that was damaged is never taken for "no record": that would send all again.
    @Test func aDamagedRecordIsRefusedInWords() throws {
        let scene = try Trained(rows: 600)
        let find = ChildProcess(
            "/usr/bin/find", ["\(scene.user.place.path)/spool", "-name", "small.json"],
            output: "\(scene.user.place.path)/found")
        #expect(find?.wait(seconds: 10) == 0)
        let path = scene.user.place.read("found").split(separator: "\n").first.map(String.init)
        let record = try #require(path)
        let bytes = Workplace.bytes(record)
        truncate(record, bytes.count / 2)
        let words = ["stream", scene.file, "--name", "small"]
        let result = scene.user.run(words)
        #expect(result.code == 65)
        #expect(result.errors.contains("damaged") && result.errors.contains("--again"))
        #expect(scene.user.producer("small")?.idCount == 600)
    }
}
