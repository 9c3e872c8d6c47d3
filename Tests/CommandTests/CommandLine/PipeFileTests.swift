// Goal: a pipe that nobody writes to, where a file should be, is refused at once and in words.

import Glibc
import Testing

@Suite struct PipeFileTests {
    private let user = CommandClient(state: "/nowhere")

    private func pipe(_ name: String) -> String {
        let path = "\(user.place.path)/\(name)"
        mkfifo(path, 0o600)
        return path
    }

    @Test func theClientRefusesIt() throws {
        let scene = try Trained(rows: 0)
        let table = pipe("x.csv")
        let array = pipe("x.npy")
        for arguments in [
            ["stream", table], ["stream", array], ["predict", table],
            ["checkpoint", "inspect", table], ["checkpoint", "verify", table],
        ] {
            let result = scene.user.run(arguments)
            #expect(result.code == 65, "\(arguments): \(result.errors)")
            #expect(result.errors.contains("not a regular file"), "\(result.errors)")
            #expect(result.errors.contains("TRY:"), "\(result.errors)")
        }
        #expect(scene.user.run(["stream", table]).errors.contains("stream - < \(table)"))
        #expect(scene.user.run(["stream", scene.file, "--name", "mine"]).code == 0)
        let label = scene.user.run(["label", table, "--name", "mine"])
        #expect(label.code == 65 && label.errors.contains("- for standard input"))
        let plan = scene.user.run(["plan", table])
        #expect(plan.code == 78 && plan.errors.contains("not a regular file"), "\(plan.errors)")
        #expect(scene.daemon.stop() == 0)
    }

    @Test func theDaemonRefusesIt() {
        let file = pipe("y.csv")
        let configuration = user.place.write("m.toml", SmallData.configuration())
        for (arguments, code) in [
            (["--config", file], 78), (["--init", file], 65),
            (["--config", configuration, "--from", file, "--state", "\(user.place.path)/s"], 74),
        ] as [([String], Int32)] {
            let process = ChildProcess(
                Build.path("millraced"), arguments, output: "\(user.place.path)/log")
            let found = process?.wait(seconds: 20)
            let text = user.place.read("log")
            #expect(found == code || found == 65, "\(arguments): \(text)")
            #expect(text.contains("not a regular file"), "\(text)")
            unlink("\(user.place.path)/log")
        }
    }
}
