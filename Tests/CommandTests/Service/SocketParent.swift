// A service manager that makes sockets and becomes the daemon, in a place with a configuration.

import Glibc
import Testing

/// Starts a daemon with sockets that it did not make.
final class SocketParent {
    /// Makes sockets as a service manager does and becomes the daemon: SPEC is
    /// NAME=KIND:ADDRESS, then "--", then the command. The port of a TCP socket goes to PORTS.
    private static let script = """
        import os, socket, sys
        split = sys.argv.index("--")
        ports = open(sys.argv[1], "w")
        names, made = [], []
        for spec in sys.argv[2:split]:
            name, rest = spec.split("=", 1)
            kind, address = rest.split(":", 1)
            family = socket.AF_INET if kind == "tcp" else socket.AF_UNIX
            if kind == "file":
                made.append(os.open(address, os.O_RDONLY))
                names.append(name)
                continue
            it = socket.socket(family, socket.SOCK_DGRAM if kind == "dgram" else socket.SOCK_STREAM)
            if kind == "tcp":
                it.bind((address, 0))
                ports.write(f"{it.getsockname()[1]}\\n")
            else:
                it.bind("\\0" + address if kind == "abstract" else address)
            if kind not in ("dgram", "deaf"):
                it.listen(64)
            made.append(it.detach())
            names.append(name)
        ports.close()
        high = [os.dup2(each, 100 + index, inheritable=False) for index, each in enumerate(made)]
        for index, each in enumerate(high):
            os.dup2(each, 3 + index, inheritable=True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(made)),
                          LISTEN_FDNAMES=":".join(names))
        os.execv(sys.argv[split + 1], sys.argv[split + 1:])
        """

    let place = Workplace()
    let configuration: String
    var state: String { "\(place.path)/state" }
    var command: [String] {
        [Build.path("millraced"), "--config", configuration, "--state", state]
    }
    /// Of the TCP sockets, in order.
    var ports: [Substring] { place.read("ports").split(separator: "\n") }

    init(configuration text: String = RealDaemon.morse) {
        configuration = place.write("millrace.toml", text)
    }

    /// - wall: a command that runs the parent, like `unshare -n`.
    func start(
        _ specifications: [String], _ command: [String], wall: [String] = [],
        environment: [String: String] = [:]
    ) -> ChildProcess? {
        place.write("parent.py", Self.script)
        let all =
            wall + [ServiceTools.python, "\(place.path)/parent.py", "\(place.path)/ports"]
            + specifications + ["--"] + command
        return ChildProcess(
            all[0], Array(all.dropFirst()), environment: environment, output: "\(place.path)/log")
    }

    func waitForStart() -> Bool {
        for _ in 0..<2_000 {
            if place.read("log").contains("event=started") { return true }
            usleep(10_000)
        }
        Issue.record("it did not start: \(place.read("log"))")
        return false
    }
}
