// Each documented exit code of millraced that a command line can provoke; 70 (a fault of its own)
// and 71 (no memory) cannot be provoked without breaking the machine. And: what README, help and
// manual say of exit codes is one table.

import Glibc
import Messaging
import Testing

@Suite struct DaemonExitTests {
    private let place = Workplace()

    /// Runs millraced to its end; exit code and what it printed.
    private func run(_ arguments: [String]) -> (code: Int32?, text: String) {
        let process = ChildProcess(
            Build.path("millraced"), arguments,
            environment: ["MILLRACE_STATE": "\(place.path)/state"], output: "\(place.path)/out")
        return (process?.wait(seconds: 10), place.read("out"))
    }

    private var configuration: [String] {
        ["--config", place.write("m.toml", SmallData.configuration())]
    }

    @Test func wrongUsageIs64() {
        for arguments in [[], ["--nonsense"], configuration + ["--set", "nonsense"]] {
            #expect(run(arguments).code == 64, "\(arguments)")
        }
        #expect(run([]).text.contains("no configuration"))
        #expect(run(["--nonsense"]).text.contains("Unknown option '--nonsense'"))
    }

    @Test func damagedDataIs65() {
        let (code, text) = run(configuration + ["--from", place.write("bad", "no checkpoint")])
        #expect(code == 65 && text.contains("cannot be used"), "\(text)")
        #expect(run(["--init", place.write("empty.csv", "a,b\n")]).code == 65)
        let first = place.write("first.csv", "state,a,b\nup,1.5,2.5\ndown,3.5,4\nup,5,6.5\n")
        #expect(run(["--init", first]).1.contains("--label-column names one"))
        let named = run(["--init", first, "--label-column", "state"])
        #expect(named.code == 0 && named.1.contains("classes = [\"up\", \"down\"]"), "\(named.1)")
        #expect(run(["--init", first, "--label-column", "stat"]).code == 64)
        #expect(run(["--label-column", "state", "--config", first]).code == 64)
    }

    @Test func missingDataIs66() {
        #expect(run(configuration + ["--from", "/nowhere"]).code == 66)
        let (code, text) = run(["--init", "/nowhere.csv"])
        #expect(code == 66 && text.contains("no such file"), "\(text)")
    }

    @Test func aSocketThatIsTakenIs69() throws {
        let context = try MessagingContext()
        let socket = try Socket(context, .router)
        defer { socket.close() }
        let endpoint = "tcp://127.0.0.1:\(20_000 + getpid() % 20_000)"
        try socket.bind(endpoint)
        let (code, text) = run(configuration + ["--set", "daemon.query=[\"\(endpoint)\"]"])
        #expect(code == 69 && text.contains("TRY: another endpoint"), "\(text)")
    }

    /// libzmq would take the path over, and nobody would find the first daemon again.
    @Test func aLocalSocketThatAnotherDaemonHasIs69AndStaysItsOwn() throws {
        let first = RealDaemon(configuration: SmallData.configuration())
        try #require(first.start())
        let endpoint = first.endpoint("query")
        let (code, text) = run(configuration + ["--set", "daemon.query=[\"\(endpoint)\"]"])
        #expect(code == 69 && text.contains("TRY: another endpoint"), "\(text)")
        let status = ChildProcess(
            Build.path("millrace"), ["status", "--state", first.state],
            output: "\(place.path)/status")
        #expect(status?.wait(seconds: 10) == 0, "\(place.read("status"))")
        // After a kill the file is left over, and is nobody's.
        first.kill()
        try #require(first.start())
        #expect(first.stop() == 0)
    }

    @Test func aDiskThatFailsIs74() {
        let (code, text) = run(configuration + ["--state", "/dev/null/state"])
        #expect(code == 74 && text.contains("/dev/null/state"), "\(text)")
    }

    /// A restart would not mend it. Root may write anywhere but into /proc.
    @Test func aStateThatMayNotBeWrittenIs77() {
        let folder = "\(place.path)/closed"
        mkdir(folder, 0o500)
        let paths = geteuid() == 0 ? ["/sys/millrace"] : ["\(folder)/state", folder]
        for path in paths {
            let (code, text) = run(configuration + ["--state", path])
            #expect(code == 77 && text.contains("TRY: sudo chown -R USER \(path)"), "\(text)")
        }
        chmod(folder, 0o700)
    }

    @Test func aStateThatIsInUseIs75() throws {
        let daemon = RealDaemon(configuration: SmallData.configuration())
        try #require(daemon.start())
        let (code, text) = run(configuration + ["--state", daemon.state])
        #expect(code == 75 && text.contains("TRY:"), "\(text)")
        #expect(daemon.stop() == 0)
    }

    @Test func aConfigurationThatIsWrongIs78() {
        #expect(run(["--config", "/nowhere.toml"]).code == 78)
        for arguments in [[], ["--check"], ["--drop-in"]] {
            let (code, text) = run(configuration + ["--set", "memory.budget=64KiB"] + arguments)
            #expect(code == 78)
            #expect(text.contains("error: the plan is ") && text.contains("TRY: memory.budget = "))
        }
    }

    /// `  64   wrong usage` in the help → code and meaning.
    private func table(_ help: String) -> [Int: String] {
        var table: [Int: String] = [:]
        var isTable = false
        for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            if line.hasSuffix("EXIT CODES") { isTable = true }
            guard isTable, let code = words.first.flatMap({ Int($0) }), words.count == 2 else {
                if isTable, line.isEmpty { break }
                continue
            }
            table[code] = String(words[1].drop { $0 == " " })
        }
        return table
    }

    @Test func readmeAndHelpHaveOneTable() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
            .joined(separator: "/")
        let text = String(decoding: Workplace.bytes("\(root)/README.md"), as: UTF8.self)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        let client = table(CommandClient(state: "/nowhere").run(["--help"]).output)
        let daemon = table(run(["--help"]).text)
        #expect(client.count == 13 && daemon.count == 11)
        for (column, table) in [(2, client), (3, daemon)] {
            var found: [Int: String] = [:]
            for row in rows where row.count == 5 && Int(row[1]) != nil && !row[column].isEmpty {
                found[Int(row[1]) ?? -1] = row[column]
            }
            #expect(found == table)
        }
    }
}
