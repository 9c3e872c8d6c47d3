// The daemon inside the walls that the unit builds, as far as they can be built without a service
// manager: its system call filter, a user namespace, a root that cannot be written to.

import Glibc
import MillraceProtocol
import Testing

@Suite(.serialized) struct SandboxTests {
    private static let filter = [
        ServiceTools.python, "\(ServiceTools.root)/scripts/under-unit-filter",
        ServiceTools.unit("millraced.service"),
    ]

    /// Start, stream, query, checkpoint, reload, stop.
    private func live(_ wall: [String], _ state: String, _ place: Workplace) throws {
        let file = place.write("millrace.toml", RealDaemon.morse)
        let command =
            wall + [Build.path("millraced"), "--config", file, "--state", state]
        let daemon = ChildProcess(
            command[0], Array(command.dropFirst()), output: "\(place.path)/log")
        for _ in 0..<2_000 where !place.read("log").contains("event=started") { usleep(10_000) }
        try #require(place.read("log").contains("event=started"), "\(place.read("log"))")
        let producer = try RawProducer("ipc://\(state)/ingest.sock")
        try #require(producer.greet("p") && producer.stream(to: 3_000))
        let user = CommandClient(state: state)
        #expect(user.status()?.samples == 3_000)
        #expect(user.run(["predict", "morse", "--limit", "2"]).code == 0)
        #expect(user.run(["checkpoint", "save", "walled"]).code == 0)
        #expect(user.run(["checkpoint", "restore", "walled"]).code == 0)
        daemon?.send(SIGHUP)
        for _ in 0..<500 where user.status()?.reload == nil { usleep(10_000) }
        #expect(user.status()?.reload?.error == nil && user.status()?.reload?.count == 1)
        daemon?.send(SIGTERM)
        #expect(daemon?.wait(seconds: 20) == 0, "\(place.read("log"))")
    }

    @Test(.enabled(if: ServiceTools.hasPython && ServiceTools.hasAnalyze))
    func itLivesUnderTheSystemCallFilter() throws {
        let place = Workplace()
        try live(Self.filter, "\(place.path)/state", place)
    }

    /// The filter is really there: libzmq aborts without the one call that the unit gives back.
    @Test(.enabled(if: ServiceTools.hasPython && ServiceTools.hasAnalyze))
    func withoutTheCallThatIsGivenBackItDies() {
        let place = Workplace()
        let unit = place.write(
            "x.service",
            ServiceTools.text("millraced.service").replacing(
                "\nSystemCallFilter=sched_setscheduler", with: ""))
        let file = place.write("millrace.toml", RealDaemon.morse)
        let (code, _) = ServiceTools.run(
            ServiceTools.python,
            [
                Self.filter[1], unit, Build.path("millraced"), "--config", file, "--state",
                "\(place.path)/state",
            ])
        #expect(code == 128 + SIGABRT)
    }

    /// A door on TCP needs the list of interfaces; without AF_NETLINK libzmq aborts as it binds.
    @Test(
        .enabled(if: ServiceTools.hasPython && ServiceTools.hasAnalyze), arguments: [true, false])
    func aDoorOnTCPOpensUnderTheFilter(hasNetlink: Bool) throws {
        let place = Workplace()
        let text = ServiceTools.text("millraced.service")
        try #require(text.contains(" AF_NETLINK\n"))
        let unit = place.write(
            "x.service", hasNetlink ? text : text.replacing(" AF_NETLINK\n", with: "\n"))
        let port = FreePort.next()
        let daemon = ChildProcess(
            ServiceTools.python,
            [
                Self.filter[1], unit, Build.path("millraced"), "--config",
                place.write("millrace.toml", RealDaemon.morse), "--state", "\(place.path)/state",
                "--set", "daemon.ingest=tcp://127.0.0.1:\(port)",
            ], output: "\(place.path)/log")
        guard hasNetlink else {
            #expect(daemon?.wait(seconds: 20) == 128 + SIGABRT)
            return
        }
        for _ in 0..<2_000 where !place.read("log").contains("event=started") { usleep(10_000) }
        let producer = try RawProducer("tcp://127.0.0.1:\(port)")
        try #require(producer.greet("p") && producer.stream(to: 1_000), "\(place.read("log"))")
        daemon?.send(SIGTERM)
        #expect(daemon?.wait(seconds: 20) == 0, "\(place.read("log"))")
    }

    /// PrivateUsers, PrivateNetwork, ProtectSystem=strict, PrivateTmp, and the filter in addition.
    @Test(.enabled(if: ServiceTools.hasNamespaces && ServiceTools.hasAnalyze))
    func itLivesInNamespacesWithAReadOnlyRoot() throws {
        let place = Workplace()
        let state = "\(place.path)/state"
        mkdir(state, 0o700)
        let walls = """
            mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro / &&
            if touch "$0/../outside" 2>/dev/null; then echo the root can be written to; exit 1; fi
            exec "$@"
            """
        let command =
            [
                ServiceTools.unshare, "-U", "-r", "-m", "-n", "-i", "-u", "/bin/sh", "-c", walls,
                state,
            ]
            + Self.filter
        try live(command, state, place)
    }
}
