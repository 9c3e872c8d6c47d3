// The short form of scripts/fuzz-live: a few seconds of mutated sessions against a real daemon.

import Glibc
import Testing

@Suite struct LiveFuzzTests {
    private static let python = "/usr/bin/python3"
    private static let hasPython: Bool = {
        let isThere = access(python, X_OK) == 0
        if !isThere { print("skipped: mutated sessions needs \(python)") }
        return isThere
    }()
    private static let script: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/") + "/scripts/fuzz-live"
    }()

    /// No crash, no growth, an honest producer keeps half of its rate; 5,000 samples per second
    /// are few enough for a busy machine.
    @Test(.enabled(if: hasPython, "python3 is missing"), arguments: [3])
    func mutatedSessionsAreSurvived(seed: Int) throws {
        let place = Workplace()
        let process = ChildProcess(
            Self.python,
            [
                Self.script, "--frames", "3000", "--rate", "5000", "--seed", "\(seed)", "--build",
                Build.directory,
            ],
            environment: ["HOME": place.path], output: "\(place.path)/out")
        let code = process?.wait(seconds: 120)
        let text = place.read("out")
        #expect(code == 0, "seed \(seed): \(text)")
        #expect(text.contains("crashes=0"), "seed \(seed): \(text)")
    }
}
