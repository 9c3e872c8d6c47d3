// The eleven trust tests of docs/trust.md on this build, so that the published table stays true.
// They are the script's own, each against a real daemon and real files; limits in them are of
// seconds and leave room for a busy machine.

import Testing

@Suite struct TrustTests {
    private static let tests = [
        "poison first", "poison later", "bit flips", "cuts", "resume", "resume, flag forgotten",
        "resume, classes", "second client",
    ]
    private static let testsWithStrace = ["kill at rename", "sync", "full disk"]

    private func expectPass(_ name: String) {
        let (code, text) = ScriptRun.run("trust", ["--only", name])
        #expect(code == 0, "\(name): \(text)")
        #expect(text.contains("PASS trust test=\"\(name)\""), "\(text)")
    }

    @Test(.enabled(if: ScriptRun.hasPython, "python3 is missing"), arguments: tests)
    func holds(name: String) { expectPass(name) }

    @Test(
        .enabled(if: ScriptRun.hasPython && ScriptRun.hasStrace, "python3 or strace is missing"),
        arguments: testsWithStrace)
    func holdsWhenSystemCallsFail(name: String) { expectPass(name) }
}
