// The units: what they promise is what the tools of systemd find in them, and what the daemon says
// of itself.

import Glibc
import Testing

@Suite struct UnitTests {
    /// Exposure times ten, as `systemd-analyze security --threshold` takes it.
    @Test(
        .enabled(if: ServiceTools.hasAnalyze),
        arguments: [
            ("millraced.service", 12), ("millraced@.service", 12),
            ("millraced-activated.service", 5),
        ])
    func exposureIsLow(name: String, threshold: Int) {
        let (code, text) = ServiceTools.run(
            ServiceTools.analyze,
            [
                "security", "--offline=true", "--no-pager", "--threshold=\(threshold)",
                ServiceTools.unit(name),
            ])
        #expect(code == 0, "\(text.suffix(200))")
        // The threshold can fail.
        let strict = ServiceTools.run(
            ServiceTools.analyze,
            ["security", "--offline=true", "--no-pager", "--threshold=1", ServiceTools.unit(name)])
        #expect(strict.code == 1)
    }

    @Test(.enabled(if: ServiceTools.hasAnalyze)) func verifyFindsNothing() {
        let place = Workplace()
        func write(_ name: String, as other: String) -> String {
            place.write(
                other,
                ServiceTools.text(name).replacing(
                    "/usr/local/bin/millraced", with: Build.path("millraced")))
        }
        let files = [
            write("millraced.service", as: "millraced.service"),
            write("millraced@.service", as: "millraced@pump.service"),
            write("millraced-activated.service", as: "millraced-activated.service"),
            write("millraced.socket", as: "millraced.socket"),
        ]
        let (code, text) = ServiceTools.run(ServiceTools.analyze, ["verify", "--man=no"] + files)
        #expect(code == 0 && text.isEmpty, "\(text)")
        let user = Workplace()
        let (userCode, userText) = ServiceTools.run(
            ServiceTools.analyze,
            [
                "verify", "--user", "--man=no",
                user.write(
                    "millraced.service",
                    ServiceTools.text("user/millraced.service").replacing(
                        "/usr/local/bin/millraced", with: Build.path("millraced"))),
            ], environment: ["XDG_RUNTIME_DIR": user.path, "HOME": user.path])
        #expect(userCode == 0 && userText.isEmpty, "\(userText)")
        // It would find something.
        let wrong = place.write(
            "wrong.service", "[Service]\nExecStart=/nowhere/millraced\nTpye=a\n")
        #expect(ServiceTools.run(ServiceTools.analyze, ["verify", wrong]).text.contains("Tpye"))
    }

    @Test(arguments: [
        "millraced.service", "millraced@.service", "millraced-activated.service",
        "user/millraced.service",
    ])
    func memoryMaxIsThatOfThePackagedConfiguration(name: String) {
        let (code, text) = ServiceTools.run(
            Build.path("millraced"),
            ["--config", ServiceTools.unit("millrace.toml"), "--drop-in"])
        #expect(code == 0)
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemoryMax=") } ?? "none"
        let unit = ServiceTools.text(name).split(separator: "\n").filter {
            $0.hasPrefix("MemoryMax=")
        }
        #expect(unit == [line], "write \(line) into systemd/\(name)")
    }

    @Test func theDropInFollowsThePlan() {
        let file = ServiceTools.unit("millrace.toml")
        func ceiling(_ more: [String]) -> (code: Int32?, text: String) {
            ServiceTools.run(Build.path("millraced"), ["--config", file, "--drop-in"] + more)
        }
        let large = ceiling(["--set", "memory.budget=64MiB", "--set", "network.hidden=[4096]"])
        #expect(large.code == 0 && large.text.contains("[Service]\nMemoryMax="))
        #expect(large.text != ceiling([]).text)
        let over = ceiling(["--set", "memory.budget=1MiB"])
        #expect(over.code == 78 && over.text.contains("over its budget"))
        let check = ServiceTools.run(Build.path("millraced"), ["--config", file, "--check"])
        #expect(check.code == 0 && check.text.contains("\n# MemoryMax="))
    }

    /// The same hardening everywhere, but for what each variant says of itself.
    @Test func theUnitsAgree() {
        func settings(_ name: String) -> Set<Substring> {
            Set(
                ServiceTools.text(name).split(separator: "\n").filter {
                    $0.contains("=") && !$0.hasPrefix("#")
                })
        }
        let service = settings("millraced.service")
        let keys: (Set<Substring>) -> Set<Substring> = { lines in
            Set(lines.compactMap { $0.split(separator: "=").first })
        }
        #expect(
            keys(service.subtracting(settings("millraced@.service"))) == [
                "Description", "ExecStart", "StateDirectory", "RuntimeDirectory", "LoadCredential",
            ])
        #expect(
            keys(service.subtracting(settings("millraced-activated.service"))) == [
                "Description", "After", "RuntimeDirectory", "RuntimeDirectoryMode",
                "RestrictAddressFamilies",
            ])
    }

    /// The packaged configuration starts, and members of the group could connect.
    @Test func thePackagedConfigurationRuns() throws {
        let runtime = Workplace()
        let daemon = RealDaemon(
            configuration: ServiceTools.text("millrace.toml"),
            environment: ["RUNTIME_DIRECTORY": runtime.path])
        try #require(daemon.start())
        for door in ["ingest", "query", "admin"] {
            var facts = stat()
            #expect(stat("\(runtime.path)/\(door).sock", &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o660)
        }
        let user = CommandClient(state: daemon.state)
        let doors = [
            "--ingest", "ipc://\(runtime.path)/ingest.sock", "--query",
            "ipc://\(runtime.path)/query.sock",
        ]
        let stream = user.run(["stream", "host", "--rate", "100", "--limit", "40"] + doors)
        #expect(stream.code == 0, "\(stream.errors)")
        #expect(daemon.stop() == 0)
    }
}
