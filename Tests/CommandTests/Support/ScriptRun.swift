// The project's own scripts, run against the executables of this build.

import Glibc
import Testing

/// A script of the folder `scripts`, and what it needs.
enum ScriptRun {
    static let python = "/usr/bin/python3"
    /// Whether scripts in Python can run here; said once when not.
    static let hasPython: Bool = {
        let isThere = access(python, X_OK) == 0
        if !isThere { print("SKIPPED: tests by script need \(python)") }
        return isThere
    }()
    /// Whether faults can be put into system calls here; said once when not.
    static let hasStrace: Bool = {
        let isThere = access("/usr/bin/strace", X_OK) == 0
        if !isThere { print("SKIPPED: failures of system calls need strace") }
        return isThere
    }()

    private static let folder: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/") + "/scripts"
    }()

    /// Runs `name`; its exit code (nil: not in time) and everything that it wrote.
    static func run(
        _ name: String, _ arguments: [String], seconds: Double = 180
    ) -> (code: Int32?, text: String) {
        let place = Workplace()
        let process = ChildProcess(
            python, ["\(folder)/\(name)"] + arguments + ["--build", Build.directory],
            environment: ["HOME": place.path], output: "\(place.path)/out")
        let code = process?.wait(seconds: seconds)
        return (code, place.read("out"))
    }
}
