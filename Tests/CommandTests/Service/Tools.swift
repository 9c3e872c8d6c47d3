// What the tests of the service need from the machine; each says so when it is not there.

import Glibc

enum ServiceTools {
    static let python = "/usr/bin/python3"
    static let analyze = "/usr/bin/systemd-analyze"
    static let activate = "/usr/bin/systemd-socket-activate"
    static let unshare = "/usr/bin/unshare"

    static let hasPython = has(python)
    static let hasAnalyze = has(analyze)
    static let hasActivate = has(activate)
    /// Namespaces need root here.
    static let hasNamespaces: Bool = {
        let can =
            has(unshare)
            && ChildProcess(unshare, ["-m", "-n", "/bin/true"])?
                .wait(seconds: 10) == 0
        if !can { print("SKIPPED: namespaces need root and \(unshare)") }
        return can
    }()

    private static func has(_ path: String) -> Bool {
        let isThere = access(path, X_OK) == 0
        if !isThere { print("SKIPPED: tests that need \(path). TRY: make setup") }
        return isThere
    }

    /// The root of the sources.
    static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/")
    }()

    static func unit(_ name: String) -> String { "\(root)/systemd/\(name)" }

    /// A file of systemd/ as text.
    static func text(_ name: String) -> String {
        String(decoding: Workplace.bytes(unit(name)), as: UTF8.self)
    }

    /// Runs a command to its end; exit code and all that it printed.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        seconds: Double = 60
    ) -> (code: Int32?, text: String) {
        let place = Workplace()
        let process = ChildProcess(
            path, arguments, environment: environment, output: "\(place.path)/out")
        return (process?.wait(seconds: seconds), place.read("out"))
    }
}
