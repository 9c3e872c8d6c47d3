// Completions and manual pages, as `make install` gets them.

import Glibc
import Testing

@Suite struct ManualTests {
    /// What the shell is offered behind some words, the last of them being typed.
    private func offered(_ user: CommandClient, _ words: [String], for argument: String) -> [String]
    {
        let path = words.prefix { !$0.hasPrefix("-") }.dropLast(argument.hasPrefix("-") ? 0 : 1)
        let index = "\(words.count)"
        let request =
            ["---completion"] + path + ["--", argument, index, "0", "millrace"] + words
        let result = user.run(request, changed: ["SAP_SHELL": "bash"])
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test func theDaemonIsAskedForNames() throws {
        let scene = try Trained()
        #expect(scene.user.run(["checkpoint", "save", "good"]).code == 0)
        let generation = try #require(scene.user.status()?.generation)
        #expect(offered(scene.user, ["label", "--name", ""], for: "--name").contains("small"))
        #expect(
            offered(scene.user, ["rollback", ""], for: "positional@0").contains("\(generation)"))
        #expect(
            offered(scene.user, ["checkpoint", "restore", ""], for: "positional@0") == ["good"])
        #expect(offered(scene.user, ["plan", "--device", ""], for: "--device").contains("artix7"))
        let alone = CommandClient(state: "/nowhere")
        #expect(offered(alone, ["rollback", ""], for: "positional@0").isEmpty)
    }

    @Test func manualsAndCompletionsAreMadeFromTheProgramsAlone() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
            .joined(separator: "/")
        let place = Workplace()
        let process = ChildProcess(
            "\(root)/scripts/manuals", [Build.directory, "\(place.path)/prefix"],
            output: "\(place.path)/out")
        try #require(process?.wait(seconds: 30) == 0, "\(place.read("out"))")
        let client = place.read("prefix/share/man/man1/millrace.1")
        for word in [
            "SH NAME", "SH SYNOPSIS", "SH COMMANDS", "SH EXIT STATUS", "SH ENVIRONMENT",
            "millrace watch", "millrace checkpoint export", "\\-\\-interval",
        ] {
            #expect(client.contains(word), "\(word)")
        }
        let daemon = place.read("prefix/share/man/man8/millraced.8")
        for word in ["\\-\\-config", "SH EXIT STATUS", "another millraced has the state"] {
            #expect(daemon.contains(word), "\(word)")
        }
        for name in ["millrace", "millraced"] {
            for file in [
                "bash-completion/completions/\(name)", "zsh/site-functions/_\(name)",
                "fish/vendor_completions.d/\(name).fish",
            ] {
                #expect(place.read("prefix/share/\(file)").contains(name), "\(file)")
            }
        }
        let nothing = ChildProcess(
            "\(root)/scripts/manuals", ["/nowhere", "\(place.path)/none"])
        #expect(nothing?.wait(seconds: 30) == 69)
    }
}
