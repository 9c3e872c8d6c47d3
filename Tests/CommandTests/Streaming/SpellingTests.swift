// One stream under several spellings is one stream; what would be used up for nothing is not sent.

import Glibc
import Testing

@Suite struct SpellingTests {
    /// The producers that the daemon knows.
    private func producers(_ scene: Trained) -> [String] {
        scene.user.status()?.producers.map { "\($0.name) \($0.epoch) \($0.learned)" } ?? []
    }

    /// The daemon's directory by its name, by a way around, and through a link; the file likewise.
    @Test func theSameStreamSpelledOtherwiseIsTheSame() throws {
        let scene = try Trained(rows: 0)
        let (state, place) = (scene.daemon.state, scene.user.place.path)
        let link = "\(place)/link"
        #expect(symlink(state, link) == 0)
        #expect(scene.user.run(["stream", scene.file, "--state", state]).code == 0)
        let first = producers(scene)
        #expect(first.count == 1 && first[0].hasSuffix(" 1 600"), "\(first)")
        let slash = try #require(scene.file.lastIndex(of: "/"))
        let (folder, file) = (scene.file[..<slash], scene.file[slash...])
        for (daemon, source) in [
            (link, scene.file), ("\(state)/../state", scene.file), ("\(state)/.", scene.file),
            (state, "\(folder)/.\(file)"), (state, "\(folder)/none/..\(file)"),
        ] {
            if source.contains("none") { mkdir("\(folder)/none", 0o700) }
            let again = scene.user.run(["stream", source, "--state", daemon])
            #expect(again.code == 0 && again.output.contains("finished before"), "\(again)")
        }
        #expect(producers(scene) == first)
    }

    /// Without its spool a stream begins anew: that is said.
    @Test func aNameThatOnlyTheDaemonKnowsIsSaid() throws {
        let scene = try Trained(rows: 0)
        let words = ["stream", scene.file, "--name", "p"]
        let first = scene.user.run(words)
        #expect(first.code == 0 && !first.errors.contains("another spool"), "\(first.errors)")
        let process = ChildProcess(
            Build.path("millrace"), words,
            environment: [
                "MILLRACE_STATE": scene.daemon.state,
                "MILLRACE_SPOOL": "\(scene.user.place.path)/other",
            ], output: "\(scene.user.place.path)/out", errors: "\(scene.user.place.path)/errors")
        #expect(process?.wait(seconds: 20) == 0)
        let errors = scene.user.place.read("errors")
        #expect(errors.contains("has learned 600 samples of p"), "\(errors)")
        #expect(producers(scene) == ["p 2 600"])
    }

    @Test func aStreamWithoutLabelsIsNotUsedUp() throws {
        let scene = try Trained(rows: 0)
        let bare = scene.user.place.write("bare.csv", "a,b,c\n1,0,0\n0,1,0\n")
        for words in [["stream", bare], ["stream", scene.file, "--no-labels"]] {
            let result = scene.user.run(words)
            #expect(result.code == 65, "\(result)")
            #expect(result.errors.contains("has no labels"), "\(result.errors)")
            #expect(result.errors.contains("TRY: --label-column"), "\(result.errors)")
        }
        #expect(producers(scene).isEmpty)
    }
}
