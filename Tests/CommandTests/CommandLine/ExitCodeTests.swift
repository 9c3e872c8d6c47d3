// Each documented exit code, provoked; each message says WHAT, WHY and what to TRY.

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite struct ExitCodeTests {
    /// The command fails with `code`, in words, and as a document with --json.
    private func fails(
        _ user: CommandClient, _ arguments: [String], _ code: Int32, says words: [String],
        changed: [String: String] = [:], location: SourceLocation = #_sourceLocation
    ) {
        let result = user.run(arguments, changed: changed)
        #expect(
            result.code == code, "\(arguments): \(result.errors)\(result.output)",
            sourceLocation: location)
        #expect(result.output.isEmpty, "data was printed", sourceLocation: location)
        // Notes about the source may come first.
        let last = result.errors.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("error: "), sourceLocation: location)
        for word in words {
            #expect(
                result.errors.contains(word), "\(word) in: \(result.errors)",
                sourceLocation: location)
        }
        let document = user.run(arguments + ["--json"], changed: changed).document
        #expect(document?["ok"]?.flag == false, sourceLocation: location)
        #expect(
            document?["error"]?["status"]?.integer == Int(code), sourceLocation: location)
    }

    @Test(arguments: [
        ["stream"], ["stream", "x.csv", "--batch", "0"], ["stream", "x.csv", "--rate", "0"],
        ["stream", "x.csv", "--name", "a b"], ["stream", "x.csv", "--limit", "0"],
        ["status", "--timeout", "0"], ["status", "--nonsense"], ["rollback"],
        ["forget"], ["forget", "a b"],
        ["rollback", "many"], ["label", "--name", "p"], ["predict", "x.csv", "--skip", "-1"],
        ["checkpoint", "verify"], ["nonsense"], ["watch", "--interval", "0"],
        ["watch", "--count", "0"], ["checkpoint", "export", "x"],
        ["checkpoint", "export", "x", "--output", "y.npz", "--only", "all"],
    ])
    func wrongUsageIs64(arguments: [String]) {
        let result = CommandClient(state: "/nowhere").run(arguments)
        #expect(result.code == 64, "\(result.errors)")
        #expect(result.errors.contains("Usage:") || result.errors.contains("usage"))
    }

    @Test func helpIs0AndListsTheExitCodes() {
        let result = CommandClient(state: "/nowhere").run(["--help"])
        #expect(result.code == 0)
        for code in ["64", "65", "66", "69", "73", "74", "75", "76", "77", "78", "130"] {
            #expect(result.output.contains(code))
        }
    }

    @Test func anUnknownSourceOrColumnIs64() throws {
        let scene = try Trained(rows: 0)
        fails(scene.user, ["stream", "data.xlsx"], 64, says: ["data.xlsx", ".npy", "TRY:"])
        fails(
            scene.user, ["stream", scene.file, "--label-column", "lable"], 64,
            says: ["lable", "label", "Columns: a, b, c, label"])
        fails(scene.user, ["status", "--query", "nowhere"], 64, says: ["nowhere", "ipc://"])
    }

    @Test func badDataIs65() throws {
        let scene = try Trained(rows: 0)
        let bad = scene.user.place.write("bad.csv", "a,b,c,label\n1,2,3,low\n1,two,3,low\n")
        fails(
            scene.user, ["stream", bad], 65, says: ["bad.csv:3", "\"b\"", "two", "--skip-bad"])
        let skipped = scene.user.run(["stream", bad, "--skip-bad", "--json"])
        #expect(skipped.code == 0 && skipped.document?["badRows"]?.integer == 1)
        let wide = scene.user.place.write("wide.csv", "a,b,c,d,e\n1,2,3,4,low\n")
        let npy = scene.user.place.write("cut.npy", Array(scene.data.npy.dropLast(8)))
        fails(scene.user, ["stream", npy], 65, says: ["cut.npy", "cut short"])
        let other = scene.user.place.write("other.csv", "a,b,c,label\n1,2,3,purple\n")
        fails(scene.user, ["stream", other], 65, says: ["other.csv:2", "purple", "low"])
        let narrow = scene.user.place.write("narrow.csv", "x,y\n1,2\n")
        fails(scene.user, ["stream", narrow], 65, says: ["narrow.csv", "--features"])
        fails(scene.user, ["stream", wide], 65, says: ["no labels", "--label-column"])
        let words = ["stream", wide, "--label-column", "e"]
        #expect(scene.user.run(words).code == 0, "features are taken by name")
        // The name belongs to another source.
        #expect(scene.user.run(["stream", scene.file, "--name", "mine"]).code == 0)
        fails(
            scene.user, words + ["--name", "mine"], 65,
            says: ["another source", "small.csv", "--again"])
        fails(scene.user, ["checkpoint", "verify", scene.file], 65, says: ["not an intact"])
        let labels = scene.user.place.write("labels.csv", "1,purple\n")
        fails(scene.user, ["label", labels, "--name", "mine"], 65, says: ["purple", "low"])
    }

    @Test func aMissingInputIs66() throws {
        let scene = try Trained()
        fails(scene.user, ["stream", "/nowhere.csv"], 66, says: ["/nowhere.csv", "no such file"])
        fails(scene.user, ["predict", "/nowhere.npy"], 66, says: ["/nowhere.npy"])
        fails(scene.user, ["checkpoint", "inspect", "/nowhere"], 66, says: ["no such file"])
        fails(scene.user, ["checkpoint", "restore", "nothing"], 66, says: ["nothing", "TRY:"])
        fails(scene.user, ["rollback", "99999"], 66, says: ["99999", "generations"])
        fails(scene.user, ["forget", "nobody"], 66, says: ["nobody", "millrace status"])
        fails(
            scene.user, ["label", "--name", "nobody", "--sample", "1", "--label", "low"], 66,
            says: ["nobody"])
    }

    @Test func noDaemonIs69() {
        let user = CommandClient(state: "/nowhere")
        let file = user.place.write("x.csv", "a,b,c\n1,2,3\n")
        for arguments in [
            ["status"], ["watch"], ["watch", "--count", "2"], ["generations"], ["predict", file],
            ["stream", file], ["rollback", "1"], ["forget", "p"],
            ["checkpoint", "save"], ["checkpoint", "list"],
            ["label", "--name", "p", "--sample", "1", "--label", "0"],
            // Values that begin with a dash.
            ["label", "--name", "p", "--sample", "1", "--label", "-0.5,-2"],
            ["status", "--server-key", "-" + String(repeating: "k", count: 39)],
        ] {
            fails(
                user, arguments + ["--timeout", "0.2"], 69,
                says: ["/nowhere/", "does not answer", "TRY: millraced --config"])
        }
    }

    @Test func aSpoolThatCannotBeMadeIs73() throws {
        let scene = try Trained(rows: 0)
        fails(
            scene.user, ["stream", scene.file], 73, says: ["spool", "MILLRACE_SPOOL"],
            changed: ["MILLRACE_SPOOL": "/dev/null/spool"])
    }

    @Test func failedInputIs74() throws {
        let scene = try Trained(rows: 0)
        let folder = "\(scene.user.place.path)/folder.csv"
        mkdir(folder, 0o700)
        fails(scene.user, ["stream", folder], 74, says: ["folder.csv"])
        fails(scene.user, ["checkpoint", "inspect", folder], 74, says: ["folder.csv"])
    }

    @Test func aNameThatIsStreamingIs75() throws {
        let scene = try Trained(rows: 0)
        let first = try #require(
            scene.user.start(["stream", scene.file, "--name", "one", "--loop", "--rate", "100"]))
        _ = scene.user.wait(for: "one") { $0.learned > 0 }
        fails(
            scene.user, ["stream", scene.file, "--name", "one"], 75,
            says: ["another run is streaming as one", "--name"])
        first.process.send(SIGINT)
        #expect(first.wait().code == 130)
    }

    @Test func anAnswerThatCannotBeReadIs76() throws {
        let user = CommandClient(state: "/nowhere")
        let endpoint = "ipc://\(user.place.path)/stranger.sock"
        let stranger = try Stranger(endpoint)
        let command = try #require(user.start(["status", "--query", endpoint]))
        try #require(stranger.answer("{\"ok\":true,\"hello\":1}"))
        let result = command.wait()
        #expect(result.code == 76)
        #expect(result.errors.contains("cannot be read"))
        #expect(result.errors.contains("TRY: the same version"))
    }

    @Test func whatTheDaemonDoesNotAllowIs77() throws {
        let configuration = SmallData.configuration() + "\n[producers]\nallow = [\"mine\"]\n"
        let scene = try Trained(rows: 0, configuration: configuration)
        #expect(scene.user.run(["stream", scene.file, "--name", "mine"]).code == 0)
        fails(
            scene.user, ["stream", scene.file, "--name", "yours"], 77,
            says: ["yours", "[producers]"])
        let query = scene.daemon.endpoint("query")
        fails(
            scene.user, ["checkpoint", "save", "--admin", query], 77,
            says: ["admin socket", "TRY:"])
    }

    @Test func aBrokenPipeEndsQuietly() throws {
        let scene = try Trained()
        let process = ChildProcess(
            "/bin/sh",
            ["-c", "\(Build.path("millrace")) predict '\(scene.file)' | head -1"],
            environment: ["MILLRACE_STATE": scene.daemon.state],
            output: "\(scene.user.place.path)/pipe")
        #expect(process?.wait(seconds: 20) == 0)
        #expect(scene.user.place.read("pipe").split(separator: "\n").count == 1)
    }
}

/// Somebody who answers, but is no millraced.
private final class Stranger {
    private let context: MessagingContext
    private let socket: Socket
    private let poller = Poller()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)

    init(_ endpoint: String) throws(MessagingError) {
        context = try MessagingContext()
        socket = try Socket(context, .router)
        try socket.bind(endpoint)
        poller.add(socket)
    }

    deinit {
        socket.close()
        buffer.deallocate()
    }

    /// Answers the first request with `json`; false when none came.
    func answer(_ json: String) -> Bool {
        var peer = Peer()
        for _ in 0..<1_000 {
            poller.wait(milliseconds: 10)
            guard case .frame(let bytes) = socket.receive(into: buffer, from: &peer),
                let (header, _) = try? Frame.decode(
                    UnsafeRawBufferPointer(rebasing: buffer[..<bytes]))
            else { continue }
            let count = Array(json.utf8).withUnsafeBytes {
                ControlFrame.encode(.reply, request: header.sequence, json: $0, into: buffer)
            }
            guard let count else { return false }
            let frame = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            return socket.send(frame, to: peer) == .sent
        }
        return false
    }
}
