// The watchdog of the real daemon: fed on time whatever the load, and not fed when a thread hangs.

import Glibc
import Testing

@Suite(.serialized) struct ServiceWatchdogTests {
    private static let strace = "/usr/bin/strace"
    private static let hasStrace: Bool = {
        let isThere = access(strace, X_OK) == 0
        if !isThere { print("SKIPPED: a hanging disk needs \(strace). TRY: make setup") }
        return isThere
    }()

    /// Interval and whether somebody streams as fast as it goes. On a busy machine a sign may come
    /// late, so it is due three times in each interval; and a machine that stood still for most of
    /// one says nothing about the daemon, so there are three tries.
    @Test(arguments: [(1_500, true), (900, false)])
    func aHealthyDaemonIsNeverLate(milliseconds: Int, isLoaded: Bool) throws {
        let place = Workplace()
        let manager = try NotifySocket(in: place)
        let daemon = RealDaemon(environment: [
            "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "\(milliseconds)000",
        ])
        try #require(daemon.start())
        let user = CommandClient(state: daemon.state)
        let load = isLoaded ? user.start(["stream", "morse", "--limit", "100000000"]) : nil
        var silence = Double.infinity
        for _ in 0..<3 where silence >= Double(milliseconds) / 1000 {
            manager.forget()
            let start = NotifySocket.now
            manager.listen(seconds: 4)
            silence = manager.longestSilence(from: start, to: NotifySocket.now)
        }
        #expect(silence < Double(milliseconds) / 1000, "silent for \(silence) s")
        if isLoaded {
            #expect((user.status()?.samples ?? 0) > 1_000)
            manager.listen(seconds: 20) { $0.heard.contains { $0.text.contains("accuracy") } }
            #expect(manager.heard.contains { $0.text.contains("accuracy 0.") })
        }
        load?.process.send(SIGKILL)
        _ = load?.process.wait(seconds: 5)
        #expect(daemon.stop() == 0)
    }

    @Test(.enabled(if: hasStrace, "strace is missing"))
    func aHangingDiskEndsTheFeeding() throws {
        let place = Workplace()
        let manager = try NotifySocket(in: place)
        let file = place.write("millrace.toml", RealDaemon.morse)
        // -D: strace is the grandchild, so the process that is started is the daemon.
        let daemon = ChildProcess(
            Self.strace,
            [
                "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                "inject=fdatasync:delay_enter=60000000:when=12+", Build.path("millraced"),
                "--config", file, "--state", "\(place.path)/state",
            ],
            environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "900000"],
            output: "\(place.path)/log")
        manager.listen(seconds: 20) { $0.heard.contains { $0.text.hasPrefix("READY=1") } }
        manager.listen(seconds: 20) { $0.feedings.count >= 2 }
        #expect(manager.feedings.count >= 2, "\(place.read("log"))")
        let user = CommandClient(state: "\(place.path)/state")
        let load = user.start(["stream", "morse", "--limit", "100000000"])
        // Commits come every 50 ms, so the twelfth sync, which hangs, comes soon.
        var wasSilent = false
        for _ in 0..<20 where !wasSilent {
            manager.forget()
            manager.listen(seconds: 1.2)
            wasSilent = manager.feedings.isEmpty
        }
        #expect(wasSilent)
        #expect(place.read("log").contains("event=stuck loops=\"storage\""))
        load?.process.send(SIGKILL)
        _ = load?.process.wait(seconds: 5)
        // The tracer, which sleeps for the daemon, must let it go before its end can be told.
        daemon?.send(SIGKILL)
        if let daemon, let tracer = Self.tracer(of: daemon.identifier) { kill(tracer, SIGKILL) }
        #expect(daemon?.wait(seconds: 10) == 137)
    }

    /// One thread stops at its next system call; the others go on.
    @Test(
        .enabled(if: hasStrace, "strace is missing"),
        arguments: ["network", "learner", "storage", "access"])
    func aHangingThreadEndsTheFeeding(loop: String) throws {
        let place = Workplace()
        let manager = try NotifySocket(in: place)
        let daemon = RealDaemon(environment: [
            "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "900000",
        ])
        try #require(daemon.start())
        manager.listen(seconds: 20) { $0.feedings.count >= 2 }
        #expect(manager.feedings.count >= 2)
        let thread = try #require(daemon.process.flatMap { Self.thread("mr-\(loop)", of: $0) })
        let tracer = ChildProcess(
            Self.strace,
            ["-qq", "-o", "/dev/null", "-e", "inject=all:delay_enter=60000000", "-p", thread])
        var wasSilent = false
        for _ in 0..<20 where !wasSilent {
            manager.forget()
            manager.listen(seconds: 1.2)
            wasSilent = manager.feedings.isEmpty
        }
        #expect(wasSilent)
        let log = daemon.place.read("log")
        #expect(log.contains("event=stuck loops=\"\(loop)\""), "\(log.suffix(300))")
        // Let go, it is well again.
        tracer?.send(SIGKILL)
        _ = tracer?.wait(seconds: 5)
        manager.forget()
        manager.listen(seconds: 20) { !$0.feedings.isEmpty }
        #expect(!manager.feedings.isEmpty)
        #expect(daemon.stop() == 0)
    }

    /// The number of a thread with a name.
    private static func thread(_ name: String, of process: ChildProcess) -> String? {
        let folder = "/proc/\(process.identifier)/task"
        return ServiceTools.run("/bin/ls", [folder]).text.split(separator: "\n").map(String.init)
            .first {
                Workplace.bytes("\(folder)/\($0)/comm").elementsEqual(Array("\(name)\n".utf8))
            }
    }

    /// Who traces a process, or any of its threads.
    private static func tracer(of process: pid_t) -> pid_t? {
        let status = String(decoding: Workplace.bytes("/proc/\(process)/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("TracerPid:") }
        return line.flatMap { $0.split(separator: "\t").last }.flatMap { pid_t($0) }
            .flatMap { $0 > 1 ? $0 : nil }
    }
}
