// The short form of the kill test: the same script that runs fifty kills, with four.

import Glibc
import Testing

@Suite struct KillScriptTests {
    private static let python = "/usr/bin/python3"
    private static let hasPython: Bool = {
        let isThere = access(python, X_OK) == 0
        if !isThere { print("skipped: the short kill test needs \(python)") }
        return isThere
    }()
    private static let script: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/") + "/scripts/kill-test"
    }()

    @Test(.enabled(if: hasPython, "python3 is missing"), arguments: [7])
    func fourKillsLoseAndRepeatNothing(seed: Int) throws {
        let place = Workplace()
        let process = ChildProcess(
            Self.python,
            [
                Self.script, "--count", "4", "--rate", "10000", "--seed", "\(seed)", "--hidden",
                "16", "--build", Build.directory,
            ],
            environment: ["HOME": place.path], output: "\(place.path)/out")
        let code = process?.wait(seconds: 120)
        let text = place.read("out")
        #expect(code == 0, "seed \(seed): \(text)")
        #expect(text.contains("PASS kill-test kills=4"), "seed \(seed): \(text)")
        #expect(text.contains("acknowledged_lost=0 applied_twice=0"))
    }
}
