// Goal: what is refused is refused with the code and the advice of its own cause.

import Glibc
import Testing

@Suite struct RefusalTests {
    @Test func aCheckpointIsReplacedOnlyWhenAskedFor() throws {
        let scene = try Trained()
        let first = try #require(scene.user.run(["checkpoint", "save", "one", "--json"]).document)
        let path = try #require(first["checkpoint"]?["path"]?.text)
        #expect(scene.user.run(["stream", scene.file, "--name", "more"]).code == 0)
        let before = Workplace.bytes(path)
        let again = scene.user.run(["checkpoint", "save", "one"])
        #expect(again.code == 73 && again.output.isEmpty, "\(again.errors)")
        for words in ["one is there already", "TRY: another name", "--force"] {
            #expect(again.errors.contains(words), "\(words) in: \(again.errors)")
        }
        #expect(Workplace.bytes(path) == before)
        #expect(scene.user.run(["checkpoint", "save", "one", "--force"]).code == 0)
        #expect(Workplace.bytes(path) != before)
        // Automatic ones are of one generation each: the same again is no loss.
        for _ in 0..<2 { #expect(scene.user.run(["checkpoint", "save"]).code == 0) }
        let empty = scene.user.run(["checkpoint", "save", ""])
        #expect(empty.code == 64 && empty.errors.contains("NAME is empty"), "\(empty.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aSocketThatPermissionsCloseIs77() throws {
        let scene = try Trained(rows: 0)
        for name in ["query", "ingest", "admin"] {
            chmod("\(scene.daemon.state)/\(name).sock", 0)
        }
        // The superuser passes through permissions unless these capabilities are gone.
        let words =
            geteuid() == 0
            ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : ["env"]
        for arguments in [["status"], ["watch", "--count", "1"], ["checkpoint", "save", "x"]] {
            let line = (words + [Build.path("millrace")] + arguments + ["--timeout", "0.3"])
                .map { "'\($0)'" }.joined(separator: " ")
            let process = ChildProcess(
                "/bin/sh", ["-c", line], environment: ["MILLRACE_STATE": scene.daemon.state],
                output: "\(scene.user.place.path)/closed")
            let code = process?.wait(seconds: 20)
            let text = scene.user.place.read("closed")
            #expect(code == 77, "\(arguments): \(text)")
            #expect(text.contains("permission denied on \(scene.daemon.state)/"), "\(text)")
            #expect(text.contains("TRY: ls -l for the group"), "\(text)")
            unlink("\(scene.user.place.path)/closed")
        }
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aDaemonThatIsTooSlowIsNotSaidToBeAbsent() throws {
        let scene = try Trained(rows: 0)
        let process = try #require(scene.daemon.process)
        process.send(SIGSTOP)
        let result = scene.user.run(["status", "--timeout", "0.3"])
        process.send(SIGCONT)
        #expect(result.code == 69, "\(result.errors)")
        #expect(!result.errors.contains("nobody listens"), "\(result.errors)")
        #expect(result.errors.contains("longer --timeout"), "\(result.errors)")
        #expect(!result.errors.contains("millraced --config"), "\(result.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aDamagedCheckpointIsInspectedAndIs65() throws {
        let scene = try Trained()
        let saved = try #require(scene.user.run(["checkpoint", "save", "one", "--json"]).document)
        let path = try #require(saved["checkpoint"]?["path"]?.text)
        var bytes = Workplace.bytes(path)
        bytes[bytes.count - 9] ^= 0x40
        let file = scene.user.place.write("damaged.safetensors", bytes)
        let words = scene.user.run(["checkpoint", "inspect", file])
        #expect(words.code == 65 && words.output.contains("generation"), "\(words.errors)")
        #expect(words.errors.hasPrefix("error: \(file) is not an intact"), "\(words.errors)")
        let document = scene.user.run(["checkpoint", "inspect", file, "--json"])
        #expect(document.code == 65 && document.document?["intact"]?.flag == false)
        #expect(scene.daemon.stop() == 0)
    }

    @Test func labelsThatAreAllRefusedAre65() throws {
        let scene = try Trained()
        let result = scene.user.run([
            "label", "--name", "small", "--sample", "1", "--label", "low", "--json",
        ])
        #expect(result.code == 65, "\(result.errors)")
        #expect(result.document?["refused"]?.integer == 1)
        #expect(result.errors.contains("all 1 labels were refused"), "\(result.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func passingOverEverythingIsSaid() throws {
        let scene = try Trained()
        let result = scene.user.run(["predict", scene.file, "--skip", "100000"])
        #expect(result.code == 0 && result.output.isEmpty)
        #expect(result.errors.contains("note: nothing to predict"), "\(result.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func wrongUsageIsADocumentToo() {
        let user = CommandClient(state: "/nowhere")
        for arguments in [
            ["status", "--nonsense"], ["rollback"], ["stream", "x.csv", "--batch", "0"],
        ] {
            let result = user.run(arguments + ["--json"])
            #expect(result.code == 64 && result.errors.contains("Usage:"), "\(result.errors)")
            #expect(result.document?["ok"]?.flag == false, "\(result.output)")
            #expect(result.document?["error"]?["status"]?.integer == 64)
            #expect(result.document?["error"]?["what"]?.text?.isEmpty == false)
        }
        #expect(user.run(["status", "--help", "--json"]).output.hasPrefix("OVERVIEW:"))
    }

    @Test func oneOfTheDaemonsPrintingFlags() {
        let place = Workplace()
        let file = place.write("m.toml", SmallData.configuration())
        let process = ChildProcess(
            Build.path("millraced"), ["--config", file, "--check", "--drop-in"],
            output: "\(place.path)/out")
        #expect(process?.wait(seconds: 20) == 64)
        #expect(place.read("out").contains("one of them at a time"))
    }
}
