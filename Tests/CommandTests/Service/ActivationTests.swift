// Sockets that somebody else made: systemd-socket-activate, a parent made by hand, and a daemon
// that could not make any itself.

import Glibc
import Messaging
import MillraceProtocol
import Testing

@Suite(.serialized) struct ActivationTests {
    private func stop(_ process: ChildProcess?) {
        process?.send(SIGTERM)
        #expect(process?.wait(seconds: 20) == 0)
    }

    @Test(.enabled(if: ServiceTools.hasPython)) func namedSocketsBecomeDoors() throws {
        let setting = SocketParent()
        let door = "\(setting.place.path)/anything"
        let process = setting.start(
            ["ingest=unix:\(door)", "ingest=tcp:127.0.0.1", "query=tcp:127.0.0.1"], setting.command)
        try #require(setting.waitForStart())
        let ports = setting.place.read("ports").split(separator: "\n")
        for (name, endpoint) in [("a", "ipc://\(door)"), ("b", "tcp://127.0.0.1:\(ports[0])")] {
            let producer = try RawProducer(endpoint)
            #expect(producer.greet(name) && producer.stream(to: 500))
        }
        let query = try RawQuery("tcp://127.0.0.1:\(ports[1])")
        #expect(query.ask(ControlRequest(command: .status)) != nil)
        // A door that was not passed is where the configuration says; one that was, only there.
        #expect(access("\(setting.state)/admin.sock", F_OK) == 0)
        #expect(access("\(setting.state)/ingest.sock", F_OK) != 0)
        stop(process)
        // The file belongs to the service manager.
        #expect(access(door, F_OK) == 0)
    }

    @Test(.enabled(if: ServiceTools.hasPython)) func aDoorIsToldByItsFileToo() throws {
        let setting = SocketParent()
        let names = ["ingest", "query", "admin"]
        let process = setting.start(
            names.map { "millraced.socket=unix:\(setting.place.path)/\($0).sock" }, setting.command)
        try #require(setting.waitForStart())
        let query = try RawQuery("ipc://\(setting.place.path)/admin.sock")
        #expect(query.ask(ControlRequest(command: .checkpoints)) != nil)
        stop(process)
    }

    @Test(
        .enabled(if: ServiceTools.hasPython),
        arguments: [
            ("injest=unix:PLACE/x", "called \"injest\", which is no door"),
            ("ingest=dgram:PLACE/x", "does not listen for connections"),
            ("ingest=deaf:PLACE/x", "does not listen for connections"),
            ("ingest=file:/etc/passwd", "is not a socket"),
            ("ingest=abstract:millrace-test", "neither TCP nor a socket in the file system"),
            ("ingest=tcp:0.0.0.0", "may be reached from other machines"),
            ("admin=tcp:127.0.0.1", "commands are taken from Unix sockets only"),
        ])
    func whatCannotBeUsedIsRefusedInWords(specification: String, words: String) {
        let setting = SocketParent()
        let place = setting.place.path
        let process = setting.start(
            [specification.replacing("PLACE", with: place)], setting.command)
        #expect(process?.wait(seconds: 10) == 78)
        let log = setting.place.read("log")
        #expect(log.contains(words) && log.contains("TRY:"), "\(log)")
        #expect(access(setting.state, F_OK) != 0)
    }

    @Test(.enabled(if: ServiceTools.hasActivate)) func systemdSocketActivateWorks() throws {
        let setting = SocketParent()
        let door = "\(setting.place.path)/in.sock"
        let process = ChildProcess(
            ServiceTools.activate,
            ["-l", door, "-l", "\(setting.place.path)/q.sock", "--fdname=ingest:query"]
                + setting.command, output: "\(setting.place.path)/log")
        for _ in 0..<500 where access(door, F_OK) != 0 { usleep(10_000) }
        // The first connection starts the daemon and is not lost.
        let producer = try RawProducer("ipc://\(door)")
        #expect(producer.greet("p") && producer.stream(to: 500))
        stop(process)
    }

    /// As the activated unit has it: no network, and no address family but AF_UNIX.
    @Test(.enabled(if: ServiceTools.hasNamespaces && ServiceTools.hasAnalyze))
    func tcpReachesADaemonWithoutNetwork() throws {
        let setting = SocketParent()
        let filter = [
            ServiceTools.unshare, "-n", ServiceTools.python,
            "\(ServiceTools.root)/scripts/under-unit-filter",
            ServiceTools.unit("millraced-activated.service"),
        ]
        let process = setting.start(
            ["ingest=tcp:127.0.0.1", "query=unix:\(setting.place.path)/q"],
            filter + setting.command)
        try #require(setting.waitForStart())
        let port = setting.place.read("ports").split(separator: "\n")[0]
        let producer = try RawProducer("tcp://127.0.0.1:\(port)")
        #expect(producer.greet("p") && producer.stream(to: 5_000))
        let query = try RawQuery("ipc://\(setting.place.path)/q")
        #expect(query.ask(ControlRequest(command: .status)) != nil)
        stop(process)
    }
}
