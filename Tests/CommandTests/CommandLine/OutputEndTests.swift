// Goal: a command whose data cannot be written says so and ends with 74, whatever it prints; with
// standard output closed nothing is written into a file that took its number.

import Glibc
import Testing

@Suite struct OutputEndTests {
    private let place = Workplace()

    /// Runs a program into `output`.
    private func run(
        _ program: String, _ arguments: [String], state: String = "/nowhere", output: String
    ) -> (code: Int32?, errors: String) {
        unlink("\(place.path)/errors")
        let process = ChildProcess(
            Build.path(program), arguments,
            environment: [
                "MILLRACE_STATE": state, "MILLRACE_SPOOL": "\(place.path)/spool",
                "HOME": place.path,
            ], output: output, errors: "\(place.path)/errors")
        return (process?.wait(seconds: 30), place.read("errors"))
    }

    private func endsWith74(
        _ program: String, _ arguments: [String], state: String = "/nowhere",
        location: SourceLocation = #_sourceLocation
    ) {
        let (code, errors) = run(program, arguments, state: state, output: "/dev/full")
        #expect(code == 74, "\(arguments): \(errors)", sourceLocation: location)
        let words = "cannot write to standard output: No space left on device"
        #expect(errors.contains(words), "\(arguments): \(errors)", sourceLocation: location)
        #expect(
            run(program, arguments, state: state, output: "/dev/null").code == 0,
            "\(arguments)", sourceLocation: location)
    }

    @Test func aFullDiskIs74ForTheClient() throws {
        let scene = try Trained()
        let saved = scene.user.run(["checkpoint", "save", "one", "--json"])
        let file = try #require(saved.document?["checkpoint"]?["path"]?.text)
        for arguments in [
            ["--help"], ["--version"], ["status", "--help"], ["status"], ["status", "--json"],
            ["generations"], ["guard"], ["predict", scene.file], ["predict", scene.file, "--json"],
            ["stream", scene.file, "--name", "small"], ["watch", "--count", "1"],
            ["checkpoint", "list"], ["checkpoint", "inspect", file],
            ["checkpoint", "verify", file],
            ["checkpoint", "diff", file, file],
            ["plan", Scene.example("fpga"), "--device", "artix7"],
        ] {
            endsWith74("millrace", arguments, state: scene.daemon.state)
        }
        #expect(scene.daemon.stop() == 0)
    }

    @Test func aFullDiskIs74ForTheDaemon() {
        let configuration = ["--config", place.write("m.toml", SmallData.configuration())]
        for arguments in [
            ["--help"], ["--version"], configuration + ["--check"], configuration + ["--drop-in"],
            ["--init", place.write("data.csv", "a,b,label\n1,2,x\n3,4,y\n")],
        ] {
            endsWith74("millraced", arguments)
        }
    }

    @Test(arguments: ["plan FILE --device artix7", "--version"])
    func aClosedStandardOutputIs74(words: String) {
        let line = words.replacing("FILE", with: Scene.example("fpga"))
        let process = ChildProcess(
            "/bin/sh", ["-c", "'\(Build.path("millrace"))' \(line) >&-"],
            output: "\(place.path)/closed")
        #expect(process?.wait(seconds: 30) == 74)
        #expect(place.read("closed").contains("cannot write to standard output: Bad file"))
    }
}
