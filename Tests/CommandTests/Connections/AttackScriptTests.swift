// The short form of the attacks: the script that measures them, against the real daemon.

import Glibc
import Testing

@Suite(.serialized) struct AttackScriptTests {
    private static let python = "/usr/bin/python3"
    private static let hasPython: Bool = {
        let isThere = access(python, X_OK) == 0
        if !isThere { print("SKIPPED: the attacks need \(python)") }
        return isThere
    }()
    private static let script: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/") + "/scripts/attack"
    }()

    @Test(.enabled(if: hasPython, "python3 is missing"))
    func attacksStayInsideThePlanAndLoseNothing() {
        let place = Workplace()
        let process = ChildProcess(
            Self.python, [Self.script, "--quick", "--build", Build.directory],
            environment: ["HOME": place.path], output: "\(place.path)/out")
        let code = process?.wait(seconds: 180)
        let text = place.read("out")
        #expect(code == 0, "\(text)")
        #expect(text.contains("PASS attack"), "\(text)")
        #expect(text.contains("lost=0 twice=0"), "\(text)")
    }
}
